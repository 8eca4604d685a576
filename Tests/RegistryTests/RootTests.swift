import Base
import Crypto
import Testing
import Trust

@testable import Registry

/// The founder's change of the root, after another or the genesis.
private func update(_ parish: Parish, _ changes: [RootChange], after parent: Digest? = nil) -> Record {
    let founder = Parish.signer(1_199)
    let update = RootUpdate(
        parent: parent ?? parish.charter.mesh, signers: [SignerKey(founder.publicKey)], changes: changes)
    return Record(.rootUpdate(update), by: founder, in: parish.charter.mesh)
}

private func person(_ number: Int) -> Operator {
    Operator(Person(name: "person-\(number)", keys: [Parish.key(number)]))
}

private func heads(_ parish: Parish) -> [Digest?] { parish.engines.map { $0.judgement?.head } }

@Test(arguments: [0, 30])
func whatTheOperatorsDecideReachesEverybodyAndNewcomers(_ loss: Int) {
    var parish = Parish(12, newcomers: 1, seed: UInt64(loss) + 3)
    parish.loss = loss
    for node in 1..<12 { parish.connect(node, node / 2) }
    let first = update(parish, [.add(person(800)), .setThreshold(1)])
    let second = update(parish, [.add(person(801)), .setThreshold(2)], after: first.id)
    parish.perform(.take([first, second]), by: 7)
    parish.run(milliseconds: 10_000) { heads($0)[..<12].allSatisfy { $0 == second.id } }
    #expect(heads(parish)[..<12].allSatisfy { $0 == second.id }, "\(heads(parish))")
    #expect(parish.engines[3].judgement?.root.threshold == 2)
    // Who comes later hears of both.
    parish.connect(12, 4)
    parish.receive(.redeem(parish.redemption(parish.invite(), by: 12)), at: 4, from: 12)
    parish.run(milliseconds: 20_000) { heads($0)[12] == second.id && $0.engines[12].isMemberMyself }
    #expect(heads(parish)[12] == second.id && parish.engines[12].isMemberMyself)
}

/// Two changes after the same head, made in two partitions: everybody comes to the same one.
@Test func ofTwoChangesInTwoPartitionsOneHoldsEverywhere() throws {
    var parish = Parish(8)
    for node in 1..<8 { parish.connect(node, 0) }
    parish.run(milliseconds: 1_000)
    for node in 4..<8 { parish.side[node] = 1 }
    let (one, other) = (update(parish, [.add(person(800))]), update(parish, [.setWitnesses(5)]))
    // What ada did stands, or her nodes would be no members any more.
    let cuts = try #require(parish.engines[0].book.law).cutsThatLeaveAll(of: Parish.key(1_199))
    let removal = update(parish, [.add(person(801)), .remove(name: "ada", cuts: cuts)])
    parish.perform(.take([one]), by: 1)
    parish.perform(.take([other]), by: 5)
    parish.run(milliseconds: 3_000)
    #expect(heads(parish)[2] == one.id && heads(parish)[6] == other.id)
    for node in 0..<8 { parish.side[node] = 0 }
    for node in 4..<8 { parish.connect(node, 0) }
    let winner = min(one.id, other.id)
    parish.run(milliseconds: 10_000) { heads($0).allSatisfy { $0 == winner } }
    #expect(heads(parish).allSatisfy { $0 == winner })
    // A removal goes before both, whenever it comes.
    parish.perform(.take([removal]), by: 3)
    parish.run(milliseconds: 10_000) { heads($0).allSatisfy { $0 == removal.id } }
    #expect(heads(parish).allSatisfy { $0 == removal.id })
    #expect(parish.engines[7].judgement?.root.operators.map(\.person.name) == ["person-801"])
}

/// A node that takes in a whole law judges it now and then, and not for each datagram; and its state in the midst of it
/// comes back from its bytes as it was.
@Test func aLawThatComesInIsJudgedInBatches() throws {
    var parish = Parish(2)
    for number in 0..<120 {
        parish.act(.grant(Grant(.node(Parish.keys(100 + number)), Charter.everyNode)), at: 0)
    }
    parish.run(milliseconds: 10)
    parish.connect(0, 1)
    var (arrivals, judgements, unjudged) = (0, 0, 0)
    var before = parish.engines[1]
    parish.run(milliseconds: 5_000) { parish in
        let engine = parish.engines[1]
        if engine.book.records.count != before.book.records.count { arrivals += 1 }
        if engine.judgedRecords != before.judgedRecords { judgements += 1 }
        before = engine
        if engine.judgedRecords < engine.book.records.count {
            unjudged += 1
            guard unjudged == 1 else { return false }
            let again = try? RegistryEngine(decoding: engine.encoded.raw)
            #expect(again?.encoded == engine.encoded && again?.members == engine.members)
            #expect(again?.deadline == engine.deadline && again?.warnings == engine.warnings)
        }
        return parish.agreement(of: 0..<2) != nil && engine.judgedRecords == engine.book.records.count
    }
    // A step of the invented world takes 10 ms, and a judgement comes at most every 50.
    #expect(unjudged > 0 && judgements * 3 < arrivals * 2, "\(judgements) judgements of \(arrivals) arrivals")
    #expect(parish.engines[1].members.count == 122 && parish.engines[1].judgedRecords == 4 + 360)
}

/// Who founded the mesh is sent away, and the members whom that operator made stay members.
@Test(arguments: [RegistryBug?.none, .dropsCuts])
func whatAnOperatorDidInOfficeOutlivesItsRemoval(bug: RegistryBug?) throws {
    var parish = Parish(4, bug: bug)
    for node in 1..<4 { parish.connect(node, 0) }
    parish.act(.grant(Grant(.node(Parish.keys(7)), Charter.everyNode)), at: 0)
    parish.run(milliseconds: 2_000)
    let law = try #require(parish.engines[2].book.law)
    let ada = try #require(law.root.head.state.operators.first)
    let removal = update(
        parish, [.add(person(800)), .remove(name: ada.person.name, cuts: parish.engines[2].cuts(leaving: ada))])
    parish.perform(.take([removal]), by: 2)
    parish.run(milliseconds: 5_000) { heads($0).allSatisfy { $0 == removal.id } }
    #expect(heads(parish)[2] == removal.id, "the removal itself is one that a law takes")
    // Who takes it without the cuts is alone from then on, so the others may not even have heard.
    let (all, members) = (parish.engines, [0, 1, 2, 3, 7].map(Parish.id))
    #expect(members.allSatisfy { all[2].isMember($0) } == (bug == nil))
    guard bug == nil else { return }
    #expect(heads(parish).allSatisfy { $0 == removal.id })
    #expect(all.allSatisfy { engine in members.allSatisfy { engine.isMember($0) } })
}
