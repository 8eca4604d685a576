import Base
import Testing

@testable import Crypto

extension KeyDerivation {
    fileprivate func code(key: [UInt8], message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: function.byteCount)
        code.withUnsafeMutableBufferPointer { code in
            guard let base = code.baseAddress else { return }
            authenticate(key: key.raw, into: base) { state in
                message.raw.withPointer { function.absorb($0, count: $1, into: state) }
            }
        }
        return code
    }

    fileprivate func expanded(salt: [UInt8], input: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
        let blocks = (count + function.byteCount - 1) / function.byteCount
        return withBlocks(blocks, salt: salt.raw, input: input.raw, info: info.raw) {
            Array(UnsafeBufferPointer(start: $0, count: count))
        }
    }
}

/// RFC 5869, appendix A.1.
@Test func hkdfGivesTheAnswerOfItsRFC() {
    let derived = KeyDerivation(.sha256).derive(
        salt: hex("000102030405060708090a0b0c").raw, input: [UInt8](repeating: 0x0B, count: 22).raw,
        info: hex("f0f1f2f3f4f5f6f7f8f9").raw, count: 42)
    let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    #expect(hexadecimal(revealed(derived)) == expected)
}

/// Computed with Python's `hmac` and `hashlib.blake2b`: o1 = HMAC(t, 1), o2 = HMAC(t, o1 ‖ 2), o3 = HMAC(t, o2 ‖ 3).
@Test func aChainingKeyAdvancesAsNoiseSays() {
    let chain = secret(text(64))
    let derived = KeyDerivation(.blake2b512).advanceByThree(chain, with: text(32).raw)
    let first = """
        2c22b7f8cf817efc2308d9e6d4d7c01ca163c5560643fef3944c5b924ba454af
        9739dd8eebb6d9a0e773c86b77c1361b89362eac6a7a6442113220ead768ed0b
        """
    let second = """
        c2e6aad49526c0a4eb9d0c6350b219e09029e631c860cae86c67c950adfa9f67
        b0c1ef2f3d8c2f2936e20e5f948c64f681719abea4aeaec69b2679c3f92607f2
        """
    let third = """
        c6f49645f16b3ee9be84c2de3748b1ac4dea86b1a64031452797b381a1431192
        ff3604777eee92d494508bfd2d429a7099f14d40b2f9c33ddfc0e3e4d092ce35
        """
    #expect(revealed(derived.first) == hex(first))
    #expect(revealed(derived.second) == hex(second))
    #expect(revealed(derived.third) == hex(third))
    // Two outputs are the first two of three.
    let pair = KeyDerivation(.blake2b512).advance(chain, with: text(32).raw)
    #expect(revealed(pair.first) == hex(first))
    #expect(revealed(pair.second) == hex(second))
}

@Test func theThreeSecretsCanBeTakenApart() {
    let derived = KeyDerivation(.sha256).advanceByThree(secret(text(32)), with: text(32).raw)
    let chain = derived.first
    let key = SealingKey(derived.second)
    #expect(chain.count == 32)
    var packet = [UInt8](repeating: 0, count: 16)
    var span = packet.mutableRaw
    key.seal(&span, after: 0, counter: 0)
}

@Test func infoSaltAndInputEachMakeAnotherSecret() {
    let derivation = KeyDerivation(.blake2b512)
    let results = [
        derivation.expanded(salt: [], input: [1], info: [], count: 64),
        derivation.expanded(salt: [1], input: [1], info: [], count: 64),
        derivation.expanded(salt: [], input: [2], info: [], count: 64),
        derivation.expanded(salt: [], input: [1], info: [1], count: 64),
    ]
    #expect(Set(results).count == results.count)
}

private struct DerivationGroup: Decodable {
    struct Case: Decodable {
        var tcId: Int
        var ikm: Hex
        var salt: Hex
        var info: Hex
        var size: Int
        var okm: Hex
        var result: Verdict
    }
    var tests: [Case]
}

@Test(.reads(.hkdf)) func hkdfDerivesAsWycheproofSays() throws {
    let file = try Vectors.load(.hkdf, as: Wycheproof<DerivationGroup>.self)
    let derivation = KeyDerivation(.sha256)
    let cases = file.testGroups.flatMap(\.tests)
    for test in cases {
        if test.result == .invalid {
            #expect(test.size > 255 * 32, "case \(test.tcId): more blocks than one byte can number")
        } else {
            let derived = derivation.expanded(
                salt: test.salt.bytes, input: test.ikm.bytes, info: test.info.bytes, count: test.size)
            #expect(derived == test.okm.bytes, "case \(test.tcId)")
        }
    }
    #expect(cases.count == 86)
}

private struct CodeGroup: Decodable {
    struct Case: Decodable {
        var tcId: Int
        var key: Hex
        var msg: Hex
        var tag: Hex
        var result: Verdict
    }
    var tests: [Case]
}

@Test(.reads(.hmacSHA256), .reads(.hmacSHA512), arguments: [VectorFile.hmacSHA256, .hmacSHA512])
func hmacAuthenticatesAsWycheproofSays(name: VectorFile) throws {
    let file = try Vectors.load(name, as: Wycheproof<CodeGroup>.self)
    let derivation = KeyDerivation(name == .hmacSHA256 ? .sha256 : .sha512)
    let cases = file.testGroups.flatMap(\.tests)
    for test in cases {
        let code = derivation.code(key: test.key.bytes, message: test.msg.bytes)
        // Half of the cases have their tags cut to half the length.
        #expect(code.starts(with: test.tag.bytes) == (test.result == .valid), "case \(test.tcId)")
    }
    #expect(cases.count == 174)
}
