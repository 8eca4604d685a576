package import Base
internal import CSodium

/// The hash functions that Marram speaks. BLAKE2b is its own: ids, digests, and the Noise suite. The SHA-2 family
/// stands at the borders, where another program's format demands it.
package enum HashFunction: CaseIterable, Sendable {
    case blake2b256
    case blake2b512
    case sha256
    case sha512

    package var byteCount: Int {
        switch self {
        case .blake2b256, .sha256: 32
        case .blake2b512, .sha512: 64
        }
    }

    /// How many bytes the function takes in at a time, which HMAC needs to know.
    package var blockByteCount: Int {
        switch self {
        case .blake2b256, .blake2b512, .sha512: 128
        case .sha256: 64
        }
    }

    package func hash(_ bytes: RawSpan) -> [UInt8] {
        var stream = HashStream(self)
        stream.absorb(bytes)
        return stream.finish()
    }

    /// Makes `hash` the hash of itself and `bytes` after it: a fingerprint of all that was said so far. Its storage
    /// stays, and nothing is allocated.
    package func extend(_ hash: inout [UInt8], with bytes: RawSpan) {
        precondition(hash.count == byteCount, "a chain of hashes has one length throughout")
        unsafe Self.withScratch(0) { state, _ in
            unsafe start(state)
            unsafe hash.withUnsafeMutableBytes { buffer in
                unsafe absorb(buffer.address, count: byteCount, into: state)
                unsafe bytes.withPointer { unsafe absorb($0, count: $1, into: state) }
                unsafe finish(state, into: buffer.address)
            }
        }
    }
}

extension Digest {
    /// The BLAKE2b-256 of `bytes`.
    package init(hashing bytes: RawSpan) {
        self = unsafe bytes.withPointer { pointer, count in unsafe Digest(hashing: pointer, count: count) }
    }

    init(hashing bytes: UnsafePointer<UInt8>?, count: Int) {
        _ = Sodium.started
        unsafe self.init(
            Bytes32 { digest in
                unsafe mustSucceed(
                    crypto_generichash_blake2b(digest, Bytes32.byteCount, bytes, UInt64(count), nil, 0),
                    "crypto_generichash_blake2b")
            })
    }
}

/// A hash over bytes that come in pieces. Its state stays where it was made, since a state that moves leaves copies,
/// and is wiped at the end: what was hashed may have been secret.
@safe package struct HashStream: ~Copyable {
    package let function: HashFunction
    private let state: UnsafeMutableRawPointer

    package init(_ function: HashFunction) {
        self.function = function
        unsafe state = UnsafeMutableRawPointer.allocate(
            byteCount: HashFunction.stateByteCount, alignment: HashFunction.stateAlignment)
        unsafe function.start(state)
    }

    package mutating func absorb(_ bytes: RawSpan) {
        unsafe bytes.withPointer { pointer, count in unsafe function.absorb(pointer, count: count, into: state) }
    }

    /// The hash of everything absorbed.
    package consuming func finish() -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: function.byteCount)
        unsafe hash.withUnsafeMutableBytes { buffer in unsafe function.finish(state, into: buffer.address) }
        return hash
    }

    deinit {
        unsafe sodium_memzero(state, HashFunction.stateByteCount)
        unsafe state.deallocate()
    }
}

/// The functions over a state in memory that the caller provides: 384 bytes, on a multiple of 64, hold any of them.
extension HashFunction {
    static let stateByteCount = 384
    static let stateAlignment = 64

    /// Lends memory on the stack for a state and `count` bytes more, and wipes it. Swift has no place on the stack for
    /// what must lie on a multiple of more than 16, and would ask malloc each time: so there is room to move up.
    @inline(__always)
    static func withScratch(_ count: Int, _ body: (UnsafeMutableRawPointer, UnsafeMutablePointer<UInt8>) -> Void) {
        let byteCount = stateByteCount + count
        unsafe withUnsafeTemporaryAllocation(byteCount: byteCount + stateAlignment, alignment: 16) { scratch in
            let state = unsafe UnsafeMutableRawPointer(scratch.address).alignedUp(toMultipleOf: stateAlignment)
            unsafe body(state, (state + stateByteCount).assumingMemoryBound(to: UInt8.self))
            unsafe sodium_memzero(state, byteCount)
        }
    }

    func start(_ state: UnsafeMutableRawPointer) {
        _ = Sodium.started
        let result =
            switch self {
            case .blake2b256, .blake2b512:
                unsafe crypto_generichash_blake2b_init(OpaquePointer(state), nil, 0, byteCount)
            case .sha256: unsafe crypto_hash_sha256_init(state.assumingMemoryBound(to: crypto_hash_sha256_state.self))
            case .sha512: unsafe crypto_hash_sha512_init(state.assumingMemoryBound(to: crypto_hash_sha512_state.self))
            }
        mustSucceed(result, "the start of a hash")
    }

    func absorb(_ bytes: UnsafePointer<UInt8>?, count: Int, into state: UnsafeMutableRawPointer) {
        let count = UInt64(count)
        let result =
            switch self {
            case .blake2b256, .blake2b512:
                unsafe crypto_generichash_blake2b_update(OpaquePointer(state), bytes, count)
            case .sha256:
                unsafe crypto_hash_sha256_update(
                    state.assumingMemoryBound(to: crypto_hash_sha256_state.self), bytes, count)
            case .sha512:
                unsafe crypto_hash_sha512_update(
                    state.assumingMemoryBound(to: crypto_hash_sha512_state.self), bytes, count)
            }
        mustSucceed(result, "the middle of a hash")
    }

    func finish(_ state: UnsafeMutableRawPointer, into hash: UnsafeMutablePointer<UInt8>) {
        let result =
            switch self {
            case .blake2b256, .blake2b512:
                unsafe crypto_generichash_blake2b_final(OpaquePointer(state), hash, byteCount)
            case .sha256:
                unsafe crypto_hash_sha256_final(state.assumingMemoryBound(to: crypto_hash_sha256_state.self), hash)
            case .sha512:
                unsafe crypto_hash_sha512_final(state.assumingMemoryBound(to: crypto_hash_sha512_state.self), hash)
            }
        mustSucceed(result, "the end of a hash")
    }
}
