internal import Base
internal import CSodium

/// Keys out of secrets that are not keys yet: HKDF (RFC 5869) over HMAC (RFC 2104) over any of the hash functions.
/// Noise's own derivation is the same construction without the info, read block by block, so the published test vectors
/// for the one prove the other.
package struct KeyDerivation: Sendable {
    package let function: HashFunction
    private let sodium = Sodium.started

    package init(_ function: HashFunction) { self.function = function }

    /// The next chaining key and a key, from a chaining key and something new (Noise, section 4.3: `HKDF` with two
    /// outputs).
    package func advance(_ chainingKey: borrowing SecretBytes, with input: RawSpan) -> DerivedPair {
        let byteCount = function.byteCount
        return chainingKey.withBytes { salt in
            unsafe withBlocks(2, salt: salt, input: input, info: none.raw) { blocks in
                unsafe DerivedPair(
                    first: SecretBytes(count: byteCount) { unsafe $0.update(from: blocks, count: byteCount) },
                    second: SecretBytes(count: byteCount) {
                        unsafe $0.update(from: blocks + byteCount, count: byteCount)
                    })
            }
        }
    }

    /// The next chaining key and two keys (`HKDF` with three outputs).
    package func advanceByThree(_ chainingKey: borrowing SecretBytes, with input: RawSpan) -> DerivedSecrets {
        let byteCount = function.byteCount
        return chainingKey.withBytes { salt in
            unsafe withBlocks(3, salt: salt, input: input, info: none.raw) { blocks in
                unsafe DerivedSecrets(
                    first: SecretBytes(count: byteCount) { unsafe $0.update(from: blocks, count: byteCount) },
                    second: SecretBytes(count: byteCount) {
                        unsafe $0.update(from: blocks + byteCount, count: byteCount)
                    },
                    third: SecretBytes(count: byteCount) {
                        unsafe $0.update(from: blocks + 2 * byteCount, count: byteCount)
                    })
            }
        }
    }

    /// A secret of at most 64 bytes, for the purpose that `info` names.
    package func derive(salt: RawSpan, input: RawSpan, info: RawSpan, count: Int) -> SecretBytes {
        let blocks = (count + function.byteCount - 1) / function.byteCount
        return unsafe withBlocks(blocks, salt: salt, input: input, info: info) { blocks in
            unsafe SecretBytes(count: count) { unsafe $0.update(from: blocks, count: count) }
        }
    }

    /// RFC 5869: extract a key from `input`, then expand it to so many blocks, each of which depends on the one before.
    /// The blocks are lent, then wiped.
    func withBlocks<Result: ~Copyable>(
        _ blocks: Int, salt: RawSpan, input: RawSpan, info: RawSpan, _ use: (UnsafePointer<UInt8>) -> Result
    ) -> Result {
        precondition((1...255).contains(blocks), "HKDF numbers its blocks with one byte")
        let byteCount = function.byteCount
        return unsafe withUnsafeTemporaryAllocation(byteCount: (blocks + 1) * byteCount, alignment: 1) { buffer in
            let key = unsafe buffer.address
            defer { unsafe sodium_memzero(key, buffer.count) }
            unsafe authenticate(key: salt, into: key) { state in
                unsafe input.withPointer { unsafe function.absorb($0, count: $1, into: state) }
            }
            for number in 1...blocks {
                let block = unsafe key + number * byteCount
                let extracted = unsafe RawSpan(_unsafeStart: key, byteCount: byteCount)
                unsafe authenticate(key: extracted, into: block) { state in
                    if number > 1 { unsafe function.absorb(block - byteCount, count: byteCount, into: state) }
                    unsafe info.withPointer { unsafe function.absorb($0, count: $1, into: state) }
                    var last = UInt8(number)
                    unsafe function.absorb(&last, count: 1, into: state)
                }
            }
            return unsafe use(key + byteCount)
        }
    }

    /// HMAC: the hash of the key and the message, hashed once more with the key. `message` absorbs the message into the
    /// state that it is handed.
    func authenticate(
        key: RawSpan, into code: UnsafeMutablePointer<UInt8>, _ message: (UnsafeMutableRawPointer) -> Void
    ) {
        unsafe HashFunction.withScratch(function.blockByteCount + function.byteCount) { state, pad in
            let innerHash = unsafe pad + function.blockByteCount
            unsafe pad.update(repeating: 0, count: function.blockByteCount)
            unsafe key.withPointer { bytes, count in
                if count > function.blockByteCount {
                    unsafe function.start(state)
                    unsafe function.absorb(bytes, count: count, into: state)
                    unsafe function.finish(state, into: pad)
                } else if let bytes = unsafe bytes {
                    unsafe pad.update(from: bytes, count: count)
                }
            }
            for index in 0..<function.blockByteCount { unsafe pad[index] ^= 0x36 }
            unsafe function.start(state)
            unsafe function.absorb(pad, count: function.blockByteCount, into: state)
            unsafe message(state)
            unsafe function.finish(state, into: innerHash)

            for index in 0..<function.blockByteCount { unsafe pad[index] ^= 0x36 ^ 0x5C }
            unsafe function.start(state)
            unsafe function.absorb(pad, count: function.blockByteCount, into: state)
            unsafe function.absorb(innerHash, count: function.byteCount, into: state)
            unsafe function.finish(state, into: code)
        }
    }
}

/// What `KeyDerivation.advance` makes, each as long as the hash.
@frozen package struct DerivedPair: ~Copyable {
    package let first: SecretBytes
    package let second: SecretBytes
}

/// What `KeyDerivation.advanceByThree` makes, each as long as the hash.
@frozen package struct DerivedSecrets: ~Copyable {
    package let first: SecretBytes
    package let second: SecretBytes
    package let third: SecretBytes
}

private let none: [UInt8] = []
