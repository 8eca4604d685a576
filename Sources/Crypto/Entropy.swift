internal import Base
internal import CSodium

/// Where keys and nonces come from: the only place. Everything that makes one is handed an `Entropy`, so a node in the
/// simulator makes the same keys each time its seed is run, and a node at the site never makes the same key twice.
///
/// A copy of a seeded value goes on to the same bytes as the original: hand it on `inout`, or `split` it.
package struct Entropy: Sendable {
    private enum Source {
        case system
        /// ChaCha20 under this key; each draw is the keystream of the next nonce.
        case seeded(key: Bytes32, draws: UInt64)
    }

    private var source: Source
    private let sodium = Sodium.started

    private init(_ source: Source) { self.source = source }

    /// The kernel's random bytes (`randombytes_buf`).
    package static var system: Entropy { Entropy(.system) }

    /// The same bytes for the same seed, for simulations and tests. No secret is safe here: seeds are small numbers.
    package static func seeded(_ seed: UInt64) -> Entropy {
        var writer = ByteWriter()
        writer.raw(Array("marram/1/entropy".utf8))
        writer.u64(seed)
        return Entropy(.seeded(key: Digest(hashing: writer.bytes.raw).value, draws: 0))
    }

    package mutating func word() -> UInt64 { bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }

    package mutating func fill(_ bytes: inout MutableRawSpan) {
        unsafe bytes.withUnsafeMutableBytes { buffer in
            if buffer.count > 0 { unsafe fill(buffer.address, count: buffer.count) }
        }
    }

    mutating func fill(_ pointer: UnsafeMutablePointer<UInt8>, count: Int) {
        switch source {
        case .system: unsafe randombytes_buf(pointer, count)
        case .seeded(let key, let draws):
            let result = unsafe key.withPointer { key in
                unsafe draws.withNonce { nonce in
                    unsafe crypto_stream_chacha20_ietf(pointer, UInt64(count), nonce, key)
                }
            }
            mustSucceed(result, "crypto_stream_chacha20_ietf")
            source = .seeded(key: key, draws: draws + 1)
        }
    }

    /// Random bytes that are no secret: an index, a nonce, a cookie.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableRaw
        fill(&span)
        return bytes
    }

    /// A source of its own for somebody else: bytes drawn from the one say nothing about the other.
    package mutating func split() -> Entropy {
        switch source {
        case .system: .system
        case .seeded:
            unsafe Entropy(.seeded(key: Bytes32 { key in unsafe fill(key, count: Bytes32.byteCount) }, draws: 0))
        }
    }
}
