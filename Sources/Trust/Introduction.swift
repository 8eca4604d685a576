package import Base
package import Crypto

/// How a node introduces itself on a line: its verifying key, which is its id, and its signature under the agreement
/// key that it speaks with. The two keys are different on purpose; this is what ties them together. Whether the node
/// belongs to the mesh is another question, which the law answers.
package struct Introduction: Hashable, Sendable {
    package let key: VerifyingKey
    private let signature: Signature

    private static let kind = StatementKind("line")

    /// Ties `agreement` to `signer`, in the mesh of that id.
    package init(of agreement: AgreementPublicKey, by signer: borrowing SigningKey, in mesh: Digest) {
        key = signer.publicKey
        signature = signer.sign(agreement.encoded.raw, as: Self.kind, in: mesh)
    }

    package var node: NodeID { key.nodeID }

    /// Throws unless the owner of `key` says that `agreement` is its own.
    package func verify(_ agreement: AgreementPublicKey, in mesh: Digest) throws(CryptoError) {
        try key.verify(signature, of: agreement.encoded.raw, as: Self.kind, in: mesh)
    }
}

extension Introduction: WireValue {
    package func encode(into writer: inout ByteWriter) {
        key.encode(into: &writer)
        signature.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        key = try VerifyingKey(from: &reader)
        signature = try Signature(from: &reader)
    }
}
