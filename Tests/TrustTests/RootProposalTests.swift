import Base
import Crypto
import Testing

@testable import Trust

private func card(_ number: Int) -> OperatorCard {
    OperatorCard(Person(name: "ada", keys: [Court.key(number, true)]))
}

/// A change in a mesh of three, of whom two govern: 9 comes in, signed by nobody yet.
private func proposal(_ changes: [RootChange]? = nil, signers: [Int] = [0, 1]) -> RootProposal {
    let court = Court(operators: 3, threshold: 2)
    return RootProposal(
        after: [court.genesis.record], signers: signers.map(court.key),
        changes: changes ?? [.add(Operator(court.person(9)))])
}

private func flaw(_ proposal: RootProposal) -> RootProposal.Flaw? {
    do throws(RootProposal.Flaw) {
        _ = try proposal.check()
        return nil
    } catch {
        return error
    }
}

@Test func aCardIsReadAsItWasWrittenAndNoOtherIs() throws {
    let card = card(3)
    let text = card.text
    #expect(OperatorCard(text: text) == card && OperatorCard(text: " \(text)\n") == card)
    #expect(OperatorCard(text: text.uppercased()) == nil, "a name has one spelling")
    let characters = Array(text)
    for index in characters.indices {
        var other = characters
        other[index] = other[index] == "7" ? "8" : "7"
        #expect(OperatorCard(text: String(other)) == nil, "mistyped at \(index)")
        other.remove(at: index)
        #expect(OperatorCard(text: String(other)) == nil, "one is missing at \(index)")
    }
    for text in ["", ":", "ada:", "ada", "ada:0", String(repeating: "7", count: 1_000), "a b:\(text)"] {
        #expect(OperatorCard(text: text) == nil)
    }
}

@Test func aProposalIsSignedByOneAfterTheOtherAndThenIsLaw() throws {
    var made = proposal()
    #expect(made.record == nil && made.missing.count == 2)
    let outlook = try made.check()
    #expect(outlook.mesh == "store" && outlook.before.operators.count == 3 && outlook.after.operators.count == 4)
    made.sign(with: Court.signer(1))
    made.sign(with: Court.signer(1))
    #expect(made.seals.count == 1 && made.record == nil)
    var carried = try RootProposal(decoding: made.encoded.raw)
    #expect(carried == made)
    carried.sign(with: Court.signer(0))
    let record = try #require(carried.record)
    var law = Court(operators: 3, threshold: 2).law
    #expect(law.admit(try Verified(record, in: law.mesh)) == .new)
    #expect(law.root.head.id == record.id && law.root.head.state.operators.count == 4)
}

/// Whatever is changed on the way, the change itself is not another one with true signatures.
@Test func aProposalThatWasChangedOrCutShortIsNone() throws {
    var made = proposal()
    made.sign(with: Court.signer(0))
    let bytes = made.encoded
    for length in 0..<bytes.count {
        #expect(throws: DecodeError.self) { try RootProposal(decoding: Array(bytes[..<length]).raw) }
    }
    for index in bytes.indices {
        var other = bytes
        other[index] ^= 1
        guard let read = try? RootProposal(decoding: other.raw) else { continue }
        #expect(flaw(read) != nil, "changed at \(index)")
    }
}

@Test func aChangeThatTheMeshWouldNotTakeIsRefusedBeforeAnybodySigns() {
    #expect(flaw(proposal(signers: [0])) == .refused(.tooFewPersons))
    #expect(flaw(proposal(signers: [0, 7])) == .refused(.stranger))
    #expect(flaw(proposal([.add(Operator(Court.person(2, true)))])) == .refused(.nameTaken))
    #expect(flaw(proposal([.remove(name: "nobody", cuts: [])])) == .refused(.noSuchOperator))
    let names = (0..<2).map { Court.person($0, true).name }
    let cut = Court(operators: 3, threshold: 2).noCut
    #expect(flaw(proposal([.remove(name: names[0], cuts: [])])) == .refused(.nothingLeft))
    #expect(flaw(proposal(names.map { .remove(name: $0, cuts: [cut]) })) == .refused(.tooFewOperators))
    #expect(flaw(proposal([.setThreshold(4)])) == .refused(.tooFewOperators))
    #expect(flaw(proposal([.setThreshold(0)])) == .refused(.outOfRange))
}

@Test func aProposalBringsTheChainThatItFollows() throws {
    var court = Court(operators: 1, threshold: 1)
    let head = court.update([.add(Operator(court.person(1))), .setThreshold(2)], by: [0])
    let chain = [court.genesis.record, court.records[0].record]
    let made = RootProposal(after: chain, signers: [court.key(0), court.key(1)], changes: [.setWitnesses(3)])
    #expect(made.update.parent == head && flaw(made) == nil)
    // Without the link in which 1 became an operator, 1 is nobody; and from another mesh, nothing fits.
    let stranger = RootProposal(after: [chain[0]], signers: made.update.signers, changes: made.update.changes)
    #expect(flaw(stranger) == .refused(.stranger))
    let other = Court(operators: 2, threshold: 1)
    let mixed = RootProposal(after: [other.genesis.record, chain[1]], signers: [], changes: [.setWitnesses(3)])
    #expect(flaw(mixed) == .chain)
    #expect(flaw(RootProposal(after: [chain[1]], signers: [], changes: [.setWitnesses(3)])) == .chain)
}
