import Base
import Testing

@testable import Crypto

/// RFC 7748, section 6.1.
@Test func x25519GivesTheAnswersOfItsRFC() throws {
    let bob = try AgreementKey(secret(hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")))
    #expect(bob.publicKey.encoded == hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
    let alice = hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
    let shared = try bob.agree(with: decoded(AgreementPublicKey.self, alice))
    #expect(revealed(shared) == hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"))
}

@Test func twoKeysAgreeFromBothSides() throws {
    var entropy = Entropy.seeded(3)
    let one = AgreementKey(from: &entropy)
    let other = AgreementKey(from: &entropy)
    let shared = revealed(try one.agree(with: other.publicKey))
    #expect(revealed(try other.agree(with: one.publicKey)) == shared)
    let again = try AgreementKey(secret(one.withBytes { [UInt8](copying: $0) }))
    #expect(again.publicKey == one.publicKey)
}

/// Points of low order: whatever the own key is, the secret would be zero, and everybody would know it.
@Test func aPublicKeyThatMakesNoSecretIsRefused() {
    var entropy = Entropy.seeded(3)
    let key = AgreementKey(from: &entropy)
    let weak = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]
    for point in weak {
        let peer = decoded(AgreementPublicKey.self, hex(point))
        #expect(refusal { _ = try key.agree(with: peer) } == .weakKey)
    }
}

@Test func anAgreementKeyOfAnotherLengthIsRefused() {
    for count in [1, 31, 33, 64] {
        #expect(refusal { _ = try AgreementKey(secret(text(count))) } == .malformed)
    }
}

private struct AgreementGroup: Decodable {
    struct Case: Decodable {
        var tcId: Int
        var `public`: Hex
        var `private`: Hex
        var shared: Hex
        var result: Verdict
    }
    var tests: [Case]
}

@Test(.reads(.x25519)) func x25519JudgesAsWycheproofSays() throws {
    let file = try Vectors.load(.x25519, as: Wycheproof<AgreementGroup>.self)
    var judged = 0
    var refused = 0
    for test in file.testGroups.flatMap(\.tests) {
        let key = try AgreementKey(secret(test.private.bytes))
        let peer = decoded(AgreementPublicKey.self, test.public.bytes)
        judged += 1
        if test.shared.bytes.allSatisfy({ $0 == 0 }) {
            #expect(test.result == .acceptable, "case \(test.tcId)")
            #expect(refusal { _ = try key.agree(with: peer) } == .weakKey, "case \(test.tcId)")
            refused += 1
        } else {
            #expect(revealed(try key.agree(with: peer)) == test.shared.bytes, "case \(test.tcId)")
        }
    }
    #expect(judged == 518)
    #expect(refused > 0)
}
