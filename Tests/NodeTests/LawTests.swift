import Base
import Control
import Foundation
import Registry
import Session
import Testing
import Trust

@testable import Node

private func token(of envelope: Envelope) throws -> String {
    guard case .invitation(let invitation) = envelope.reply else {
        throw Complaint(.ourMistake, what: "\(envelope.reply)")
    }
    return invitation.token
}

private func nodes(_ envelope: Envelope) throws -> [NodeRow] {
    guard case .nodes(let reply) = envelope.reply else { throw Complaint(.ourMistake, what: "\(envelope.reply)") }
    return reply.nodes
}

private func revocation(of number: UInt16) -> Act {
    .revoke(Revocation(.key(identity(number, mesh: 7).keys.signing), reason: .stolen, cuts: []))
}

@Test func aRevocationEndsTheSessionsWithTheRevokedEverywhere() throws {
    let village = Village(4)
    village.run(milliseconds: 6_000)
    #expect(try members(village.ask(1, .members)).allSatisfy { $0.state == .alive })
    #expect(village.act(revocation(of: 4), at: 1).reply == .submitted(SubmitReply(records: 3, held: 3)))
    #expect(village[1].notes.contains(.session(.ended(id(4), .barred))), "in the same call")
    village.run(milliseconds: 5_000)
    for number in 1...3 {
        #expect(village[number].node.sessions.channel(with: id(4)) == nil)
        #expect(try nodes(village.ask(number, .nodes)).first { $0.id == id(4) }?.standing == .revoked)
    }
    // Whatever it tries, nobody speaks with it again, and that is no problem of anybody's.
    village.run(milliseconds: 60_000)
    for number in 1...3 {
        #expect(village[number].node.sessions.channel(with: id(4)) == nil)
        let row = try #require(try members(village.ask(number, .members)).first { $0.id == id(4) })
        #expect(row.state == .unreachable && row.why == "revoked by the law of the mesh")
        #expect(try status(village.ask(number, .status)).isHealthy)
    }
    let refused = try (1...3).map { try status(village.ask($0, .status)).counters }
    #expect(refused.contains { $0.contains { $0.name == "barred" && $0.value > 0 } })
}

@Test func whoeverComesWithATokenIsLetInAndSeen() throws {
    let village = Village(3)
    village.run(milliseconds: 5_000)
    let token = try token(of: village.ask(1, .invite(uses: 1, lifetime: .hours(1))))
    let newcomer = try village.join(with: token)
    village.run(milliseconds: 8_000)
    for number in 1...newcomer {
        #expect(try members(village.ask(number, .members)).count { $0.state == .alive } == 4)
        let row = try nodes(village.ask(number, .nodes)).first { $0.name == "till-04" }
        #expect(row?.standing == .probation)
    }
    #expect(try status(village.ask(newcomer, .status)).mesh == "store-0412")
    // One use is one node.
    let other = try village.join(with: token)
    village.run(milliseconds: 8_000)
    #expect(try members(village.ask(other, .members)).count == 1)
    #expect(try members(village.ask(1, .members)).count == 4)
    #expect(village[other].notes.contains { if case .registry(.declined(.spent, by: _)) = $0 { true } else { false } })
    // Who was invited does not invite.
    #expect(village.ask(newcomer, .invite(uses: 1, lifetime: .hours(1))).reply == .failure(Complaint(.mayNotInvite)))
}

@Test func aStrangerIsHeardAboutTheLawAlone() throws {
    let village = Village(1)
    village.run(milliseconds: 1_000)
    // A node with the mesh's id and no grant: the tenth is in no charter.
    let frame = Frame.membership(.want([id(1)]))
    village[1].hear(frame.encoded, saidBy: 10)
    #expect(village[1].notes.contains(.stranger(id(10))))
    #expect(try status(village.ask(1, .status)).counters.contains(.init("ignored-stranger", 1)))
}

@Test func aRestartedNodeStillBarsWhomItBarred() throws {
    let village = Village(3)
    village.run(milliseconds: 5_000)
    _ = village.act(revocation(of: 3), at: 1)
    let again = Resident(1, records: false, stored: village[1].facts)
    #expect(again.node.switchboard.registry.barred == [id(3)])
}

@Test func aMeshThatLosesEveryThirdPacketComesToOneLaw() {
    let village = Village(6)
    village.loss = 33
    village.run(milliseconds: 10_000)
    for number in 10..<30 {
        let grant = Grant(.node(identity(UInt16(number), mesh: 7).keys), Charter.everyNode)
        #expect(village.act(.grant(grant), at: number % 6 + 1).reply == .submitted(SubmitReply(records: 3, held: 3)))
        village.run(milliseconds: 200)
    }
    village.run(milliseconds: 20_000)
    let law = village[1].node.switchboard.registry.book.ids
    // The genesis, the founder's feed, nine grants; and twenty acts of three records.
    #expect(law.count == 11 + 60)
    for number in 2...6 { #expect(village[number].node.switchboard.registry.book.ids == law) }
}

/// Off for four hundred days, and each clock somewhere within twenty years of the truth: no operator is needed, and
/// whoever was thrown out before stays outside. A policy asks for leases, and all of them ran out meanwhile.
@Test(arguments: [RegistryBug?.none, .staleNeverSigns])
func aFleetThatWasDarkForFourHundredDaysComesBackByItself(bug: RegistryBug?) throws {
    let village = Village(7, lawBug: bug)
    village.run(milliseconds: 10_000)
    var policy = Policy(.write)
    policy.needsFreshLease = true
    policy.scope = Scope([.everything])
    village.change([.setPolicy(policy)], at: 1)
    for number in 1...6 {
        let terms = Grant.Terms(can: [.write], scope: .everything)
        _ = village.act(.grant(Grant(.node(identity(UInt16(number), mesh: 7).keys), terms)), at: 1)
    }
    _ = village.act(revocation(of: 7), at: 2)
    village.run(milliseconds: 30_000)
    func fresh() -> Int {
        (1...6).count { number in
            let resident = village[number]
            let now = Now(
                instant: moment(village.time).instant, wall: moment(village.time).wall + resident.clockError)
            return resident.node.switchboard.registry.leaseStanding(at: now) == .fresh
        }
    }
    #expect(fresh() == 6, "before the night")
    let law = village[1].node.switchboard.registry.book.ids
    let years = [20, -20, 3, -11, 17, -1, 8]
    village.sleep(for: .hours(24 * 400)) { .hours(Int64(years[$0 - 1]) * 8_766) }
    #expect(fresh() <= 2, "whose clock lies behind cannot tell yet; all others know that their lease has run out")
    village.run(milliseconds: 60_000)
    #expect(bug == nil ? fresh() == 6 : fresh() <= 2, "\(fresh()) are fresh")
    guard bug == nil else { return }
    for number in 1...6 {
        #expect(village[number].node.switchboard.registry.book.ids == law, "node \(number)")
        let rows = try members(village.ask(number, .members))
        #expect(rows.count { $0.state == .alive } == 6, "node \(number): \(rows)")
        #expect(village[number].node.sessions.channel(with: id(7)) == nil)
    }
}

@Test func whoMayDoWhatIsExplained() throws {
    func answer(_ envelope: Envelope) throws -> AuthorityReply {
        guard case .authority(let reply) = envelope.reply else {
            throw Complaint(.ourMistake, what: "\(envelope.reply)")
        }
        return reply
    }
    let village = Village(3)
    village.run(milliseconds: 5_000)
    func ask(_ word: String, by who: String? = nil) throws -> AuthorityReply {
        try answer(village.ask(1, .explainAuthority(word: word, by: who, on: nil)))
    }
    let invites = try ask("invite.create")
    #expect(invites.isAllowed && invites.question == "may till-01 do invite.create on mesh")
    #expect(
        invites.grounds.last?.contains("of the operator ada: invite.create, invite.sponsor, lease.renew on *") ?? false)
    let approves = try ask("release.approve", by: "till-02")
    #expect(!approves.isAllowed && approves.why == "no grant of it names release.approve")
    _ = village.act(revocation(of: 3), at: 1)
    let revoked = try ask("invite.create", by: "till-03")
    #expect(!revoked.isAllowed && revoked.why == "the actor's key or grant was revoked")

    guard case .acts(let acts) = village.ask(1, .acts(count: 2)).reply else { return #expect(Bool(false)) }
    #expect(acts.total == 11 && acts.rows.count == 2 && acts.rows.allSatisfy(\.isValid))
    let row = try #require(acts.rows.first { $0.act == "revokes till-03: stolen" })
    #expect(row.actor == "ada")
    let act = try ask(String(row.record.prefix(10)))
    #expect(act.isAllowed && act.question == "ada revokes till-03: stolen")
    #expect(village.ask(1, .explainAuthority(word: "ffffffff", by: nil, on: nil)).reply.isFailure(.unknownRecord))
    #expect(village.ask(1, .explainAuthority(word: "No Word", by: nil, on: nil)).reply.isFailure(.badArgument))
    #expect(village.ask(1, .explainAuthority(word: "a.b", by: "nobody", on: nil)).reply.isFailure(.unknownNode))
    // What is proved is checked elsewhere, and comes to the same.
    let proof = try village[1].node.lawFile(about: row.record)
    let law = try proof.check()
    #expect(Judgement(of: law).thrownOut == [identity(3, mesh: 7).keys.signing])
    #expect(try village[1].node.lawFile(about: nil).check().entry(proof.records[2].id) != nil)
}

extension Reply {
    fileprivate func isFailure(_ code: Code) -> Bool {
        if case .failure(let complaint) = self { complaint.code == code } else { false }
    }
}

/// Whoever listens learns no name, no site, no key and no id, whatever happens: nodes come, one is thrown out.
@Test func nothingOnTheWireNamesANodeOrItsMesh() throws {
    let village = Village(3)
    village.run(milliseconds: 5_000)
    _ = try village.join(with: token(of: village.ask(1, .invite(uses: 1, lifetime: .hours(1)))))
    village.run(milliseconds: 8_000)
    _ = village.act(revocation(of: 3), at: 1)
    village.run(milliseconds: 5_000)
    let wire = Data(village.past.flatMap { $0.datagram + [0] })
    var needles = ["till-0", "store-0412", "front", "lease.renew"].map { Data($0.utf8) }
    needles.append(Data(charter(mesh: 7).mesh.value.bytes.prefix(8)))
    for number in 1...3 {
        let keys = identity(UInt16(number), mesh: 7).keys
        needles.append(Data(keys.id.value.bytes.prefix(8)))
        needles.append(Data(keys.signing.encoded.dropFirst().prefix(8)))
        needles.append(Data(keys.agreement.encoded.prefix(8)))
    }
    for needle in needles { #expect(wire.range(of: needle) == nil, "\(needle as NSData)") }
    #expect(wire.count > 50_000 && wire.range(of: Data([1, 4, 0, 0])) != nil, "the search finds what is there")
}

/// What comes by streams shares its room: a stranger takes none of it, and a member does.
@Test func aStrangerOpensNoRoad() throws {
    let village = Village(1)
    village.run(milliseconds: 1_000)
    try village[1].hear(stream: [100, 0, 0, 0, 1, 2, 3], of: 10)
    #expect(village[1].node.roads.incoming[id(10)] == nil)
    #expect(try status(village.ask(1, .status)).counters.contains(.init("ignored-stranger", 1)))
    try village[1].hear(stream: [100, 0, 0, 0, 1, 2, 3], of: 2)
    #expect(village[1].node.roads.incoming[id(2)] != nil)
}
