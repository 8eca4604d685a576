package import Base
package import Crypto

/// Who a node is for life, and which mesh it belongs to: the content of the one file that must never leave the machine.
/// Beside the node's key it holds what the node came with: the mesh's first records, if it was there when the mesh
/// began; or an invitation and the key that it is to.
package struct NodeIdentity: ~Copyable {
    /// The mesh's id, which is the hash of its genesis: nobody can make another mesh of that id.
    package let mesh: Digest
    package let signing: SigningKey
    /// Where to say hello first.
    package let seeds: [Address]
    /// The first records of the mesh; empty for a node that was invited.
    package let charter: [Record]
    /// What the node shows to whoever is to let it in.
    package let invite: Record?
    /// Of the key that the invite is to; nobody's when there is none.
    private let inviteSeed: SecretBytes

    private static let version: UInt8 = 2
    /// The file of the longest charter or invitation, and room.
    package static let fileBytes = 2 * Limits.recordBytes

    package var id: NodeID { signing.publicKey.nodeID }

    /// A new node that knows which mesh it belongs to, and nothing that would prove it.
    package init(of mesh: Digest, seeds: [Address] = [], charter: [Record] = [], from entropy: inout Entropy) {
        self.init(
            mesh: mesh, signing: Self.signing(SecretBytes(from: &entropy)), seeds: seeds, charter: charter,
            invite: nil, inviteSeed: Self.noSeed)
    }

    /// A new node that is there when the mesh of that genesis begins. `key` is that of one who signed the genesis.
    package init(founding genesis: Record, key: borrowing SigningKey, from entropy: inout Entropy) {
        let signing = Self.signing(SecretBytes(from: &entropy))
        let agreement = Self.agreementKey(of: signing).publicKey
        let keys = NodeKeys(signing: SignerKey(signing.publicKey), agreement: agreement)
        let charter = Charter(genesis: genesis, epoch: entropy.word(), founder: key, nodes: [keys])
        self.init(
            mesh: charter.mesh, signing: signing, seeds: [], charter: charter.records, invite: nil,
            inviteSeed: Self.noSeed)
    }

    /// The same node, now that it knows which mesh let it in, and where to say hello.
    package init(_ candidate: borrowing NodeIdentity, of mesh: Digest, seeds: [Address]) {
        let signing = candidate.signing.withSeed { Self.signing(SecretBytes(copying: $0)) }
        self.init(mesh: mesh, signing: signing, seeds: seeds, charter: [], invite: nil, inviteSeed: Self.noSeed)
    }

    /// A new node that somebody invited.
    package init(invitedBy token: borrowing InviteToken, from entropy: inout Entropy) {
        self.init(
            mesh: token.mesh, signing: Self.signing(SecretBytes(from: &entropy)), seeds: token.hints, charter: [],
            invite: token.invite, inviteSeed: token.key.withSeed { SecretBytes(copying: $0) })
    }

    private init(
        mesh: Digest, signing: consuming SigningKey, seeds: [Address], charter: [Record], invite: Record?,
        inviteSeed: consuming SecretBytes
    ) {
        self.mesh = mesh
        self.signing = signing
        self.seeds = seeds
        self.charter = charter
        self.invite = invite
        self.inviteSeed = inviteSeed
    }

    /// The two keys by which the law knows the node.
    package var keys: NodeKeys {
        NodeKeys(signing: SignerKey(signing.publicKey), agreement: agreementKey().publicKey)
    }

    /// The key with which the node agrees with others on what seals a line. It follows from the signing seed by a
    /// one-way step, so that one secret need be kept; the two keys themselves share nothing.
    package func agreementKey() -> AgreementKey { Self.agreementKey(of: signing) }

    private static func agreementKey(of signing: borrowing SigningKey) -> AgreementKey {
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

    /// What every handshake of the mesh mixes in. It follows from the mesh's id, which no packet shows: whoever has
    /// never held a token gets nowhere, and who has gets as far as the law lets them.
    package func sharedSecret() -> SecretBytes {
        let text = Array("marram/1/shared".utf8) + mesh.value.bytes
        return SecretBytes(copying: Digest(hashing: text.raw).value.bytes.raw)
    }

    package func introduction(of key: borrowing AgreementKey) -> Introduction {
        Introduction(of: key.publicKey, by: signing, in: mesh)
    }

    /// Redeems the node's invitation in the conversation of that hash; nil when it has none.
    package func redemption(over channel: Bytes32) -> Redemption? {
        guard let invite else { return nil }
        return Redemption(invite, as: keys, over: channel, with: Self.signing(inviteSeed), in: mesh)
    }

    package var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.u8(Self.version)
        writer.digest(mesh)
        signing.withSeed { writer.raw($0) }
        writer.list(seeds)
        writer.list(charter)
        writer.optional(invite)
        if invite != nil { inviteSeed.withBytes { writer.raw($0) } }
        return writer.bytes
    }

    /// Whether a file is of the time when a mesh was whoever had its key. Nothing in it could be carried over: no
    /// record says who founded that mesh.
    package static func isOfSharedKey(_ file: [UInt8]) -> Bool { file.first == 1 }

    package init(decoding bytes: RawSpan) throws(DecodeError) {
        var reader = ByteReader(bytes)
        guard try reader.u8() == Self.version else { throw .unknown }
        let mesh = try reader.digest()
        let seed = SecretBytes(copying: try reader.raw(SigningKey.seedByteCount))
        let seeds = try reader.list(of: Address.self, atMost: Limits.seedAddresses)
        let charter = try reader.list(of: Record.self, atMost: Limits.charterRecords)
        let invite = try reader.optional(Record.self)
        var inviteSeed = [UInt8](repeating: 0, count: SigningKey.seedByteCount)
        if invite != nil { inviteSeed = [UInt8](copying: try reader.raw(SigningKey.seedByteCount)) }
        defer { inviteSeed.wipe() }
        try reader.finish()
        self.init(
            mesh: mesh, signing: Self.signing(seed), seeds: seeds, charter: charter, invite: invite,
            inviteSeed: SecretBytes(copying: inviteSeed.raw))
    }

    private static var noSeed: SecretBytes {
        SecretBytes(copying: [UInt8](repeating: 0, count: SigningKey.seedByteCount).raw)
    }

    private static func signing(_ seed: borrowing SecretBytes) -> SigningKey {
        do throws(CryptoError) {
            return try SigningKey(seed: seed)
        } catch {
            preconditionFailure("a seed has the length of a seed")
        }
    }
}
