import Base
import Testing

@testable import Membership

private let never = Instant(nanoseconds: .max)

private func id(_ number: UInt64) -> NodeID { NodeID(Bytes32(number, 0, 0, 0)) }

private func record(_ number: UInt64) -> MemberRecord {
    MemberRecord(
        id: id(number), name: "node-\(number)", site: "front", address: Address(v4: 0x7F00_0001, port: UInt16(number)),
        life: Life(boot: 1, beat: 0), isLeaving: false)
}

private func settings(patience: Interval = .seconds(20)) -> MembershipSettings {
    MembershipSettings(
        interval: patience / 20, fanout: 3, suspectAfter: patience / 2, unreachableAfter: patience)
}

private func engine(_ settings: MembershipSettings = settings()) -> MembershipEngine {
    MembershipEngine(
        me: record(1), settings: settings, seeds: [], stored: [], random: Random(seed: 7), mischief: .none,
        at: Now(instant: .zero, wall: WallTime(milliseconds: 0)))
}

private func refusal(_ engine: MembershipEngine) -> DecodeError? {
    let bytes = engine.encoded
    do throws(DecodeError) {
        _ = try MembershipEngine(decoding: bytes.raw)
        return nil
    } catch {
        return error
    }
}

@Test func aCountThatWasNeverCountedIsRefused() {
    var engine = engine()
    engine.me.life.beat = Limits.counted
    engine.rounds = Limits.counted
    #expect(refusal(engine) == nil)
    engine.rounds += 1
    #expect(refusal(engine) == .outOfRange)
    engine.rounds = 0
    engine.me.life.beat += 1
    #expect(refusal(engine) == .outOfRange)
}

@Test func patienceHasALimit() {
    #expect(settings(patience: Limits.patience).isConsistent)
    #expect(!settings(patience: Limits.patience + .nanoseconds(1)).isConsistent)
    #expect(refusal(engine(settings(patience: Limits.patience))) == nil)
}

@Test func aViewThatHoldsItsOwnerOrSpentNewsIsRefused() {
    var spent = engine()
    spent.rumours[id(2)] = 0
    #expect(refusal(spent) == .outOfRange)
    spent.rumours[id(2)] = 1
    #expect(refusal(spent) == nil)
    var doubled = engine()
    let now = Now(instant: .zero, wall: WallTime(milliseconds: 0))
    doubled.members[id(1)] = Member(
        record: record(1), state: .alive, reason: .heardDirectly, since: now, heard: .zero, view: nil)
    #expect(refusal(doubled) == .outOfRange)
}

/// Where instants end, silence no longer grows; a suspect whose patience ended over and over was an endless loop.
@Test func atTheEndOfTimeASuspectIsGivenUp() {
    var engine = engine()
    var outbox = Outbox<MembershipEngine.Effect>()
    let end = Now(instant: never, wall: WallTime(milliseconds: .max))
    engine.receive(.gossip([record(2)], view: 9), from: id(2), at: end, into: &outbox)
    engine.wake(at: end, into: &outbox)
    #expect(engine.members[id(2)]?.state == .unreachable)
}
