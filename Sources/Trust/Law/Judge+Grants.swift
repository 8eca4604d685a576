internal import Base

/// Strata four and five: grants by rank, then everything that is done with them.
extension Judge {
    /// Finds all grants and redemptions, and how each hangs on others. Ranks follow from hashes, which name what was
    /// there before: no chain of them can be a circle.
    mutating func collectLinks() {
        var ranked: [[Digest]] = []
        for log in law.feeds.values {
            for placed in log.linked.values {
                guard let link = link(placed.id, depth: 0) else { continue }
                while ranked.count < link.rank { ranked.append([]) }
                ranked[link.rank - 1].append(link.id)
            }
        }
        linksByRank = ranked
    }

    private mutating func link(_ id: Digest, depth: Int) -> Link? {
        if let known = links[id] { return known }
        guard depth < Limits.sponsorRank, let (log, placed) = law.find(id) else { return nil }
        let terms: Grant.Terms
        let keys: [SignerKey]
        let parent: Digest?
        var rank = 0
        switch placed.entry.act {
        case .grant(let grant):
            (terms, keys, parent) = (grant.terms, grant.subject.keys, placed.entry.authority)
        case .redeem(let redemption):
            guard let invite = placed.promise else { return nil }
            (terms, keys, parent) = (invite.terms, [redemption.node.signing], invite.authority)
            // The sponsor's own grant must have been judged before.
            if let sponsor = placed.entry.authority {
                guard let link = link(sponsor, depth: depth + 1) else { return nil }
                rank = link.rank
            }
        case .revoke, .suspend, .propose, .approve, .operate, .cosign, .nextKey, .confirm, .resolve, .close:
            return nil
        }
        var hands = 1
        if let parent {
            guard let link = link(parent, depth: depth + 1) else { return nil }
            (rank, hands) = (max(rank, link.rank), link.hands + 1)
        }
        guard rank < Limits.sponsorRank else { return nil }
        let link = Link(
            id: id, log: log, placed: placed, terms: terms, keys: keys, parent: parent, rank: rank + 1, hands: hands)
        links[id] = link
        return link
    }

    /// Judges the grants of a rank, and then what their holders revoke, which ranks below them.
    mutating func judge(rank: Int) {
        for id in linksByRank[rank] {
            guard let link = links[id] else { continue }
            verdicts[id] = fault(of: link).map { .void($0) } ?? .valid
        }
        for log in law.feeds.values {
            for placed in log.linked.values {
                guard case .revoke(let revocation) = placed.entry.act, let authority = placed.entry.authority,
                    links[authority]?.rank == rank + 1
                else { continue }
                verdicts[placed.id] = collect(revocation, under: authority, log, placed)
            }
        }
    }

    private func fault(of link: Link) -> Fault? {
        if link.hands > Limits.grantDepth { return .tooManyHands }
        switch link.placed.entry.act {
        case .redeem(let redemption): return fault(of: redemption, link)
        case .grant, .revoke, .suspend, .propose, .approve, .operate, .cosign, .nextKey, .confirm, .resolve, .close:
            break
        }
        if let fault = authorityFault(link.log, link.placed) { return fault }
        guard let parent = link.parent.flatMap({ links[$0] }) else { return nil }
        return link.terms.excess(over: parent.terms).map { .exceeds($0) }
    }

    /// A redemption needs a sponsor who may vouch, and an invitation that its inviter could make, both by what the
    /// sponsor knew. Invitations are in no feed; what bounds them is the place of the redemption in the sponsor's.
    private func fault(of redemption: Redemption, _ link: Link) -> Fault? {
        if let fault = authorityFault(link.log, link.placed) { return fault }
        if let sponsor = link.placed.entry.authority.flatMap({ links[$0] }) {
            guard sponsor.terms.can.risingContains(.sponsor) else { return .lacks(.sponsor) }
        }
        for keep in kept[redemption.invite.id] ?? [] where !keep.risingContains(redemption.node.signing) {
            return .notKept
        }
        guard let invite = link.placed.promise,
            let promised = law.root.height(of: invite.head), let redeemed = law.root.height(of: link.placed.entry.head)
        else { return .headNotOnChain }
        guard let authority = invite.authority else {
            let wasActing = [promised, redeemed].allSatisfy { law.root.path[$0].state.isActing(invite.inviter) }
            return wasActing ? nil : .notAnOperator
        }
        for bound in boundsByOwner[invite.inviter] ?? [] where redeemed < bound.below {
            guard leaves(bound, link.log, link.placed) else { return .cut(by: bound.source) }
        }
        guard let parent = links[authority], verdicts[authority] == .valid else { return .grantVoid(authority) }
        guard parent.keys.contains(invite.inviter) else { return .notTheHolder }
        guard parent.terms.can.risingContains(.invite) else { return .lacks(.invite) }
        return link.terms.excess(over: parent.terms).map { .exceeds($0) }
            ?? boundFault(under: parent, link.log, link.placed)
    }

    private mutating func collect(
        _ revocation: Revocation, under authority: Digest, _ log: FeedLog, _ placed: FeedLog.Placed
    ) -> Verdict {
        if let fault = useFault(of: authority, log, placed, evenOnLostBranch: true) { return .void(fault) }
        // A key may hold what others granted, so only operators revoke keys.
        guard case .grant(let target) = revocation.target else { return .void(.notAnOperator) }
        guard descends(target, from: authority) else { return .void(.notItsIssuer) }
        boundsByGrant[target, default: []].append(Bound(source: placed.id, cuts: revocation.cuts, below: .max))
        return .valid
    }

    /// Whether something was made from a grant, in however many hands. That follows from what each names; whether the
    /// sponsor of a newcomer is known, or was one, has no say: who invited may always take back what came of it.
    private func descends(_ grant: Digest, from ancestor: Digest) -> Bool {
        var next = origin(of: grant)
        for _ in 0..<Limits.sponsorRank {
            guard let origin = next else { return false }
            if origin == ancestor { return true }
            next = self.origin(of: origin)
        }
        return false
    }

    private func origin(of grant: Digest) -> Digest? {
        guard let placed = law.find(grant)?.placed else { return nil }
        return switch placed.entry.act {
        case .grant: placed.entry.authority
        case .redeem: placed.promise?.authority
        case .revoke, .suspend, .propose, .approve, .operate, .cosign, .nextKey, .confirm, .resolve, .close: nil
        }
    }

    mutating func judgeTheRest() {
        // Approvals speak of proposals, which are therefore judged before them.
        for approvals in [false, true] {
            for log in law.feeds.values {
                for placed in log.linked.values where verdicts[placed.id] == nil && placed.isApproval == approvals {
                    verdicts[placed.id] = faultOfTheRest(log, placed).map { .void($0) } ?? .valid
                }
            }
        }
    }

    private func faultOfTheRest(_ log: FeedLog, _ placed: FeedLog.Placed) -> Fault? {
        switch placed.entry.act {
        case .cosign, .nextKey, .close: return baseFault(log, placed)
        case .grant, .redeem:
            // It hangs on something that is not known, or on too many.
            return authorityFault(log, placed) ?? .noSuchGrant
        case .revoke: return .noSuchGrant
        case .suspend, .resolve: return .notAnOperator
        case .propose(let proposal):
            return capabilityFault(.propose, on: proposal.subjects.object, log, placed)
        case .operate(let operation):
            return capabilityFault(operation.capability, on: operation.object, log, placed)
        case .confirm(let redemption):
            if let fault = authorityFault(log, placed) { return fault }
            if let grant = placed.entry.authority.flatMap({ links[$0] }), !grant.terms.can.risingContains(.renew) {
                return .lacks(.renew)
            }
            return verdicts[redemption] == .valid && links[redemption] != nil ? nil : .noSuchTarget
        case .approve(let approval):
            if let fault = authorityFault(log, placed) { return fault }
            guard verdicts[approval.proposal] == .valid,
                case .propose(let proposal)? = law.find(approval.proposal)?.placed.entry.act
            else { return .noSuchTarget }
            return proposal.subjects == approval.subjects ? nil : .otherSubjects
        }
    }

    /// What is more than governing, operators do like everybody else: with a grant.
    private func capabilityFault(
        _ capability: Capability, on object: String, _ log: FeedLog, _ placed: FeedLog.Placed
    ) -> Fault? {
        guard let authority = placed.entry.authority else { return baseFault(log, placed) ?? .lacks(capability) }
        if let fault = useFault(of: authority, log, placed) { return fault }
        guard let terms = links[authority]?.terms, terms.can.risingContains(capability) else {
            return .lacks(capability)
        }
        return terms.scope.contains(object) ? nil : .outOfScope
    }
}

extension FeedLog.Placed {
    fileprivate var isApproval: Bool {
        if case .approve = entry.act { true } else { false }
    }
}
