package import Base
internal import Control
internal import Membership
internal import Registry
internal import Text
package import Trust

/// What a node answers about the law: who belongs to the mesh, and by what right.
extension MarramNode {
    /// A token, when the law lets this node invite.
    mutating func invite(uses: Int, lifetime: Interval, at now: Now) -> Envelope {
        guard let right = switchboard.registry.right(to: .invite) else {
            return envelope(.failure(Complaint(.mayNotInvite)), at: now)
        }
        // Whatever this machine's clock says: others would take it for over that their bracket has passed.
        let expires = max(now.wall, switchboard.registry.time.floor) + lifetime
        let token = signatory.token(
            under: right.grant, head: right.head, terms: Charter.everyNode, uses: UInt16(clamping: uses),
            expires: expires, hints: knockingPlaces, from: &entropy)
        return envelope(.invitation(InvitationReply(token: token.text, uses: uses, expires: expires)), at: now)
    }

    /// Where a newcomer may knock: here, and where others live.
    private var knockingPlaces: [Address] {
        let living = others.values.filter { $0.state == .alive }.map(\.record.contact.address)
        return Array((configuration.reachable + living).prefix(Limits.seedAddresses))
    }

    /// What brings a node into the mesh that an operator has let in by a file.
    package func answer(to word: String) throws(Complaint) -> JoinAnswer {
        let registry = switchboard.registry
        let (id, member) = try memberOfLaw(word)
        guard !member.isRevoked, let holding = registry.judgement?.holdings(of: member.node.signing).first else {
            throw Complaint(.alreadyRevoked, what: "\(name(of: id)) was thrown out")
        }
        return JoinAnswer(to: id, seeds: knockingPlaces, law: registry.file(about: holding))
    }

    /// All nodes that the law knows, by their names.
    var nodes: NodesReply {
        let rows = switchboard.registry.members.map { id, member in row(of: member, id) }
        return NodesReply(
            mesh: signatory.mesh.description, head: head?.description ?? "",
            nodes: rows.sorted { ($0.name, $0.id) < ($1.name, $1.id) })
    }

    private func row(of member: Judgement.Member, _ id: NodeID) -> NodeRow {
        NodeRow(
            name: name(of: id), id: id, standing: standing(of: member), site: member.site ?? "",
            key: hexadecimal(member.node.signing.encoded))
    }

    private var head: Digest? { switchboard.registry.book.law?.root.head.id }

    /// One node, with what an operator needs to write about it.
    func node(named word: String) throws(Complaint) -> NodeReply {
        let registry = switchboard.registry
        let (id, member) = try memberOfLaw(word)
        return NodeReply(
            mesh: signatory.mesh.description, head: head?.description ?? "", node: row(of: member, id),
            cuts: hexadecimal(registry.cuts(leaving: member, besides: store.cuts(of: id))),
            redemption: registry.redemption(of: member.node.signing)?.description ?? "",
            keys: hexadecimal(member.node.encoded), grants: grants(of: member))
    }

    private func grants(of member: Judgement.Member) -> [GrantRow] {
        guard let judgement = switchboard.registry.judgement else { return [] }
        return judgement.holdings(of: member.node.signing).compactMap { id in
            guard let holding = judgement.holding(id), !holding.isRevoked else { return nil }
            return GrantRow(id: id.description, terms: holding.terms)
        }
    }

    /// The member that a person names: by its name, its id, or the beginning of its id when nothing is named so.
    func memberOfLaw(_ word: String) throws(Complaint) -> (NodeID, Judgement.Member) {
        let members = switchboard.registry.members.map { ($0, $1) }
        let exact = members.filter { id, _ in name(of: id) == word || id.description == word }
        let prefixed =
            word.utf8.count >= Limits.shortestNodeID ? members.filter { $0.0.description.hasPrefix(word) } : []
        let found = exact.isEmpty ? prefixed : exact
        guard let first = found.first else {
            throw Complaint(.unknownNode, what: "the law knows no node \(quoted(word))")
        }
        guard found.count == 1 else {
            throw Complaint(
                .unknownNode, what: "\(found.count) nodes are called \(quoted(word))",
                because: "names are for people and may be given twice", remedy: "name it by its id: marram node list")
        }
        return first
    }

    // MARK: Operators

    /// Who governs the mesh.
    func operators() throws(Complaint) -> OperatorsReply {
        guard let judgement = switchboard.registry.judgement else { throw Self.noLaw }
        let rows = judgement.root.operators.map { row in
            OperatorRow(
                name: row.person.name, standing: judgement.standing(of: row),
                keys: row.person.keys.map { hexadecimal($0.encoded) })
        }
        return OperatorsReply(
            head: judgement.head.description, threshold: judgement.root.threshold, operators: rows)
    }

    /// What a change of the operators is written from.
    func root(leaving name: String?) throws(Complaint) -> RootReply {
        let registry = switchboard.registry
        guard let law = registry.book.law else { throw Self.noLaw }
        var cuts: [Cut] = []
        if let name {
            guard let leaving = law.root.head.state.operators.first(where: { $0.person.name == name }) else {
                throw Complaint(.unknownOperator, what: "no operator of the mesh is called \(name)")
            }
            cuts = registry.cuts(leaving: leaving)
        }
        return RootReply(
            chain: law.root.path.compactMap { registry.book[$0.id] }, cuts: cuts, written: store.cuts(of: nil))
    }

    static let noLaw = Complaint(
        .unknownNode, what: "this node does not know the law yet",
        because: "nobody has shown it the mesh's first record since it was invited", remedy: "marram status")

    func standing(of member: Judgement.Member) -> NodeRow.Standing {
        if member.isRevoked { return .revoked }
        return switch member.standing {
        case .full: .full
        case .probation: .probation
        }
    }

    /// What became of records that were handed in: they were taken in before this is asked.
    func submitted(_ records: [Record]) -> SubmitReply {
        SubmitReply(records: records.count, held: records.count { switchboard.registry.book.has($0.id) })
    }
}

extension Judgement {
    fileprivate func standing(of row: Operator) -> OperatorRow.Standing {
        switch row.kind {
        case .recovery: .recovery
        case .acting: suspended.risingContains(row.person.name) ? .suspended : .acting
        }
    }
}
