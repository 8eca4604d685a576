import Base
import Testing

@testable import Trust

private let terms = Grant.Terms(
    groups: ["pos"], can: [.propose, .approve, .start], scope: scope("channel:*"), delegate: 3)

@Test func aMeshOfOneOperatorIsFoundedAndGrows() throws {
    var court = Court(operators: 1, threshold: 1)
    var law = try Law(genesis: court.genesis.record, mesh: court.mesh)
    #expect(law.mesh == Digest(hashing: court.genesis.record.body.raw) && law.root.name == "store")
    court.update([.add(Operator(court.person(1))), .add(Operator(court.person(2))), .setThreshold(2)], by: [0])
    #expect(law.admit(court.records[0]) == .new)
    #expect(law.root.head.state.operators.count == 3 && law.root.head.state.threshold == 2)
    court.update([.setThreshold(1)], by: [0], after: law.root.head.id)
    #expect(law.admit(court.records[1]) == .refusedRoot(.tooFewPersons))
}

@Test func aGenesisOfAnotherMeshIsRefused() {
    let (one, other) = (Court(operators: 2), Court(operators: 3))
    #expect(throws: RootChain.RootRefusal.otherMesh) { try Law(genesis: one.genesis.record, mesh: other.mesh) }
    #expect(throws: RootChain.RootRefusal.record(.notAuthentic)) {
        var court = Court()
        let id = court.feed(of: 0)
        _ = try Law(genesis: court.records[0].record, mesh: id)
    }
}

@Test func twoPeopleWithOneKeyOrOneNameCannotBothBeOperators() {
    let court = Court(operators: 2, threshold: 1)
    var law = court.law
    for (person, refusal) in [
        (Person(name: "other", keys: [court.key(100)]), RootState.Refusal.keyTaken),
        (Person(name: "p0", keys: [court.key(50)]), .nameTaken),
    ] {
        var copy = court
        copy.update([.add(Operator(person))], by: [0])
        #expect(law.admit(copy.records[0]) == .refusedRoot(refusal))
    }
}

@Test func ofTwoUpdatesTheOneMoreSignedIsTheRootThenTheRemovalThenTheLowerHash() {
    var court = Court(operators: 4, threshold: 1)
    let remove = court.update([.remove(name: "p3", cuts: [court.noCut])], by: [0])
    let add = court.update([.add(Operator(court.person(5)))], by: [1])
    #expect(court.whole.root.head.id == remove)
    let more = court.update([.setWitnesses(3)], by: [1, 2])
    #expect(court.whole.root.head.id == more)
    var plain = Court(operators: 4, threshold: 1)
    let ids = [3, 4, 5].map { plain.update([.setWitnesses($0)], by: [0]) }
    #expect(plain.whole.root.head.id == ids.min())
    #expect(add != remove)
}

@Test func recoverySharesCountAsPersonsForTheRootAndDoNothingElse() {
    var court = Court(operators: 2, shares: 2, threshold: 2)
    let feed = court.feed(of: 90)
    let grant = court.write(.grant(Grant(.person(court.person(10)), terms)), in: feed)
    #expect(court.judgement.verdict(on: grant) == .void(.notAnOperator))
    // One operator is gone with her key: the other and a share replace her.
    court.update([.remove(name: "p0", cuts: [court.noCut]), .add(Operator(court.person(7)))], by: [1, 90])
    #expect(court.whole.root.head.height == 1)
}

@Test func anOperatorWhoIsRemovedKeepsWhatTheCutLeaves() {
    var court = Court(operators: 3, threshold: 2)
    let office = court.feed(of: 0)
    let early = court.write(.grant(Grant(.person(court.person(10)), terms)), in: office)
    let cut = court.cut(office)
    // Backdated: the head before the removal, by whoever knows of it.
    let late = court.write(.grant(Grant(.person(court.person(11)), terms)), in: office)
    let other = court.feed(of: 0, epoch: 2)
    let fresh = court.write(.grant(Grant(.person(court.person(12)), terms)), in: other)
    let removal = court.update([.remove(name: "p0", cuts: [cut])], by: [1, 2])
    let after = court.write(.grant(Grant(.person(court.person(13)), terms)), in: office, head: removal)
    let judgement = court.judgement
    #expect(judgement.verdict(on: early) == .valid)
    #expect(judgement.verdict(on: late) == .void(.cut(by: removal)))
    #expect(judgement.verdict(on: fresh) == .void(.cut(by: removal)))
    #expect(judgement.verdict(on: after) == .void(.notAnOperator))
}

/// The founder's feed holds the grants of the first nodes, so a removal that leaves nothing would undo the mesh.
@Test func aRemovalThatNamesNothingOfWhatWasDoneIsNoUpdate() {
    var court = Court(operators: 3, threshold: 2)
    let office = court.feed(of: 0)
    let charter = court.write(.grant(Grant(.node(court.node(20)), terms)), in: office)
    var law = court.whole
    court.update([.remove(name: "p0", cuts: [])], by: [1, 2])
    #expect(law.admit(court.records[court.records.count - 1]) == .refusedRoot(.nothingLeft))
    #expect(Judgement(of: law).verdict(on: charter) == .valid)
    court.update([.remove(name: "p0", cuts: [court.cut(office)])], by: [1, 2])
    #expect(law.admit(court.records[court.records.count - 1]) == .new)
    #expect(Judgement(of: law).verdict(on: charter) == .valid && Judgement(of: law).root.operators.count == 2)
}

@Test func operatorsStopEachOtherAndRemoveNobodyAlone() {
    var court = Court(operators: 3, threshold: 2)
    let (one, other) = (court.feed(of: 0), court.feed(of: 1))
    let revoking = [
        court.write(.revoke(Revocation(.key(court.key(1)), reason: .stolen, cuts: [])), in: one),
        court.write(.revoke(Revocation(.key(court.key(100)), reason: .stolen, cuts: [])), in: other),
    ]
    let suspending = [
        court.write(.suspend(operator: "p1"), in: one), court.write(.suspend(operator: "p0"), in: other),
    ]
    let judgement = court.judgement
    for id in revoking { #expect(judgement.verdict(on: id) == .void(.operatorsKey)) }
    for id in suspending { #expect(judgement.verdict(on: id) == .valid) }
    #expect(judgement.suspended == ["p0", "p1"])
    court.update([.liftSuspension(suspending[0])], by: [1, 2])
    #expect(court.judgement.suspended == ["p0"])
}

@Test func theBranchThatWitnessesSawStandsAndTheRestOfAForkFalls() {
    var court = Court(operators: 2, threshold: 1)
    let office = court.feed(of: 0)
    let grants = [20, 21, 22].map { court.write(.grant(Grant(.node(court.node($0)), terms)), in: office) }
    let thief = court.feed(of: 22)
    func operate(_ object: String) -> Act { .operate(Operation(.start, on: object, content: court.mesh)) }
    let honest = (0..<6).map { court.write(operate("channel:a\($0)"), in: thief, under: grants[2]) }
    let seen = Cut(feed: thief, sequence: 5, entry: honest[4])
    let forged = court.write(operate("channel:x"), in: thief, under: grants[2], after: (honest[0], 1))
    for node in [20, 21] {
        #expect(court.judgement.verdict(on: honest[1]) == .void(.forked))
        let feed = court.feed(of: node)
        court.write(.cosign(seen), in: feed)
    }
    let judgement = court.judgement
    for id in honest.prefix(5) { #expect(judgement.verdict(on: id) == .valid) }
    #expect(judgement.verdict(on: honest[5]) == .void(.forked))
    #expect(judgement.verdict(on: forged) == .void(.forked))
    #expect(judgement.alarms == [.forked(feed: thief, owner: court.key(22))])
}

@Test func aFeedIsSignedByTheKeyThatItWasHandedTo() throws {
    var court = Court(threshold: 1)
    let office = court.feed(of: 0)
    court.write(.nextKey(court.key(30)), in: office)
    let tip = court.tip(of: office)
    court.write(.close, in: office, after: tip, signer: 0)
    var law = court.whole
    #expect(law.admit(court.records[court.records.count - 1]) == .refusedKey)
    let good = court.write(.close, in: office)
    #expect(law.admit(court.records[court.records.count - 1]) == .new)
    court.write(.nextKey(court.key(0)), in: office, after: (good, 2), signer: 30)
    #expect(law.admit(court.records[court.records.count - 1]) == .refusedKey)
}

@Test func anOwnerHasSoManyOpenFeedsAndTheRestCountForNothing() {
    var court = Court(operators: 1, threshold: 1, isSigned: false)
    var grants: [Digest] = []
    for epoch in 0...Limits.liveFeeds {
        let feed = court.feed(of: 0, epoch: UInt64(epoch))
        grants.append(court.write(.grant(Grant(.node(court.node(20)), terms)), in: feed))
    }
    let judgement = court.judgement
    #expect(grants.map { judgement.verdict(on: $0) == .valid } == grants.indices.map { $0 < Limits.liveFeeds })
    #expect(judgement.verdict(on: grants[Limits.liveFeeds]) == .void(.tooManyFeeds))
}

@Test func soManyEntriesOfAFeedWaitAndNoMore() {
    var court = Court(operators: 1, threshold: 1, isSigned: false)
    let feed = court.feed(of: 0)
    court.write(.close, in: feed)
    var law = court.law
    _ = law.admit(court.records[0])
    for number in 0...Limits.waitingEntries {
        let entry = Entry(
            feed: feed, sequence: UInt64(number) + 5, previous: court.mesh, head: court.mesh, authority: nil,
            time: HybridTime(bits: 0), act: .close)
        let made = Court.verified(.entry(entry), [0], court.mesh, false)
        #expect(law.admit(made) == (number < Limits.waitingEntries ? .waiting : .full))
    }
}

@Test func feedsOfStrangersAreNotKept() {
    var court = Court()
    court.feed(of: 70)
    var law = court.law
    #expect(law.admit(court.records[0]) == .notYet)
    #expect(law.feeds.isEmpty)
}
