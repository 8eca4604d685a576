package import Base
package import Crypto

/// Who a node is for life, and which mesh it belongs to: the content of the one file that must never leave the machine.
///
/// The mesh key stands here because whoever has it belongs to the mesh; with grants it goes.
package struct NodeIdentity: ~Copyable {
    package let mesh: String
    package let meshKey: Bytes32
    package let signing: SigningKey
    /// Where to say hello first.
    package let seeds: [Address]

    private static let version: UInt8 = 1
    /// The file with the longest names and the most seeds is a tenth of this.
    package static let fileBytes = 4_096

    package var id: NodeID { signing.publicKey.nodeID }

    /// A new node of a new mesh.
    package init(founding mesh: String, from entropy: inout Entropy) {
        self.init(mesh: mesh, meshKey: Self.drawn(from: &entropy), seeds: [], from: &entropy)
    }

    /// A new node of the mesh that invites it.
    package init(invitedBy invitation: Invitation, from entropy: inout Entropy) {
        self.init(
            mesh: invitation.mesh, meshKey: invitation.meshKey, seeds: invitation.seeds, from: &entropy)
    }

    private init(mesh: String, meshKey: Bytes32, seeds: [Address], from entropy: inout Entropy) {
        signing = Self.signing(SecretBytes(from: &entropy))
        self.mesh = mesh
        self.meshKey = meshKey
        self.seeds = seeds
    }

    private static func drawn(from entropy: inout Entropy) -> Bytes32 {
        guard let bytes = Bytes32(entropy.bytes(Bytes32.byteCount)) else {
            preconditionFailure("thirty-two bytes were asked for")
        }
        return bytes
    }

    /// The key with which the node agrees with others on what seals a line. It follows from the signing seed by a
    /// one-way step, so that one secret need be kept; the two keys themselves share nothing.
    package func agreementKey() -> AgreementKey {
        let purpose = Array("marram/1/agreement".utf8)
        let unsalted: [UInt8] = []
        let secret = signing.withSeed { seed in
            KeyDerivation(.blake2b256).derive(
                salt: unsalted.raw, input: seed, info: purpose.raw, count: AgreementKey.byteCount)
        }
        do throws(CryptoError) {
            return try AgreementKey(secret)
        } catch {
            preconditionFailure("as many bytes as an agreement key has were derived")
        }
    }

    /// What the mesh is called where machines read it. Provisional: it follows from the mesh key, and so only members
    /// know it.
    package var meshID: Digest { Digest(hashing: (Array("marram/1/mesh".utf8) + meshKey.bytes).raw) }

    /// What every handshake of the mesh mixes in, so that who has not got it gets nowhere.
    package func sharedSecret() -> SecretBytes { SecretBytes(copying: meshKey.bytes.raw) }

    package func introduction(of key: borrowing AgreementKey) -> Introduction {
        Introduction(of: key.publicKey, by: signing, in: meshID)
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.u8(Self.version)
        writer.text(mesh)
        writer.bytes32(meshKey)
        signing.withSeed { writer.raw($0) }
        writer.list(seeds)
        return writer.bytes
    }

    package init(decoding bytes: RawSpan) throws(DecodeError) {
        var reader = ByteReader(bytes)
        guard try reader.u8() == Self.version else { throw .unknown }
        let mesh = try reader.name()
        let meshKey = try reader.bytes32()
        let seed = SecretBytes(copying: try reader.raw(SigningKey.seedByteCount))
        let seeds = try reader.list(of: Address.self, atMost: Limits.seedAddresses)
        try reader.finish()
        signing = Self.signing(seed)
        self.mesh = mesh
        self.meshKey = meshKey
        self.seeds = seeds
    }

    private static func signing(_ seed: borrowing SecretBytes) -> SigningKey {
        do throws(CryptoError) {
            return try SigningKey(seed: seed)
        } catch {
            preconditionFailure("a seed has the length of a seed")
        }
    }
}
