internal import Base
internal import Control
internal import Membership
internal import Registry
internal import Trust

/// What a node answers about the law: who belongs to the mesh, and by what right.
extension MarramNode {
    /// A token, when the law lets this node invite.
    mutating func invite(uses: Int, lifetime: Interval, at now: Now) -> Envelope {
        guard let right = switchboard.registry.right(to: .invite) else {
            return envelope(.failure(Complaint(.mayNotInvite)), at: now)
        }
        let living = others.values.filter { $0.state == .alive }.map(\.record.contact.address)
        let expires = now.wall + lifetime
        let token = signatory.token(
            under: right.grant, head: right.head, terms: Charter.everyNode, uses: UInt16(clamping: uses),
            expires: expires, hints: Array((configuration.reachable + living).prefix(Limits.seedAddresses)),
            from: &entropy)
        return envelope(.invitation(InvitationReply(token: token.text, uses: uses, expires: expires)), at: now)
    }

    /// All nodes that the law knows, by their names.
    var nodes: NodesReply {
        let registry = switchboard.registry
        let rows = registry.members.map { id, member in
            NodeRow(
                name: name(of: id), id: id, standing: standing(of: member), site: member.site ?? "",
                key: hexadecimal(member.node.signing.encoded), cuts: hexadecimal(registry.cuts(leaving: member)),
                redemption: registry.redemption(of: member.node.signing)?.description ?? "")
        }
        return NodesReply(
            mesh: hexadecimal(registry.book.mesh.value.bytes),
            head: registry.book.law.map { hexadecimal($0.root.head.id.value.bytes) } ?? "",
            nodes: rows.sorted { ($0.name, $0.id) < ($1.name, $1.id) })
    }

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
