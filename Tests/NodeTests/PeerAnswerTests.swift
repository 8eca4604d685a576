import Base
import Control
import Membership
import Testing

@testable import Node

private func peer(_ envelope: Envelope) throws -> PeerReply {
    guard case .peer(let peer) = envelope.reply else { throw Complaint(.ourMistake, what: "\(envelope.reply)") }
    return peer
}

@Test func whoIsHeardIsFine() throws {
    let village = Village(3)
    village.run(milliseconds: 10_000)
    let told = try peer(village.ask(1, .explainPeer(peer: "till-02")))
    #expect(told.cause == .fine && told.confidence == .high && told.remedies.isEmpty)
    #expect(told.member.name == "till-02" && told.member.state == .alive)
    #expect(told.events.contains { $0.name == "member.alive" } && told.events.contains { $0.name == "link.up" })
    #expect(told.events.map(\.age) == told.events.map(\.age).sorted(by: >), "oldest first")
    #expect(told.others == ["observed by till-01, till-03"])
    for word in [id(2).description, id(2).short, port(2).description, port(2).host] {
        #expect(try peer(village.ask(1, .explainPeer(peer: word))).member.id == id(2), "\(word)")
    }
}

@Test func whoIsNotAMemberIsNotExplained() throws {
    let village = Village(2)
    village.run(milliseconds: 5_000)
    let failures: [(String, Code)] = [
        ("nobody", .unknownPeer), ("10.9.0.77:7946", .unknownPeer), ("till-01", .linkWithItself),
    ]
    for (word, code) in failures {
        guard case .failure(let complaint) = village.ask(1, .explainPeer(peer: word)).reply else {
            Issue.record("\(word) was explained")
            continue
        }
        #expect(complaint.code == code, "\(word)")
    }
    guard case .failure(let slip) = village.ask(1, .explainPeer(peer: "til-02")).reply else {
        Issue.record("a slip was explained")
        return
    }
    #expect(slip.remedy == "marram explain peer till-02")
}

@Test func goodbyeNeedsNoOtherReason() throws {
    let village = Village(2)
    village.run(milliseconds: 5_000)
    _ = village.ask(2, .leave)
    village[2].isListening = false
    village.run(milliseconds: 60_000)
    let told = try peer(village.ask(1, .explainPeer(peer: "till-02")))
    #expect(told.cause == .left && told.what == "till-02 said goodbye")
}

@Test func whatOnlyThePeerHearsIsToldByThePeer() throws {
    let village = Village(4)
    village.run(milliseconds: 10_000)
    village.blocksUDPFrom = { $0 == port(2) && $1 == port(1) }
    village.run(milliseconds: 40_000)
    let here = try peer(village.ask(1, .explainPeer(peer: "till-02")))
    #expect(here.cause == .udpFromThereDropped, "\(here.what)")
    #expect(here.evidence.contains("it says that this node's handshakes come over UDP"))
    #expect(here.remedies.first?.contains("ufw allow 7946/udp") == true)
    let there = try peer(village.ask(2, .explainPeer(peer: "till-01")))
    #expect(there.cause == .udpFromHereDropped, "\(there.what)")
}

/// The argument step by step: each row changes one thing.
@Test func theCauseFollowsFromTheEvidence() {
    var evidence = PeerEvidence()
    evidence.isAcquainted = true
    evidence.stillHeard = 5
    #expect(cause(of: evidence).cause == .fine)
    evidence.unechoed = PeerEvidence.echoesMissed
    #expect(cause(of: evidence).cause == .udpFromHereDropped)
    evidence.unechoed = 0
    evidence.pace = .milliseconds(2_500)
    #expect(cause(of: evidence).cause == .overloaded)
    evidence.silence = .seconds(60)
    evidence.word = .gone
    #expect(cause(of: evidence).cause == .hostSilent, "a minute is no gasp")
    evidence.dial = .taken
    #expect(cause(of: evidence).cause == .stopped)
    evidence.dial = .refused
    #expect(cause(of: evidence).cause == .killed)
    evidence.word = .vouched
    #expect(cause(of: evidence).cause == .throughVoucher)
    evidence.silentWithIt = 5
    #expect(cause(of: evidence) == (.isolatedHere, .medium))
    evidence.isDeaf = true
    #expect(cause(of: evidence) == (.isolatedHere, .high))
    evidence.word = .leftMesh
    #expect(cause(of: evidence).cause == .left)
    #expect(cause(of: PeerEvidence(word: .gone)).cause == .neverHeard)
}
