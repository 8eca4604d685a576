import Base
import Testing

@testable import Membership

@Test func anEngineThatWasSavedAndReadGoesOnInTheSameWay() throws {
    var one = Subject(2...20, seeds: [port(90)], stored: [storedFact(record(80))])
    _ = one.run(until: 20_000)
    one.beating[one.engine.edges.keys[0].number] = nil
    _ = one.run(until: 24_200)
    let neighbour = one.engine.edges.keys[1].number
    _ = one.receive(.news([Claim(record(30), .here)]), from: neighbour)
    _ = one.receive(.told(Answer(pulse: 9, root: 3, claims: [Claim(record(5), .down)], rest: .owed)), from: neighbour)
    var other = one
    other.engine = try MembershipEngine(decoding: one.engine.encoded.raw)
    #expect(other.engine.encoded == one.engine.encoded)
    #expect(other.engine.deadline == one.engine.deadline && other.engine.view == one.engine.view)
    for step in Int64(1)...30 {
        #expect(one.run(until: 24_200 + step * 500) == other.run(until: 24_200 + step * 500))
    }
    #expect(other.engine.encoded == one.engine.encoded)
}

@Test func aStateCutShortAnywhereIsRefused() {
    var subject = Subject(2...4)
    _ = subject.run(until: 3_000)
    let bytes = subject.engine.encoded
    #expect(throws: Never.self) { try MembershipEngine(decoding: bytes.raw) }
    for length in 0..<bytes.count {
        #expect(throws: DecodeError.self, "cut at \(length)") {
            try MembershipEngine(decoding: Array(bytes[..<length]).raw)
        }
    }
}

@Test func edgesThatDoNotFollowFromTheRosterAreRefused() {
    var subject = Subject(2...4)
    subject.engine.edges[id(3)] = nil
    #expect(throws: DecodeError.outOfRange) { try MembershipEngine(decoding: subject.engine.encoded.raw) }
}

@Test func rulesThatCannotBeReckonedWithAreRefused() {
    var rules = MembershipRules()
    #expect(MembershipSettings(interval: .seconds(1), rules: rules).isConsistent)
    rules.beatsAveraged = 0
    #expect(!MembershipSettings(interval: .seconds(1), rules: rules).isConsistent)
    #expect(throws: DecodeError.outOfRange) { try MembershipRules(decoding: rules.encoded.raw) }
    #expect(!MembershipSettings(interval: .minutes(11)).isConsistent)
}

@Test func everyMischiefPointKeepsTheDoorsSound() {
    for point in Mischief.Point.allCases {
        var subject = Subject(2...30, seeds: [port(2)], mischief: Mischief([point]))
        let effects = subject.run(until: 10_000)
        #expect(effects.sent.count > 60 && effects.moves.isEmpty, "with \(point)")
    }
}

@Test func nodesThatThinkTheSameHaveTheSameFingerprint() {
    var one = Subject(2...3)
    var two = Subject(2...2)
    #expect(one.engine.view != two.engine.view)
    _ = two.receive(.hello(record(3), pulse: 0), from: 3)
    #expect(one.engine.view == two.engine.view)
    _ = one.beat(of: 2, pulse: 9, root: 44)
    #expect(one.engine.members[id(2)]?.view == 44)
}

/// Where instants end nothing is due for ever.
@Test func atTheEndOfTimeTheDoorsStillReturn() {
    var subject = Subject(2...5)
    var outbox = Outbox<Effect>()
    for instant in [Instant(nanoseconds: .max), .zero, Instant(nanoseconds: 1 << 63), Instant(nanoseconds: .max)] {
        let now = Now(instant: instant, wall: WallTime(milliseconds: .max))
        subject.engine.wake(at: now, into: &outbox)
        subject.engine.receive(.hello(record(9), pulse: 3), from: id(9), at: now, into: &outbox)
        subject.engine.receive(.accuse(word(by: 3, charge(2, pulse: 3))), from: id(3), at: now, into: &outbox)
        subject.engine.wake(at: now, into: &outbox)
    }
    #expect(!outbox.isEmpty)
}
