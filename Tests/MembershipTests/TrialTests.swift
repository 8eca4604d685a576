import Base
import Testing

@testable import Membership

/// A mesh of five that has been well for a minute; then 2 falls silent.
private func minute(_ change: (inout MembershipRules) -> Void = { _ in }) -> Subject {
    var subject = Subject(2...5, rules: change)
    _ = subject.run(until: 60_000)
    subject.beating[2] = nil
    return subject
}

@Test func aSilentNeighbourIsPingedThenSuspectedAndAccusedToItsOtherObservers() {
    var subject = minute()
    let quiet = subject.run(until: 61_450)
    #expect(quiet.pings(of: 2) == 0 && quiet.moves.isEmpty)
    let burst = subject.run(until: 62_100)
    #expect(burst.pings(of: 2) == 3 && burst.moves.isEmpty)
    let judged = subject.run(until: 63_000)
    #expect(judged.moves == ["2 alive suspect"])
    #expect(judged.accusations(of: 2) == [3, 4, 5])
}

@Test func oneAnswerEndsTheExamination() {
    var subject = minute()
    _ = subject.run(until: 61_700)
    _ = subject.receive(.pong(number: 0, pulse: 60), from: 2)
    #expect(subject.run(until: 63_000).moves.isEmpty)
}

/// Planted bug: without the burst a single lost beat accuses.
@Test func withoutTheBurstOneLostBeatAccuses() {
    var subject = minute {
        $0.fewestPings = 0; $0.mostPings = 0
    }
    #expect(subject.run(until: 61_450).moves == [])
    #expect(subject.run(until: 61_600).moves == ["2 alive suspect"])
}

@Test func aDeathNeedsAQuorumOfTheObservers() {
    var subject = minute()
    _ = subject.run(until: 62_800)
    func accuse(by peers: [UInt64]) -> [Effect] {
        peers.flatMap { subject.receive(.accuse(word(by: $0, charge(2, pulse: 60))), from: $0) }
            + subject.run(until: subject.now + 500)
    }
    for _ in 0..<4 { #expect(accuse(by: [3]).moves.isEmpty, "two of four are too few") }
    let verdict = accuse(by: [3, 4])
    #expect(verdict.moves == ["2 suspect unreachable"])
    #expect(Set(verdict.told(2, .down)) == [3, 4, 5])
    guard case .givenUp(let finding)? = subject.engine.members[id(2)]?.reason else {
        return #expect(Bool(false), "\(String(describing: subject.engine.members[id(2)]?.reason))")
    }
    #expect(finding.accusers == [id(1), id(3), id(4)] && finding.observers == 4)
    #expect(finding.silence > .seconds(4) && finding.pings >= 3 && finding.edges == 4 && finding.silentEdges == 1)
}

/// What a quorum that forms at once has decided after so many milliseconds.
private func verdict(after wait: Int64, _ change: (inout MembershipRules) -> Void = { _ in }) -> Member.State? {
    var subject = minute(change)
    while subject.state(of: 2) == .alive, subject.now < 70_000 { _ = subject.run(until: subject.now + 50) }
    for peer in [UInt64(3), 4] { _ = subject.receive(.accuse(word(by: peer, charge(2, pulse: 60))), from: peer) }
    _ = subject.run(until: subject.now + wait)
    return subject.state(of: 2)
}

@Test func aVerdictWaitsForThoseWhoMayHearTheAccused() {
    #expect(verdict(after: 300) == .suspect, "node 5 may hear it, and its word be under way")
    #expect(verdict(after: 1_500) == .unreachable, "it does not answer")
}

/// Planted bug: without the wait the quorum judges at once.
@Test func withoutTheWaitTheQuorumJudgesAtOnce() {
    #expect(verdict(after: 300) { $0.oddsOfVeto = 0 } == .unreachable)
}

/// Planted bug: without a quorum one observer alone gives up.
@Test func withoutAQuorumOneObserverIsEnough() {
    var subject = minute {
        $0.quorumLeast = 1; $0.quorumPercent = 0
    }
    #expect(subject.run(until: 63_500).moves == ["2 alive suspect", "2 suspect unreachable"])
}

@Test func anAccusationCountsForAWhileOnly() {
    var subject = minute { $0.accusationLife = .seconds(2) }
    _ = subject.receive(.accuse(word(by: 3, charge(2, pulse: 60))), from: 3)
    _ = subject.receive(.accuse(word(by: 4, charge(2, pulse: 60))), from: 4)
    _ = subject.run(until: 63_400)
    #expect(subject.state(of: 2) == .suspect)
}

@Test func aSilenceLikeOneThatEndedBeforeAccusesNobody() {
    var subject = minute()
    _ = subject.run(until: 70_000)
    #expect(subject.state(of: 2) == .suspect)
    _ = subject.beat(of: 2, pulse: 71)
    #expect(subject.state(of: 2) == .alive)
    // Ten seconds and more have been borne, so half as much again must be.
    #expect(subject.run(until: 84_800).moves.isEmpty)
    #expect(subject.run(until: 86_000).moves == ["2 alive suspect"])
}

/// Planted bug: without the factor the same fade is taken for a death.
@Test func withoutTheFactorTheSameFadeAccuses() {
    var subject = minute { $0.silencePercent = 0 }
    _ = subject.run(until: 70_000)
    _ = subject.beat(of: 2, pulse: 71)
    #expect(subject.run(until: 84_800).moves == ["2 alive suspect"])
}

@Test func anObserverThatHearsTheAccusedVouchesForIt() {
    var subject = minute()
    let answer = subject.receive(.accuse(word(by: 4, charge(3, pulse: 60))), from: 4)
    #expect(answer.sent.contains { $0.message == .witness(charge(3, pulse: 61)) && $0.to == 4 })
    _ = subject.run(until: 62_900)
    for number in UInt64(0)..<12 {
        for peer in [UInt64(3), 4] { _ = subject.receive(.accuse(word(by: peer, charge(2, pulse: 60))), from: peer) }
        _ = subject.receive(.witness(charge(2, pulse: 63 + number / 4)), from: 5)
        _ = subject.run(until: subject.now + 250)
    }
    #expect(subject.state(of: 2) == .suspect, "three accuse, one hears it: it is there")
    guard case .vouched(by: id(5), _)? = subject.engine.members[id(2)]?.reason else {
        return #expect(Bool(false), "the voucher is named")
    }
}

@Test func observersThatAreGoneTooAreNotWaitedFor() {
    var subject = Subject(2...3)
    _ = subject.run(until: 60_000)
    subject.beating = [:]
    let effects = subject.run(until: 90_000)
    #expect(effects.moves.filter { $0.hasSuffix("unreachable") }.count == 2)
    #expect(subject.engine.isLonely)
}

@Test func whoHearsNobodyAccusesNobodyAndTellsNobodyThatItGaveUp() {
    var subject = Subject(2...9)
    _ = subject.run(until: 60_000)
    for number in UInt64(2)...9 { subject.beating[number] = nil }
    let first = subject.run(until: 80_000)
    #expect(first.notes.contains(.deaf(true, silentEdges: 8, edges: 8)))
    #expect((UInt64(2)...9).allSatisfy { first.accusations(of: $0).isEmpty })
    #expect((UInt64(2)...9).allSatisfy { subject.state(of: $0) == .suspect })
    let later = subject.run(until: 100_000)
    #expect(
        (UInt64(2)...9).allSatisfy { subject.state(of: $0) == .unreachable && subject.standing(of: $0) == .unheard })
    #expect((UInt64(2)...9).allSatisfy { later.told($0, .down).isEmpty })
    _ = subject.beat(of: 5, pulse: 99)
    #expect(subject.state(of: 5) == .alive, "one word is enough")
}

/// Planted bug: without isolation a deaf node accuses all of its neighbours.
@Test func withoutIsolationTheDeafAccuse() {
    var subject = Subject(2...9) { $0.isolationPercent = 100 }
    _ = subject.run(until: 60_000)
    for number in UInt64(2)...9 { subject.beating[number] = nil }
    #expect(!subject.run(until: 80_000).accusations(of: 2).isEmpty)
}

@Test func aProcessThatWasStoppedJudgesNobodyByThatTime() {
    var subject = Subject(2...5)
    _ = subject.run(until: 60_000)
    var outbox = Outbox<Effect>()
    subject.engine.wake(at: time(95_000), into: &outbox)
    #expect(outbox.effects.moves.isEmpty && outbox.effects.pings(of: 2) == 0)
    #expect(outbox.effects.notes.contains { if case .stalled(let stall) = $0 { stall > .seconds(33) } else { false } })
}

@Test func anAccuserThatShoutsIsAnsweredAsIfItSpoke() {
    var subject = minute()
    var answers = 0
    for _ in 0..<10_000 { answers += subject.receive(.accuse(word(by: 4, charge(3, pulse: 60))), from: 4).sent.count }
    #expect(answers == 1)
    #expect(subject.engine.edges[id(3)]?.accusers.count == 1)
    #expect(subject.run(until: 65_000).accusations(of: 3).isEmpty, "who is heard is not accused because others do it")
}

@Test func onlyObserversAccuseObservers() {
    var subject = Subject(2...60)
    let stranger = (UInt64(2)...60).first { number in
        !subject.engine.observers(of: subject.engine.edges.keys[0]).contains(id(number))
            && id(number) != subject.engine.edges.keys[0]
    }
    let accused = subject.engine.edges.keys[0].number
    let said = word(by: stranger ?? 0, charge(accused, pulse: 1))
    #expect(subject.receive(.accuse(said), from: stranger ?? 0).notes.contains(.ignored(.notAnObserver)))
    #expect(subject.engine.edges[id(accused)]?.accusers.isEmpty == true)
}

/// The rosters of two who never met may differ, and with them their neighbours: such a silence says little.
@Test func whoWasNeverHeardIsAccusedLate() {
    var subject = Subject(2...5)
    _ = subject.receive(.news([Claim(record(6), .here)]), from: 3)
    #expect(subject.run(until: 12_000).moves.isEmpty)
    let late = subject.run(until: 30_000)
    #expect(late.moves == ["6 alive suspect"] && late.pings(of: 6) > 40)
}

/// One that beats every five seconds and says so is not pinged in between; one that is silent for as long and beats
/// every second is.
@Test(arguments: [(Interval.seconds(5), 0), (.seconds(1), 1)])
func aNeighbourIsExpectedAsOftenAsItSaysItself(interval: Interval, fewestPings: Int) {
    var subject = Subject(2...6)
    _ = subject.run(until: 60_000)
    let pulse = (subject.beating[2] ?? 0) + 1
    subject.beating[2] = nil
    _ = subject.beat(of: 2, pulse: pulse, interval: interval)
    let pings = subject.run(until: 64_500).pings(of: 2)
    #expect(fewestPings == 0 ? pings == 0 : pings >= fewestPings)
    #expect(subject.run(until: 90_000).pings(of: 2) >= 3, "silence for many of its intervals is one")
}

@Test func afterAStallAWitnessIsBelievedThatTellsOfAllTheBeatsMissed() throws {
    var subject = Subject(2...60)
    _ = subject.run(until: 60_000)
    let silent = subject.engine.edges.keys[0].number
    let witness = try #require(subject.engine.observers(of: id(silent)).first { $0 != subject.engine.me.id })
    subject.beating[silent] = nil
    subject.standStill(until: 90_000)
    _ = subject.run(until: 94_000)
    _ = subject.receive(.witness(charge(silent, pulse: 94)), from: witness.number)
    #expect(subject.engine.edges[id(silent)]?.vouch?.by == witness)
}
