import Base
import Session
import Testing
import Traffic

@testable import Node

private let place = Contact(nil, at: port(9))
private let known = Contact(id(2), at: port(2))

/// One note of each kind that has a name of its own.
private let notes: [SessionNote] =
    SessionNote.Beginnings.allCases.map { .began(known, $0) }
    + [
        .refused(.badCode, from: Path(port(2))), .unanswered(known, tries: 20),
        .established(id(2), Path(port(2)), isMine: true), .renewed(id(2), Path(port(2))),
    ] + SessionNote.Ending.allCases.map { .ended(id(2), $0) }
    + [
        .moved(id(2), from: Path(port(2)), to: Path(port(3), .tcp)), .fellBack(id(2), silentTries: 3),
        .comesOverUDP(id(2)),
        .answeredByOther(id(2), id(3), Path(port(2))), .proofAsked(known, .address), .proofAsked(known, .fresh),
        .cookieAsked(Path(port(2))), .freshAsked(Path(port(2))), .dropped(known, count: 2),
        .line(id(2), .rate(.steady, 1_000_000, .saturated)), .line(id(2), .packetSize(1_452)),
        .line(id(2), .blackHole(1_200)), .line(id(2), .dropped(.bulk)), .line(id(2), .reordering(packets: 7)),
        .line(id(2), .rebuilt(StreamID(4), count: 3)),
    ]

@Test func everyNoteHasANameAndASentence() {
    let names = notes.map(\.name)
    let sentences = notes.map { note in note.sentence { $0 == id(3) ? "till-03" : "?" } }
    #expect(Set(names).count == notes.count && Set(sentences).count == notes.count)
    for (name, sentence) in zip(names, sentences) {
        #expect(!name.contains(" ") && name.contains("."), "\(name)")
        #expect(sentence.contains(" ") && !sentence.hasSuffix("."), "\(sentence)")
    }
    #expect(sentences.filter { $0.contains("till-03") }.count == 1)
    for refusal in Refusal.allCases { #expect(refusal.meaning.contains(" ")) }
    #expect(Set(Refusal.allCases.map(\.meaning)).count == Refusal.allCases.count)
    for mode in RateMode.allCases { #expect(!mode.word.contains(" ") && !mode.phrase.isEmpty) }
    for reason in RateReason.allCases { #expect(!reason.word.contains(" ") && !reason.phrase.isEmpty) }
    #expect(Set(RateReason.allCases.map(\.word)).count == RateReason.allCases.count)
}

@Test func aLinkKeepsItsLastEventsAndNoMore() {
    var memory = LinkMemory()
    // Three kinds apart from each other, so that none is the same again.
    for round in Int64(0)..<100 {
        for (index, note) in notes.enumerated() { memory.take(note, at: moment(round * 1_000 + Int64(index))) }
    }
    let events = memory[.node(id(2))]?.events ?? []
    #expect(events.count == Limits.linkEvents)
    #expect(events.filter { if case .line = $0.note { true } else { false } }.count == Limits.lineEvents)
    #expect(events.map(\.last.instant) == events.map(\.last.instant).sorted())
    #expect(events.last?.note == notes.last)
    #expect(events.last?.last == moment(99_000 + Int64(notes.count) - 1))
}

@Test func aBusyLineDoesNotPushOutWhyTheSessionIsThere() {
    var memory = LinkMemory()
    memory.take(.established(id(2), Path(port(2)), isMine: true), at: moment(0))
    for round in Int64(1)...1_000 {
        memory.take(.line(id(2), .packetSize(Int(round))), at: moment(round))
        memory.take(.line(id(2), .blackHole(Int(round))), at: moment(round))
        memory.take(.line(id(2), .reordering(packets: Int(round))), at: moment(round))
        memory.take(.line(id(2), .dropped(.bulk)), at: moment(round))
    }
    let events = memory[.node(id(2))]?.events ?? []
    #expect(events.first?.note.name == "link.up")
    #expect(events.count == 1 + Limits.lineEvents)
}

@Test func whatComesRoundAndRoundIsOneEventWithACount() throws {
    var memory = LinkMemory()
    memory.take(.ended(id(2), .idle), at: moment(0))
    for round in Int64(0)..<50 {
        memory.take(.began(known, .firstWord), at: moment(round * 40_000 + 1))
        memory.take(.unanswered(known, tries: 20), at: moment(round * 40_000 + 35_000))
        memory.take(.dropped(known, count: 3), at: moment(round * 40_000 + 35_000))
    }
    let events = try #require(memory[.node(id(2))]).events
    #expect(
        events.map(\.note.name) == [
            "link.ended.idle", "handshake.first_word", "handshake.unanswered", "datagrams.dropped",
        ])
    #expect(events.map(\.count) == [1, 50, 50, 50])
    #expect(events[1].first == moment(1) && events[1].last == moment(49 * 40_000 + 1))
    #expect(events[3].note == .dropped(known, count: 150))
}

@Test func anAttemptAtAnAddressGoesOverToTheNodeThatAnswers() throws {
    var memory = LinkMemory()
    memory.take(.began(place, .firstWord), at: moment(0))
    memory.take(.refused(.badHandshake, from: Path(port(9))), at: moment(1))
    #expect(memory.owner(of: port(9)) == .place(port(9)))
    memory.take(.established(id(3), Path(port(9)), isMine: true), at: moment(2))
    #expect(memory[.place(port(9))] == nil)
    #expect(memory.owner(of: port(9)) == .node(id(3)))
    let story = try #require(memory[.node(id(3))])
    #expect(story.events.map(\.note.name) == ["handshake.first_word", "link.up"])
    #expect(story.refusals?[.badHandshake] == 1)
    #expect(story.address == port(9))
    memory.take(.moved(id(3), from: Path(port(9)), to: Path(port(8))), at: moment(3))
    #expect(memory.owner(of: port(9)) == nil && memory.owner(of: port(8)) == .node(id(3)))
}

@Test func linksAreForgottenWhenThereAreTooManyTheOldestFirst() {
    var memory = LinkMemory()
    func address(_ number: Int) -> Address { Address(v4: UInt32(number), port: 1) }
    for number in 0..<Limits.linksRemembered {
        memory.take(.began(Contact(nil, at: address(number)), .firstWord), at: moment(Int64(number)))
    }
    memory.take(.unanswered(Contact(nil, at: address(0)), tries: 20), at: moment(1_000_000))
    #expect(memory.subjects(since: .zero).count == Limits.linksRemembered)
    memory.take(.began(Contact(nil, at: address(-1 & 0xFFFF_FFFF)), .firstWord), at: moment(1_000_001))
    #expect(memory.subjects(since: .zero).count == Limits.linksRemembered)
    #expect(memory[.place(address(0))] != nil, "there was news of it")
    #expect(memory[.place(address(1))] == nil && memory.owner(of: address(1)) == nil)
    #expect(memory[.place(address(2))] != nil)
    #expect(memory.subjects(since: moment(1_000_000).instant).count == 2)
}

@Test func aStrangerCannotMakeANodeRememberMuch() {
    var memory = LinkMemory()
    for number in UInt16(1)...1_000 {
        for _ in 0..<3 {
            memory.take(.refused(.badCode, from: Path(port(number))), at: moment(Int64(number)))
            memory.take(.cookieAsked(Path(port(number))), at: moment(Int64(number)))
            memory.take(.freshAsked(Path(port(number))), at: moment(Int64(number)))
        }
    }
    #expect(memory.subjects(since: .zero).isEmpty)
    let remembered = (UInt16(1)...1_000).filter { memory.refusals(ofStranger: port($0)) != nil }
    #expect(remembered == Array(1_000 - UInt16(Limits.strangersRemembered) + 1...1_000))
    #expect(memory.refusals(ofStranger: port(1_000))?[.badCode] == 3)
    #expect(memory.refusals(ofStranger: port(1_000))?.last == moment(1_000))
}
