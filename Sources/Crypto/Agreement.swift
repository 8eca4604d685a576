package import Base
internal import CSodium

/// The public half of an `AgreementKey`.
package struct AgreementPublicKey: Hashable, Sendable, WireValue {
    package let bytes: Bytes32

    package init(_ bytes: Bytes32) { self.bytes = bytes }

    /// Lends the key as it is written.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe bytes.withPointer { pointer throws(Failure) in
            try unsafe body(RawSpan(_unsafeStart: pointer, byteCount: Bytes32.byteCount))
        }
    }

    package func encode(into writer: inout ByteWriter) { writer.bytes32(bytes) }
    package init(from reader: inout ByteReader) throws(DecodeError) { bytes = try reader.bytes32() }
}

/// An X25519 key: two owners of such keys compute one secret from their own key and the other's public half. It never
/// signs: one key for both couples two protocols whose proofs know nothing of each other.
package struct AgreementKey: ~Copyable {
    package static let byteCount = 32

    package let publicKey: AgreementPublicKey
    private let secret: SecretBytes

    package init(_ secret: consuming SecretBytes) throws(CryptoError) {
        guard secret.count == Self.byteCount else { throw .malformed }
        self.init(scalar: secret)
    }

    package init(from entropy: inout Entropy) {
        self.init(scalar: SecretBytes(count: Self.byteCount, from: &entropy))
    }

    private init(scalar: consuming SecretBytes) {
        let publicBytes = unsafe scalar.withPointer { scalar in
            unsafe Bytes32 { point in
                unsafe mustSucceed(crypto_scalarmult_curve25519_base(point, scalar), "crypto_scalarmult_base")
            }
        }
        publicKey = AgreementPublicKey(publicBytes)
        secret = scalar
    }

    /// Lends the key, for writing it to the identity file.
    package func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try secret.withBytes(body)
    }

    /// The secret shared with the owner of `peer`. Not a key yet: it goes through `KeyDerivation` first.
    ///
    /// Throws for the few public keys whose secret is zero whatever our own key is: a peer who sends one wants a
    /// session that others can read.
    package func agree(with peer: AgreementPublicKey) throws(CryptoError) -> SecretBytes {
        var result: Int32 = -1
        let shared = unsafe secret.withPointer { scalar in
            unsafe SecretBytes(count: Self.byteCount) { shared in
                unsafe peer.bytes.withPointer { point in
                    unsafe result = crypto_scalarmult_curve25519(shared, scalar, point)
                }
            }
        }
        guard result == 0 else { throw .weakKey }
        return shared
    }
}
