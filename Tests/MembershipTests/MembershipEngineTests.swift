import Base
import Testing

@testable import Membership

private typealias Effect = MembershipEngine.Effect

private func id(_ number: UInt64) -> NodeID { NodeID(Bytes32(number, 0, 0, 0)) }
private func port(_ number: UInt16) -> Address { Address(v4: 0x7F00_0001, port: number) }
private func time(_ milliseconds: Int64) -> Now {
    Now(instant: Instant.zero + .milliseconds(milliseconds), wall: WallTime(milliseconds: milliseconds))
}

private func record(_ number: UInt64, boot: UInt64 = 1, beat: UInt64 = 1, leaving: Bool = false) -> MemberRecord {
    MemberRecord(
        id: id(number), name: "node-\(number)", site: "front", address: port(UInt16(number)),
        life: Life(boot: boot, beat: beat), isLeaving: leaving)
}

private let settings = MembershipSettings(
    interval: .seconds(1), fanout: 3, suspectAfter: .seconds(8), unreachableAfter: .seconds(20))

private func engine(seeds: [Address] = [], stored: [Fact] = [], mischief: Mischief = .none) -> MembershipEngine {
    MembershipEngine(
        me: record(1, beat: 0), settings: settings, seeds: seeds, stored: stored, random: Random(seed: 7),
        mischief: mischief, at: time(0))
}

/// Calls one door and answers what came out of it.
private func effects(
    _ engine: inout MembershipEngine, _ call: (inout MembershipEngine, inout Outbox<Effect>) -> Void
) -> [Effect] {
    var outbox = Outbox<Effect>()
    call(&engine, &outbox)
    return outbox.effects
}

private func receive(
    _ message: MembershipMessage, from peer: UInt64, at now: Now, _ engine: inout MembershipEngine
) -> [Effect] {
    effects(&engine) { $0.receive(message, from: id(peer), at: now, into: &$1) }
}

private func wake(at now: Now, _ engine: inout MembershipEngine) -> [Effect] {
    effects(&engine) { $0.wake(at: now, into: &$1) }
}

private func moves(_ effects: [Effect]) -> [MembershipEngine.Note] {
    effects.compactMap {
        if case .note(.moved(let id, let from, let to, let reason)) = $0 {
            return .moved(id, from: from, to: to, because: reason)
        }
        return nil
    }
}

@Test func aHelloIsAnsweredWithTheView() {
    var engine = engine()
    _ = receive(.gossip([record(2), record(3)], view: 9), from: 2, at: time(1), &engine)
    let answer = receive(.hello(record(4)), from: 4, at: time(2), &engine)
    #expect(answer.contains(.note(.moved(id(4), from: nil, to: .alive, because: .heardDirectly))))
    let told = answer.compactMap { effect -> [UInt64]? in
        guard case .send(.gossip(let records, _), to: let to) = effect, to.address == port(4) else { return nil }
        return records.map(\.id.value.w0)
    }
    #expect(Set(told.joined()) == [1, 2, 3, 4])
}

@Test func aHelloInSomebodyElsesNameIsNotAnswered() {
    var engine = engine()
    let answer = receive(.hello(record(4)), from: 5, at: time(2), &engine)
    #expect(!answer.contains { if case .send = $0 { true } else { false } })
}

@Test func aSilentMemberIsSuspectedAndThenUnreachable() {
    var engine = engine()
    _ = receive(.gossip([record(2)], view: 9), from: 2, at: time(1_000), &engine)
    #expect(moves(wake(at: time(8_999), &engine)).isEmpty)
    #expect(
        moves(wake(at: time(9_000), &engine))
            == [.moved(id(2), from: .alive, to: .suspect, because: .silent(for: .seconds(8)))])
    #expect(moves(wake(at: time(20_999), &engine)).isEmpty)
    #expect(
        moves(wake(at: time(21_000), &engine))
            == [.moved(id(2), from: .suspect, to: .unreachable, because: .silent(for: .seconds(20)))])
    #expect(engine.members[id(2)]?.state == .unreachable)
}

@Test func newerLifeBringsAMemberBackFromAnyState() {
    var engine = engine()
    _ = receive(.gossip([record(2, beat: 5)], view: 9), from: 2, at: time(0), &engine)
    _ = wake(at: time(30_000), &engine)
    #expect(moves(receive(.gossip([record(2, beat: 5)], view: 9), from: 3, at: time(31_000), &engine)).isEmpty)
    #expect(
        moves(receive(.gossip([record(2, beat: 6)], view: 9), from: 3, at: time(31_000), &engine))
            == [.moved(id(2), from: .unreachable, to: .alive, because: .heardThrough(id(3)))])
    _ = receive(.gossip([record(2, beat: 7, leaving: true)], view: 9), from: 2, at: time(32_000), &engine)
    #expect(engine.members[id(2)]?.state == .left)
    #expect(
        moves(receive(.gossip([record(2, boot: 2, beat: 0)], view: 9), from: 2, at: time(33_000), &engine))
            == [.moved(id(2), from: .left, to: .alive, because: .heardDirectly)])
}

@Test func aRecordThatIsNotNewerChangesNothing() {
    var engine = engine()
    _ = receive(.gossip([record(2, boot: 3, beat: 5)], view: 9), from: 2, at: time(0), &engine)
    let before = engine.encoded
    for stale in [record(2, boot: 3, beat: 5), record(2, boot: 3, beat: 4), record(2, boot: 2, beat: 99)] {
        #expect(receive(.gossip([stale], view: 9), from: 2, at: time(9), &engine) == [.note(.ignored(.stale))])
    }
    #expect(engine.encoded == before)
}

@Test func ownLifeFromElsewhereIsNotedAndNotBelieved() {
    var engine = engine()
    #expect(
        receive(.gossip([record(1, boot: 9)], view: 9), from: 2, at: time(5), &engine)
            == [.note(.ignored(.ownLifeFromElsewhere))])
    #expect(engine.me.life.boot == 1)
}

@Test func goodbyeIsSaidToEverybodyAndEndsTheEngine() {
    var engine = engine()
    _ = receive(.gossip([record(2), record(3)], view: 9), from: 2, at: time(0), &engine)
    let goodbyes = effects(&engine) { $0.perform(.leave, at: time(1), into: &$1) }
    #expect(goodbyes.count == 2 * Limits.goodbyeCopies)
    #expect(engine.deadline == nil)
    #expect(wake(at: time(90_000), &engine).isEmpty)
    #expect(
        receive(.hello(record(4)), from: 4, at: time(2), &engine) == [.note(.ignored(.alreadyLeft))])
}

@Test func aLonelyNodeTriesEverySeedAndAnAnsweredSeedNoMore() {
    var engine = engine(seeds: [port(2), port(3)])
    let lonely = wake(at: time(0), &engine)
    #expect(
        lonely == [
            .send(.hello(engine.me), to: Contact(nil, at: port(2))),
            .send(.hello(engine.me), to: Contact(nil, at: port(3))),
        ])
    _ = receive(.gossip([record(2), record(3)], view: 9), from: 2, at: time(1), &engine)
    let hellos = wake(at: time(2_000), &engine).filter { if case .send(.hello, to: _) = $0 { true } else { false } }
    #expect(hellos.isEmpty)
}

@Test func everyDatagramOfALargeViewFitsItsBudgetAndTheViewIsToldInTurn() {
    var engine = engine()
    for number in 2..<200 {
        _ = receive(.gossip([record(UInt64(number))], view: 9), from: UInt64(number), at: time(0), &engine)
    }
    var told: Set<NodeID> = []
    for round in 1...17 {
        for effect in wake(at: time(Int64(round) * 1_100), &engine) {
            guard case .send(let message, to: _) = effect, case .gossip(let records, _) = message else { continue }
            #expect(message.encoded.count <= Limits.gossipBytes + 10)
            #expect(records.first?.id == id(1))
            told.formUnion(records.map(\.id))
        }
    }
    #expect(told.count == 199, "seventeen rounds of three datagrams tell of everybody")
}

@Test func newsRidesAhead() {
    var engine = engine()
    for number in 2..<100 {
        _ = receive(.gossip([record(UInt64(number))], view: 9), from: UInt64(number), at: time(0), &engine)
    }
    for round in 1...300 { _ = wake(at: time(Int64(round) * 1_000), &engine) }
    _ = receive(.gossip([record(150)], view: 9), from: 150, at: time(301_000), &engine)
    #expect((engine.deadline ?? time(900_000).instant) <= time(301_100).instant)
    let carried = wake(at: time(301_100), &engine).contains {
        guard case .send(.gossip(let records, _), to: _) = $0 else { return false }
        return records.contains { $0.id == id(150) }
    }
    #expect(carried)
}

@Test func theViewHasALimit() {
    var engine = engine()
    for number in 0..<UInt64(Limits.members) {
        _ = receive(.gossip([record(number % 60_000 + 2)], view: 9), from: 2, at: time(0), &engine)
    }
    #expect(engine.members.count == Limits.members)
    #expect(
        receive(.gossip([record(999_999 % 60_000)], view: 9), from: 2, at: time(0), &engine) == [
            .note(.ignored(.viewIsFull))
        ])
}

@Test func aStoredMemberIsKnownAtTheNextStartAndABeatIsNotStored() {
    var first = engine()
    let stored = receive(.gossip([record(2, beat: 1)], view: 9), from: 2, at: time(0), &first).compactMap {
        effect -> Fact? in
        if case .persist(let fact) = effect { fact } else { nil }
    }
    #expect(stored.count == 1)
    let again = receive(.gossip([record(2, beat: 2)], view: 9), from: 2, at: time(1), &first)
    #expect(!again.contains { if case .persist = $0 { true } else { false } })
    let second = engine(stored: stored)
    #expect(second.members[id(2)]?.state == .unreachable)
    #expect(second.members[id(2)]?.reason == .notHeardSinceStart)
}

@Test func aFactThatDoesNotReadIsPassedOver() {
    let bad = Fact(shelf: Shelf.members, key: [1], value: [2, 3])
    #expect(engine(stored: [bad]).members.isEmpty)
}

@Test func anEngineThatWasSavedAndReadGoesOnInTheSameWay() throws {
    var one = engine(seeds: [port(9)])
    for number in 2..<20 {
        _ = receive(.gossip([record(UInt64(number))], view: 9), from: UInt64(number), at: time(Int64(number)), &one)
    }
    var other = try MembershipEngine(decoding: one.encoded.raw)
    #expect(other.encoded == one.encoded)
    for step in 1...60 {
        let now = time(Int64(step) * 500)
        #expect(wake(at: now, &other) == wake(at: now, &one))
        #expect(other.deadline == one.deadline)
    }
}

@Test func everyMischiefPointKeepsTheDoorsSound() {
    for point in Mischief.Point.allCases {
        var engine = engine(seeds: [port(2)], mischief: Mischief([point]))
        for number in 2..<30 {
            _ = receive(.hello(record(UInt64(number))), from: UInt64(number), at: time(1), &engine)
        }
        let sends = wake(at: time(1_000), &engine).filter { if case .send = $0 { true } else { false } }
        #expect(!sends.isEmpty, "a round is sent with \(point)")
    }
}

@Test func nodesThatThinkTheSameHaveTheSameFingerprint() {
    var one = engine()
    var two = MembershipEngine(
        me: record(2), settings: settings, seeds: [], stored: [], random: Random(seed: 8), mischief: .none, at: time(0))
    _ = receive(.gossip([record(2), record(3)], view: 9), from: 2, at: time(1), &one)
    #expect(one.view != two.view)
    _ = receive(.gossip([record(1), record(3, beat: 7)], view: 9), from: 1, at: time(1), &two)
    #expect(one.view == two.view)
    #expect(one.members[id(2)]?.view == 9)
    _ = receive(.gossip([record(3, beat: 9, leaving: true)], view: 9), from: 3, at: time(2), &one)
    #expect(one.view != two.view)
}
