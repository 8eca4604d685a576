import Base
import Choices
import Crypto
import Testing

@testable import Trust

private func refusal<Value: WireValue>(_ bytes: [UInt8], as type: Value.Type) -> DecodeError? {
    do throws(DecodeError) {
        _ = try Value(decoding: bytes.raw)
        return nil
    } catch {
        return error
    }
}

private func refusal(_ record: Record, in mesh: Digest) -> RecordRefusal? {
    do throws(RecordRefusal) {
        _ = try Verified(record, in: mesh)
        return nil
    } catch {
        return error
    }
}

private let zero = Digest(.zero)
private func names(_ count: Int) -> [String] { (0..<count).map { "n\(1_000 + $0)" } }
private func capabilities(_ count: Int) -> [Capability] { names(count).compactMap(Capability.init) }
private func keys(_ count: Int) -> [SignerKey] {
    (0..<count).map { SignerKey(VerifyingKey(Bytes32(1, 0, 0, UInt64($0)))) }
}
private func cuts(_ count: Int) -> [Cut] {
    (0..<count).map { Cut(feed: Digest(Bytes32(0, 0, 0, UInt64($0))), sequence: 1, entry: zero) }
}

/// One of every kind.
func everyStatement() -> [Statement] {
    let court = Court(operators: 2, shares: 1, threshold: 1)
    let node = court.node(20)
    let terms = Grant.Terms(
        site: "front", groups: ["pos"], can: [.renew], scope: scope("channel:pos/*", "site:front"), delegate: 2)
    let subjects = Subjects(object: "channel:pos", manifest: zero, targets: zero, plan: zero)
    let invite = court.invite(by: 0, key: 40, terms: terms)
    var policy = Policy(.start)
    policy.approvals = 2
    policy.approver = .approve
    policy.maxAge = .hours(72)
    policy.group = "pos"
    policy.needsFreshLease = true
    let changes: [RootChange] = [
        .add(Operator(court.person(3), .recovery)), .remove(name: "p1", cuts: cuts(2)), .setThreshold(2),
        .setRole(Role(name: "approver", can: [.approve], scope: .everything, delegate: 1)), .setPolicy(policy),
        .setSite(SiteRule(site: "front", quorum: 1, leaseHours: 100, acrossSites: true)), .setWitnesses(3),
        .resetChannel(name: "channel:pos", epoch: 2), .liftSuspension(zero),
    ]
    let acts: [Act] = [
        .grant(Grant(.node(node), terms)), .grant(Grant(.person(court.person(10)), terms)),
        .revoke(Revocation(.key(node.signing), reason: .stolen, cuts: cuts(2))),
        .revoke(Revocation(.grant(zero), reason: .mistake, cuts: [])), .suspend(operator: "p1"),
        .propose(Proposal(subjects)), .approve(Approval(of: zero, subjects, notAfter: WallTime(milliseconds: -5))),
        .operate(Operation(.start, on: "channel:pos", content: zero, proposal: zero)), .cosign(cuts(1)[0]),
        .nextKey(node.signing), .redeem(court.redemption(of: invite, key: 40, node: 20)),
        .confirm(redemption: zero), .resolve(invite: zero, keep: [node.signing]), .close,
    ]
    let entries = acts.enumerated().map { number, act in
        Statement.entry(
            Entry(
                feed: zero, sequence: UInt64(number) + 2, previous: Digest(Bytes32(1, 1, 1, 1)), head: zero,
                authority: number % 2 == 0 ? zero : nil, time: HybridTime(bits: 77), act: act))
    }
    let audit = AuditEntry(
        sequence: 1, time: HybridTime(bits: 5), actor: node.signing, capability: .start, object: "channel:pos",
        isAllowed: false, reason: "too few", authority: zero)
    return entries + [
        court.genesis.statement, .rootUpdate(RootUpdate(parent: zero, signers: keys(2), changes: changes)),
        .feed(FeedCertificate(owner: node.signing, epoch: 9, purpose: .audit, key: node.signing)), invite.statement,
        .lease(
            LeaseTerms(node: node.signing, serial: 4, revocations: zero, issued: WallTime(milliseconds: 9), hours: 24)),
        .time(TimeVote(node: node.signing, nonce: 3, time: WallTime(milliseconds: 1))),
        .life(LifeStatement(feed: zero, boot: 3, beat: 4, isLeaving: true)),
        .audit(
            AuditBatch(
                feed: zero, sequence: 1, previous: zero, entries: [audit], nextKey: node.signing)),
    ]
}

@Test func everyStatementComesBackFromItsBytesAndFromNoOthers() throws {
    for statement in everyStatement() {
        let bytes = statement.encoded
        #expect(try Statement(decoding: bytes.raw) == statement)
        for length in 0..<bytes.count { #expect(refusal(Array(bytes[..<length]), as: Statement.self) != nil) }
        #expect(refusal(bytes + [0], as: Statement.self) == .trailing)
    }
}

@Test func whateverIsAcceptedIsTheOneSpellingOfIt() throws {
    let samples = everyStatement().map(\.encoded)
    try Property.check("one spelling", cases: 4_000) { tape in
        var bytes = tape.pick(samples)
        for _ in 0...tape.below(3) { bytes[tape.below(bytes.count)] = tape.byte() }
        guard let read = try? Statement(decoding: bytes.raw) else { return }
        try require(read.encoded == bytes, "\(bytes) was accepted as a second spelling")
    }
}

@Test func aRecordIsNamedByItsBodyAndNotByItsSignatures() throws {
    let court = Court()
    let record = court.genesis.record
    let other = Record(body: record.body, seals: record.seals.map { Record.Seal($0.key, Court.noSignature) })
    #expect(other.id == record.id && other != record)
    #expect(record.id == Digest(hashing: record.body.raw))
}

@Test func aRecordIsVerifiedAsItCame() throws {
    let court = Court()
    let record = court.genesis.record
    let again = try Record(decoding: record.encoded.raw)
    #expect(again == record && refusal(again, in: court.mesh) == nil)
    for bit in stride(from: 0, to: record.encoded.count * 8, by: 7) {
        var bytes = record.encoded
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        guard let changed = try? Record(decoding: bytes.raw) else { continue }
        #expect(refusal(changed, in: court.mesh) != nil, "bit \(bit)")
    }
}

@Test func aSignatureOfAnotherMeshKindOrSignerProvesNothing() throws {
    let court = Court()
    let statement = Statement.feed(FeedCertificate(owner: court.key(5), epoch: 1, key: court.key(6)))
    let body = statement.encoded
    func record(_ kind: StatementKind, _ mesh: Digest, by signer: Int, as key: Int) -> Record {
        Record(
            body: body, seals: [Record.Seal(court.key(key), Court.signer(signer).sign(body.raw, as: kind, in: mesh))])
    }
    #expect(refusal(record(statement.kind, court.mesh, by: 5, as: 5), in: court.mesh) == nil)
    #expect(refusal(record(statement.kind, zero, by: 5, as: 5), in: court.mesh) == .notAuthentic)
    #expect(refusal(record(StatementKind("entry"), court.mesh, by: 5, as: 5), in: court.mesh) == .notAuthentic)
    #expect(refusal(record(statement.kind, court.mesh, by: 6, as: 5), in: court.mesh) == .notAuthentic)
    #expect(refusal(record(statement.kind, court.mesh, by: 6, as: 6), in: court.mesh) == .wrongSigners)
}

@Test func aRecordWithSignaturesMoreOrLessThanItNamesIsRefused() throws {
    let court = Court(threshold: 2)
    let seals = court.genesis.record.seals
    let body = court.genesis.record.body
    let extra = Record.Seal(court.key(7), Court.noSignature)
    #expect(refusal(Record(body: body, seals: [seals[0]]), in: court.mesh) == .wrongSigners)
    #expect(refusal(Record(body: body, seals: seals + [extra]), in: court.mesh) == .wrongSigners)
    var writer = ByteWriter()
    writer.bytes(body)
    writer.list([seals[0], seals[0]])
    #expect(refusal(writer.bytes, as: Record.self) == .notCanonical)
    let one = Statement.feed(FeedCertificate(owner: court.key(5), epoch: 1, key: court.key(6))).encoded
    #expect(refusal(Record(body: one, seals: seals), in: court.mesh) == .wrongSigners)
}

@Test func everyCountIsAcceptedAtItsLimitAndRefusedOneAbove() throws {
    func check<Value: WireValue>(
        _ limit: Int, _ type: Value.Type, _ line: Int = #line, _ write: (Int, inout ByteWriter) -> Void
    ) {
        for (count, expected) in [(limit, nil), (limit + 1, DecodeError.tooLong)] {
            var writer = ByteWriter()
            write(count, &writer)
            #expect(refusal(writer.bytes, as: type) == expected, "\(type) of line \(line) with \(count)")
        }
    }
    check(Limits.keysPerPerson, Person.self) {
        $1.text("ann"); $1.list(keys($0))
    }
    check(Limits.scopePatterns, Scope.self) { $1.list(names($0).compactMap(Scope.Pattern.init)) }
    func terms(_ groups: Int, _ can: Int, _ writer: inout ByteWriter) {
        writer.bool(false)
        writer.list(names(groups).map(ListedName.init))
        writer.list(capabilities(can))
        Scope([]).encode(into: &writer)
        writer.u8(0)
    }
    check(Limits.groups, Grant.Terms.self) { terms($0, 0, &$1) }
    check(Limits.capabilities, Grant.Terms.self) { terms(0, $0, &$1) }
    check(Limits.cuts, Revocation.self) {
        $1.raw([2])
        $1.digest(zero)
        $1.u8(1)
        $1.list(cuts($0))
    }
    check(Limits.signers, RootUpdate.self) {
        $1.digest(zero)
        $1.list(keys($0))
        $1.list([RootChange.setThreshold(1)])
    }
    check(Limits.rootChanges, RootUpdate.self) {
        $1.digest(zero)
        $1.list(keys(1))
        $1.list([RootChange](repeating: .setThreshold(1), count: $0))
    }
    check(Limits.operators, Genesis.self) {
        $1.text("store")
        $1.list(names($0).enumerated().map { Operator(Person(name: $1, keys: [keys($0 + 1)[$0]])) })
        $1.list(keys(1))
        $1.u8(1)
        $1.bytes32(.zero)
    }
    check(Limits.recordBodyBytes, Record.self) {
        $1.bytes([UInt8](repeating: 1, count: $0))
        $1.list([Record.Seal(keys(1)[0], Court.noSignature)])
    }
    check(Limits.signers, Record.self) {
        $1.bytes([1])
        $1.list(keys($0).map { Record.Seal($0, Court.noSignature) })
    }
    check(Limits.keptNodes, Act.self) {
        $1.u8(11)
        $1.digest(zero)
        $1.list(keys($0))
    }
    check(Limits.capabilityBytes, Capability.self) { $1.text(String(repeating: "a", count: $0)) }
    check(Limits.factKeyBytes, AuditEntry.self) {
        $1.varint(1)
        $1.u64(0)
        keys(1)[0].encode(into: &$1)
        Capability.start.encode(into: &$1)
        $1.text("x")
        $1.bool(true)
        $1.text(String(repeating: "r", count: $0))
        $1.bool(false)
    }
    let largest = Record(
        body: [UInt8](repeating: 1, count: Limits.recordBodyBytes),
        seals: keys(Limits.signers).map { Record.Seal($0, Court.noSignature) })
    #expect(largest.encoded.count <= Limits.recordBytes)
}

@Test func numbersOutOfTheirRangeAreRefused() throws {
    let court = Court()
    var terms = Grant.Terms(can: [], scope: .everything, delegate: 3).encoded
    #expect(refusal(terms, as: Grant.Terms.self) == nil)
    terms[terms.count - 1] = UInt8(Limits.grantDepth)
    #expect(refusal(terms, as: Grant.Terms.self) == .outOfRange)
    for (uses, isGood) in [(0, false), (1, true), (Limits.invitationUses, true), (Limits.invitationUses + 1, false)] {
        let invite = Invite(
            head: zero, authority: nil, inviter: court.key(1), key: court.key(2),
            terms: Grant.Terms(can: [], scope: .everything), uses: UInt16(uses), expires: WallTime(milliseconds: 0))
        #expect((refusal(invite.encoded, as: Invite.self) == nil) == isGood)
    }
    for hours in [0, Lease.longestHours, Lease.longestHours + 1] {
        let terms = LeaseTerms(
            node: court.key(1), serial: 1, revocations: zero, issued: WallTime(milliseconds: 0), hours: hours)
        #expect((refusal(terms.encoded, as: LeaseTerms.self) == nil) == (hours == Lease.longestHours))
    }
    var key = court.key(1).encoded
    key[0] = 2
    #expect(refusal(key, as: SignerKey.self) == .unknown)
}

@Test func scopesIncludeWhatTheySay() {
    let everything = Scope.everything
    let pos = scope("channel:pos/*")
    for (one, other, isWithin) in [
        (pos, everything, true), (everything, pos, false), (scope("channel:pos/till"), pos, true),
        (scope("channel:pos/till*"), pos, true), (scope("channel:po*"), pos, false), (scope("channel:pos"), pos, false),
        (scope("channel:pos/*", "site:a"), pos, false), (Scope([]), pos, true), (pos, pos, true),
    ] {
        #expect(one.isWithin(other) == isWithin, "\(one) in \(other)")
    }
    #expect(pos.contains("channel:pos/till") && !pos.contains("channel:pos") && everything.contains("x"))
    #expect(Scope.Pattern("a*b") == nil && Scope.Pattern("") == nil && Capability("Release") == nil)
}

@Test func aLifeLeapsOnlySoFar() {
    func life(_ boot: UInt64, _ beat: UInt64) -> LifeStatement {
        LifeStatement(feed: zero, boot: boot, beat: beat, isLeaving: false)
    }
    let leap = LifeStatement.longestLeap
    #expect(life(1, 1 + leap).mayFollow(life(1, 1)) && !life(1, 2 + leap).mayFollow(life(1, 1)))
    #expect(life(2, 0).mayFollow(life(1, 9)) && !life(1, 1).mayFollow(life(1, 1)))
    #expect(!life(Limits.counted, 0).mayFollow(life(1, 0)))
}
