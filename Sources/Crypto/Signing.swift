package import Base
internal import CSodium

/// What a signature is for: `grant`, `revoke`, `alive`. It is signed together with the statement, so that a signature
/// given for one purpose proves nothing for another.
package struct StatementKind: Sendable {
    package let name: StaticString

    /// Lower-case letters and hyphens. A zero byte ends the name in the signed text, and must not stand within.
    package init(_ name: StaticString) {
        let isPlain = name.withUTF8Buffer { buffer in
            unsafe buffer.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-")
            }
        }
        precondition(isPlain && name.utf8CodeUnitCount > 0, "a kind of statement is named in plain letters")
        self.name = name
    }

    /// Builds what is signed, `"marram/1/" kind 0x00 ‖ mesh ‖ body`, on the stack when it is small. Ed25519 reads its
    /// message twice, so it must lie in one piece.
    func withSignedText<Result>(
        mesh: Digest, body: RawSpan, _ use: (UnsafePointer<UInt8>, Int) -> Result
    ) -> Result {
        let prefix: StaticString = "marram/1/"
        let head = prefix.utf8CodeUnitCount + name.utf8CodeUnitCount + 1
        let count = head + Bytes32.byteCount + body.byteCount
        return unsafe withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { buffer in
            let text = unsafe buffer.address
            unsafe text.update(from: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
            unsafe (text + prefix.utf8CodeUnitCount).update(from: name.utf8Start, count: name.utf8CodeUnitCount)
            unsafe text[head - 1] = 0
            unsafe mesh.value.withPointer { unsafe (text + head).update(from: $0, count: Bytes32.byteCount) }
            unsafe body.withPointer { bytes, bodyCount in
                if let bytes = unsafe bytes {
                    unsafe (text + head + Bytes32.byteCount).update(from: bytes, count: bodyCount)
                }
            }
            return unsafe use(text, count)
        }
    }
}

/// An Ed25519 signature: a value of 64 bytes.
package struct Signature: Hashable, Sendable, WireValue {
    package static let byteCount = 64

    private let point: Bytes32
    private let scalar: Bytes32

    /// The two halves of a signature.
    package init(_ point: Bytes32, _ scalar: Bytes32) {
        self.point = point
        self.scalar = scalar
    }

    package func encode(into writer: inout ByteWriter) {
        writer.bytes32(point)
        writer.bytes32(scalar)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        point = try reader.bytes32()
        scalar = try reader.bytes32()
    }

    fileprivate init(copying bytes: UnsafePointer<UInt8>) {
        point = unsafe Bytes32 { unsafe $0.update(from: bytes, count: Bytes32.byteCount) }
        scalar = unsafe Bytes32 { unsafe $0.update(from: bytes + Bytes32.byteCount, count: Bytes32.byteCount) }
    }

    fileprivate func copy(into bytes: UnsafeMutablePointer<UInt8>) {
        unsafe point.withPointer { unsafe bytes.update(from: $0, count: Bytes32.byteCount) }
        unsafe scalar.withPointer { unsafe (bytes + Bytes32.byteCount).update(from: $0, count: Bytes32.byteCount) }
    }
}

/// Who signed: an Ed25519 public key.
package struct VerifyingKey: Hashable, Comparable, Sendable, WireValue {
    package let bytes: Bytes32

    package init(_ bytes: Bytes32) { self.bytes = bytes }

    package func encode(into writer: inout ByteWriter) { writer.bytes32(bytes) }
    package init(from reader: inout ByteReader) throws(DecodeError) { bytes = try reader.bytes32() }

    package static func < (left: VerifyingKey, right: VerifyingKey) -> Bool { left.bytes < right.bytes }

    /// The id of the node whose key this is.
    package var nodeID: NodeID { unsafe NodeID(bytes.withPointer { unsafe Digest(hashing: $0, count: 32) }.value) }

    /// Throws unless the owner of this key signed `body` as a statement of this kind in this mesh. `body` must be the
    /// bytes that came, never an encoding of what was read from them.
    package func verify(
        _ signature: Signature, of body: RawSpan, as kind: StatementKind, in mesh: Digest
    ) throws(CryptoError) {
        let isGenuine = unsafe kind.withSignedText(mesh: mesh, body: body) { text, count in
            unsafe isSignature(signature, of: text, count: count)
        }
        guard isGenuine else { throw .notAuthentic }
    }

    /// Throws unless the owner of this key signed these bytes as another program's format has them, without the kind
    /// and the mesh.
    package func verifyForeign(_ signature: Signature, of bytes: RawSpan) throws(CryptoError) {
        let isGenuine = unsafe bytes.withPointer { unsafe isSignature(signature, of: $0, count: $1) }
        guard isGenuine else { throw .notAuthentic }
    }

    /// Plain Ed25519, as libsodium judges it: keys of small order, and points and scalars written in more than one way,
    /// are refused. Which of the doubtful signatures pass is part of what a mesh agrees on.
    func isSignature(_ signature: Signature, of text: UnsafePointer<UInt8>?, count: Int) -> Bool {
        _ = Sodium.started
        return unsafe withUnsafeTemporaryAllocation(byteCount: Signature.byteCount, alignment: 1) { buffer in
            let detached = unsafe buffer.address
            unsafe signature.copy(into: detached)
            return unsafe bytes.withPointer { key in
                unsafe crypto_sign_ed25519_verify_detached(detached, text, UInt64(count), key) == 0
            }
        }
    }
}

/// An Ed25519 key that signs. It never agrees on session keys: that is `AgreementKey`'s work.
package struct SigningKey: ~Copyable {
    package static let seedByteCount = 32

    package let publicKey: VerifyingKey
    /// The seed and the public key, as libsodium wants them.
    private let secret: SecretBytes

    /// The key that follows from `seed`: 32 random bytes, kept where secrets are kept.
    package init(seed: borrowing SecretBytes) throws(CryptoError) {
        guard seed.count == Self.seedByteCount else { throw .malformed }
        var publicBytes = Bytes32.zero
        secret = unsafe seed.withPointer { seed in
            unsafe SecretBytes(count: Self.seedByteCount + Bytes32.byteCount) { secret in
                unsafe publicBytes = Bytes32 { key in
                    unsafe mustSucceed(
                        crypto_sign_ed25519_seed_keypair(key, secret, seed), "crypto_sign_ed25519_seed_keypair")
                }
            }
        }
        publicKey = VerifyingKey(publicBytes)
    }

    /// A new key.
    package static func drawn(from entropy: inout Entropy) -> SigningKey {
        do throws(CryptoError) {
            return try SigningKey(seed: SecretBytes(count: seedByteCount, from: &entropy))
        } catch {
            preconditionFailure("a seed has the length of a seed")
        }
    }

    /// Lends the seed, for writing it to the identity file.
    package func withSeed<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try secret.withBytes { bytes throws(Failure) in try body(bytes.extracting(first: Self.seedByteCount)) }
    }

    /// Signs `body` as a statement of this kind in this mesh.
    package func sign(_ body: RawSpan, as kind: StatementKind, in mesh: Digest) -> Signature {
        unsafe kind.withSignedText(mesh: mesh, body: body) { text, count in unsafe signature(of: text, count: count) }
    }

    /// Signs bytes as another program's format has them. What is signed must never begin like a statement of ours, so
    /// a format with a hash or a head of its own in front.
    package func signForeign(_ bytes: RawSpan) -> Signature {
        unsafe bytes.withPointer { unsafe signature(of: $0, count: $1) }
    }

    /// Plain Ed25519.
    func signature(of text: UnsafePointer<UInt8>?, count: Int) -> Signature {
        unsafe withUnsafeTemporaryAllocation(byteCount: Signature.byteCount, alignment: 1) { buffer in
            let detached = unsafe buffer.address
            unsafe secret.withPointer { secret in
                unsafe mustSucceed(
                    crypto_sign_ed25519_detached(detached, nil, text, UInt64(count), secret),
                    "crypto_sign_ed25519_detached")
            }
            return unsafe Signature(copying: detached)
        }
    }
}
