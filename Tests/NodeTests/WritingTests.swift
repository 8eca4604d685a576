import Base
import Choices
import Control
import Crypto
import Testing
import Trust

@testable import Node
@testable import Replication

private func set(_ village: Village, _ number: Int, _ key: String, _ value: String) throws -> Complaint? {
    let request = StoreRequest.write([Assignment(key: key, kind: nil, .put(ValueBytes(value)))], isTrial: false)
    if case .failure(let complaint) = village.ask(number, .store(try request.checked())).reply { return complaint }
    return nil
}

private func shown(_ village: Village, _ number: Int, _ key: String) throws -> String? {
    let request = try StoreRequest.get(key: key, kind: nil, at: nil).checked()
    guard case .key(let reply) = village.ask(number, .store(request)).reply else { return nil }
    return reply.row?.value?.text
}

/// The rule that prices take a role, as the operator of this village's first node writes it.
private func closePrices(_ village: Village, at number: Int) throws {
    guard case .root(let root) = village.ask(number, .root(leaving: nil)).reply else {
        throw Complaint(.ourMistake, what: "no root")
    }
    var policy = Policy(.write)
    policy.scope = Scope([try #require(Scope.Pattern("key:prices/*"))])
    policy.cuts = root.written
    village.change([.setPolicy(policy)], at: number)
}

private let writes = Grant.Terms(
    can: [.write], scope: Scope(["key:prices/*"].compactMap { Scope.Pattern($0) }))

@Test func whoHasNoRoleIsToldSoAndChangesNothing() throws {
    let village = Village(3)
    village.run(milliseconds: 6_000)
    #expect(try set(village, 2, "prices/milk", "1") == nil)
    village.run(milliseconds: 6_000)
    try closePrices(village, at: 1)
    village.run(milliseconds: 6_000)
    let before = village[2].node.store.replica.vector
    let refused = try #require(try set(village, 2, "prices/milk", "2"))
    #expect(refused.code == .writeNotAllowed && refused.what == "till-02 may not write prices/milk")
    #expect(refused.because.contains("the policy for key.write on key:prices/*"))
    #expect(village[2].node.store.replica.vector == before)
    #expect(try set(village, 2, "till/tax", "19") == nil, "no policy speaks of it")
    // What was written before the rule stands everywhere.
    village.run(milliseconds: 6_000)
    for number in 1...3 { #expect(try shown(village, number, "prices/milk") == "1") }
    _ = village.act(.grant(Grant(.node(identity(2, mesh: 7).keys), writes)), at: 1)
    village.run(milliseconds: 6_000)
    #expect(try set(village, 2, "prices/milk", "3") == nil)
    village.run(milliseconds: 6_000)
    for number in 1...3 { #expect(try shown(village, number, "prices/milk") == "3") }
    guard
        case .authority(let reply) = village.ask(
            2, .explainAuthority(word: "key.write", by: nil, on: "key:prices/milk")
        ).reply
    else { return #expect(Bool(false)) }
    #expect(reply.isAllowed && reply.grounds.contains { $0.hasPrefix("decided by: the policy for key.write") })
}

/// Cut off, a node cannot know of the rule and writes on; when it comes back its write is on every disk and counts on
/// none, and the node that wrote it is told.
@Test func aWriteWithoutTheRoleCountsOnNoNode() throws {
    let village = Village(3)
    village.run(milliseconds: 6_000)
    #expect(try set(village, 3, "prices/milk", "1") == nil)
    village.run(milliseconds: 6_000)
    let third = village[3].address
    village.blocks = { from, to in from == third || to == third }
    try closePrices(village, at: 1)
    #expect(try set(village, 3, "prices/milk", "2") == nil, "it knows of no rule")
    #expect(try shown(village, 3, "prices/milk") == "2")
    village.blocks = { _, _ in false }
    village.run(milliseconds: 40_000)
    let vector = village[3].node.store.replica.vector
    for number in 1...3 {
        #expect(village[number].node.store.replica.vector == vector, "the log goes on as it is")
        #expect(try shown(village, number, "prices/milk") == "1", "node \(number)")
    }
    #expect(village[3].notes.contains { if case .madeVoid(1) = $0 { true } else { false } })
    // A restart comes to the same: what counts follows from the law that is stored.
    village.sleep(for: .seconds(60)) { _ in .zero }
    for number in 1...3 { #expect(try shown(village, number, "prices/milk") == "1") }
}

/// What a node did before it was thrown out stands, and a role that is taken back leaves what was done with it.
@Test func whatARevocationLeavesStands() throws {
    let village = Village(3)
    village.run(milliseconds: 6_000)
    try closePrices(village, at: 1)
    _ = village.act(.grant(Grant(.node(identity(2, mesh: 7).keys), writes)), at: 1)
    village.run(milliseconds: 6_000)
    #expect(try set(village, 2, "prices/milk", "1") == nil)
    village.run(milliseconds: 6_000)
    guard case .node(let reply) = village.ask(1, .node("till-02")).reply else { return #expect(Bool(false)) }
    let cuts = try #require(bytes(hexadecimal: reply.cuts))
    var reader = ByteReader(cuts.raw)
    let all = try reader.rising(of: Cut.self, in: 0...Limits.cuts)
    #expect(all.contains { $0.feed.value.w2 == 0 && $0.feed.value.w3 == 0 }, "its log is named")
    let role = try #require(reply.grants.first { $0.terms == writes })
    _ = village.act(
        .revoke(Revocation(.grant(try #require(Digest(hexadecimal: role.id))), reason: .left, cuts: all)), at: 1)
    village.run(milliseconds: 6_000)
    #expect(try set(village, 2, "prices/milk", "2")?.code == .writeNotAllowed)
    _ = village.act(.revoke(Revocation(.key(identity(2, mesh: 7).keys.signing), reason: .left, cuts: all)), at: 1)
    village.run(milliseconds: 6_000)
    for number in [1, 3] { #expect(try shown(village, number, "prices/milk") == "1") }
}

/// The engine that keeps the writes and the law that explains them say the same of every key.
@Test func theStoreAndTheLawAgreeOnEveryKey() throws {
    let nodes = (1...3).map { identity(UInt16($0), mesh: 7).keys }
    try Property.check("the same answer", cases: 200) { tape in
        let patterns = ["*", "k*", "key:*", "key:a*", "key:a/b", "key:b/*", "site:*"].compactMap { Scope.Pattern($0) }
        func scope(_ tape: inout Tape) -> Scope { Scope((0..<tape.below(3)).map { _ in tape.pick(patterns) }) }
        let charter = charter(mesh: 7)
        var law = try Law(genesis: charter.records[0], mesh: charter.mesh)
        for record in charter.records.dropFirst() { _ = law.admit(try Verified(record, in: charter.mesh)) }
        for number in 0..<tape.below(4) {
            let terms = Grant.Terms(can: [.write], scope: scope(&tape))
            let act = Act.grant(Grant(.node(tape.pick(nodes)), terms))
            let records = OperatorActs.records(
                act, by: mayor(), epoch: UInt64(number), head: charter.mesh, at: moment(0).wall, in: charter.mesh)
            for record in records { _ = law.admit(try Verified(record, in: charter.mesh)) }
        }
        var chain = [charter.records[0]]
        for _ in 0..<tape.below(3) {
            var policy = Policy(.write)
            policy.scope = scope(&tape)
            var proposal = RootProposal(
                after: chain, signers: [SignerKey(mayor().publicKey)], changes: [.setPolicy(policy)])
            proposal.sign(with: mayor())
            let record = try #require(proposal.record)
            chain.append(record)
            _ = law.admit(try Verified(record, in: charter.mesh))
        }
        let judgement = Judgement(of: law)
        let authority = Authority(judgement.writing)
        let here = Circumstances(
            now: moment(0), time: TimeBracket(storedFloor: moment(0).wall, at: moment(0)), lease: nil)
        for node in nodes {
            for key in ["a", "a/b", "a/c", "b", "b/x", "\u{301}", ""] {
                let operation = Operation(.write, on: WritingLaw.object(key), content: charter.mesh)
                let decision = judgement.decide(operation, by: node.signing, here)
                let isAllowed = if case .allow = decision { true } else { false }
                let dot = Dot(Writer(high: 1, low: 1), 1)
                try require(
                    authority.allows(node.id, toWrite: Array(key.utf8), at: dot) == isAllowed,
                    "\(key): the law says \(decision)")
            }
        }
    }
}
