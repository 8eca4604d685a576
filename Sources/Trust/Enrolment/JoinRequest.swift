package import Base
package import Crypto

/// What a machine asks that was given nothing: let me in. It names the two keys that it made for itself, and is signed
/// by the one, so that nobody is let in under a key that is not its own. It is no secret and needs no line: it may lie
/// on a stick for a year.
package struct JoinRequest: Hashable, Sendable {
    package let keys: NodeKeys
    /// What people are to call the node.
    package let name: String
    private let signature: Signature

    private static let magic = Array("marram-request/1\n".utf8)
    private static let kind = StatementKind("request")
    /// It is signed before its signer knows of any mesh.
    private static let noMesh = Digest(.zero)

    package init(of identity: borrowing NodeIdentity, named name: String) {
        precondition(isName(name), "a node has a name")
        keys = identity.keys
        self.name = name
        signature = identity.signing.sign(Self.body(keys, name).raw, as: Self.kind, in: Self.noMesh)
    }

    /// Throws unless the owner of the key asks for just this.
    package func verify() throws(CryptoError) {
        try keys.signing.key.verify(signature, of: Self.body(keys, name).raw, as: Self.kind, in: Self.noMesh)
    }

    private static func body(_ keys: NodeKeys, _ name: String) -> [UInt8] {
        var writer = ByteWriter()
        keys.encode(into: &writer)
        writer.text(name)
        return writer.bytes
    }
}

extension JoinRequest: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.raw(Self.magic)
        keys.encode(into: &writer)
        writer.text(name)
        signature.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        for byte in Self.magic {
            guard try reader.u8() == byte else { throw .unknown }
        }
        keys = try NodeKeys(from: &reader)
        name = try reader.name()
        signature = try Signature(from: &reader)
    }
}

/// What comes back: the law as far as it says that the node is let in, and where to knock. The node believes of it what
/// is signed, and that it is the mesh's own only because a person brought it.
package struct JoinAnswer: Hashable, Sendable {
    package let node: NodeID
    package let seeds: [Address]
    package let law: LawFile

    private static let magic = Array("marram-answer/1\n".utf8)

    package init(to node: NodeID, seeds: [Address], law: LawFile) {
        precondition(seeds.count <= Limits.seedAddresses, "an answer names a few addresses")
        self.node = node
        self.seeds = seeds
        self.law = law
    }

    /// Why an answer lets nobody in.
    package enum Flaw: Error, Hashable, Sendable {
        case law(LawFile.Flaw)
        /// The law that it brings does not say that the node is a member.
        case noMember
        case revoked
    }

    /// Checks every record, and that together they let the node in; answers what people call the mesh.
    package func check() throws(Flaw) -> String {
        let law: Law
        do throws(LawFile.Flaw) { law = try self.law.check() } catch { throw .law(error) }
        let member = Judgement(of: law).members.values.first { $0.node.id == node }
        guard let member else { throw .noMember }
        guard !member.isRevoked else { throw .revoked }
        return law.root.name
    }
}

extension JoinAnswer: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.raw(Self.magic)
        writer.nodeID(node)
        writer.list(seeds)
        law.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        for byte in Self.magic {
            guard try reader.u8() == byte else { throw .unknown }
        }
        node = try reader.nodeID()
        seeds = try reader.list(of: Address.self, atMost: Limits.seedAddresses)
        law = try LawFile(from: &reader)
    }
}
