internal import Base
internal import CSodium

/// A key for texts that nobody numbers: data at rest, a password's seal, a datagram before there is a session. Each
/// text travels in an envelope, `nonce ‖ sealed text ‖ tag`, whose nonce of 24 bytes is drawn at random:
/// XChaCha20-Poly1305, where two equal draws need not be feared before 2^80 envelopes.
package struct EnvelopeKey: ~Copyable {
    package static let byteCount = 32
    package static let nonceByteCount = 24
    package static let tagByteCount = 16
    /// How much longer an envelope is than its text.
    package static let overhead = nonceByteCount + tagByteCount

    private let secret: SecretBytes

    package init(_ secret: consuming SecretBytes) throws(CryptoError) {
        guard secret.count == Self.byteCount else { throw .malformed }
        self.secret = secret
    }

    package init(from entropy: inout Entropy) { secret = SecretBytes(count: Self.byteCount, from: &entropy) }

    /// Seals in place. Behind the first `header` bytes, which stay readable but cannot be changed, lie 24 bytes of room
    /// for the nonce, then the text, then 16 bytes of room for the tag.
    package func seal(_ packet: inout MutableRawSpan, after header: Int, from entropy: inout Entropy) {
        unsafe packet.withUnsafeMutableBytes { buffer in
            let (additional, envelope) = unsafe divide(buffer, at: header, overhead: Self.overhead)
            unsafe seal(envelope, additional: UnsafeRawBufferPointer(additional), from: &entropy)
        }
    }

    /// Seals in place together with bytes that the reader has from elsewhere, such as the name of the column that the
    /// envelope lies in: an envelope moved to another place does not open.
    package func seal(_ envelope: inout MutableRawSpan, with additional: RawSpan, from entropy: inout Entropy) {
        unsafe envelope.withUnsafeMutableBytes { buffer in
            let (_, envelope) = unsafe divide(buffer, at: 0, overhead: Self.overhead)
            unsafe additional.withUnsafeBytes { unsafe seal(envelope, additional: $0, from: &entropy) }
        }
    }

    /// Opens in place and answers where the text now is. When it throws, everything behind the header is zeros.
    package func open(_ packet: inout MutableRawSpan, after header: Int) throws(CryptoError) -> Range<Int> {
        guard packet.byteCount >= header + Self.overhead else { throw .notAuthentic }
        let isGenuine = unsafe packet.withUnsafeMutableBytes { buffer in
            let (additional, envelope) = unsafe divide(buffer, at: header, overhead: Self.overhead)
            return unsafe open(envelope, additional: UnsafeRawBufferPointer(additional))
        }
        guard isGenuine else { throw .notAuthentic }
        return header + Self.nonceByteCount..<packet.byteCount - Self.tagByteCount
    }

    /// Opens in place if it was sealed with `additional`, and answers where the text now is. When it throws, all is
    /// zeros.
    package func open(_ envelope: inout MutableRawSpan, with additional: RawSpan) throws(CryptoError) -> Range<Int> {
        guard envelope.byteCount >= Self.overhead else { throw .notAuthentic }
        let isGenuine = unsafe envelope.withUnsafeMutableBytes { buffer in
            let (_, envelope) = unsafe divide(buffer, at: 0, overhead: Self.overhead)
            return unsafe additional.withUnsafeBytes { unsafe open(envelope, additional: $0) }
        }
        guard isGenuine else { throw .notAuthentic }
        return Self.nonceByteCount..<envelope.byteCount - Self.tagByteCount
    }

    private func seal(
        _ envelope: UnsafeMutableRawBufferPointer, additional: UnsafeRawBufferPointer, from entropy: inout Entropy
    ) {
        unsafe entropy.fill(envelope.address, count: Self.nonceByteCount)
        unsafe encrypt(envelope, additional: additional)
    }

    /// Seals under the nonce that lies in the envelope.
    func encrypt(_ envelope: UnsafeMutableRawBufferPointer, additional: UnsafeRawBufferPointer) {
        let nonce = unsafe envelope.address
        let text = unsafe nonce + Self.nonceByteCount
        let result = unsafe secret.withPointer { key in
            unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
                text, nil, text, UInt64(envelope.count - Self.overhead),
                additional.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(additional.count), nil, nonce, key)
        }
        mustSucceed(result, "crypto_aead_xchacha20poly1305_ietf_encrypt")
    }

    private func open(_ envelope: UnsafeMutableRawBufferPointer, additional: UnsafeRawBufferPointer) -> Bool {
        let nonce = unsafe envelope.address
        let text = unsafe nonce + Self.nonceByteCount
        let result = unsafe secret.withPointer { key in
            unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                text, nil, nil, text, UInt64(envelope.count - Self.nonceByteCount),
                additional.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(additional.count), nonce, key)
        }
        if result != 0 { unsafe sodium_memzero(envelope.baseAddress, envelope.count) }
        return result == 0
    }
}
