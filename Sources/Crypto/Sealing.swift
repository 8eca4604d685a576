internal import Base
internal import CSodium

/// A key for one direction of one session: ChaCha20-Poly1305 (RFC 8439) under a nonce that is the packet's number, as
/// Noise has it. Packets are sealed and opened where they lie: nothing is copied and nothing is allocated.
///
/// The owner counts. Two texts under one number give away their difference, and then the key that authenticates; a
/// session that cannot go on counting must end. Keys die with the process and are never stored, so that a machine
/// cloned while it ran does not seal two texts under one number for long: its sessions break at the next handshake.
package struct SealingKey: ~Copyable {
    package static let byteCount = 32
    /// What sealing adds behind the text.
    package static let tagByteCount = 16
    /// The one number that no packet may have: Noise makes the next key with it.
    package static let reservedCounter = UInt64.max

    private let secret: SecretBytes

    /// The first 32 bytes of `secret` are the key; Noise cuts longer ones off in the same way.
    package init(_ secret: consuming SecretBytes) {
        precondition(secret.count >= Self.byteCount, "a key of \(secret.count) bytes is not one for ChaCha20")
        self.secret = secret
    }

    /// Seals what lies behind the first `header` bytes of `packet`. Those stay readable, but nobody can change them.
    /// The last 16 bytes of the packet are room for the tag.
    package func seal(_ packet: inout MutableRawSpan, after header: Int, counter: UInt64) {
        unsafe packet.withUnsafeMutableBytes { buffer in
            let (additional, text) = unsafe divide(buffer, at: header, overhead: Self.tagByteCount)
            unsafe seal(text, additional: UnsafeRawBufferPointer(additional), counter: counter)
        }
    }

    /// Seals `text`, whose last 16 bytes are room for the tag, together with bytes that the reader has from elsewhere.
    package func seal(_ text: inout MutableRawSpan, with additional: RawSpan, counter: UInt64) {
        unsafe text.withUnsafeMutableBytes { buffer in
            let (_, text) = unsafe divide(buffer, at: 0, overhead: Self.tagByteCount)
            unsafe additional.withUnsafeBytes { unsafe seal(text, additional: $0, counter: counter) }
        }
    }

    /// Opens what lies behind the first `header` bytes of `packet`, and answers where the text now is. When it throws,
    /// everything behind the header is zeros.
    package func open(
        _ packet: inout MutableRawSpan, after header: Int, counter: UInt64
    ) throws(CryptoError) -> Range<Int> {
        guard packet.byteCount >= header + Self.tagByteCount, counter != Self.reservedCounter else {
            throw .notAuthentic
        }
        let isGenuine = unsafe packet.withUnsafeMutableBytes { buffer in
            let (additional, text) = unsafe divide(buffer, at: header, overhead: Self.tagByteCount)
            return unsafe open(text, additional: UnsafeRawBufferPointer(additional), counter: counter)
        }
        guard isGenuine else { throw .notAuthentic }
        return header..<packet.byteCount - Self.tagByteCount
    }

    /// Opens `text` if it was sealed with `additional`, and answers where the text now is. When it throws, all is
    /// zeros.
    package func open(
        _ text: inout MutableRawSpan, with additional: RawSpan, counter: UInt64
    ) throws(CryptoError) -> Range<Int> {
        guard text.byteCount >= Self.tagByteCount, counter != Self.reservedCounter else { throw .notAuthentic }
        let isGenuine = unsafe text.withUnsafeMutableBytes { buffer in
            let (_, text) = unsafe divide(buffer, at: 0, overhead: Self.tagByteCount)
            return unsafe additional.withUnsafeBytes { unsafe open(text, additional: $0, counter: counter) }
        }
        guard isGenuine else { throw .notAuthentic }
        return 0..<text.byteCount - Self.tagByteCount
    }

    /// The key that follows this one, which cannot be computed back (Noise, section 4.2: `REKEY`).
    package func successor() -> SealingKey {
        let next = unsafe SecretBytes(count: Self.byteCount + Self.tagByteCount) { slot in
            unsafe slot.update(repeating: 0, count: Self.byteCount)
            let zeros = unsafe UnsafeMutableRawBufferPointer(start: slot, count: Self.byteCount + Self.tagByteCount)
            let nothing = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
            unsafe Self.reservedCounter.withNonce { unsafe encrypt(zeros, additional: nothing, nonce: $0) }
        }
        return SealingKey(next)
    }

    private func seal(
        _ text: UnsafeMutableRawBufferPointer, additional: UnsafeRawBufferPointer, counter: UInt64
    ) {
        precondition(counter != Self.reservedCounter, "a session ends long before its numbers do")
        unsafe counter.withNonce { nonce in unsafe encrypt(text, additional: additional, nonce: nonce) }
    }

    func encrypt(
        _ text: UnsafeMutableRawBufferPointer, additional: UnsafeRawBufferPointer, nonce: UnsafePointer<UInt8>
    ) {
        let bytes = unsafe text.address
        let result = unsafe secret.withPointer { key in
            unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
                bytes, nil, bytes, UInt64(text.count - Self.tagByteCount),
                additional.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(additional.count), nil, nonce, key)
        }
        mustSucceed(result, "crypto_aead_chacha20poly1305_ietf_encrypt")
    }

    private func open(
        _ text: UnsafeMutableRawBufferPointer, additional: UnsafeRawBufferPointer, counter: UInt64
    ) -> Bool {
        unsafe counter.withNonce { nonce in unsafe decrypt(text, additional: additional, nonce: nonce) }
    }

    func decrypt(
        _ text: UnsafeMutableRawBufferPointer, additional: UnsafeRawBufferPointer, nonce: UnsafePointer<UInt8>
    ) -> Bool {
        let bytes = unsafe text.address
        let result = unsafe secret.withPointer { key in
            unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
                bytes, nil, nil, bytes, UInt64(text.count),
                additional.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(additional.count), nonce, key)
        }
        if result != 0 { unsafe sodium_memzero(text.baseAddress, text.count) }
        return result == 0
    }
}

/// Divides a packet into what stays readable and what is sealed.
@inline(__always)
func divide(
    _ packet: UnsafeMutableRawBufferPointer, at header: Int, overhead: Int
) -> (additional: UnsafeMutableRawBufferPointer, sealed: UnsafeMutableRawBufferPointer) {
    precondition(header >= 0 && packet.count >= header + overhead, "the packet has no room for its seal")
    return unsafe (
        UnsafeMutableRawBufferPointer(rebasing: packet[..<header]),
        UnsafeMutableRawBufferPointer(rebasing: packet[header...])
    )
}
