import Base
import Choices
import Crypto
import Testing

@testable import Trust

private func entries(_ count: Int, from first: UInt64 = 1, _ court: Court) -> [AuditEntry] {
    (0..<count).map { index in
        AuditEntry(
            sequence: first + UInt64(index), time: HybridTime(bits: 3), actor: court.key(20), capability: .start,
            object: "channel:pos", isAllowed: index % 2 == 0, reason: "entry \(index)", authority: nil)
    }
}

@Test func aTreeProvesEachOfItsLeavesAndNoOther() throws {
    for count in 1...33 {
        let leaves = (0..<count).map { [UInt8($0), 7] }
        let tree = HashTree(leaves)
        for index in 0..<count {
            let path = tree.path(to: index)
            #expect(HashTree.proves(leaves[index], at: index, of: count, under: tree.root, by: path))
            #expect(!HashTree.proves([99], at: index, of: count, under: tree.root, by: path))
            #expect(!HashTree.proves(leaves[index], at: index + 1, of: count, under: tree.root, by: path))
            #expect(!HashTree.proves(leaves[index], at: index, of: count, under: tree.root, by: path + [tree.root]))
        }
        #expect(HashTree(leaves.reversed()).root != tree.root || count == 1)
    }
}

private struct Diary {
    let court = Court(operators: 1, threshold: 1)
    let certificate: Verified
    var previous: Digest
    var batches: UInt64 = 0
    var written: UInt64 = 0
    var signer = 20

    init() {
        let feed = FeedCertificate(owner: court.key(20), epoch: 1, purpose: .audit, key: court.key(20))
        certificate = Court.verified(.feed(feed), [20], court.mesh, true)
        previous = certificate.id
    }

    mutating func batch(_ count: Int, next: Int? = nil) -> (record: Verified, entries: [AuditEntry]) {
        let new = entries(count, from: written + 1, court)
        let batch = AuditBatch(
            feed: certificate.id, sequence: batches + 1, previous: previous, entries: new, nextKey: next.map(court.key))
        let record = Court.verified(.audit(batch), [signer], court.mesh, true)
        (previous, batches, written, signer) = (record.id, batches + 1, written + UInt64(count), next ?? signer)
        return (record, new)
    }
}

@Test func aTrailIsFollowedBatchByBatch() throws {
    var diary = Diary()
    var trail = try #require(AuditTrail(diary.certificate))
    for count in [1, 256, 3] {
        let (record, entries) = diary.batch(count)
        try trail.follow(record, entries: entries)
    }
    #expect(trail.entries == 260 && trail.batches == 3 && trail.head == diary.previous)
}

@Test func nothingIsLeftOutOfATrailOrChanged() throws {
    var diary = Diary()
    let first = diary.batch(4)
    let second = diary.batch(4)
    let trail = try #require(AuditTrail(diary.certificate))
    func refusal(_ record: Verified, _ entries: [AuditEntry]) -> AuditTrail.Refusal? {
        var copy = trail
        do throws(AuditTrail.Refusal) {
            try copy.follow(record, entries: entries)
            return nil
        } catch {
            return error
        }
    }
    #expect(refusal(first.record, first.entries) == nil)
    #expect(refusal(second.record, second.entries) == .gap)
    #expect(refusal(first.record, Array(first.entries.dropLast())) == .otherEntries)
    #expect(refusal(first.record, first.entries.reversed()) == .otherEntries)
    #expect(refusal(Diary().certificate, []) == .otherFeed)
}

@Test func whoeverStealsTheNewKeyDoesNotRewriteWhatTheOldOneSealed() throws {
    var diary = Diary()
    let first = diary.batch(2, next: 30)
    var forged = diary
    (forged.previous, forged.batches, forged.written) = (diary.certificate.id, 0, 0)
    var trail = try #require(AuditTrail(diary.certificate))
    let rewritten = forged.batch(2)
    #expect(throws: AuditTrail.Refusal.notSignedByItsKey) {
        try trail.follow(rewritten.record, entries: rewritten.entries)
    }
    try trail.follow(first.record, entries: first.entries)
    let second = diary.batch(2)
    try trail.follow(second.record, entries: second.entries)
}

@Test func aForkIsProvedByABundleThatNeedsNothingElse() throws {
    var court = Court(operators: 1, threshold: 1)
    let office = court.feed(of: 0)
    court.write(.nextKey(court.key(30)), in: office)
    let place = court.tip(of: office)
    court.write(.suspend(operator: "a"), in: office)
    court.write(.suspend(operator: "b"), in: office, after: place, signer: 30)
    let law = court.whole
    let made = court.records
    let evidence = try #require(law.evidence(against: office) { id in made.first { $0.id == id }?.record })
    let again = try Evidence(decoding: evidence.encoded.raw)
    let fork = try again.verify(in: court.mesh)
    #expect(fork.owner == court.key(0) && fork.feed == office && fork.sequence == 2)

    #expect(throws: Evidence.Refusal.self) { try again.verify(in: Court(operators: 2).mesh) }
    let records = court.records.map(\.record)
    func refusal(_ evidence: Evidence) -> Evidence.Refusal? {
        do throws(Evidence.Refusal) {
            _ = try evidence.verify(in: court.mesh)
            return nil
        } catch {
            return error
        }
    }
    #expect(refusal(Evidence(certificate: records[0], records[2], records[3])) == .notItsKey)
    #expect(refusal(Evidence(certificate: records[0], records[1], records[1])) == .noContradiction)
    #expect(
        refusal(Evidence(certificate: records[0], records[1], records[2], successions: [records[1]]))
            == .noContradiction)
    let forged = Record(body: records[2].body, seals: [Record.Seal(court.key(30), Court.noSignature)])
    #expect(
        refusal(Evidence(certificate: records[0], forged, records[3], successions: [records[1]]))
            == .record(.notAuthentic))
}

@Test func twoAuditBatchesOfOneNumberAreAForkToo() throws {
    var diary = Diary()
    var other = diary
    let (one, two) = (diary.batch(1), other.batch(2))
    let evidence = Evidence(certificate: diary.certificate.record, one.record.record, two.record.record)
    #expect(try evidence.verify(in: diary.court.mesh).owner == diary.court.key(20))
}

@Test func aRestoredDiskThatBeginsANewFeedProvesNothingAgainstItsOwner() {
    var court = Court(operators: 1, threshold: 1)
    for epoch in [1, 2] as [UInt64] {
        let feed = court.feed(of: 0, epoch: epoch)
        court.write(.suspend(operator: "a\(epoch)"), in: feed)
    }
    let law = court.whole
    #expect(law.feeds.keys.allSatisfy { law.evidence(against: $0) { _ in nil } == nil })
    #expect(court.judgement.alarms.isEmpty)
}
