internal import Base

/// Who is a member, and in what standing.
extension Judge {
    /// Those who came with invitations, and in what standing they are.
    struct Newcomers {
        var standings: [SignerKey: Judgement.Standing] = [:]
        var alarms: [Judgement.Alarm] = []
        /// By invitation, rising.
        var nodesByInvite: [Digest: [SignerKey]] = [:]
    }

    private struct Arrival {
        let redemption: Digest
        let node: SignerKey
        let site: String?
    }

    /// A newcomer is on probation until an operator confirms it or half of its site does. When more came with an
    /// invitation than it has uses, all of them are until an operator says who stays: nobody can tell who was meant.
    func newcomers() -> Newcomers {
        var comers = SortedMap<Digest, [Arrival]>()
        var usesByInvite: [Digest: Int] = [:]
        var confirmers: [Digest: [SignerKey]] = [:]
        var confirmed: Set<Digest> = []
        forEachValid { log, placed in
            switch placed.entry.act {
            case .redeem(let redemption):
                guard let link = links[placed.id], let invite = placed.promise else { return }
                let arrival = Arrival(
                    redemption: placed.id, node: redemption.node.signing, site: link.terms.site)
                comers.update(redemption.invite.id, default: []) { $0.append(arrival) }
                usesByInvite[redemption.invite.id] = Int(invite.uses)
            case .confirm(let redemption):
                if placed.entry.authority == nil { confirmed.insert(redemption) }
                confirmers[redemption, default: []].append(log.certificate.owner)
            case .grant, .revoke, .suspend, .propose, .approve, .operate, .cosign, .nextKey, .resolve, .close: break
            }
        }
        var newcomers = Newcomers()
        let granted = grantedRenewers()
        for (invite, arrivals) in comers {
            let nodes = arrivals.map(\.node).risingOnce
            newcomers.nodesByInvite[invite] = nodes
            let isOverspent = nodes.count > usesByInvite[invite] ?? 0
            let isResolved = kept[invite] != nil
            if isOverspent { newcomers.alarms.append(.overspent(invite: invite, nodes: nodes)) }
            for arrival in arrivals {
                let peers = granted[arrival.site ?? ""] ?? []
                let vouching = (confirmers[arrival.redemption] ?? []).risingOnce.count {
                    $0 != arrival.node && peers.risingContains($0)
                }
                let needed = arrival.site.flatMap { law.root.head.state.rule(for: $0)?.quorum }.map { Int($0) }
                let isVouched = vouching >= needed ?? Lease.quorum(renewing: peers.count)
                let isConfirmed = confirmed.contains(arrival.redemption) || isVouched || isResolved
                let isFull = isConfirmed && !isOverspent
                let before = newcomers.standings[arrival.node] ?? .probation
                newcomers.standings[arrival.node] = max(before, isFull ? .full : .probation)
            }
        }
        return newcomers
    }

    /// Nodes that were granted renewing, by their sites: by a grant, since newcomers do not vouch for newcomers.
    private func grantedRenewers() -> [String: [SignerKey]] {
        var renewers: [String: [SignerKey]] = [:]
        for id in linksByRank.joined() where verdicts[id] == .valid {
            guard let link = links[id], case .grant(let grant) = link.placed.entry.act,
                case .node(let node) = grant.subject, link.terms.can.risingContains(.renew)
            else { continue }
            renewers[link.terms.site ?? "", default: []].append(node.signing)
        }
        return renewers.mapValues(\.risingOnce)
    }

    func members(
        _ newcomers: Newcomers, revokedKeys: Set<SignerKey>
    ) -> SortedMap<SignerKey, Judgement.Member> {
        var members = SortedMap<SignerKey, Judgement.Member>()
        for id in linksByRank.joined() where verdicts[id] == .valid {
            guard let link = links[id] else { continue }
            let node: NodeKeys
            let standing: Judgement.Standing
            switch link.placed.entry.act {
            case .grant(let grant):
                guard case .node(let keys) = grant.subject else { continue }
                (node, standing) = (keys, .full)
            case .redeem(let redemption):
                node = redemption.node
                standing = newcomers.standings[node.signing] ?? .probation
            case .revoke, .suspend, .propose, .approve, .operate, .cosign, .nextKey, .confirm, .resolve, .close:
                continue
            }
            let isRevoked = revokedKeys.contains(node.signing) || hasBound(link)
            let member = Judgement.Member(
                node: node, site: link.terms.site, standing: standing, isRevoked: isRevoked)
            // Of several grants the better standing counts, and one that stands outweighs one that was taken back.
            guard let known = members[node.signing] else {
                members[node.signing] = member
                continue
            }
            if (known.isRevoked ? 0 : 1, known.standing) < (isRevoked ? 0 : 1, standing) {
                members[node.signing] = member
            }
        }
        return members
    }
}
