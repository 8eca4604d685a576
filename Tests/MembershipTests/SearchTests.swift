import Base
import Testing

@testable import Membership

/// A mesh of sixty that has been well for a minute, and one who observes nobody that this node does.
private func crowd(rules change: (inout MembershipRules) -> Void = { _ in }) -> (subject: Subject, silent: UInt64) {
    var subject = Subject(2...60, rules: change)
    _ = subject.run(until: 60_000)
    let silent = subject.engine.edges.keys[0].number
    subject.beating[silent] = nil
    return (subject, silent)
}

extension [Effect] {
    /// Who was asked to ping `number`.
    fileprivate func scouts(after number: UInt64) -> Set<UInt64> {
        Set(
            sent.compactMap {
                guard case .seek(let charge) = $0.message, charge.subject == id(number) else { return nil }
                return $0.to
            })
    }
}

@Test func scoutsAreSentBeforeAnybodyIsAccused() {
    var (subject, silent) = crowd()
    let observers = subject.engine.observers(of: id(silent))
    let burst = subject.run(until: 62_000)
    let scouts = burst.scouts(after: silent)
    #expect(scouts.count == 3 && scouts.allSatisfy { !observers.contains(id($0)) && $0 != silent })
    #expect(burst.accusations(of: silent).isEmpty)
}

@Test func whomAScoutHearsIsNotAccused() throws {
    var (subject, silent) = crowd()
    let scout = try #require(subject.run(until: 62_000).scouts(after: silent).first)
    var later: [Effect] = []
    for number in UInt64(0)..<8 {
        _ = subject.receive(.witness(charge(silent, pulse: 62 + number)), from: scout)
        later += subject.run(until: subject.now + 1_000)
    }
    #expect(later.accusations(of: silent).isEmpty && later.scouts(after: silent).contains(scout))
    guard case .vouched(by: id(scout), _)? = subject.engine.members[id(silent)]?.reason else {
        return #expect(Bool(false), "the scout is named")
    }
    for second in 0..<44 {
        _ = subject.receive(.witness(charge(silent, pulse: 69)), from: scout)
        later = subject.run(until: subject.now + 1_000)
        if second < 36 { #expect(later.accusations(of: silent).isEmpty, "the scout's word may be what is lost") }
    }
    #expect(!later.accusations(of: silent).isEmpty, "the same beat told again is no news of it")
}

@Test func onlyThoseWhoWereAskedAreHeardAsScouts() throws {
    var (subject, silent) = crowd()
    let scouts = subject.run(until: 62_000).scouts(after: silent)
    let other = (UInt64(2)...60).first {
        !scouts.contains($0) && $0 != silent && !subject.engine.observers(of: id(silent)).contains(id($0))
    }
    for number in UInt64(0)..<8 {
        _ = subject.receive(.witness(charge(silent, pulse: 62 + number)), from: other ?? 0)
        _ = subject.run(until: subject.now + 250)
    }
    #expect(!subject.run(until: 66_000).accusations(of: silent).isEmpty)
}

@Test func aScoutPingsAndTellsWhoeverAskedIt() throws {
    var subject = Subject(2...60)
    _ = subject.run(until: 30_000)
    let far = try #require((UInt64(2)...60).first { subject.engine.edges[id($0)] == nil })
    subject.beating[far] = nil
    let first = subject.receive(.seek(charge(far, pulse: 40)), from: 60)
    #expect(!first.sent.contains { $0.to == 60 }, "who has not looked yet does not know")
    #expect(subject.run(until: 31_000).pings(of: far) == 5)
    let vain = subject.receive(.seek(charge(far, pulse: 40)), from: 60)
    #expect(vain.sent.contains { $0.message == .witness(charge(far, pulse: 0)) && $0.to == 60 })
    let answered = subject.receive(.pong(number: 0, pulse: 44), from: far)
    #expect(answered.sent.contains { $0.message == .witness(charge(far, pulse: 44)) && $0.to == 60 })
    #expect(subject.run(until: 32_000).pings(of: far) == 0)
    let again = subject.receive(.seek(charge(far, pulse: 40)), from: 60)
    #expect(again.sent.contains { $0.message == .witness(charge(far, pulse: 44)) })
    _ = subject.run(until: 40_000)
    #expect(subject.engine.searches.isEmpty)
}

@Test func searchesHaveALimit() {
    var subject = Subject(2...60)
    _ = subject.run(until: 5_000)
    subject.beating = [:]
    var answered = Set<UInt64>()
    for _ in 0..<3 {
        for number in UInt64(2)...59 where subject.engine.edges[id(number)] == nil {
            let sent = subject.receive(.seek(charge(number, pulse: 5)), from: 60).sent
            if sent.contains(where: { $0.to == 60 }) { answered.insert(number) }
        }
        _ = subject.run(until: subject.now + 1_000)
    }
    #expect(subject.engine.searches.count == Limits.searches)
    let searched = Set(subject.engine.searches.keys.map(\.number))
    #expect(!answered.isEmpty && answered.isSubset(of: searched), "who does not look has not found nobody")
}

@Test func whoIsDeafCountsOnThoseWhomSomebodyItHearsStillHears() {
    var subject = Subject(2...9)
    _ = subject.run(until: 60_000)
    let voucher = UInt64(9)
    for number in UInt64(2)...8 { subject.beating[number] = nil }
    var all: [Effect] = []
    for _ in 0..<60 {
        let effects = subject.run(until: subject.now + 1_000)
        for case .send(.seek(let charge), let contact) in effects where contact.node == id(voucher) {
            let beat = charge.subject == id(3) ? 0 : UInt64(subject.now / 1_000)
            _ = subject.receive(
                .witness(Charge(subject: charge.subject, life: charge.life, pulse: beat)), from: voucher)
        }
        all += effects
    }
    #expect((UInt64(4)...8).allSatisfy { subject.state(of: $0) == .suspect })
    #expect(subject.state(of: 3) == .unreachable, "nobody vouches for that one")
    #expect(all.accusations(of: 4).isEmpty)
}

@Test func whoIsDeafGivesNobodyUpWhileThoseItHearsHaveNotDeniedIt() {
    var subject = Subject(2...9)
    _ = subject.run(until: 60_000)
    for number in UInt64(2)...8 { subject.beating[number] = nil }
    _ = subject.run(until: 120_000)
    #expect((UInt64(2)...8).allSatisfy { subject.state(of: $0) == .suspect }, "node 9 answered no question")
    subject.beating[9] = nil
    _ = subject.run(until: 180_000)
    #expect((UInt64(2)...9).allSatisfy { subject.state(of: $0) == .unreachable }, "nobody is there to deny it")
}

/// The same, where this node hears none of the other observers either, and yet most of its own neighbours.
private func leftAlone(rules change: (inout MembershipRules) -> Void = { _ in }) -> (subject: Subject, silent: UInt64) {
    var (subject, silent) = crowd(rules: change)
    for observer in subject.engine.observers(of: id(silent)) { subject.beating[observer.number] = nil }
    return (subject, silent)
}

/// One of many observers that the others do not answer may be the deaf one: it does not judge before those whom it asks
/// have denied the accused. It cannot know that it is deaf, for most of its own neighbours beat.
@Test func whoIsLeftAloneOfManyObserversWaitsForDenials() {
    var (subject, silent) = leftAlone()
    _ = subject.run(until: 100_000)
    #expect(subject.state(of: silent) == .suspect, "nobody has said that it is not there")
    for _ in 0..<3 {
        let scout = subject.run(until: subject.now + 100).scouts(after: silent).min()
        for _ in 0..<10 where scout != nil {
            _ = subject.receive(.witness(charge(silent, pulse: 0)), from: scout ?? 0)
        }
        _ = subject.run(until: subject.now + 900)
    }
    #expect(subject.state(of: silent) == .suspect, "one may say so as often as it is asked")
    for _ in 0..<14 {
        for scout in subject.run(until: subject.now + 1_000).scouts(after: silent) {
            _ = subject.receive(.witness(charge(silent, pulse: 0)), from: scout)
        }
    }
    #expect(subject.state(of: silent) == .unreachable)
}

/// Planted bug: without it the one judges at once.
@Test func withoutDenialsOneOfManyObserversJudgesAlone() {
    var (subject, silent) = leftAlone { $0.denials = 0 }
    _ = subject.run(until: 100_000)
    #expect(subject.state(of: silent) == .unreachable)
}

/// Who has fallen silent with the accused does not answer.
@Test func scoutsAreThoseWhoWereHeardSinceTheSilenceBegan() {
    var (subject, silent) = crowd()
    let gone = subject.engine.edges.keys.dropFirst().prefix(3)
    for peer in gone { subject.beating[peer.number] = nil }
    let scouts = subject.run(until: 62_500).scouts(after: silent)
    #expect(!scouts.isEmpty && scouts.allSatisfy { scout in !gone.contains { $0.number == scout } })
}
