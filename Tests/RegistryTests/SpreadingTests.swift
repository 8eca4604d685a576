import Base
import Crypto
import Glibc
import Testing
import Trust

@testable import Registry

/// How many nodes there are, and how many datagrams in a hundred get lost. `REGISTRY_NODES` asks for a large mesh
/// besides, which takes minutes in a debug build.
private let meshes =
    [(30, 0), (30, 30)]
    + (getenv("REGISTRY_NODES").flatMap { Int(String(cString: $0)) }.map { [($0, 0), ($0, 30)] } ?? [])

@Test(arguments: meshes)
func aRevocationReachesEverybodyWithinFiveSeconds(_ nodes: Int, _ loss: Int) throws {
    var parish = Parish(nodes, seed: UInt64(loss) + 1)
    parish.loss = loss
    for node in 1..<nodes { parish.connect(node, node / 2) }
    parish.run(milliseconds: 3_000)
    let start = parish.time
    parish.revoke(nodes - 1, at: 0)
    parish.run(milliseconds: 10_000) { $0.barredAt.count >= nodes - 1 }
    let others = 0..<nodes - 1
    let last = try #require(others.map { parish.barredAt[$0] ?? .max }.max())
    #expect(last - start <= 5_000, "\(last - start) ms")
    #expect(others.allSatisfy { !parish.engines[$0].isMember(Parish.id(nodes - 1)) })
    #expect(parish.largestMessage <= Limits.registryBytes, "\(parish.largestMessage)")
}

@Test func whoeverWasCutOffKnowsTheRevocationsAfterTheFirstExchange() {
    var parish = Parish(20)
    for node in 1..<20 { parish.connect(node, 0) }
    parish.run(milliseconds: 1_000)
    for node in 10..<20 { parish.side[node] = 1 }
    // Sixty acts that the other side has not seen, and one revocation among them.
    for number in 0..<60 {
        if number == 30 { parish.revoke(3, at: 0) }
        let grant = Grant(.node(Parish.keys(500 + number)), Charter.everyNode)
        parish.act(.grant(grant), at: 0)
    }
    parish.run(milliseconds: 5_000)
    #expect(parish.engines[15].isMember(Parish.id(3)))
    for node in 0..<20 { parish.side[node] = 0 }
    parish.restart(15, charter: parish.charter.records)
    let healed = parish.time
    parish.connect(15, 0)
    parish.run(milliseconds: 1_000) { !$0.engines[15].isMember(Parish.id(3)) }
    // Summary, list or parts, wish, records: two round trips of at most 120 ms.
    #expect(parish.time - healed <= 250, "\(parish.time - healed) ms")
    #expect(parish.engines[15].book.ids.count < 180, "the warnings came before the rest")
    // All but the one who was thrown out, and to whom nobody speaks.
    parish.run(milliseconds: 20_000) { $0.agreement(of: 4..<20) != nil }
    #expect(parish.agreement(of: 4..<20) != nil, "in \(parish.time - healed) ms")
    #expect(parish.engines[3].book.ids.count < 180)
}

/// Any step of a comparison may be lost, so who holds something else is asked more than once.
@Test(arguments: [1, 2, 3, 6, 7] as [UInt64])
func whatGotLostIsFoundByComparing(seed: UInt64) {
    var parish = Parish(12, seed: seed)
    parish.loss = 60
    for node in 1..<12 { parish.connect(node, 0) }
    for number in 0..<30 {
        parish.act(.grant(Grant(.node(Parish.keys(100 + number)), Charter.everyNode)), at: number % 12)
    }
    parish.run(milliseconds: 120_000) { $0.agreement(of: 0..<12) != nil }
    #expect(parish.agreement(of: 0..<12)?.count == 14 + 90)
}

@Test func whatOthersSayAlreadyIsSaidLessButAWarningIsNot() {
    var parish = Parish(6)
    parish.revoke(5, at: 0)
    parish.act(.grant(Grant(.node(Parish.keys(100)), Charter.everyNode)), at: 0)
    let told = parish.engines[0].book.records
    for _ in 0..<8 { parish.receive(.records(told), at: 0, from: 1) }
    let left = parish.engines[0].spreading.map(\.record)
    #expect(!left.isEmpty && left.allSatisfy(parish.engines[0].warnings.contains))
}

@Test func hashesThatDifferWhileNewsSpreadsAreGoneIntoOnce() {
    var parish = Parish(12)
    for peer in 1..<12 { parish.connect(0, peer) }
    parish.run(milliseconds: 5_000)
    #expect(parish.engines[0].nextSpread == nil)
    parish.act(.grant(Grant(.node(Parish.keys(100)), Charter.everyNode)), at: 0)
    #expect(parish.engines[0].nextSpread != nil)
    let own = parish.engines[0].summary
    let other = RegistryMessage.Summary(warnings: own.warnings, everything: Digest(.zero))
    let answers = (1..<12).map { peer in
        let before = parish.sent
        parish.receive(.summary(other), at: 0, from: peer)
        return parish.sent - before
    }
    #expect(answers.first == 1 && answers.dropFirst().allSatisfy { $0 == 0 })
    let before = parish.sent
    let unwarned = RegistryMessage.Summary(warnings: Digest(.zero), everything: Digest(.zero))
    parish.receive(.summary(unwarned), at: 0, from: 1)
    #expect(parish.sent == before + 1, "a warning does not wait")
}

@Test func whoHasJustStartedGoesIntoNothingButWarnings() {
    var parish = Parish(12)
    parish.act(.grant(Grant(.node(Parish.keys(100)), Charter.everyNode)), at: 0)
    parish.run(milliseconds: 5_000)
    parish.restart(0, charter: parish.charter.records)
    let other = RegistryMessage.Summary(warnings: parish.engines[0].summary.warnings, everything: Digest(.zero))
    parish.connect(0, 1)
    let before = parish.sent
    parish.receive(.summary(other), at: 0, from: 1)
    #expect(parish.sent == before, "those that start with it tell it anyway")
    let unwarned = RegistryMessage.Summary(warnings: Digest(.zero), everything: Digest(.zero))
    parish.receive(.summary(unwarned), at: 0, from: 1)
    #expect(parish.sent == before + 1, "a warning does not wait")
    parish.run(milliseconds: 3_000)
    let later = parish.sent
    parish.receive(.summary(other), at: 0, from: 1)
    #expect(parish.sent == later + 1)
}

@Test func aNewcomerThatHasJustStartedGoesIntoWhatItLacks() {
    var parish = Parish(2, newcomers: 1)
    parish.connect(2, 0)
    let before = parish.sent
    let warnings = parish.engines[2].summary.warnings
    let law = RegistryMessage.Summary(warnings: warnings, everything: parish.engines[0].summary.everything)
    parish.receive(.summary(law), at: 2, from: 0)
    #expect(parish.sent == before + 1)
}

@Test func aRecordLargerThanADatagramComesInPieces() {
    var parish = Parish(2)
    parish.loss = 30
    parish.connect(0, 1)
    let many = (0..<Limits.groups).map { "group-\(1_000 + $0)-with-a-long-name" }
    parish.act(.grant(Grant(.node(Parish.keys(5)), Grant.Terms(groups: many, can: [], scope: .everything))), at: 0)
    parish.run(milliseconds: 30_000) { $0.engines[1].isMember(Parish.id(5)) }
    #expect(parish.engines[1].isMember(Parish.id(5)))
    #expect(parish.largestMessage <= Limits.registryBytes)
}

@Test(arguments: [RegistryBug?.none, .restoresUnjudged])
func aNodeRemembersTheLawOverARestart(bug: RegistryBug?) {
    var parish = Parish(3, bug: bug)
    parish.revoke(2, at: 0)
    parish.act(.grant(Grant(.node(Parish.keys(7)), Charter.everyNode)), at: 0)
    let before = parish.engines[0]
    parish.restart(0, charter: parish.charter.records)
    #expect(parish.engines[0].book.ids == before.book.ids)
    // It bars whom it barred, before anybody has said anything.
    let isAsBefore = parish.engines[0].barred == [Parish.id(2)] && parish.engines[0].members == before.members
    #expect(isAsBefore == (bug == nil))
    // The facts hold all but what came with the identity.
    #expect(parish.facts[0].count == 6)
}

/// A revocation in the founder's name with somebody else's signature.
@Test(arguments: [RegistryBug?.none, .believesSeals])
func aRecordWhoseSealIsFalseIsNeitherKeptNorPassedOn(bug: RegistryBug?) throws {
    var parish = Parish(2, bug: bug)
    parish.connect(0, 1)
    let revocation = Revocation(.key(Parish.key(1)), reason: .stolen, cuts: [])
    let mesh = parish.charter.mesh
    let records = OperatorActs.records(
        .revoke(revocation), by: Parish.signer(1_199), epoch: 5, head: mesh, at: parish.now.wall, in: mesh)
    let forger = Parish.signer(1_198)
    let forged = try records.map { record in
        let kind = try Verified(record, in: mesh).statement.kind
        let signature = forger.sign(record.body.raw, as: kind, in: mesh)
        return Record(body: record.body, seals: [Record.Seal(Parish.key(1_199), signature)])
    }
    parish.receive(.records(forged), at: 0, from: 1)
    parish.run(milliseconds: 3_000)
    let isRefused = parish.engines.allSatisfy { engine in
        engine.barred.isEmpty && !forged.contains { engine.book.has($0.id) }
    }
    #expect(isRefused == (bug == nil))
    let refusal = RegistryNote.refused(.notAuthentic, from: Parish.id(1))
    #expect(parish.notes.count { $0.note == refusal } == (bug == nil ? forged.count : 0))
}

@Test func theStateComesBackFromItsBytes() throws {
    var parish = Parish(3, newcomers: 1)
    parish.revoke(2, at: 0)
    parish.receive(.redeem(parish.redemption(parish.invite(), by: 3)), at: 0, from: 3)
    let engine = parish.engines[0]
    let again = try RegistryEngine(decoding: engine.encoded.raw)
    #expect(again.encoded == engine.encoded)
    #expect(again.members == engine.members && again.barred == engine.barred && again.summary == engine.summary)
    for length in stride(from: 0, to: engine.encoded.count, by: 7) {
        #expect(throws: DecodeError.self) { try RegistryEngine(decoding: Array(engine.encoded[..<length]).raw) }
    }
}

/// Said by four nodes in a minute: summaries every eight seconds, and a question for the time every ten minutes.
@Test func whereNothingIsNewLittleIsSaidAndNewsWakesEverybody() {
    var parish = Parish(4)
    for (one, other) in [(0, 1), (1, 2), (2, 3), (3, 0)] { parish.connect(one, other) }
    parish.run(milliseconds: 60_000)
    var before = parish.sent
    parish.run(milliseconds: 60_000)
    #expect((20...60).contains(parish.sent - before), "\(parish.sent - before)")
    parish.revoke(2, at: 0)
    before = parish.sent
    parish.run(milliseconds: 20_000)
    #expect(parish.sent - before > 30, "\(parish.sent - before)")
    #expect([0, 1, 3].allSatisfy { parish.engines[$0].barred == [Parish.id(2)] })
}
