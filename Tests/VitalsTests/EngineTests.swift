import Base
import Crypto
import Testing

@testable import Vitals

@Test func aForgeryMovesNobodyAndSilencesItsTeller() {
    var subject = Subject()
    let honest = told(5, 2)
    let forged = AgedSheet(SignedSheet(told(5, 3, ["mood": "bad"]).signed.sheet, honest.signed.signature), age: 0)
    subject.hear(.sheets([honest]), from: 2, at: 0)
    subject.hear(.sheets([forged]), from: 3, at: 10)
    #expect(subject.notes.last == .forged(owner: id(5), by: id(3)))
    #expect(subject.known(5, at: 20) == ["mood=good"])
    // For ten seconds what it tells costs nothing, however much it is.
    let count = subject.notes.count
    for number in 0..<1_000 { subject.hear(.sheets([forged]), from: 3, at: 20 + Int64(number)) }
    #expect(subject.notes.count == count)
    subject.hear(.sheets([told(6, 1)]), from: 3, at: 10_020)
    #expect(subject.known(6, at: 10_020) == ["mood=good"])
}

/// Found with fifty real processes: the writer's budget was spent on what others had said, and nobody else knew.
@Test func whatANodeSaysOfItselfIsToldEvenByOneThatHasSaidTooMuch() {
    var subject = Subject()
    for number in 1...400 { subject.hear(.sheets([told(10 + number % 40, UInt64(number))]), from: 2, at: 0) }
    _ = subject.takeSent()
    subject.hear(.sheets([told(5, 1)]), from: 2, at: 10)
    #expect(!subject.takeSent().contains { if case .sheets = $0.message { true } else { false } })
    subject.set("mood", "good", at: 10)
    let told = subject.takeSent().filter { if case .sheets = $0.message { true } else { false } }.map(\.to)
    #expect(Set(told) == [id(2), id(3)])
}

@Test func whoWritesFasterThanAnybodyMayIsHeardNowAndThen() {
    var subject = Subject()
    for number in UInt64(1)...1_000 {
        subject.hear(.sheets([told(5, number, ["mood": "\(number)"])]), from: 2, at: Int64(number) * 10)
    }
    let changes = subject.notes.count { $0 == .changed(id(5), by: id(2)) }
    #expect((15...20).contains(changes), "as many as saved up and one a second, of ten seconds")
    #expect(subject.notes.count == changes, "none was looked at in vain")
    subject.hear(.sheets([told(6, 1)]), from: 2, at: 10_000)
    #expect(subject.known(6, at: 10_000) == ["mood=good"], "others do not pay for it")
}

@Test func nobodyHearsOfAStranger() {
    var subject = Subject(members: 4)
    subject.hear(.sheets([told(9, 1)]), from: 2, at: 0)
    #expect(subject.notes == [.stranger(owner: id(9), by: id(2))])
    #expect(subject.engine.sheets.isEmpty)
    subject.hear(.sheets([told(4, 1)]), from: 2, at: 0)
    var outbox = Outbox<Effect>()
    subject.engine.perform(.members([id(1), id(2)].sorted()), at: moment(1), into: &outbox)
    #expect(subject.engine.sheets.isEmpty)
}

@Test func whatIsOldIsNotTakenAndIsAnsweredWithWhatIsThere() {
    var subject = Subject()
    subject.hear(.sheets([told(5, 2)]), from: 2, at: 0)
    _ = subject.takeSent()
    subject.hear(.sheets([told(5, 1, ["mood": "bad"])]), from: 3, at: 10)
    #expect(subject.known(5, at: 10) == ["mood=good"])
    #expect(subject.takeSent().map(\.message) == [.have(Mark(told(5, 2).signed.sheet))])
    // In the last tenth of its life nobody takes it any more.
    subject.hear(.sheets([told(6, 1, age: 545)]), from: 2, at: 10)
    #expect(subject.known(6, at: 10).isEmpty)
}

@Test func ageIsWhatTheTellerSaysAndTheTimeSince() {
    var subject = Subject()
    subject.hear(.sheets([told(5, 2, age: 100)]), from: 2, at: 0)
    #expect(subject.engine.rows(at: moment(30_000).instant).map(\.age) == [130])
    #expect(subject.engine.rows(at: moment(499_999).instant).count == 1)
    #expect(subject.engine.rows(at: moment(500_000).instant).isEmpty)
}

@Test func whatIsNotAcknowledgedIsToldAgainAndNotForEver() {
    var subject = Subject(contacts: [2])
    subject.set("mood", "good", at: 0)
    var told = subject.takeSent().count
    #expect(told == 1)
    for millisecond in Int64(1)...5_000 where subject.engine.deadline ?? .zero <= moment(millisecond).instant {
        subject.wake(at: millisecond)
        told += subject.takeSent().filter { if case .sheets = $0.message { true } else { false } }.count
    }
    #expect(told == VitalsRules.pushes)
    subject.set("mood", "bad", at: 60_000)
    _ = subject.takeSent()
    subject.hear(.have(Mark(subject.engine.sheets[id(1)]!.sheet)), from: 2, at: 60_010)
    for millisecond in Int64(60_011)...61_500 where subject.engine.deadline ?? .zero <= moment(millisecond).instant {
        subject.wake(at: millisecond)
    }
    #expect(!subject.takeSent().contains { if case .sheets = $0.message { true } else { false } })
}

@Test func aSheetHasRoomForSoMuch() {
    let subject = Subject()
    #expect(subject.engine.hasRoom(for: bytes("disk"), [UInt8](repeating: 1, count: 700)))
    #expect(!subject.engine.hasRoom(for: bytes("disk"), [UInt8](repeating: 1, count: 900)))
    var full = subject
    for number in 0..<Limits.sheetEntries { full.set("key\(number)", "1", at: 0) }
    #expect(!full.engine.hasRoom(for: bytes("one more"), []) && full.engine.hasRoom(for: bytes("key7"), [2]))
}

@Test func whoChangesAllTheTimeWaitsForItsTurn() {
    var subject = Subject()
    for count in 0..<100 { subject.set("count", "\(count)", at: Int64(count)) }
    let version = subject.engine.version.count
    #expect((4...6).contains(version))
    for second in Int64(1)...60 { subject.wake(at: second * 1_000) }
    #expect(subject.known(1, at: 60_000) == ["count=99"])
}

@Test func aMeshWithoutSheetsIsSilentAfterAFewQuestions() {
    var subject = Subject()
    var asked: [VitalsMessage] = []
    for millisecond in Int64(1)...120_000 where subject.engine.deadline ?? .zero <= moment(millisecond).instant {
        guard subject.engine.deadline != nil else { break }
        subject.wake(at: millisecond)
        asked += subject.takeSent().map(\.message)
    }
    #expect((4...8).contains(asked.count) && asked.allSatisfy { $0 == .root(0) })
    #expect(subject.engine.deadline == nil)
    subject.hear(.root(0), from: 2, at: 130_000)
    #expect(subject.takeSent().isEmpty)
}

@Test func stateComesBackAsItWas() throws {
    var county = County(20)
    county.loss = 30
    for number in 1...20 { county.set(number, "mood", "\(number)") }
    county.run(until: 700)
    for node in county.nodes.values {
        let back = try VitalsEngine(decoding: node.engine.encoded.raw)
        #expect(back.encoded == node.engine.encoded && back.deadline == node.engine.deadline)
        #expect(back.rows(at: moment(700).instant) == node.engine.rows(at: moment(700).instant))
    }
}
