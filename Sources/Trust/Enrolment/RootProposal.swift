package import Base
package import Crypto

/// A change of the root on its way from one operator to the next, as a file: what is to change, who is to sign it, and
/// who has. It brings the chain that it follows, so that whoever is asked to sign sees, with no daemon and no net,
/// which mesh it is, who governs it, and that the change is one that the mesh would take.
package struct RootProposal: Hashable, Sendable {
    /// The genesis and the updates that lead to the one that this follows.
    package let chain: [Record]
    package let update: RootUpdate
    /// By rising keys.
    package private(set) var seals: [Record.Seal]

    private static let magic = Array("marram-root/1\n".utf8)

    package init(after chain: [Record], signers: [SignerKey], changes: [RootChange]) {
        precondition(!chain.isEmpty && chain.count <= Limits.rootUpdates + 1, "a chain begins with its genesis")
        self.chain = chain
        update = RootUpdate(parent: chain[chain.count - 1].id, signers: signers, changes: changes)
        seals = []
    }

    package var mesh: Digest { chain[0].id }

    /// Of those who are to sign, who has not.
    package var missing: [SignerKey] { update.signers.filter { key in !seals.contains { $0.key == key } } }

    /// What the law takes, as soon as all have signed.
    package var record: Record? {
        missing.isEmpty ? Record(body: Statement.rootUpdate(update).encoded, seals: seals) : nil
    }

    /// Why a proposal is none, or one that nobody should sign.
    package enum Flaw: Error, Hashable, Sendable {
        /// The chain does not begin with a genesis, or a link of it is not signed or does not follow.
        case chain
        /// The change does not follow the chain's end.
        case parent
        /// A signature is not of this change, or of nobody who is to sign.
        case seal
        /// Signed by all, it would still be no change of this root.
        case refused(RootState.Refusal)
    }

    /// What the root is, and what it would be.
    package struct Outlook: Hashable, Sendable {
        /// What people call the mesh.
        package let mesh: String
        package let before: RootState
        package let after: RootState
    }

    /// The root that a chain leads to. Nothing is believed because it stands there.
    package static func root(of chain: [Record]) throws(Flaw) -> RootChain {
        guard let first = chain.first, let genesis = try? Verified(first, in: first.id),
            var root = try? RootChain(genesis)
        else { throw .chain }
        for record in chain.dropFirst() {
            guard let verified = try? Verified(record, in: root.mesh),
                case .rootUpdate(let update) = verified.statement,
                root.admit(update, id: record.id) == .new, root.head.id == record.id
            else { throw .chain }
        }
        return root
    }

    /// Checks everything that the file says.
    package func check() throws(Flaw) -> Outlook {
        let root = try Self.root(of: chain)
        guard update.parent == root.head.id else { throw .parent }
        let statement = Statement.rootUpdate(update)
        let body = statement.encoded
        for seal in seals {
            guard update.signers.contains(seal.key),
                (try? seal.key.key.verify(seal.signature, of: body.raw, as: statement.kind, in: mesh)) != nil
            else { throw .seal }
        }
        let before = root.head.state
        do throws(RootState.Refusal) {
            return Outlook(mesh: root.name, before: before, after: try before.updated(by: update).state)
        } catch {
            throw .refused(error)
        }
    }

    /// Adds the signature of one who is to sign. Signed twice is signed once.
    package mutating func sign(with key: borrowing SigningKey) {
        let signer = SignerKey(key.publicKey)
        precondition(update.signers.contains(signer), "only who is named signs")
        let statement = Statement.rootUpdate(update)
        let signature = key.sign(statement.encoded.raw, as: statement.kind, in: mesh)
        seals = (seals.filter { $0.key != signer } + [Record.Seal(signer, signature)]).sorted()
    }
}

extension RootProposal: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.raw(Self.magic)
        writer.list(chain)
        update.encode(into: &writer)
        writer.list(seals)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        for byte in Self.magic {
            guard try reader.u8() == byte else { throw .unknown }
        }
        chain = try reader.list(of: Record.self, atMost: Limits.rootUpdates + 1)
        guard !chain.isEmpty else { throw .outOfRange }
        update = try RootUpdate(from: &reader)
        seals = try reader.rising(of: Record.Seal.self, in: 0...Limits.signers)
    }
}

extension RootChange {
    /// What it does, for people.
    package var words: String {
        switch self {
        case .add(let person):
            switch person.kind {
            case .acting: "\(person.person.name) becomes an operator"
            case .recovery: "\(person.person.name) becomes a recovery share"
            }
        case .remove(let name, _): "\(name) is no operator any more; what was done until now stands"
        case .setThreshold(let count): "it takes \(count) to change the operators"
        case .setRole(let role): "the role \(role.name) is set"
        case .setPolicy(let policy): "the policy for \(policy.capability) is set"
        case .setSite(let rule): "the rule for the site \(rule.site) is set"
        case .setWitnesses(let count): "a branch of a forked feed stands with \(count) witnesses"
        case .resetChannel(let name, let epoch): "the channel \(name) begins anew, with epoch \(epoch)"
        case .liftSuspension(let entry): "the suspension \(entry.description.prefix(8)) is lifted"
        }
    }
}
