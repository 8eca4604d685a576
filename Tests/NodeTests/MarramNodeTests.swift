import Base
import Control
import Crypto
import Membership
import Session
import Testing
import Trust

@testable import Node

@Test func nodesThatHearEachOtherAgreeOnWhoIsHere() throws {
    let village = Village(3)
    village.run(milliseconds: 5_000)
    let answers = (1...3).map { village.ask($0, .members) }
    for answer in answers {
        #expect(try members(answer).map(\.name) == ["till-01", "till-02", "till-03"])
        #expect(try members(answer).allSatisfy { $0.state == .alive })
        let view = try #require(answer.view)
        #expect(view.agree == 3 && view.of == 3)
        #expect(view.digest == answers[0].view?.digest)
        #expect(view.oldest < .seconds(3))
    }
    #expect(village[1].node.name(of: id(2)) == "till-02")
    #expect(village[1].node.name(of: id(9)) == id(9).short)
}

@Test func aDatagramThatOpensAndDoesNotDecodeIsCountedAndNoted() throws {
    let village = Village(1)
    village[1].hear([77], saidBy: 9)
    #expect(village[1].notes.contains(.undecoded(.unknown, from: id(9))))
    let status = try status(village.ask(1, .status))
    #expect(status.counters == [.init("undecoded-unknown", 1), .init("batches_not_stored_yet", 0)])
}

@Test func aPacketThatDoesNotOpenIsCountedByItsReason() throws {
    let village = Village(2)
    village.run(milliseconds: 1_000)
    let sealed = try #require(village.past.last { $0.to == port(1) && $0.datagram[1] == 4 })
    var tampered = sealed.datagram
    tampered[40] ^= 1
    tampered[8] ^= 64
    let before = try status(village.ask(1, .status)).traffic.receivedPackets
    for datagram in [[], sealed.datagram, sealed.datagram, tampered, [9] + sealed.datagram.dropFirst()] {
        village[1].hear(datagram, from: port(2), at: moment(1_000))
    }
    let status = try status(village.ask(1, .status))
    let refused = status.counters.filter { !$0.name.hasPrefix("batches") && !$0.name.hasPrefix("ignored") }
    #expect(refused == [.init("bad-header", 1), .init("bad-length", 1), .init("bad-seal", 1), .init("replayed", 2)])
    #expect(status.traffic.receivedPackets == before + 5)
    #expect(village[1].notes.contains(.session(.refused(.replayed, from: Path(port(2))))))
}

@Test func theStatusTellsWhoTheNodeIsAndWhatCrossedTheWire() throws {
    let village = Village(2)
    village.run(milliseconds: 10_000)
    let (one, two) = (try status(village.ask(1, .status)), try status(village.ask(2, .status)))
    #expect(one.mesh == "store-0412" && one.node == "till-01" && one.site == "front" && one.id == id(1))
    #expect(one.address == port(1))
    #expect(one.uptime == .seconds(10))
    #expect(one.members.alive == 2 && one.members.all == 2)
    #expect(one.isHealthy)
    #expect(one.traffic.sentPackets == two.traffic.receivedPackets)
    #expect(one.traffic.sentBytes == two.traffic.receivedBytes)
    #expect(one.traffic.receivedPackets == two.traffic.sentPackets)
}

@Test func aSilentMemberIsAProblemWithItsCode() throws {
    let village = Village(2)
    village.run(milliseconds: 5_000)
    village[2].isListening = false
    village.run(milliseconds: 8_000)
    let suspected = try status(village.ask(1, .status))
    #expect(suspected.problems.map(\.code) == [.memberSuspect])
    #expect(suspected.members.suspect == 1)
    village.run(milliseconds: 30_000)
    let lost = try status(village.ask(1, .status))
    #expect(lost.problems.map(\.code) == [.memberUnreachable])
    #expect(try members(village.ask(1, .members))[1].why.hasPrefix("no sign of life for "))
    let view = try #require(village.ask(1, .members).view)
    #expect(view.agree == 1 && view.of == 1, "who cannot be reached cannot agree")
    village[2].isListening = true
    village.run(milliseconds: 20_000)
    #expect(try status(village.ask(1, .status)).isHealthy)
}

@Test func anInvitationNamesWhoCanBeReachedAndIsSignedByTheNode() throws {
    let village = Village(3)
    village.run(milliseconds: 5_000)
    let envelope = village.ask(1, .invite(uses: 20, lifetime: .hours(24)))
    guard case .invitation(let reply) = envelope.reply else { return #expect(Bool(false), "\(envelope.reply)") }
    let token = try InviteToken(text: reply.token)
    #expect(token.mesh == charter(mesh: 7).mesh && token.hints.sorted() == [port(1), port(2), port(3)])
    guard case .invite(let invite) = try Verified(token.invite, in: token.mesh).statement else {
        return #expect(Bool(false), "the token holds something else")
    }
    #expect(invite.inviter.key.nodeID == id(1) && invite.terms == Charter.everyNode)
    #expect(invite.expires == moment(5_000).wall + .hours(24) && invite.uses == 20)
    #expect(reply.uses == 20 && reply.expires == invite.expires && envelope.warnings.isEmpty)
}

@Test func aNodeThatLeavesIsGoneForItselfAndForOthers() throws {
    let village = Village(3)
    village.run(milliseconds: 5_000)
    #expect(village.ask(2, .leave).reply == .left(LeaveReply(mesh: "store-0412", told: 2)))
    #expect(village[2].node.switchboard.deadline == nil)
    #expect(try members(village.ask(2, .members))[1].state == .left)
    let row = try members(village.ask(1, .members))[1]
    #expect(row.state == .left && row.why == "said goodbye")
    #expect(try status(village.ask(1, .status)).isHealthy, "whoever says goodbye is no problem")
}

@Test func theVersionIsItsOwn() {
    #expect(Village(1).ask(1, .version).reply == .version(.own))
}

@Test func theStateHashDependsOnTheStateAlone() {
    let plain = Resident(1, records: false)
    let other = Resident(1, records: true, entropy: 99)
    #expect(plain.node.stateHash == other.node.stateHash, "keys, seals and the recorder are no part of the state")
    #expect(plain.node.stateHash != Resident(1, records: false, chance: 2).node.stateHash)
    for resident in [plain, other] {
        for step in Int64(1)...20 { resident.wake(at: moment(step * 700)) }
    }
    #expect(plain.node.stateHash == other.node.stateHash)
}

@Test func whatIsStoredIsNoLongerWaitedFor() throws {
    let village = Village(2)
    village.run(milliseconds: 2_000)
    #expect(village[1].node.switchboard.unstored.isEmpty)
    var switchboard = village[1].node.switchboard
    var outbox = Outbox<Switchboard.Effect>()
    let stranger = sealedRecord(3, named: "till-03")
    switchboard.take(
        .received(.membership(.hello(stranger, pulse: 1)), from: id(3), source: port(3)), at: moment(3_000),
        into: &outbox)
    #expect(switchboard.unstored.count == 1)
    let ticket = try #require(switchboard.unstored.keys.first)
    switchboard.take(.persisted(ticket), at: moment(3_001), into: &outbox)
    #expect(switchboard.unstored.isEmpty)
}

@Test func aCallOnTheLocalNetIsAnsweredWithAHandshake() {
    let call = Resident(1, records: false).call(from: [port(8), port(9)])
    func answered(_ call: [UInt8], own: [Address] = []) -> Set<Address> {
        let hearer = Resident(2, records: false)
        hearer.hear(call: call, from: port(50), own: own)
        return Set(hearer.post().map(\.to))
    }
    #expect(answered(call) == [port(8)])
    #expect(answered(call, own: [port(8)]) == [port(9)], "both stand behind bridges of one address")
    #expect(answered(call, own: [port(8), port(9)]).isEmpty, "it is its own")
    let stranger = Resident(1, records: false, mesh: 8).call(from: [port(8)])
    #expect(answered(stranger).isEmpty && answered([1, 2, 3]).isEmpty)
    #expect(answered(Resident(1, records: false).call(from: (1...20).map { port($0) })).count == 1)
}

/// A machine with several addresses is written to at the one that its call came from; and nowhere that does not stand
/// inside the seal, whatever address the packet claims to come from.
@Test func aCallIsAnsweredWhereItCameFromIfThatIsSealed() {
    let near = Address(v4: 0x0A09_0001, port: 7946)
    let far = Address(v4: 0xC0A8_0001, port: 7946)
    let call = Resident(1, records: false).call(from: [far, near])
    for (source, expected) in [(near.host, near), (far.host, far), ("10.1.1.1", far)] {
        let hearer = Resident(2, records: false)
        hearer.hear(call: call, from: Address("\(source):7945") ?? near, own: [])
        #expect(Set(hearer.post().map(\.to)) == [expected])
    }
}
