import Base
import Control
import Membership
import Testing

@testable import Node

private func failure(_ envelope: Envelope) throws -> Complaint {
    guard case .failure(let complaint) = envelope.reply else {
        throw Complaint(.ourMistake, what: "\(envelope.reply)")
    }
    return complaint
}

@Test func everyPeerWithASessionIsARow() throws {
    let village = Village(3)
    village.run(milliseconds: 10_000)
    let rows = try links(village.ask(1, .links))
    #expect(rows.map(\.title) == ["till-02", "till-03"])
    #expect(rows.map(\.state) == [.up, .up])
    #expect(rows.map(\.address) == [port(2), port(3)])
    let session = try #require(rows[0].session)
    #expect(session.carrier == .udp && session.age <= .seconds(10) && session.heard < .seconds(6))
    #expect(session.packetsSent > 0 && session.keyPhase == 0)
    let told = try link(village.ask(1, .explainLink(peer: "till-02")))
    #expect(told.link == rows[0])
    #expect(told.problems.isEmpty && told.clues.isEmpty)
    #expect(told.events.contains { $0.name == "link.up" })
    let up = try #require(told.events.first { $0.name == "link.up" })
    #expect(up.at == moment(10_000 - up.age.milliseconds).wall, "both clocks are kept")
}

@Test func aPeerIsFoundByNameIdAndAddress() throws {
    let village = Village(2)
    village.run(milliseconds: 5_000)
    let words = [
        "till-02", id(2).description, id(2).short, id(2).short.uppercased(), port(2).description, port(2).host,
    ]
    for word in words { #expect(try link(village.ask(1, .explainLink(peer: word))).link.id == id(2), "\(word)") }
    for word in ["till-01", id(1).short, port(1).description, port(1).host] {
        #expect(try failure(village.ask(1, .explainLink(peer: word))).code == .linkWithItself, "\(word)")
    }
    let slip = try failure(village.ask(1, .explainLink(peer: "til-02")))
    #expect(slip.code == .unknownPeer && slip.remedy == "marram explain link till-02")
    for word in ["nobody", "ffffffff", "10.9.0.77:7946", "10.9.0.77", id(2).short.prefix(7).description] {
        #expect(try failure(village.ask(1, .explainLink(peer: word))).code == .unknownPeer, "\(word)")
    }
}

@Test func oneNameOfTwoMembersIsNotGuessed() throws {
    let village = Village(1)
    for number in UInt16(2)...3 {
        let twin = sealedRecord(number, named: "twin")
        village[1].hear(Frame.membership(.hello(twin, pulse: 1)).encoded, saidBy: number)
    }
    let complaint = try failure(village.ask(1, .explainLink(peer: "twin")))
    #expect(complaint.code == .ambiguousPeer)
    #expect(complaint.what.contains(id(2).short) && complaint.what.contains(id(3).short))
    #expect(try link(village.ask(1, .explainLink(peer: id(2).short))).link.name == "twin")
}

@Test func whoeverDoesNotAnswerIsSaidToBeSilentAndNoCauseIsGuessed() throws {
    let village = Village(2)
    village[1].isListening = false
    village.run(milliseconds: 5_000)
    let row = try #require(try links(village.ask(2, .links)).first)
    #expect(row.state == .handshaking && row.id == nil && row.title == port(1).description && row.session == nil)
    #expect(row.why.hasPrefix("no answer, ") && row.why.contains(" tries since "))
    #expect(row.attempt?.triesTCP == true)
    let told = try link(village.ask(2, .explainLink(peer: port(1).description)))
    #expect(told.problems.map(\.code) == [.nobodyAnswers])
    #expect(told.clues.contains { $0.hasPrefix("not one packet came from there") })
    #expect(told.clues.contains { $0.contains("TCP") })
    #expect(told.events.map(\.name) == ["handshake.first_word"])
    village[1].isListening = true
    village.run(milliseconds: 5_000)
    let after = try link(village.ask(2, .explainLink(peer: "till-01")))
    #expect(after.link.state == .up && after.problems.isEmpty)
    #expect(after.events.map(\.name).starts(with: ["handshake.first_word", "link.up"]), "the story goes on")
}

@Test func aNodeOfAnotherMeshIsKnownByItsPacketsOnly() throws {
    let village = Village(2, meshes: [7, 8])
    village.run(milliseconds: 5_000)
    // Node 2 knocks at node 1, which does not answer: node 2 cannot know why.
    let seen = try link(village.ask(2, .explainLink(peer: port(1).description)))
    #expect(seen.problems.map(\.code) == [.nobodyAnswers])
    // Node 1 has what node 2 lacks: the packets themselves.
    let told = try link(village.ask(1, .explainLink(peer: port(2).description)))
    #expect(told.link.state == .none && told.link.why == "never tried from here")
    #expect(told.problems.map(\.code) == [.strangerAtAddress])
    #expect(told.clues.contains { $0.contains("bad-code") })
}

@Test func aPeerReachedOverTCPSaysThatUDPIsBlocked() throws {
    let village = Village(2)
    village.blocksUDP = true
    village.run(milliseconds: 20_000)
    let row = try #require(try links(village.ask(2, .links)).first)
    #expect(row.state == .up && row.session?.carrier == .tcp)
    let told = try link(village.ask(2, .explainLink(peer: "till-01")))
    #expect(told.problems.map(\.code) == [.udpBlocked])
    #expect(told.events.contains { $0.name == "link.fell_back" })
}

@Test func aSilentPeerThatOthersHearIsOutOfReach() throws {
    let village = Village(3)
    village.run(milliseconds: 10_000)
    village.blocks = { $0 == port(1) && $1 == port(2) || $0 == port(2) && $1 == port(1) }
    village.run(milliseconds: 14_000)
    let cut = try link(village.ask(1, .explainLink(peer: "till-02")))
    #expect(cut.link.state == .silent)
    #expect(cut.problems.map(\.code) == [.peerOutOfReach])
    #expect(cut.clues.contains { $0.contains("it runs") })
    village.blocks = { _, _ in false }
    village.run(milliseconds: 30_000)
    let healed = try link(village.ask(1, .explainLink(peer: "till-02")))
    #expect(healed.link.state == .up && healed.clues.isEmpty)
    #expect(healed.problems.allSatisfy { $0.code == .heavyLoss }, "what was lost meanwhile was lost lately")
    village[2].isListening = false
    village.run(milliseconds: 14_000)
    let down = try link(village.ask(1, .explainLink(peer: "till-02")))
    #expect(down.problems.map(\.code) == [.linkSilent])
    #expect(down.clues.contains { $0.contains("down, or cut off") })
}

@Test func aPeerThatSaidGoodbyeIsNoProblem() throws {
    let village = Village(2)
    village.run(milliseconds: 5_000)
    _ = village.ask(2, .leave)
    village[2].isListening = false
    village.run(milliseconds: 60_000)
    let told = try link(village.ask(1, .explainLink(peer: "till-02")))
    #expect(told.link.state == .silent && told.problems.isEmpty)
    #expect(told.clues.contains("it said goodbye"))
}

@Test func aPeerThatGoesDownBehindABrokenWayIsNoLongerSaidToLive() throws {
    let village = Village(3)
    village.run(milliseconds: 5_000)
    village.blocks = { $0 == port(1) && $1 == port(3) || $0 == port(3) && $1 == port(1) }
    village.run(milliseconds: 60_000)
    let cut = try link(village.ask(1, .explainLink(peer: "till-03")))
    #expect(cut.problems.map(\.code) == [.peerOutOfReach])
    #expect(cut.events.contains { $0.name == "handshake.silence" })
    village[3].isListening = false
    village.run(milliseconds: 8_000)
    let down = try link(village.ask(1, .explainLink(peer: "till-03")))
    #expect(down.problems.map(\.code) == [.linkSilent])
}

@Test func heavyLossIsAProblemWithItsFigures() throws {
    let village = Village(2)
    village.loss = 30
    village.run(milliseconds: 300_000)
    let told = try link(village.ask(1, .explainLink(peer: "till-02")))
    let loss = try #require(told.link.session?.loss)
    #expect((150_000..<450_000).contains(loss), "\(loss)")
    #expect(told.problems.map(\.code) == [.heavyLoss])
    #expect(told.problems.first?.what.contains(" % of the packets to till-02 are lost lately") == true)
}

@Test func aLinkThatIsOverIsShownForADay() throws {
    let village = Village(2)
    village[1].isListening = false
    village.run(milliseconds: 5_000)
    #expect(try links(village.ask(2, .links)).count == 1)
    let node = village[2]
    let late = Now(instant: moment(0).instant + Limits.linkMemory + .minutes(5), wall: moment(0).wall)
    #expect(try links(node.ask(.links, at: late)).filter { $0.state == .none }.isEmpty)
}
