import Base
import Crypto
import Testing

@testable import Trust

/// Why `bytes` are no identity; nil when they are one.
private func refusal(_ bytes: [UInt8]) -> DecodeError? {
    do throws(DecodeError) {
        _ = try NodeIdentity(decoding: bytes.raw)
        return nil
    } catch {
        return error
    }
}

private func founder(_ seed: UInt64 = 4) -> NodeIdentity {
    var entropy = Entropy.seeded(seed)
    let person = Person(name: "ada", keys: [SignerKey(Court.signer(1).publicKey)])
    let genesis = Charter.genesis(of: "store-0412", by: person, key: Court.signer(1), nonce: Bytes32(seed, 1, 2, 3))
    return NodeIdentity(founding: genesis, key: Court.signer(1), from: &entropy)
}

private let court = Court(operators: 1, threshold: 1)

private func token(hints: [Address] = []) -> InviteToken {
    let terms = Grant.Terms(can: [.renew], scope: .everything)
    return InviteToken(
        mesh: court.mesh, invite: court.invite(by: 0, key: 40, terms: terms).record, key: Court.signer(40), hints: hints
    )
}

@Test func aFounderComesBackFromItsFileWithTheMeshsFirstRecords() throws {
    let identity = founder()
    let read = try NodeIdentity(decoding: identity.encoded.raw)
    #expect(read.encoded == identity.encoded && read.id == identity.id && read.mesh == identity.mesh)
    let law = try Law(genesis: read.charter[0], mesh: read.mesh)
    var whole = law
    for record in read.charter { _ = whole.admit(try Verified(record, in: read.mesh)) }
    let judgement = Judgement(of: whole)
    #expect(whole.root.name == "store-0412" && judgement.members.count == 1)
    #expect(judgement.members.values[0].node == identity.keys && judgement.members.values[0].standing == .full)
    for capability in [Capability.invite, .sponsor, .renew] {
        #expect(judgement.grant(of: identity.keys.signing, for: capability) != nil)
    }
    #expect(judgement.grant(of: identity.keys.signing, for: .propose) == nil)
}

@Test func twoMeshesThatAreFoundedAlikeAreTwo() {
    #expect(founder(4).mesh != founder(5).mesh)
    #expect(founder(4).mesh == founder(4).mesh)
}

@Test func whoeverIsInvitedRedeemsWithTheTokensKeyInOneConversation() throws {
    var entropy = Entropy.seeded(9)
    let identity = NodeIdentity(invitedBy: token(hints: [Address(v4: 1, port: 2)]), from: &entropy)
    let read = try NodeIdentity(decoding: identity.encoded.raw)
    #expect(read.encoded == identity.encoded && read.mesh == court.mesh && read.seeds == [Address(v4: 1, port: 2)])
    let shown = read.redemption(over: Bytes32(5, 6, 7, 8))
    let redemption = try #require(shown)
    #expect(throws: Never.self) { try redemption.verified(in: court.mesh) }
    #expect(redemption.node == read.keys && redemption.channel == Bytes32(5, 6, 7, 8))
    let none = founder().redemption(over: Bytes32(5, 6, 7, 8))
    #expect(none == nil, "a founder was not invited")
}

@Test func anIdentityCutShortAnywhereOrOfAnotherVersionIsRefused() {
    var entropy = Entropy.seeded(9)
    for bytes in [founder().encoded, NodeIdentity(invitedBy: token(), from: &entropy).encoded] {
        #expect(refusal(bytes) == nil)
        for length in 0..<bytes.count { #expect(refusal(Array(bytes[..<length])) != nil, "cut at \(length)") }
        #expect(refusal(bytes + [0]) == .trailing)
        for version in [UInt8(1), 3] { #expect(refusal([version] + bytes.dropFirst()) == .unknown) }
    }
}

@Test func theLongestIdentityFitsItsFileAndASeedMoreIsRefused() {
    var entropy = Entropy.seeded(9)
    let most = (0..<UInt16(Limits.seedAddresses)).map { Address(high: 0xFE80 << 48, low: 1, port: $0) }
    let longest = NodeIdentity(invitedBy: token(hints: most), from: &entropy).encoded
    #expect(longest.count * 10 < NodeIdentity.fileBytes)
    let tooMany = NodeIdentity(of: court.mesh, seeds: most + [Address(v4: 1, port: 1)], from: &entropy).encoded
    #expect(refusal(tooMany) == .tooLong)
}

@Test func whatAStartSignsIsSignedWithAKeyOfItsOwn() throws {
    var entropy = Entropy.seeded(3)
    var one = Signatory(founder(), from: &entropy)
    let other = Signatory(founder(), from: &entropy)
    #expect(one.certificate.owner == other.certificate.owner && one.certificate.key != other.certificate.key)
    #expect(one.certificate.epoch != other.certificate.epoch)
    let certificate = one.sign(.feed(one.certificate))
    #expect(throws: Never.self) { try Verified(certificate, in: one.mesh) }
    let entry = Entry(
        feed: certificate.id, sequence: 1, previous: certificate.id, head: one.mesh, authority: nil,
        time: HybridTime(bits: 0), act: .close)
    let signed = one.sign(.entry(entry))
    #expect(signed.seals.map { $0.key } == [one.certificate.key])
}

@Test func aTokenOfTheFirstNodeLetsSomebodyInAndNoFurther() throws {
    let identity = founder()
    var law = try Law(genesis: identity.charter[0], mesh: identity.mesh)
    for record in identity.charter { _ = law.admit(try Verified(record, in: identity.mesh)) }
    let judgement = Judgement(of: law)
    let right = try #require(judgement.grant(of: identity.keys.signing, for: .invite))
    var entropy = Entropy.seeded(3)
    let signatory = Signatory(identity, from: &entropy)
    let token = signatory.token(
        under: right, head: judgement.head, terms: Charter.everyNode, uses: 1,
        expires: WallTime(milliseconds: 1_000_000), hints: [], from: &entropy)
    let read = try InviteToken(text: token.text)
    let newcomer = court.key(30)
    func refusal(_ invite: Record) throws -> InviteRefusal? {
        judgement.refusal(of: try Verified(invite, in: law.mesh), for: newcomer, in: law, time: bracket, at: now)
    }
    #expect(try refusal(read.invite) == nil)
    let greedy = signatory.token(
        under: right, head: judgement.head, terms: Charter.founders, uses: 1,
        expires: WallTime(milliseconds: 1_000_000), hints: [], from: &entropy)
    #expect(try refusal(greedy.invite) == .void(.exceeds(.delegation)))
}

/// From the entry that names the next key on, the one before it signs nothing more.
@Test func aNodeGoesOverToTheKeyThatItDrew() throws {
    var entropy = Entropy.seeded(4)
    var signatory = Signatory(founder(), from: &entropy)
    let (first, mesh) = (signatory.certificate.key, signatory.mesh)
    let next = signatory.drawNextKey(from: &entropy)
    func entry(_ act: Act) -> Statement {
        .entry(
            Entry(
                feed: mesh, sequence: 1, previous: mesh, head: mesh, authority: nil, time: HybridTime(bits: 0), act: act
            ))
    }
    func signer(of record: Record) throws -> SignerKey {
        _ = try Verified(record, in: mesh)
        return try #require(record.seals.first).key
    }
    #expect(try signer(of: signatory.sign(entry(.close))) == first, "drawn is not gone over to")
    #expect(try signer(of: signatory.sign(entry(.nextKey(next)))) == first)
    #expect(try signer(of: signatory.sign(entry(.close))) == next)
    #expect(try signer(of: signatory.sign(.feed(signatory.certificate))) == signatory.keys.signing)
}
