import Base
import Testing

@testable import Membership

private func answers(_ effects: [Effect], to peer: UInt64) -> [Answer] {
    effects.sent.compactMap { sent in
        guard case .told(let answer) = sent.message, sent.to == peer else { return nil }
        return answer
    }
}

private func questions(_ effects: [Effect]) -> [(question: Question, to: UInt64)] {
    effects.sent.compactMap { sent in
        guard case .ask(let question) = sent.message else { return nil }
        return (question, sent.to)
    }
}

@Test func aHelloIsAnsweredWithSomeContactsAndTheNewcomerIsNews() {
    var subject = Subject(2...5)
    _ = subject.run(until: 5_000)
    let answer = subject.receive(.hello(record(6), pulse: 0), from: 6)
    #expect(answer.moves == ["6 - alive"])
    let told = answers(answer, to: 6)
    #expect(told.flatMap(\.claims).map(\.record.id) == [id(1)])
    #expect(Set(told.flatMap(\.doors)) == Set((2...5).map { port($0) }))
    #expect(Set(answer.told(6, .here)) == [2, 3, 4, 5])
}

@Test func aHelloInSomebodyElsesNameIsNotAnswered() {
    var subject = Subject(2...5)
    #expect(answers(subject.receive(.hello(record(7), pulse: 0), from: 6), to: 6).isEmpty)
}

@Test func rostersThatDifferForASecondAreCompared() {
    var subject = Subject(2...5)
    _ = subject.run(until: 20_000)
    _ = subject.beat(of: 3, pulse: 900, root: 7)
    #expect(questions(subject.run(until: 20_900)).isEmpty)
    subject.beating[3] = nil
    let asked = questions(subject.run(until: 21_300))
    #expect(asked.map(\.to) == [3] && asked[0].question.root == subject.engine.view)
}

@Test func aQuestionIsAnsweredWithExactlyWhatItsFilterLacks() {
    var knowing = Subject(2...60)
    var asker = Subject(2...50)
    _ = asker.run(until: 5_000)
    let neighbour = asker.engine.edges.keys[0].number
    asker.beating[neighbour] = nil
    _ = asker.beat(of: neighbour, pulse: 900, root: 7)
    let found = questions(asker.run(until: 8_000)).first?.question
    guard var question = found else { return #expect(Bool(false), "it asks") }
    question.asker = record(70)
    _ = knowing.receive(.hello(record(70), pulse: 0), from: 70)
    _ = knowing.run(until: 5_000)
    let told = answers(knowing.receive(.ask(question), from: 70), to: 70)
    let claims = told.flatMap(\.claims).map(\.record.id).filter { $0 != id(1) }
    #expect(Set(claims).isSubset(of: Set((51...60).map { id($0) })) && claims.count >= 8)
}

@Test func everyDatagramOfAnAnswerFitsAndTheBudgetOfASecondHolds() {
    var subject = Subject(2...400)
    _ = subject.run(until: 60_000)
    var bytes = 0
    for number in UInt64(1_000)..<1_100 {
        let filter = [UInt8](repeating: 0, count: 8)
        let question = Question(
            asker: record(number), pulse: 1, root: 0, salt: 5, partBits: 0, part: 0, count: 40,
            filter: filter)
        let told = answers(subject.receive(.ask(question), from: number), to: number)
        #expect(told.count <= Limits.datagramsPerAnswer)
        for answer in told {
            let size = MembershipMessage.told(answer).encoded.count
            #expect(size <= Limits.membershipBytes)
            bytes += size
        }
    }
    #expect((2_000...5_500).contains(bytes), "what was saved up, for all that ask: \(bytes)")
}

@Test func aLargeRosterIsAskedForInParts() {
    var subject = Subject(2...2_000)
    _ = subject.run(until: 3_000)
    for asked in questions(subject.run(until: 6_000)) {
        #expect(asked.question.partBits == 2 && asked.question.filter.count <= Limits.filterBytes)
        #expect(MembershipMessage.ask(asked.question).encoded.count <= Limits.membershipBytes)
    }
}

/// Two filters in a row seemed to hold the one that a node lacked; its neighbours' questions showed that it lacked
/// somebody, and it let them wait for two seconds.
@Test(arguments: [false, true]) func whoLacksSomebodyInItsFirstSecondsAsksAgainAtOnce(isShown: Bool) {
    var subject = Subject()
    for number in UInt64(2)...20 { _ = subject.receive(.hello(record(number), pulse: 1), from: number) }
    let first = questions(subject.run(until: 300))
    #expect(!first.isEmpty)
    for _ in 0..<2 {
        _ = subject.receive(.told(Answer(pulse: 1, root: subject.engine.view, claims: [], rest: .nothing)), from: 3)
    }
    for _ in 0..<2 { _ = subject.receive(.told(Answer(pulse: 1, root: 7, claims: [], rest: .nothing)), from: 3) }
    if isShown {
        let question = Question(
            asker: record(3), pulse: 2, root: 7, salt: 5, partBits: 0, part: 0, count: 21,
            filter: [UInt8](repeating: 0xFF, count: 16))
        _ = subject.receive(.ask(question), from: 3)
    }
    let asked = questions(subject.run(until: 900))
    #expect(asked.map(\.to) == (isShown ? [3] : []))
}

@Test func aLonelyNodeKnocksAtItsSeedsAndItsBookAndThenMoreSeldom() {
    var subject = Subject(seeds: [port(2), port(3)], stored: [storedFact(record(9))])
    let first = subject.run(until: 50).sent.map(\.to)
    #expect(Set(first) == [2, 3, 9])
    let early = subject.run(until: 10_000).sent.count
    let late = { () -> Int in
        _ = subject.run(until: 60_000)
        return subject.run(until: 70_000).sent.count
    }()
    #expect(early > 20 && late > 5 && late < early)
}

/// Four of fifty that met on the morning after a power cut, and asked only each other, stayed alone for eight seconds.
@Test func whoMeetsOneOfManyGoesOnKnockingAtTheRestOfItsBook() {
    func knocked(present: ClosedRange<UInt64>) -> (early: Int, late: Int) {
        var subject = Subject(present, stored: (2...20).map { storedFact(record($0)) })
        func doors(until end: Int64) -> Int {
            let hellos = subject.run(until: end).sent.filter { if case .hello = $0.message { true } else { false } }
            return Set(hellos.map(\.to)).count
        }
        let early = doors(until: 8_000)
        _ = doors(until: 20_000)
        return (early, doors(until: 28_000))
    }
    let islander = knocked(present: 2...3)
    #expect(islander.early >= 8 && islander.late <= 2, "\(islander)")
    let mainlander = knocked(present: 2...14)
    #expect(mainlander.early <= 2, "\(mainlander)")
}

@Test func aFormerNeighbourIsKnockedAtForEver() {
    var subject = Subject(2...5)
    _ = subject.run(until: 60_000)
    subject.beating[2] = nil
    for _ in 0..<20 {
        for peer in [UInt64(3), 4] {
            _ = subject.receive(.accuse(word(by: peer, charge(2, pulse: 60))), from: peer)
        }
        _ = subject.run(until: subject.now + 250)
    }
    #expect(subject.state(of: 2) == .unreachable)
    func hellos(_ effects: [Effect]) -> Int {
        effects.sent.count { if case .hello = $0.message { $0.to == 2 } else { false } }
    }
    #expect(hellos(subject.run(until: subject.now + 15_000)) >= 3)
    _ = subject.run(until: 600_000)
    #expect(hellos(subject.run(until: 720_000)) >= 2)
}

@Test func largeNewsIsOfferedAndSentToThoseWhoAsk() {
    var subject = Subject(2...5) { $0.eagerBytes = 60 }
    _ = subject.run(until: 5_000)
    let mark = Claim(record(6), .here).mark
    let offered = subject.receive(.hello(record(6), pulse: 0), from: 6)
    #expect(offered.told(6, .here).isEmpty)
    #expect(offered.sent.filter { $0.message == .offer([mark]) }.map(\.to) == [2, 3, 4, 5])
    let sent = subject.receive(.want([id(6)]), from: 3)
    #expect(sent.told(6, .here) == [3])
    #expect(subject.receive(.want([id(6), id(2)]), from: 9).sent.isEmpty, "only neighbours are served")
    var other = Subject(2...3)
    #expect(other.receive(.offer([mark]), from: 2).sent.contains { $0.message == .want([id(6)]) && $0.to == 2 })
}

@Test func whoKnowsHardlyAnybodySaysHelloAtTheDoorsItIsToldOf() {
    let doors = (3...6).map { port($0) } + [port(1)]
    let answer = MembershipMessage.told(
        Answer(pulse: 1, root: 5, claims: [Claim(record(2), .here)], rest: .owed, doors: doors))
    func hellos(_ effects: [Effect]) -> [UInt64] {
        effects.sent.compactMap { if case .hello = $0.message { $0.to } else { nil } }
    }
    var newcomer = Subject(seeds: [port(2)])
    #expect(hellos(newcomer.receive(answer, from: 2)) == [3, 4, 5, 6], "not at its own")
    var settled = Subject(2...20)
    #expect(hellos(settled.receive(answer, from: 2)).isEmpty)
}

@Test func nothingThatWaitsForTheBudgetIsSaidBeforeItAllowsIt() {
    var subject = Subject(2...60) {
        $0.bytesPerSecond = 2_000
        $0.burstBytes = 1_000
    }
    _ = subject.run(until: 20_000)
    var bytes = 0
    for step in Int64(1)...20 {
        for number in UInt64(100)..<110 {
            for sent in subject.receive(.hello(record(number, beat: UInt64(step)), pulse: 1), from: number).sent {
                bytes += sent.message.encoded.count + Limits.membershipOverhead
            }
        }
        for sent in subject.run(until: 20_000 + step * 50).sent {
            bytes += sent.message.encoded.count + Limits.membershipOverhead
        }
    }
    #expect((1_000...4_500).contains(bytes), "a second's budget, what was saved up, and the last word: \(bytes)")
}
