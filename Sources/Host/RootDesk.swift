package import Base
internal import Crypto
package import Trust

/// How operators change who they are: one writes down a change, as many sign it as it takes, and one hands it in. The
/// daemon is told nothing but the record that comes of it.
package enum RootDesk {
    /// What somebody wants changed, and who is to sign it.
    package struct Order: Hashable, Sendable {
        /// The genesis and the updates since, as the daemon gave them.
        package let chain: [Record]
        package let changes: [RootChange]
        /// Files of the keys that sign at once.
        package let keys: [String]
        /// Names of those who are to sign elsewhere.
        package let others: [String]

        package init(chain: [Record], changes: [RootChange], keys: [String], others: [String]) {
            self.chain = chain
            self.changes = changes
            self.keys = keys
            self.others = others
        }
    }

    /// Writes an order down, and signs it with every key that is here.
    package static func propose(_ order: Order, passphrase: (String) -> String?) throws(Complaint) -> RootProposal {
        try Sodium.start()
        let state: RootState
        do throws(RootProposal.Flaw) {
            state = try RootProposal.root(of: order.chain).head.state
        } catch {
            throw Complaint(.replyNotUnderstood, what: "the daemon's words about the root are not understood")
        }
        var signers = try order.others.map { name throws(Complaint) in try key(of: name, in: state) }
        var held: [HeldKey] = []
        for path in order.keys {
            let key = HeldKey(try OperatorKey.read(path) { passphrase(path) })
            guard state.holder(of: key.signer) != nil else {
                throw Complaint(.notToSign, what: "the key in \(path) is no operator's of this mesh")
            }
            held.append(key)
        }
        signers += held.map(\.signer)
        guard signers.risingOnce.count <= Limits.signers, order.changes.count <= Limits.rootChanges else {
            throw Complaint(.rootRefused, because: RootState.Refusal.tooMany.words)
        }
        var proposal = RootProposal(after: order.chain, signers: signers, changes: order.changes)
        _ = try look(at: proposal)
        for key in held { proposal.sign(with: key.own.signing) }
        return proposal
    }

    private static func key(of name: String, in state: RootState) throws(Complaint) -> SignerKey {
        guard let person = state.operators.first(where: { $0.person.name == name })?.person else {
            throw Complaint(.unknownOperator, what: "no operator of the mesh is called \(name)")
        }
        return person.keys[0]
    }

    /// Reads a proposal, and checks all of it.
    package static func read(_ bytes: [UInt8]) throws(Complaint) -> (RootProposal, RootProposal.Outlook) {
        try Sodium.start()
        let proposal: RootProposal
        do throws(DecodeError) {
            proposal = try RootProposal(decoding: bytes.raw)
        } catch {
            throw Complaint(
                .proposalUnreadable, what: "the file is no change of a root, or a piece of it is missing: \(error)")
        }
        return (proposal, try look(at: proposal))
    }

    /// Adds the signature of the key in a file.
    package static func sign(
        _ proposal: RootProposal, keyAt path: String, passphrase: () -> String?
    ) throws(Complaint) -> RootProposal {
        try Sodium.start()
        let own = try OperatorKey.read(path, passphrase: passphrase)
        guard proposal.update.signers.contains(SignerKey(own.signing.publicKey)) else {
            throw Complaint(.notToSign, what: "the key in \(path) is not among those that are to sign this")
        }
        var proposal = proposal
        proposal.sign(with: own.signing)
        return proposal
    }

    /// Where nobody would be left, no threshold helps.
    private static func tooFew(_ proposal: RootProposal) -> Complaint {
        let state = try? RootProposal.root(of: proposal.chain).head.state
        let leaving = proposal.update.changes.compactMap { change -> String? in
            if case .remove(let name, _) = change { name } else { nil }
        }
        let stay = state?.operators.count { $0.kind == .acting && !leaving.contains($0.person.name) } ?? 0
        return Complaint(
            .rootRefused, because: RootState.Refusal.tooFewOperators.words,
            remedy: stay == 0
                ? "make somebody else an operator first: marram operator add CARD"
                : "give a lower threshold in the same command: --threshold \(stay)")
    }

    private static func look(at proposal: RootProposal) throws(Complaint) -> RootProposal.Outlook {
        do throws(RootProposal.Flaw) {
            return try proposal.check()
        } catch {
            switch error {
            case .chain: throw Complaint(.proposalUnreadable, what: "the root that the file brings is not truly signed")
            case .parent:
                throw Complaint(.proposalUnreadable, what: "the change follows another root than the file brings")
            case .seal: throw Complaint(.proposalUnreadable, what: "a signature in the file is not of this change")
            case .refused(.tooFewPersons): throw Complaint(.signersMissing)
            case .refused(.tooFewOperators): throw tooFew(proposal)
            case .refused(let why): throw Complaint(.rootRefused, because: why.words)
            }
        }
    }
}
