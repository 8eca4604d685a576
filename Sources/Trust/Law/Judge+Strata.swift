internal import Base

/// Strata one to three: the root, the operators, the forks.
extension Judge {
    mutating func bindRemovedOperators() {
        for (before, link) in zip(law.root.path, law.root.path.dropFirst()) {
            for case .remove(let name, let cuts) in link.changes {
                guard let removed = before.state.operators.first(where: { $0.person.name == name }) else { continue }
                for key in removed.person.keys {
                    boundsByOwner[key, default: []].append(Bound(source: link.id, cuts: cuts, below: link.height))
                }
            }
        }
    }

    /// Which feeds of an owner are too many does not follow from which came first, but from their epochs.
    mutating func findSurplusFeeds() {
        for log in law.feeds.values {
            let others = law.feedsByOwner[log.certificate.owner] ?? []
            guard others.count > Limits.liveFeeds, others.first == log.id else { continue }
            let open = others.compactMap { law.feeds[$0] }.filter { !$0.isClosed }.sorted {
                ($0.certificate.epoch, $0.id) < ($1.certificate.epoch, $1.id)
            }
            surplusFeeds.formUnion(open.dropFirst(Limits.liveFeeds).map(\.id))
        }
    }

    /// Whether the root names the key anywhere on its chain: then it is the root's, for ever.
    func isRootsKey(_ key: SignerKey) -> Bool {
        law.root.path.contains { $0.state.holder(of: key) != nil }
    }

    mutating func collectOperatorsRevocations() {
        // Bindings by removal are complete; those collected here bind nobody who revokes here, since the keys of
        // operators are out of reach. So the order in which they are met does not matter.
        for log in law.feeds.values {
            for placed in log.linked.values where placed.entry.authority == nil {
                switch placed.entry.act {
                case .revoke(let revocation):
                    verdicts[placed.id] = collect(revocation, log, placed)
                case .resolve(let invite, let keep):
                    let fault = operatorFault(log, placed, evenOnLostBranch: true)
                    if fault == nil { kept[invite, default: []].append(keep) }
                    verdicts[placed.id] = fault.map { .void($0) } ?? .valid
                case .suspend(let name):
                    let fault = operatorFault(log, placed, evenOnLostBranch: true)
                    if fault == nil { suspensions.append((placed.id, name)) }
                    verdicts[placed.id] = fault.map { .void($0) } ?? .valid
                case .grant, .propose, .approve, .operate, .cosign, .nextKey, .redeem, .confirm, .close: break
                }
            }
        }
    }

    private mutating func collect(_ revocation: Revocation, _ log: FeedLog, _ placed: FeedLog.Placed) -> Verdict {
        if let fault = operatorFault(log, placed, evenOnLostBranch: true) { return .void(fault) }
        let bound = Bound(source: placed.id, cuts: revocation.cuts, below: .max)
        switch revocation.target {
        case .key(let key):
            if isRootsKey(key) { return .void(.operatorsKey) }
            boundsByOwner[key, default: []].append(bound)
        case .grant(let grant): boundsByGrant[grant, default: []].append(bound)
        }
        return .valid
    }

    /// A thief who signs one other entry at an old number must not void the years after it. So the branch stands that
    /// enough witnesses had seen, as far as they had seen it; without them, what lies before the fork.
    mutating func resolveForks() {
        let forked = law.feeds.values.filter { $0.fork != nil }
        guard !forked.isEmpty else { return }
        for log in forked {
            guard let fork = log.fork else { continue }
            var seen: [Digest: [SignerKey]] = [:]
            let granted = witnessKeys(besides: log, before: fork)
            forEachEntry { witness, placed in
                guard case .cosign(let head) = placed.entry.act, head.feed == log.id, head.sequence >= fork,
                    granted.risingContains(witness.certificate.owner), log[head.sequence, head.entry] != nil,
                    baseFault(witness, placed, evenOnLostBranch: true) == nil
                else { return }
                seen[head.entry, default: []].append(witness.certificate.owner)
            }
            forkCuts[log.id] = .some(end(of: log, fork: fork, seen: seen))
        }
    }

    /// The last entry that stands: the longest witnessed branch, or where two witnessed branches part.
    private func end(of log: FeedLog, fork: UInt64, seen: [Digest: [SignerKey]]) -> FeedLog.Placed? {
        let witnessed = log.linked.values.filter {
            (seen[$0.id]?.risingOnce.count ?? 0) >= law.root.head.state.witnesses
        }
        guard let last = witnessed.last else { return log.all(at: fork - 1).first }
        var end = last
        for other in witnessed {
            while !log.isAncestor(end, of: other), !log.isAncestor(other, of: end) {
                guard let before = log[end.entry.sequence - 1, end.entry.previous] else { return nil }
                end = before
            }
        }
        return end
    }

    /// Nodes that operators made, though not the owner of the forked feed, who could have made as many as it takes;
    /// only by what it granted before the fork.
    private func witnessKeys(besides forked: FeedLog, before fork: UInt64) -> [SignerKey] {
        var keys: [SignerKey] = []
        forEachEntry { log, placed in
            guard case .grant(let grant) = placed.entry.act, case .node(let node) = grant.subject,
                placed.entry.authority == nil, node.signing != forked.certificate.owner
            else { return }
            let isOwn = log.certificate.owner == forked.certificate.owner
            guard !isOwn || log.id == forked.id && placed.entry.sequence < fork else { return }
            guard operatorFault(log, placed, evenOnLostBranch: true) == nil else { return }
            keys.append(node.signing)
        }
        return keys.risingOnce
    }
}
