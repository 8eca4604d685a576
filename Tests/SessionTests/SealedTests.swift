import Base
import Crypto
import Testing
import Traffic

@testable import Session

private let oneSecond = Interval.seconds(1)

/// Two nodes that have talked, and how one writes to the other.
private func acquainted(hasTCP: Bool = true) -> (Hamlet, Contact) {
    let hamlet = Hamlet(2, hasTCP: hasTCP)
    hamlet.say("hello", from: 1, to: Contact(nil, at: port(2)))
    hamlet.run(milliseconds: 100)
    return (hamlet, Contact(hamlet[2].id, at: port(2)))
}

private func isData(_ letter: Hamlet.Letter) -> Bool { letter.bytes[1] == Packet.Kind.data.rawValue }

@Suite struct SealedPackets {
    @Test func nothingOnTheWireNamesANodeOrStaysTheSame() {
        let (hamlet, contact) = acquainted()
        for round in 0..<10 {
            hamlet.say("till-07 says \(round)", from: 1, to: contact)
            hamlet.run(milliseconds: 1_000)
        }
        let names = [hamlet[1].id.value.bytes, hamlet[2].id.value.bytes, Array("till-07".utf8)]
        let keys = [UInt16(1), 2].map { identity($0, mesh: 7).agreementKey().publicKey.bytes.bytes }
        for letter in hamlet.past {
            for secret in names + keys {
                #expect(!letter.bytes.indices.contains { letter.bytes[$0...].starts(with: secret.prefix(7)) })
            }
        }
        // Another handshake of the same two shows other indices.
        let indices = Set(hamlet.past.filter(isData).map { Array($0.bytes[4..<8]) })
        let before = hamlet.past.count
        hamlet.restart(1, boot: 2)
        hamlet.say("again", from: 1, to: contact)
        hamlet.run(milliseconds: 1_000)
        let after = hamlet.past.dropFirst(before).filter { isData($0) && $0.from.address == port(1) }
            .map { Array($0.bytes[4..<8]) }
        #expect(!after.isEmpty && after.allSatisfy { !indices.contains($0) })
    }

    @Test func lengthsSayLittle() {
        let (hamlet, contact) = acquainted()
        hamlet.run(milliseconds: 10_000)
        let before = hamlet.past.count
        for length in [1, 20, 45, 46, 80, 300] {
            hamlet.say(String(repeating: "x", count: length), from: 1, to: contact)
            hamlet.run(milliseconds: 6_000)
        }
        let lengths = Set(hamlet.past.dropFirst(before).filter(isData).map { $0.bytes.count - 32 })
        #expect(lengths.allSatisfy { $0.isMultiple(of: 32) })
    }

    @Test func keysGiveWayToTheirSuccessorsEveryFiveMinutesAndBothSidesFollow() {
        let (hamlet, contact) = acquainted()
        for _ in 0..<11 {
            hamlet.skip(.minutes(5))
            hamlet.say("still here", from: 1, to: contact)
            hamlet.run(milliseconds: 100)
        }
        #expect(hamlet[2].heard.filter { $0.1 == "still here" }.count == 11)
        let phases = hamlet.past.filter { isData($0) && $0.from.address == port(1) }.map { $0.bytes[2] }
        #expect(Set(phases).count >= 10)
    }

    @Test func aPacketOfThePhaseBeforeOpensForHalfAMinuteAndThenNoMore() {
        for (late, opens) in [(Interval.seconds(20), true), (.seconds(40), false)] {
            let (hamlet, contact) = acquainted()
            hamlet.skip(.minutes(4))
            var held: Hamlet.Letter?
            hamlet.tamper = { letter in
                guard isData(letter), letter.from.address == port(1) else { return letter }
                held = letter
                return nil
            }
            hamlet.say("late", from: 1, to: contact)
            hamlet.tamper = { $0 }
            hamlet.skip(.minutes(2))
            hamlet.say("next phase", from: 1, to: contact)
            hamlet.run(milliseconds: 100)
            hamlet.skip(late)
            if let held { hamlet.inject(held.bytes, from: held.from, to: held.to) }
            hamlet.run(milliseconds: 100)
            #expect(hamlet[2].heard.contains { $0.1 == "late" } == opens, "\(hamlet[2].notes)")
            #expect(hamlet[2].refusals.contains(.oldPhase) != opens)
        }
    }

    @Test func aReceiverThatHeardNothingForLongFindsTheRightPhase() {
        let (hamlet, contact) = acquainted()
        hamlet.tamper = { _ in nil }
        for _ in 0..<9 {
            hamlet.skip(.minutes(5))
            hamlet.say("lost", from: 1, to: contact)
        }
        hamlet.tamper = { $0 }
        hamlet.say("heard", from: 1, to: contact)
        hamlet.run(milliseconds: 100)
        #expect(hamlet[2].heard.last?.1 == "heard")
    }

    @Test func aRenewedSessionGoesOnWithTheSameLine() {
        let (hamlet, contact) = acquainted()
        let indices = Set(hamlet.past.filter(isData).map { Array($0.bytes[4..<8]) })
        for _ in 0..<14 {
            hamlet.say("word", from: 1, to: contact)
            hamlet.skip(.minutes(5))
        }
        hamlet.run(milliseconds: 100)
        #expect(hamlet[1].notes.contains(.renewed(hamlet[2].id, Path(port(2)))))
        #expect(hamlet[2].notes.contains(.renewed(hamlet[1].id, Path(port(1)))))
        for number in [UInt16(1), 2] {
            #expect(!hamlet[number].notes.contains { if case .ended = $0 { true } else { false } })
        }
        let last = hamlet.past.last { isData($0) }.map { Array($0.bytes[4..<8]) } ?? []
        #expect(!indices.contains(last))
    }

    @Test func aPeerThatMovesIsFollowedAfterAPacketThatOpens() {
        let (hamlet, contact) = acquainted()
        hamlet[1].address = port(77)
        hamlet.say("from elsewhere", from: 1, to: contact)
        hamlet.run(milliseconds: 100)
        #expect(hamlet[2].notes.contains(.moved(hamlet[1].id, from: Path(port(1)), to: Path(port(77)))))
        hamlet.say("to there", from: 2, to: Contact(hamlet[1].id, at: port(1)))
        hamlet.run(milliseconds: 100)
        #expect(hamlet[1].heard.last?.1 == "to there")
    }

    @Test func anOlderPacketFromElsewhereDoesNotMoveThePeer() {
        let (hamlet, contact) = acquainted()
        var held: Hamlet.Letter?
        hamlet.tamper = { letter in
            guard isData(letter), letter.from.address == port(1), held == nil else { return letter }
            held = letter
            return nil
        }
        hamlet.say("held back", from: 1, to: contact)
        hamlet.say("newer", from: 1, to: contact)
        hamlet.run(milliseconds: 100)
        if let held { hamlet.inject(held.bytes, from: Path(port(66)), to: held.to) }
        hamlet.run(milliseconds: 100)
        #expect(hamlet[2].heard.map(\.1).contains("held back"))
        #expect(!hamlet[2].notes.contains { if case .moved = $0 { true } else { false } })
    }

    @Test func whereUDPIsBlockedTCPCarriesTheSamePacketsAndUDPIsTriedAgain() {
        let hamlet = Hamlet(2)
        hamlet.blocksUDP = true
        hamlet.say("hello", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 5_000)
        #expect(hamlet[2].heard.map(\.1) == ["hello"])
        #expect(hamlet[1].notes.contains(.fellBack(hamlet[2].id, silentTries: Timing.silentTries)))
        hamlet.say("back", from: 2, to: Contact(hamlet[1].id, at: port(1)))
        hamlet.run(milliseconds: 100)
        #expect(hamlet[1].heard.map(\.1) == ["back"])
        hamlet.blocksUDP = false
        hamlet.run(milliseconds: 6_000)
        #expect(hamlet[1].notes.contains(.moved(hamlet[2].id, from: Path(port(2), .tcp), to: Path(port(2)))))
        #expect(hamlet.past.last?.to.carrier == .udp)
    }

    @Test func whereUDPStaysBlockedItIsTriedMoreAndMoreSeldom() {
        let hamlet = Hamlet(2)
        hamlet.blocksUDP = true
        hamlet.say("hello", from: 1, to: Contact(nil, at: port(2)))
        func triesOverUDP(seconds: Int64) -> Int {
            let before = hamlet.past.count
            hamlet.run(milliseconds: seconds * 1_000)
            return hamlet.past.dropFirst(before).count { $0.to.carrier == .udp }
        }
        hamlet.run(milliseconds: 5_000)
        #expect(triesOverUDP(seconds: 60) == 3 * Timing.fewTries)
        hamlet.run(milliseconds: 60_000)
        #expect(triesOverUDP(seconds: 120) == 2 * Timing.fewTries)
        hamlet.blocksUDP = false
        hamlet.run(milliseconds: 61_000)
        #expect(hamlet[1].evidence(of: hamlet[2].id)?.path == Path(port(2)))
    }

    @Test func withoutTCPOnlyUDPIsTried() {
        let hamlet = Hamlet(2, hasTCP: false)
        hamlet.blocksUDP = true
        hamlet.say("hello", from: 1, to: Contact(nil, at: port(2)))
        hamlet.run(milliseconds: 60_000)
        #expect(hamlet.past.allSatisfy { $0.to.carrier == .udp })
    }

    @Test func aSilentPeerThatHeardUsSaysThatItIsHere() {
        let (hamlet, contact) = acquainted()
        hamlet.run(milliseconds: 10_000)
        hamlet[1].forgetNotes()
        for _ in 0..<4 {
            hamlet.say("nobody answers this", from: 1, to: contact)
            hamlet.run(milliseconds: 30_000)
        }
        #expect(!hamlet[1].notes.contains { if case .began = $0 { true } else { false } })
    }

    @Test func anIdleConversationGoes() {
        let (hamlet, _) = acquainted()
        hamlet.skip(.hours(4))
        #expect(hamlet[1].notes.contains(.ended(hamlet[2].id, .idle)))
        #expect(!hamlet[1].isConnected(to: hamlet[2].id))
        #expect(hamlet[1].deadline == nil && hamlet[2].deadline == nil)
    }

    @Test(arguments: 1...8) func aPacketCutAtAnyPlaceIsRefused(kind: Int) {
        let (hamlet, contact) = acquainted()
        for _ in 0..<14 {
            hamlet.say("word", from: 1, to: contact)
            hamlet.skip(.minutes(5))
        }
        // All kinds but the two that need an attacker; those have tests of their own.
        guard let letter = hamlet.past.last(where: { Int($0.bytes[1]) == kind }) else {
            #expect(kind == 3 || kind == 5)
            return
        }
        let number: UInt16 = letter.to.address == port(1) ? 1 : 2
        hamlet[number].forgetNotes()
        let before = hamlet[number].fingerprint
        for count in 0..<letter.bytes.count {
            hamlet[number].hear(Array(letter.bytes.prefix(count)), from: letter.from, at: hamlet.now)
        }
        #expect(hamlet[number].refusals.count == letter.bytes.count)
        #expect(hamlet[number].fingerprint == before)
    }
}
