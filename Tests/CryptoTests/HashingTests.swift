import Base
import Testing

@testable import Crypto

/// RFC 7693, appendix A; FIPS 180-4's examples.
@Test func theHashFunctionsGiveTheAnswersOfTheirStandards() {
    let abc = Array("abc".utf8)
    let expected: [HashFunction: String] = [
        .blake2b256: "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319",
        .blake2b512: """
        ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1
        7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923
        """,
        .sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        .sha512: """
        ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
        2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
        """,
    ]
    for function in HashFunction.allCases {
        let hash = function.hash(abc.raw)
        #expect(hash == expected[function].map(hex))
        #expect(hash.count == function.byteCount)
    }
    #expect(Digest(hashing: abc.raw).value.bytes == HashFunction.blake2b256.hash(abc.raw))
}

@Test(arguments: HashFunction.allCases)
func aHashDoesNotDependOnHowTheBytesAreCut(function: HashFunction) {
    let bytes = text(1_000)
    let whole = function.hash(bytes.raw)
    var random = Random(seed: 11)
    for _ in 0..<100 {
        var stream = HashStream(function)
        var offset = 0
        while offset < bytes.count {
            let count = min(random.below(200), bytes.count - offset)
            stream.absorb(bytes.raw.extracting(offset..<offset + count))
            offset += count
        }
        #expect(stream.finish() == whole)
    }
}

@Test func theHashOfNothingIsAHash() {
    for function in HashFunction.allCases {
        #expect(function.hash([UInt8]().raw) == HashStream(function).finish())
    }
    let nothing = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"
    #expect(Digest(hashing: [UInt8]().raw).description == nothing)
}

@Test func aCodeIsKeyedBLAKE2bOf128Bits() throws {
    let key = try AuthenticationKey(secret(text(32)))
    #expect(hexadecimal(key.code(over: text(100).raw).encoded) == "13cb0d7492284ed4cd4538c00355de2e")
}

@Test func aCodeIsVerifiedByItsKeyOverItsMessageOnly() throws {
    var entropy = Entropy.seeded(1)
    let key = AuthenticationKey(from: &entropy)
    let message = text(30)
    let code = key.code(over: message.raw)
    try key.verify(code, over: message.raw)
    for bit in 0..<message.count * 8 {
        #expect(refusal { try key.verify(code, over: tampered(message, bit: bit).raw) } == .notAuthentic)
    }
    for bit in 0..<AuthenticationCode.byteCount * 8 {
        let changed = decoded(AuthenticationCode.self, tampered(code.encoded, bit: bit))
        #expect(refusal { try key.verify(changed, over: message.raw) } == .notAuthentic)
    }
    let other = AuthenticationKey(from: &entropy)
    #expect(refusal { try other.verify(code, over: message.raw) } == .notAuthentic)
}

@Test func anAuthenticationKeyIsAtLeastAsLongAsItsCodes() throws {
    _ = try AuthenticationKey(secret(text(16)))
    _ = try AuthenticationKey(secret(text(64)))
    #expect(refusal { _ = try AuthenticationKey(secret(text(15))) } == .malformed)
}

@Test(arguments: HashFunction.allCases)
func aHashIsExtendedByWhatFollows(_ function: HashFunction) {
    var chain = function.hash([1, 2, 3].raw)
    for count in [0, 1, 127, 128, 1_000] {
        let expected = function.hash((chain + text(count)).raw)
        function.extend(&chain, with: text(count).raw)
        #expect(chain == expected)
    }
}
