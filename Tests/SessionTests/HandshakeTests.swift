import Base
import Crypto
import Testing
import Traffic

@testable import Session

@Suite struct Handshakes {
    @Test func aFirstWordToAStrangerArrives() {
        let hamlet = Hamlet(2)
        hamlet.say("hello", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 100)
        #expect(hamlet[2].heard.map(\.1) == ["hello"])
        #expect(hamlet[2].heard.first?.0 == hamlet[1].id)
        #expect(hamlet[1].notes.contains(.established(hamlet[2].id, Path(port(2)), isMine: true)))
        #expect(hamlet[2].notes.contains(.established(hamlet[1].id, Path(port(1)), isMine: false)))
        #expect(hamlet.past.filter { $0.bytes[1] == Packet.Kind.knock.rawValue }.count == 1)
    }

    @Test func anAnswerIsNeverLongerThanWhatItAnswers() {
        let hamlet = Hamlet(2)
        hamlet.say("hello", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 100)
        hamlet.restart(2, boot: 2)
        hamlet.say("again", from: 1, to: Contact(hamlet[2].id, at: port(2)))
        hamlet.run(milliseconds: 20_000)
        hamlet.say("once more", from: 1, to: Contact(hamlet[2].id, at: port(2)))
        hamlet.run(milliseconds: 1_000)
        func length(_ kind: Packet.Kind) -> Int? { hamlet.past.first { $0.bytes[1] == kind.rawValue }?.bytes.count }
        #expect((length(.answer) ?? .max) <= (length(.knock) ?? 0))
        #expect((length(.second) ?? .max) <= (length(.first) ?? 0))
        #expect((length(.first) ?? .max) <= Limits.handshakeBytes)
    }

    @Test(arguments: [20, 45, 60]) func aHandshakeGetsThroughWhenMostIsLost(loss: Int) {
        let hamlet = Hamlet(2)
        hamlet.loss = loss
        hamlet.say("hello", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 20_000)
        #expect(hamlet[1].isConnected(to: hamlet[2].id))
        hamlet.loss = 0
        hamlet.say("after", from: 1, to: Contact(hamlet[2].id, at: port(2)))
        hamlet.run(milliseconds: 2_000)
        #expect(hamlet[2].heard.last?.1 == "after")
    }

    @Test func aStrangerGetsNoAnswerAtAll() {
        let hamlet = Hamlet(2, meshes: [7, 8])
        hamlet.say("hello", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 5_000)
        #expect(hamlet.past.allSatisfy { $0.from.address == port(1) })
        #expect(hamlet[2].refusals.allSatisfy { $0 == .badCode })
        #expect(!hamlet[2].refusals.isEmpty)
    }

    @Test func nothingIsBelievedBeforeAPacketOpens() {
        let hamlet = Hamlet(2)
        hamlet.say("one", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 100)
        // The handshake of the silence gets through, and not a packet after it.
        hamlet.tamper = { $0.bytes[1] == Packet.Kind.data.rawValue && $0.from.address == port(1) ? nil : $0 }
        hamlet[2].forgetNotes()
        for _ in 0..<3 {
            hamlet.say("two", from: 1, to: Contact(hamlet[2].id, at: port(2)))
            hamlet.run(milliseconds: 16_000)
        }
        #expect(hamlet[1].notes.contains(.began(Contact(hamlet[2].id, at: port(2)), .silence)))
        #expect(hamlet[1].notes.contains(.renewed(hamlet[2].id, Path(port(2)))))
        #expect(hamlet.past.contains { $0.bytes[1] == Packet.Kind.second.rawValue })
        #expect(hamlet[2].notes.isEmpty)
    }

    @Test func anOldBeginningPlayedAgainIsAskedForFreshness() {
        let hamlet = Hamlet(2)
        hamlet.say("one", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 100)
        renew(hamlet)
        guard let first = hamlet.past.first(where: { $0.bytes[1] == Packet.Kind.first.rawValue }) else {
            Issue.record("nobody began with a first message")
            return
        }
        hamlet.run(milliseconds: 60_000)
        hamlet[2].forgetNotes()
        hamlet.inject(first.bytes, from: first.from, to: first.to)
        hamlet.run(milliseconds: 100)
        #expect(hamlet[2].notes.contains(.freshAsked(first.from)))
        #expect(!hamlet[2].notes.contains { if case .established = $0 { true } else { false } })
    }

    @Test func aNodeThatForgotHowOftenItStartedGetsInWithOneMoreRoundTrip() {
        let hamlet = Hamlet(2)
        hamlet.say("one", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 100)
        hamlet.restart(1, boot: 900)
        hamlet.say("two", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 100)
        renew(hamlet)
        // A restored disk: the node has started twice, as far as it knows.
        hamlet.restart(1, boot: 2)
        hamlet.say("three", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 100)
        hamlet[2].forgetNotes()
        renew(hamlet)
        #expect(hamlet[2].notes.contains(.freshAsked(Path(port(1)))))
        #expect(hamlet[1].notes.contains(.proofAsked(Contact(hamlet[2].id, at: port(2)), .fresh)))
        hamlet.say("four", from: 1, to: Contact(hamlet[2].id, at: port(2)))
        hamlet.run(milliseconds: 1_000)
        #expect(hamlet[2].heard.last?.1 == "four")
    }

    @Test func onlyTheNodeThatWasWrittenToCanAskForABeginningAgain() {
        let hamlet = Hamlet(2)
        hamlet.say("one", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 100)
        // The session wears out, and nobody answers the beginning of the next one.
        hamlet.tamper = { $0.from.address == port(2) ? nil : $0 }
        for _ in 0..<7 {
            hamlet.say("minutes later", from: 1, to: Contact(hamlet[2].id, at: port(2)))
            hamlet.skip(.minutes(10))
        }
        hamlet.say("now", from: 1, to: Contact(hamlet[2].id, at: port(2)))
        guard let first = hamlet.past.last(where: { $0.bytes[1] == Packet.Kind.first.rawValue }) else {
            Issue.record("nobody began with a first message")
            return
        }
        // Whoever saw it knows the index, and nothing else.
        let made = [1, 5, 0, 0] + Array(first.bytes[4..<8]) + [UInt8](repeating: 9, count: 40)
        hamlet.tamper = { $0 }
        hamlet[1].forgetNotes()
        hamlet.inject(made, from: Path(port(2)), to: Path(port(1)))
        hamlet.run(milliseconds: 11)
        #expect(hamlet[1].refusals == [.badCode])
    }

    @Test func bothMayBeginAtTheSameMoment() {
        for loss in [0, 30] {
            let hamlet = Hamlet(2)
            hamlet.loss = loss
            hamlet.say("from one", from: 1, to: Contact(nil, at: port(2)))
            hamlet.say("from two", from: 2, to: Contact(nil, at: port(1)))
            hamlet.run(milliseconds: 15_000)
            hamlet.loss = 0
            for round in 0..<3 {
                hamlet.say("\(round)", from: 1, to: Contact(hamlet[2].id, at: port(2)))
                hamlet.say("\(round)", from: 2, to: Contact(hamlet[1].id, at: port(1)))
                hamlet.run(milliseconds: 40_000)
            }
            #expect(hamlet[1].heard.suffix(3).map(\.1) == ["0", "1", "2"])
            #expect(hamlet[2].heard.suffix(3).map(\.1) == ["0", "1", "2"])
        }
    }

    @Test func aNodeDoesNotTalkToItself() {
        let hamlet = Hamlet(1)
        hamlet.say("anybody?", from: 1, to: Contact(nil, at: port(1)))
        hamlet.run(milliseconds: 1_000)
        #expect(hamlet[1].heard.isEmpty)
        #expect(hamlet[1].refusals.contains(.reflected))
    }

    @Test func anotherNodeAtTheAddressDoesNotGetTheWord() {
        let hamlet = Hamlet(3)
        hamlet.say("for three only", from: 1, to: Contact(hamlet[3].id, at: port(2)))
        hamlet.run(milliseconds: 1_000)
        #expect(hamlet[2].heard.isEmpty)
        #expect(hamlet[1].refusals.contains(.otherNode))
        #expect(hamlet[1].notes.contains(.answeredByOther(hamlet[3].id, hamlet[2].id, Path(port(2)))))
    }

    @Test func aRestartedPeerIsFoundAgain() {
        let hamlet = Hamlet(2)
        hamlet.say("one", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 100)
        hamlet.restart(2, boot: 2)
        for _ in 0..<20 {
            hamlet.say("still there?", from: 1, to: Contact(hamlet[2].id, at: port(2)))
            hamlet.run(milliseconds: 1_000)
        }
        #expect(hamlet[2].heard.count >= 3)
        #expect(hamlet[1].notes.contains(.ended(hamlet[2].id, .peerRestarted)))
    }

    /// At 45 percent loss each way sixteen nodes meet sixteen others: 256 sessions.
    @Test func whereMuchIsLostSessionsComeInSecondsAndHardlyEverOverTCP() {
        let hamlet = Hamlet(32)
        hamlet.loss = 45
        for from in 1...UInt16(16) {
            for to in 17...UInt16(32) { hamlet.say("hello", from: from, to: Contact(nil, at: port(to))) }
        }
        hamlet.run(milliseconds: 5_000)
        let sessions = (1...UInt16(16)).reduce(0) { $0 + hamlet[$1].sessions.connected.count }
        #expect(sessions >= 251, "\(sessions) of 256 sessions after five seconds")
        let knocks = hamlet.past.filter { $0.to.carrier == .tcp && $0.bytes[1] == Packet.Kind.knock.rawValue }
        let dialled = Set(knocks.map { [$0.from.address, $0.to.address] })
        #expect(dialled.count <= 2 * 256 * 27 / 1_000, "\(dialled.count) of 256 dialled TCP")
    }

    @Test func aHandshakeUnderWayIsEvidence() throws {
        let hamlet = Hamlet(1)
        hamlet.say("hello?", from: 1, to: Contact(nil, at: port(9)))
        let early = try #require(hamlet[1].attempted.first)
        #expect(early.contact == Contact(nil, at: port(9)) && early.tries == 1 && !early.triesTCP && !early.isProbe)
        #expect(early.began == moment(0))
        hamlet.run(milliseconds: 5_000)
        let late = try #require(hamlet[1].attempted.first)
        #expect(late.tries > Timing.silentTries && late.triesTCP)
        hamlet.run(milliseconds: 60_000)
        #expect(hamlet[1].attempted.isEmpty)
    }

    @Test func aPeerThatOwesTwoWordsIsSilent() throws {
        let hamlet = Hamlet(2)
        hamlet.say("one", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 20_000)
        let idle = try #require(hamlet[1].evidence(of: hamlet[2].id))
        #expect(!idle.isSilent(at: hamlet.now), "nobody spoke, so nobody owes a word")
        hamlet.tamper = { _ in nil }
        hamlet.say("two", from: 1, to: Contact(hamlet[2].id, at: port(2)))
        hamlet.run(milliseconds: 9_900)
        let early = try #require(hamlet[1].evidence(of: hamlet[2].id))
        #expect(!early.isSilent(at: hamlet.now))
        hamlet.run(milliseconds: 200)
        let late = try #require(hamlet[1].evidence(of: hamlet[2].id))
        #expect(late.isSilent(at: hamlet.now))
    }

    @Test func nobodyAnsweringIsGivenUpWithItsReason() {
        let hamlet = Hamlet(1)
        hamlet.say("hello?", from: 1, to: Contact(nil, at: port(9)))
        hamlet.run(milliseconds: 60_000)
        #expect(hamlet[1].notes.contains(.unanswered(Contact(nil, at: port(9)), tries: Timing.tries)))
        #expect(hamlet[1].notes.contains(.dropped(Contact(nil, at: port(9)), count: 1)))
        #expect(hamlet[1].deadline == nil)
    }

    /// Lets so much time pass that the session's keys are worn out, and node 1 begins again.
    private func renew(_ hamlet: Hamlet) {
        for _ in 0..<7 {
            hamlet.say("minutes later", from: 1, to: Contact(hamlet[2].id, at: port(2)))
            hamlet.skip(.minutes(10))
        }
        hamlet.run(milliseconds: 1_000)
    }
}
