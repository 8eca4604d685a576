import Base
import Testing

@testable import Membership

private func gone(_ number: UInt64, accusers: [UInt64], pulse: UInt64 = 60, beat: UInt64 = 0) -> Claim {
    verdict(over: record(number, beat: beat), by: accusers.map { ($0, pulse) })
}

/// A mesh of five in which 2 has been given up after its 61st beat.
private func bereaved(_ change: (inout MembershipRules) -> Void = { _ in }) -> Subject {
    var subject = Subject(2...5, rules: change)
    _ = subject.run(until: 60_000)
    subject.beating[2] = nil
    _ = subject.run(until: 62_000)
    _ = subject.receive(.news([gone(2, accusers: [3, 4, 5], pulse: 60)]), from: 3)
    precondition(subject.standing(of: 2) == .down, "three observers are a quorum of four")
    return subject
}

@Test func newsIsRepeatedUntilAcknowledgedAndTheTellerNeedNotHearIt() {
    var subject = Subject(2...5)
    _ = subject.run(until: 10_000)
    let first = subject.receive(.news([Claim(record(6), .here)]), from: 3)
    #expect(first.moves == ["6 - alive"])
    #expect(first.sent.contains { $0.message == .known([Claim(record(6), .here).mark.hash]) && $0.to == 3 })
    #expect(Set(first.told(6, .here)) == [2, 4, 5])
    _ = subject.receive(.known([Claim(record(6), .here).mark.hash]), from: 4)
    _ = subject.receive(.news([Claim(record(6), .here)]), from: 5)
    let again = subject.run(until: 12_000)
    #expect(Set(again.told(6, .here)) == [2])
    #expect((4...10).contains(again.told(6, .here).count), "every quarter of a second")
    #expect(subject.run(until: 60_000).told(6, .here).contains(2))
    #expect(subject.run(until: 62_000).told(6, .here).isEmpty, "after thirty seconds the comparison owns it")
}

/// Planted bug: news that is said once and never again.
@Test func withoutRepetitionNewsIsSaidOnce() {
    var subject = Subject(2...5) { $0.newsLife = .zero }
    _ = subject.run(until: 10_000)
    _ = subject.receive(.news([Claim(record(6), .here)]), from: 3)
    #expect(subject.run(until: 60_000).told(6, .here).isEmpty)
}

@Test func aStragglerDoesNotRefuteAVerdictAndALaterBeatDoes() {
    var subject = bereaved()
    let straggler = subject.beat(of: 2, pulse: 61)
    #expect(subject.state(of: 2) == .unreachable)
    #expect(straggler.sent.contains { $0.to == 2 && $0.message.held == Held(life: record(2).life, pulse: 61) })
    #expect(subject.beat(of: 2, pulse: 61).sent.isEmpty, "it is told so once a second")
    #expect(subject.beat(of: 2, pulse: 62).moves == ["2 unreachable alive"])
}

/// Planted bug: without comparing beats a straggler raises the dead.
@Test func withoutTheLastBeatAStragglerRaisesTheDead() {
    var subject = bereaved { $0.comparesPulses = 0 }
    _ = subject.beat(of: 2, pulse: 60)
    #expect(subject.state(of: 2) == .alive)
}

@Test func aThirdPartyNeverRaisesTheDeadButMakesThisNodeAsk() {
    var subject = bereaved()
    let claim = Claim(record(2), .here)
    #expect(subject.receive(.told(Answer(pulse: 9, root: 1, claims: [claim], rest: .nothing)), from: 4).moves.isEmpty)
    #expect(subject.receive(.news([claim]), from: 4).moves.isEmpty)
    let asked = subject.run(until: 63_000)
    #expect(asked.pings(of: 2) >= 3 && asked.moves.isEmpty)
    #expect(subject.receive(.pong(number: 0, pulse: 64), from: 2).moves == ["2 unreachable alive"])
}

@Test func aLongerLifeOfTheSubjectRefutesWhoeverTellsOfIt() {
    var subject = bereaved()
    #expect(subject.receive(.news([Claim(record(2, beat: 1), .here)]), from: 4).moves == ["2 unreachable alive"])
}

@Test func whoIsHeldForGoneSpeaksUpOnceASecond() {
    var subject = Subject(2...5)
    _ = subject.run(until: 10_000)
    let held = MembershipMessage.ping(number: 1, pulse: 9, held: Held(life: record(1).life, pulse: 3))
    let answer = subject.receive(held, from: 3)
    #expect(answer.notes.contains(.spokeUp(Life(boot: 1, beat: 1))))
    #expect(Set(answer.told(1, .here)) == [2, 3, 4, 5])
    for _ in 0..<1_000 {
        let again = MembershipMessage.ping(number: 1, pulse: 9, held: Held(life: subject.engine.me.life, pulse: 3))
        _ = subject.receive(again, from: 3)
    }
    #expect(subject.engine.me.life == Life(boot: 1, beat: 1))
}

@Test func aLifeFromElsewhereIsAnAlarmAndALeapTooFarIsNothing() {
    var subject = Subject(2...3)
    let answer = Answer(pulse: 1, root: 1, claims: [Claim(record(1, boot: 9), .here)], rest: .nothing)
    let clone = subject.receive(.told(answer), from: 2)
    #expect(clone.notes.contains(.ignored(.ownLifeFromElsewhere)))
    #expect(subject.engine.me.life == Life(boot: 9, beat: 1), "it speaks up with a life longer than the clone's")
    _ = subject.run(until: 5_000)
    let leap = subject.receive(
        .told(Answer(pulse: 1, root: 1, claims: [Claim(record(1, boot: 9 + 65_537), .here)], rest: .nothing)), from: 2)
    #expect(leap.notes.contains(.ignored(.impossibleLife)))
    #expect(subject.engine.me.life.boot == 9)
}

@Test func aLieAboutALifeReachesSixtyFiveThousandBootsAndNoFurther() {
    var subject = Subject(2...5)
    let far = Claim(record(3, boot: 1 + 65_537), .here)
    #expect(subject.receive(.news([far]), from: 4).notes.contains(.ignored(.impossibleLife)))
    #expect(subject.receive(.news([Claim(record(3, beat: 65_537), .here)]), from: 4).moves.isEmpty)
    #expect(subject.engine.members[id(3)]?.record.life == record(3).life)
    _ = subject.receive(.news([Claim(record(3, boot: 1 + 65_536), .here)]), from: 4)
    #expect(subject.engine.members[id(3)]?.record.life.boot == 65_537)
}

@Test func aFalseVerdictIsNotBelievedAndItsSubjectIsAsked() {
    var subject = Subject(2...60)
    _ = subject.run(until: 5_000)
    let victim = (UInt64(2)...60).first { subject.engine.edges[id($0)] == nil } ?? 2
    let liar = subject.engine.edges.keys[0].number
    let strangers = (UInt64(2)...60).filter {
        !subject.engine.observers(of: id(victim)).contains(id($0)) && $0 != victim
    }
    for accusers in [[], [liar], Array(strangers.prefix(3))] {
        let lie = subject.receive(.news([gone(victim, accusers: accusers.sorted())]), from: liar)
        #expect(lie.moves.isEmpty && lie.told(victim, .down).isEmpty)
    }
    let asked = subject.run(until: 5_200)
    #expect(asked.pings(of: victim) == 1 && subject.engine.doubts.isEmpty, "it answered, and that settled it")
    #expect(subject.state(of: victim) == .alive)
}

@Test func aVerdictOverOneWhoIsHeardIsNotBelieved() {
    var subject = Subject(2...5)
    _ = subject.run(until: 60_000)
    let verdict = subject.receive(.news([gone(2, accusers: [3, 4, 5])]), from: 3)
    #expect(verdict.notes.contains(.ignored(.heardSince)))
    _ = subject.run(until: 65_000)
    #expect(subject.state(of: 2) == .alive)
}

@Test func whoComesBackTakesItsNeighboursWordForTheWayBack() throws {
    var losses: [Int] = []
    for lossThere in [UInt8(3), 128] {
        var subject = Subject(2...5)
        subject.lossThere = lossThere
        _ = subject.run(until: 2_500)
        subject.beating[2] = nil
        losses.append(try #require(subject.engine.edges[id(2)]?.loss))
        _ = subject.run(until: 5_500)
        #expect((subject.state(of: 2) == .suspect) == (lossThere == 3))
    }
    #expect(losses[0] < MembershipRules.whole / 20 && losses[1] > MembershipRules.whole / 4)
}

/// Two came back lately: neither can tell the other what is lost, but their other paths can.
@Test func whoCannotTellWhatIsLostIsReckonedWithLikeTheOthers() {
    for (word, expected) in [(UInt8(3), 0...4), (127, 40...50)] {
        var subject = Subject(2...5)
        subject.beating[2] = nil
        subject.lossThere = word
        _ = subject.run(until: 2_500)
        subject.lossThere = 127
        _ = subject.beat(of: 2, pulse: 2)
        let loss = subject.engine.edges[id(2)]?.loss ?? 0
        #expect(expected.contains(loss * 100 / MembershipRules.whole), "others say \(word)")
    }
}

/// Its edge is young and bears with losses, so it has no doubt of its own when the others have judged.
@Test func anObserverBelievesTheOthersWhenABeatIsLateAndNoneCameThatTheyDoNotKnow() throws {
    var subject = Subject(2...5)
    subject.lossThere = 128
    _ = subject.run(until: 3_000)
    subject.beating[2] = nil
    _ = subject.run(until: 3_500)
    let last = try #require(subject.engine.edges[id(2)]?.latest)
    let verdict = gone(2, accusers: [3, 4, 5], pulse: last)
    #expect(subject.receive(.news([verdict]), from: 3).moves.isEmpty, "its next beat is not due yet")
    _ = subject.run(until: 5_000)
    #expect(subject.engine.edges[id(2)]?.trial == nil)
    #expect(subject.receive(.news([gone(2, accusers: [3, 4, 5], pulse: last - 1)]), from: 4).moves.isEmpty)
    #expect(subject.receive(.news([verdict]), from: 4).moves == ["2 alive unreachable"])
}

@Test func anOldVerdictFromTheFarSideOfASplitIsExaminedBeforeItIsBelieved() {
    var subject = Subject(2...5)
    _ = subject.run(until: 60_000)
    subject.beating[2] = nil
    let told = Answer(pulse: 9, root: 1, claims: [gone(2, accusers: [])], rest: .nothing)
    #expect(subject.receive(.told(told), from: 3).moves.isEmpty)
    let settled = subject.run(until: 70_000)
    #expect(settled.pings(of: 2) >= 6)
    #expect(subject.standing(of: 2) == .down)
}

@Test func doubtsHaveALimit() {
    var subject = Subject(2...200)
    let liar = subject.engine.edges.keys[0].number
    for number in UInt64(2)...200 where number != liar {
        _ = subject.receive(.news([gone(number, accusers: [])]), from: liar)
    }
    #expect(subject.engine.doubts.count == Limits.doubts)
}

@Test func aMemberOfAnEarlierLifeIsBackWhenItIsHeardAndWhenOthersHearIt() {
    var first = Subject(2...4)
    _ = first.run(until: 1_000)
    let stored = (UInt64(2)...4).map { storedFact(record($0)) }
    var second = Subject(stored: stored)
    #expect((UInt64(2)...4).allSatisfy { second.state(of: $0) == .unreachable && second.standing(of: $0) == .unheard })
    #expect(second.beat(of: 2, pulse: 5).moves == ["2 unreachable alive"])
    let answer = Answer(pulse: 9, root: 1, claims: [Claim(record(3), .here)], rest: .nothing)
    #expect(second.receive(.told(answer), from: 2).moves == ["3 unreachable alive"])
    #expect(Subject(stored: [Fact(shelf: Shelf.members, key: [1], value: [2, 3])]).engine.members.isEmpty)
}

@Test func whoSaysGoodbyeIsLeftUntilItStartsAgain() {
    var subject = Subject(2...5)
    _ = subject.run(until: 5_000)
    let goodbye = Claim(record(2, beat: 1, leaving: true), .left)
    #expect(subject.receive(.news([goodbye]), from: 2).moves == ["2 alive left"])
    #expect(subject.receive(.news([Claim(record(2), .here)]), from: 3).moves.isEmpty)
    #expect(subject.receive(.hello(record(2, boot: 2), pulse: 0), from: 2).moves == ["2 left alive"])
}

@Test func goodbyeIsSaidToTheNeighboursAndEndsTheEngine() {
    var subject = Subject(2...5)
    subject.beating = [:]
    _ = subject.run(until: 500)
    let goodbyes = subject.leave()
    #expect(goodbyes.told(1, .left).count == 4 * Limits.goodbyeCopies)
    #expect(subject.engine.deadline == nil && subject.run(until: 90_000).isEmpty)
    #expect(subject.receive(.hello(record(7), pulse: 0), from: 7) == [.note(.ignored(.alreadyLeft))])
}

@Test func whoHasSaidTooMuchSaysGoodbyeOnceToEach() {
    var subject = Subject(2...5)
    subject.beating = [:]
    subject.engine.spend(20_000, at: time(subject.now))
    #expect(subject.leave().told(1, .left) == [2, 3, 4, 5])
}

@Test func theViewHasALimit() {
    var subject = Subject()
    for number in UInt64(2)..<UInt64(Limits.members) + 2 {
        let claim = Claim(record(number), .unheard)
        _ = subject.receive(.told(Answer(pulse: 1, root: 1, claims: [claim], rest: .nothing)), from: 2)
    }
    #expect(subject.engine.members.count == Limits.members)
    #expect(subject.receive(.hello(record(19_000), pulse: 1), from: 19_000).notes.contains(.ignored(.viewIsFull)))
}

@Test func whatBroughtAMemberToItsStateIsRemembered() {
    var subject = bereaved()
    _ = subject.beat(of: 2, pulse: 62)
    let history = subject.engine.members[id(2)]?.history ?? []
    #expect(history.map(\.state) == [.alive, .unreachable, .alive])
    guard history.count == 3, case .toldGone(by: id(3), let accusers) = history[1].reason else {
        return #expect(Bool(false), "who told, and who accused")
    }
    #expect(accusers == [id(3), id(4), id(5)])
    for pulse in UInt64(63)...80 {
        _ = subject.receive(.news([gone(2, accusers: [3, 4, 5], pulse: pulse)]), from: 3)
        _ = subject.beat(of: 2, pulse: pulse + 1)
    }
    #expect((subject.engine.members[id(2)]?.history.count ?? 0) <= Limits.movesPerMember)
}

extension MembershipMessage {
    fileprivate var held: Held? { if case .ping(_, _, let held) = self { held } else { nil } }
}
