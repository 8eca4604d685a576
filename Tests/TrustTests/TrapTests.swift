import Base
import Crypto
import Testing

@testable import Trust

/// The mistakes that others made, each as a test of its own. They are in the order of the list that they come from.

private let terms = Grant.Terms(
    groups: ["pos"], can: [.propose, .approve, .start], scope: scope("channel:*"), delegate: 3)

@Test func personsAreCountedAndNotKeys() {
    var court = Court(operators: 3, threshold: 2)
    let law = court.law
    // The second key of the same operator.
    court.update([.setThreshold(1)], by: [0, 100])
    var changed = law
    #expect(changed.admit(court.records[0]) == .refusedRoot(.tooFewPersons))
    court.update([.setThreshold(1)], by: [0, 1])
    #expect(changed.admit(court.records[1]) == .new)
}

@Test func signaturesAreVerifiedBeforeTheyAreCounted() {
    let court = Court(operators: 3, threshold: 2)
    let update = Statement.rootUpdate(
        RootUpdate(parent: court.mesh, signers: [court.key(0), court.key(1)], changes: [.setThreshold(1)]))
    let body = update.encoded
    let forged = Record(
        body: body,
        seals: [
            Record.Seal(court.key(0), Court.signer(0).sign(body.raw, as: update.kind, in: court.mesh)),
            Record.Seal(court.key(1), Court.signer(0).sign(body.raw, as: update.kind, in: court.mesh)),
        ])
    #expect(throws: RecordRefusal.notAuthentic) { try Verified(forged, in: court.mesh) }
}

@Test func aSecondSignatureOfARevokedGrantIsTheSameGrant() throws {
    var court = Court(threshold: 1)
    let office = court.feed(of: 0)
    let grant = court.write(.grant(Grant(.person(court.person(10)), terms)), in: office)
    court.write(.revoke(Revocation(.grant(grant), reason: .left, cuts: [])), in: office)
    let feed = court.feed(of: 10)
    let use = court.write(
        .propose(Proposal(Subjects(object: "channel:a", manifest: grant, targets: grant, plan: grant))), in: feed,
        under: grant)
    #expect(court.judgement.verdict(on: use) != .valid)
    var law = court.whole
    let record = court.records[1].record
    let resealed = Record(body: record.body, seals: [Record.Seal(record.seals[0].key, Court.noSignature)])
    #expect(resealed.id == grant)
    #expect(law.admit(try Verified(stored: resealed)) == .known)
}

@Test func everyLinkOfAChainIsAsked() throws {
    var court = Court(threshold: 1)
    let office = court.feed(of: 0)
    let first = court.write(.grant(Grant(.person(court.person(10)), terms)), in: office)
    var (parent, owner, chain) = (first, 10, [first])
    for hand in 1..<Limits.grantDepth {
        let feed = court.feed(of: owner)
        let smaller = Grant.Terms(can: [.start], scope: scope("channel:*"), delegate: UInt8(3 - hand))
        parent = court.write(.grant(Grant(.person(court.person(10 + hand)), smaller)), in: feed, under: parent)
        owner = 10 + hand
        chain.append(parent)
    }
    let last = court.feed(of: owner)
    let operation = Act.operate(Operation(.start, on: "channel:a", content: court.mesh))
    let before = court.write(operation, in: last, under: parent)
    #expect(court.judgement.verdict(on: before) == .valid)
    // Whichever link is taken back, what hangs on it falls.
    for link in chain {
        var copy = court
        let revocation = copy.write(.revoke(Revocation(.grant(link), reason: .left, cuts: [])), in: office)
        let verdict = try #require(copy.judgement.verdict(on: before))
        #expect(verdict == .void(.cut(by: revocation)) || verdict == .void(.grantVoid(parent)), "\(verdict)")
    }
}

@Test func aFifthHandHoldsNothing() {
    var court = Court(threshold: 1)
    var (feed, parent): (Digest, Digest?) = (court.feed(of: 0), nil)
    for hand in 0...Limits.grantDepth {
        // A delegate count can only fall, so the fifth is refused by it too; the rule of hands stands by itself.
        let terms = Grant.Terms(can: [.start], scope: .everything, delegate: UInt8(max(0, 3 - hand)))
        let grant = court.write(.grant(Grant(.person(court.person(10 + hand)), terms)), in: feed, under: parent)
        let verdict = court.judgement.verdict(on: grant)
        #expect(hand < Limits.grantDepth ? verdict == .valid : verdict == .void(.tooManyHands))
        (feed, parent) = (court.feed(of: 10 + hand), grant)
    }
}

@Test func theOrderInWhichSetsWereBuiltIsNotInTheirBytes() {
    let one = Grant.Terms(groups: ["b", "a"], can: [.start, .approve], scope: scope("b", "a"))
    let other = Grant.Terms(groups: ["a", "b", "a"], can: [.approve, .start], scope: scope("a", "b"))
    #expect(one.encoded == other.encoded)
    let court = Court()
    let keys = [3, 1, 2].map(court.key)
    #expect(Person(name: "a", keys: keys).encoded == Person(name: "a", keys: keys.reversed()).encoded)
    let changes = [RootChange.setThreshold(1)]
    #expect(
        RootUpdate(parent: court.mesh, signers: keys, changes: changes).encoded
            == RootUpdate(parent: court.mesh, signers: keys.reversed(), changes: changes).encoded)
}

@Test func noDateDecidesWhatIsValid() {
    for time in [0, 1, UInt64.max, 1 << 40] {
        var court = Court(threshold: 1)
        let office = court.feed(of: 0)
        let grant = court.write(.grant(Grant(.person(court.person(10)), terms)), in: office, time: time)
        let feed = court.feed(of: 10)
        let early = court.write(
            .operate(Operation(.start, on: "channel:a", content: grant)), in: feed, under: grant, time: ~time)
        let cut = court.cut(feed)
        let late = court.write(
            .operate(Operation(.start, on: "channel:b", content: grant)), in: feed, under: grant, time: 0)
        let revocation = court.write(
            .revoke(Revocation(.key(court.key(10)), reason: .stolen, cuts: [cut])), in: office, time: 1)
        #expect(court.judgement.verdict(on: early) == .valid)
        #expect(court.judgement.verdict(on: late) == .void(.cut(by: revocation)))
    }
}

@Test func whoeverSpeaksOfTheUnknownIsHeardAgainAndNotBlamed() {
    var court = Court(threshold: 1)
    let office = court.feed(of: 0)
    court.write(.grant(Grant(.person(court.person(10)), terms)), in: office)
    court.write(.close, in: office)
    let first = court.update([.setThreshold(1)], by: [0])
    court.update([.setThreshold(1)], by: [0], after: first)
    var law = court.law
    let records = court.records
    // Backwards: an entry before its feed, an entry before the one before, an update before its parent.
    for index in [2, 1, 4] { #expect(law.admit(records[index]) == .notYet) }
    #expect(law.admit(records[0]) == .new)
    for answer in [Law.Admission.waiting, .known] { #expect(law.admit(records[2]) == answer) }
    for index in [1, 3, 4] { #expect(law.admit(records[index]) == .new) }
    #expect(Judgement(of: law).valid.count == 2 && law.root.head.height == 2)
}

@Test func noRecordHoldsTheSecretOfAToken() {
    let court = Court()
    let invite = court.invite(by: 0, key: 40, terms: terms)
    let redemption = court.redemption(of: invite, key: 40, node: 20)
    let seed = Court.signer(40).withSeed { [UInt8](copying: $0) }
    for bytes in [invite.record.encoded, redemption.encoded] {
        for start in 0...bytes.count - seed.count { #expect(!bytes[start...].starts(with: seed)) }
    }
    // The token has it, and no other text does: it cannot be copied, and has no description.
    let token = InviteToken(mesh: court.mesh, invite: invite.record, key: Court.signer(40), hints: [])
    #expect(token.encoded[32..<64].elementsEqual(seed))
}

@Test func twoGrantsAlikeToOnePersonAreTwo() {
    var court = Court(threshold: 1)
    let (one, other) = (court.feed(of: 0), court.feed(of: 1))
    let grants = [one, other].map { court.write(.grant(Grant(.person(court.person(10)), terms)), in: $0) }
    #expect(grants[0] != grants[1])
    let feed = court.feed(of: 10)
    court.write(.revoke(Revocation(.grant(grants[0]), reason: .left, cuts: [])), in: one)
    let uses = grants.map {
        court.write(.operate(Operation(.start, on: "channel:a", content: court.mesh)), in: feed, under: $0)
    }
    let judgement = court.judgement
    #expect(judgement.verdict(on: uses[0]) != .valid && judgement.verdict(on: uses[1]) == .valid)
}

@Test func theLastOperatorsStay() {
    var court = Court(operators: 2, shares: 2, threshold: 2)
    var law = court.law
    func answer(_ changes: [RootChange]) -> Law.Admission {
        court.update(changes, by: [0, 1])
        return law.admit(court.records[court.records.count - 1])
    }
    #expect(answer([.remove(name: "p0", cuts: [court.noCut])]) == .refusedRoot(.tooFewOperators))
    #expect(answer([.setThreshold(3)]) == .refusedRoot(.tooFewOperators))
    #expect(answer([.setThreshold(0)]) == .refusedRoot(.outOfRange))
    #expect(answer([.setThreshold(1), .remove(name: "p0", cuts: [court.noCut])]) == .new)
    var alone = Court(operators: 1, threshold: 1)
    var aloneLaw = alone.law
    alone.update([.remove(name: "p0", cuts: [alone.noCut])], by: [0])
    #expect(aloneLaw.admit(alone.records[0]) == .refusedRoot(.tooFewOperators))
}
