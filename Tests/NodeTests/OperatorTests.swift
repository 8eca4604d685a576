import Base
import Control
import Crypto
import Testing
import Trust

@testable import Node

private func key(_ number: Int) -> SigningKey {
    var entropy = Entropy.seeded(UInt64(number) + 9_000)
    return SigningKey.drawn(from: &entropy)
}

private func person(_ number: Int) -> Person {
    Person(name: ["bob", "cy"][number], keys: [SignerKey(key(number).publicKey)])
}

private func operators(_ envelope: Envelope) throws -> OperatorsReply {
    guard case .operators(let reply) = envelope.reply else { throw Complaint(.ourMistake, what: "\(envelope.reply)") }
    return reply
}

private func root(_ envelope: Envelope) throws -> RootReply {
    guard case .root(let reply) = envelope.reply else { throw Complaint(.ourMistake, what: "\(envelope.reply)") }
    return reply
}

private func complaint(_ envelope: Envelope) -> Complaint? {
    guard case .failure(let complaint) = envelope.reply else { return nil }
    return complaint
}

/// From one operator to three of whom two govern, and on without the one who began: what each did in office stands.
@Test func aMeshOfOneOperatorBecomesOneOfManyAndOutlivesItsFounder() throws {
    let village = Village(4)
    village.run(milliseconds: 6_000)
    #expect(try operators(village.ask(1, .operators)).operators.map(\.name) == ["ada"])

    let mayor = SignerKey(mayor().publicKey)
    var growth = RootProposal(
        after: try root(village.ask(1, .root(leaving: nil))).chain, signers: [mayor],
        changes: [.add(Operator(person(0))), .add(Operator(person(1))), .setThreshold(2)])
    growth.sign(with: NodeTests.mayor())
    let grown = try #require(growth.record)
    #expect(village.ask(2, .submit([grown])).reply == .submitted(SubmitReply(records: 1, held: 1)))
    village.run(milliseconds: 5_000)
    for number in 1...4 {
        let reply = try operators(village.ask(number, .operators))
        #expect(reply.head == grown.id.description && reply.threshold == 2, "node \(number)")
        #expect(reply.operators.map(\.name) == ["ada", "bob", "cy"])
        #expect(reply.operators.allSatisfy { $0.standing == .acting })
    }

    // Bob alone governs nobody away, but he does throw out a node.
    let answer = try root(village.ask(3, .root(leaving: "ada")))
    #expect(answer.cuts.count == 1, "the feed of the mesh's beginning")
    var alone = RootProposal(
        after: answer.chain, signers: [person(0).keys[0]], changes: [.remove(name: "ada", cuts: answer.cuts)])
    alone.sign(with: key(0))
    #expect(throws: RootProposal.Flaw.refused(.tooFewPersons)) { try alone.check() }
    let lonely = try #require(alone.record)
    #expect(village.ask(3, .submit([lonely])).reply == .submitted(SubmitReply(records: 1, held: 0)))
    let revocation = OperatorActs.records(
        .revoke(Revocation(.key(identity(4, mesh: 7).keys.signing), reason: .stolen, cuts: [])), by: key(0), epoch: 77,
        head: grown.id, at: moment(village.time).wall, in: grown.id == growth.mesh ? grown.id : growth.mesh)
    #expect(village.ask(1, .submit(revocation)).reply == .submitted(SubmitReply(records: 3, held: 3)))
    village.run(milliseconds: 3_000)
    #expect(village[2].node.sessions.channel(with: id(4)) == nil)

    // Two of them do, and what ada did while she governed stands: her nodes are members.
    var farewell = RootProposal(
        after: answer.chain, signers: [person(0).keys[0], person(1).keys[0]],
        changes: [.remove(name: "ada", cuts: answer.cuts)])
    farewell.sign(with: key(0))
    farewell.sign(with: key(1))
    let gone = try #require(farewell.record)
    #expect(village.ask(1, .submit([gone])).reply == .submitted(SubmitReply(records: 1, held: 1)))
    village.run(milliseconds: 5_000)
    for number in 1...3 {
        #expect(try operators(village.ask(number, .operators)).operators.map(\.name) == ["bob", "cy"])
        #expect(try members(village.ask(number, .members)).count { $0.state == .alive } == 3, "node \(number)")
    }
    #expect(complaint(village.ask(1, .root(leaving: "ada")))?.code == .unknownOperator)
    // Her later word counts for nothing, and what she had said before still does.
    let late = village.act(.grant(Grant(.node(identity(20, mesh: 7).keys), Charter.everyNode)), at: 1)
    #expect(late.reply == .submitted(SubmitReply(records: 3, held: 3)))
    #expect(!village[1].node.switchboard.registry.isMember(identity(20, mesh: 7).keys.id))
}

@Test func aNodeIsNamedByItsNameItsIdOrTheBeginningOfIt() throws {
    func row(_ envelope: Envelope) throws -> NodeReply {
        guard case .node(let reply) = envelope.reply else { throw Complaint(.ourMistake, what: "\(envelope.reply)") }
        return reply
    }
    let village = Village(3)
    village.run(milliseconds: 5_000)
    let two = identity(2, mesh: 7).keys
    let named = try row(village.ask(1, .node("till-02")))
    #expect(named.node.id == two.id && named.node.key == hexadecimal(two.signing.encoded))
    #expect(named.mesh == charter(mesh: 7).mesh.description && named.head == named.mesh && named.redemption.isEmpty)
    #expect(try row(village.ask(1, .node(two.id.description))) == named)
    #expect(try row(village.ask(1, .node(String(two.id.description.prefix(10))))) == named)
    let short = String(two.id.description.prefix(Limits.shortestNodeID - 1))
    #expect(complaint(village.ask(1, .node(short)))?.code == .unknownNode)
    #expect(complaint(village.ask(1, .node("nobody")))?.what == #"the law knows no node "nobody""#)
    // `auth explain --by` finds whom `node show` finds.
    let asked = Request.explainAuthority(word: "invite.create", by: String(two.id.description.prefix(10)), on: nil)
    guard case .authority(let reply) = village.ask(1, asked).reply else { return #expect(Bool(false)) }
    #expect(reply.question == "may till-02 do invite.create on mesh")
}

/// The operator answers far away, and nobody in the mesh has heard of it: the newcomer shows its own grant.
@Test func whomAnAnswerBroughtInIsBelievedByNodesThatHaveNotHeardOfIt() throws {
    let village = Village(3)
    village.run(milliseconds: 5_000)
    let mesh = charter(mesh: 7).mesh
    func newcomer(_ number: UInt16) -> NodeIdentity {
        var entropy = Entropy.seeded(UInt64(number) + 700)
        return NodeIdentity(NodeIdentity(of: Digest(.zero), from: &entropy), of: mesh, seeds: [port(2)])
    }
    let grant = OperatorActs.records(
        .grant(Grant(.node(newcomer(4).keys), Charter.everyNode)), by: NodeTests.mayor(), epoch: 5, head: mesh,
        at: moment(0).wall, in: mesh)
    let law = LawFile(of: mesh, charter(mesh: 7).records + grant)
    let answer = JoinAnswer(to: newcomer(4).keys.id, seeds: [port(2)], law: law)
    #expect(try answer.check() == "store-0412")
    let number = village.join(with: answer, as: newcomer)
    village.run(milliseconds: 10_000)
    for resident in 1...number {
        #expect(try members(village.ask(resident, .members)).count { $0.state == .alive } == 4, "node \(resident)")
    }
    // Whoever let it in can be answered for again, by any node.
    let again = try village[3].node.answer(to: newcomer(4).keys.id.description)
    #expect(try again.check() == "store-0412" && again.node == answer.node && !again.seeds.isEmpty)
    _ = village.act(.revoke(Revocation(.key(newcomer(4).keys.signing), reason: .stolen, cuts: [])), at: 1)
    village.run(milliseconds: 3_000)
    #expect(throws: Complaint.self) { try village[3].node.answer(to: newcomer(4).keys.id.description) }
}
