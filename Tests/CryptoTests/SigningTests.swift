import Base
import Testing

@testable import Crypto

private let mesh = Digest(hashing: [1].raw)
private let grant = StatementKind("grant")

private func makeKey(_ seed: UInt64 = 1) throws -> SigningKey {
    var entropy = Entropy.seeded(seed)
    return try SigningKey(seed: SecretBytes(from: &entropy))
}

extension VerifyingKey {
    fileprivate func accepts(_ signature: Signature, of text: [UInt8]) -> Bool {
        text.raw.withPointer { isSignature(signature, of: $0, count: $1) }
    }
}

@Test func aStatementIsVerifiedByItsSignersKey() throws {
    let key = try makeKey()
    for count in [0, 1, 200, 1_000, 65_536] {
        let body = text(count)
        let signature = key.sign(body.raw, as: grant, in: mesh)
        try key.publicKey.verify(signature, of: body.raw, as: grant, in: mesh)
    }
}

@Test func whatIsSignedIsPrefixKindMeshAndBody() throws {
    let key = try makeKey()
    let body = text(50)
    let signature = key.sign(body.raw, as: grant, in: mesh)
    let spelled = Array("marram/1/grant".utf8) + [0] + mesh.value.bytes + body
    #expect(key.publicKey.accepts(signature, of: spelled))
}

@Test func aSignatureProvesNothingForAnotherKindMeshOrKey() throws {
    let key = try makeKey()
    let body = text(50)
    let signature = key.sign(body.raw, as: grant, in: mesh)
    let otherMesh = Digest(hashing: [2].raw)
    let otherKey = try makeKey(2).publicKey
    #expect(
        refusal { try key.publicKey.verify(signature, of: body.raw, as: StatementKind("grants"), in: mesh) }
            == .notAuthentic)
    #expect(refusal { try key.publicKey.verify(signature, of: body.raw, as: grant, in: otherMesh) } == .notAuthentic)
    #expect(refusal { try otherKey.verify(signature, of: body.raw, as: grant, in: mesh) } == .notAuthentic)
}

@Test func oneChangedBitAnywhereIsRefused() throws {
    let key = try makeKey()
    let body = text(20)
    let signature = key.sign(body.raw, as: grant, in: mesh)
    for bit in 0..<body.count * 8 {
        let changed = tampered(body, bit: bit)
        #expect(refusal { try key.publicKey.verify(signature, of: changed.raw, as: grant, in: mesh) } == .notAuthentic)
    }
    for bit in 0..<Signature.byteCount * 8 {
        let changed = decoded(Signature.self, tampered(signature.encoded, bit: bit))
        #expect(refusal { try key.publicKey.verify(changed, of: body.raw, as: grant, in: mesh) } == .notAuthentic)
    }
    for bit in 0..<256 {
        let changed = decoded(VerifyingKey.self, tampered(key.publicKey.encoded, bit: bit))
        #expect(refusal { try changed.verify(signature, of: body.raw, as: grant, in: mesh) } == .notAuthentic)
    }
}

/// RFC 8032, section 7.1, tests 1 and 2.
@Test func ed25519GivesTheAnswersOfItsRFC() throws {
    let cases: [(seed: String, key: String, text: String, signature: String)] = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            """
            e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
            5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
            """
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            """
            92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
            085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
            """
        ),
    ]
    for (seed, publicKey, text, signature) in cases {
        let key = try SigningKey(seed: secret(hex(seed)))
        #expect(key.publicKey.encoded == hex(publicKey))
        #expect(key.withSeed { [UInt8](copying: $0) } == hex(seed))
        let made = hex(text).raw.withPointer { key.signature(of: $0, count: $1) }
        #expect(made.encoded == hex(signature))
        #expect(key.publicKey.accepts(made, of: hex(text)))
    }
}

@Test func aSeedOfAnotherLengthIsRefused() {
    for count in [1, 31, 33, 64] {
        #expect(refusal { _ = try SigningKey(seed: secret(text(count))) } == .malformed)
    }
}

@Test func aNodesIDIsTheHashOfItsKey() throws {
    let key = try makeKey().publicKey
    #expect(key.nodeID.value == Digest(hashing: key.encoded.raw).value)
}

@Test func keysAndSignaturesAreReadFromTheirExactLengthOnly() throws {
    let key = try makeKey()
    let signature = key.sign(text(3).raw, as: grant, in: mesh)
    for count in 0..<Signature.byteCount {
        #expect(throws: DecodeError.truncated) {
            try Signature(decoding: signature.encoded.raw.extracting(first: count))
        }
    }
    #expect(throws: DecodeError.trailing) { try Signature(decoding: (signature.encoded + [0]).raw) }
    for count in 0..<32 {
        #expect(throws: DecodeError.truncated) {
            try VerifyingKey(decoding: key.publicKey.encoded.raw.extracting(first: count))
        }
    }
    #expect(throws: DecodeError.trailing) { try VerifyingKey(decoding: (key.publicKey.encoded + [0]).raw) }
}

private struct SigningGroup: Decodable {
    struct Key: Decodable { var pk: Hex }
    struct Case: Decodable {
        var tcId: Int
        var msg: Hex
        var sig: Hex
        var result: Verdict
    }
    var publicKey: Key
    var tests: [Case]
}

@Test(.reads(.ed25519)) func ed25519JudgesAsWycheproofSays() throws {
    let file = try Vectors.load(.ed25519, as: Wycheproof<SigningGroup>.self)
    var judged = 0
    for group in file.testGroups {
        let key = decoded(VerifyingKey.self, group.publicKey.pk.bytes)
        for test in group.tests {
            let signature = try? Signature(decoding: test.sig.bytes.raw)
            let isAccepted = signature.map { key.accepts($0, of: test.msg.bytes) } ?? false
            #expect(isAccepted == (test.result == .valid), "case \(test.tcId)")
            judged += 1
        }
    }
    #expect(judged == 151)
}

private struct EdgeCase: Decodable {
    var number: Int
    var key: Hex
    var sig: Hex
    var msg: String
}

/// Ed25519 has many verifiers that disagree about keys and points of low order and second spellings of numbers. Since
/// members must agree on what was signed, which of them pass is pinned: another libsodium must accept the same ones.
@Test(.reads(.ed25519EdgeCases)) func theDoubtfulSignaturesThatPassAreTheseFortyThree() throws {
    let cases = try Vectors.load(.ed25519EdgeCases, as: [EdgeCase].self)
    let accepted = cases.filter { edge in
        decoded(VerifyingKey.self, edge.key.bytes)
            .accepts(decoded(Signature.self, edge.sig.bytes), of: Array(edge.msg.utf8))
    }
    #expect(cases.count == 914)
    #expect(accepted.count == 43)
    let expected = [
        7, 29, 50, 117, 139, 161, 182, 249, 305, 411, 425, 438, 465, 473, 481, 489, 497, 511, 525, 538,
        565, 573, 581, 589, 597, 611, 625, 638, 665, 673, 681, 689, 697, 711, 725, 738, 765, 773, 781, 789,
        797, 832, 899,
    ]
    #expect(accepted.map(\.number) == expected)
}
