package import Base
internal import CSodium

/// Sixteen bytes that only the owner of a key can compute over a message. There is no `==` here on purpose: codes are
/// compared by `AuthenticationKey.verify`, in a time that tells a guesser nothing.
package struct AuthenticationCode: Sendable, WireValue {
    package static let byteCount = 16

    fileprivate let high: UInt64
    fileprivate let low: UInt64

    fileprivate init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A number that follows from the code, for choosing a place in a table. It is no proof of anything.
    package var place: UInt64 { low }

    package func encode(into writer: inout ByteWriter) {
        writer.u64(high)
        writer.u64(low)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        high = try reader.u64()
        low = try reader.u64()
    }
}

/// A key that authenticates without hiding: BLAKE2b keyed, 128 bits. Cheap enough to be asked about every packet of a
/// stranger before anything costly is done for it.
package struct AuthenticationKey: ~Copyable {
    private let secret: SecretBytes

    /// Any secret of 16 to 64 bytes.
    package init(_ secret: consuming SecretBytes) throws(CryptoError) {
        guard secret.count >= 16 else { throw .malformed }
        self.secret = secret
    }

    package init(from entropy: inout Entropy) { secret = SecretBytes(from: &entropy) }

    package func code(over message: RawSpan) -> AuthenticationCode {
        var words: InlineArray<2, UInt64> = [0, 0]
        var span = words.mutableSpan
        unsafe span.withUnsafeMutableBytes { code in
            unsafe message.withPointer { bytes, count in
                unsafe secret.withPointer { key in
                    unsafe mustSucceed(
                        crypto_generichash_blake2b(
                            code.address, code.count, bytes, UInt64(count), key, secret.count),
                        "crypto_generichash_blake2b")
                }
            }
        }
        return AuthenticationCode(high: UInt64(littleEndian: words[0]), low: UInt64(littleEndian: words[1]))
    }

    /// Throws unless `code` is this key's over `message`.
    package func verify(_ code: AuthenticationCode, over message: RawSpan) throws(CryptoError) {
        let expected = self.code(over: message)
        let own: InlineArray<2, UInt64> = [expected.high, expected.low]
        let given: InlineArray<2, UInt64> = [code.high, code.low]
        let isGenuine = unsafe own.span.withUnsafeBytes { own in
            unsafe given.span.withUnsafeBytes { given in
                unsafe sodium_memcmp(own.baseAddress, given.baseAddress, own.count) == 0
            }
        }
        guard isGenuine else { throw .notAuthentic }
    }
}
