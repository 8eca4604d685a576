package import Base

/// What must travel first: whoever holds these records knows of every revocation that any of them speaks of.
extension Law {
    /// The records that revocations, suspensions and decisions about invitations rest on, by rising ids.
    package var warnings: [Digest] { foundation(of: []) }

    /// What the verdicts on these entries rest on, by rising ids: all warnings, the root's updates, and of each feed
    /// that matters its certificate and what leads to the entry.
    package func foundation(of entries: [Digest]) -> [Digest] {
        var found = Set<Digest>()
        var ids: [Digest] = []
        func take(_ id: Digest) { if found.insert(id).inserted { ids.append(id) } }
        for update in root.updates { take(update) }
        var next = entries
        for log in feeds.values {
            for placed in log.linked.values where placed.entry.act.isWarning { next.append(placed.id) }
        }
        var asked = Set<Digest>()
        while let id = next.popLast() {
            guard asked.insert(id).inserted, let (log, placed) = find(id) else { continue }
            if let authority = placed.entry.authority { next.append(authority) }
            if let made = placed.promise?.authority { next.append(made) }
            take(log.id)
            var step: FeedLog.Placed? = placed
            // Whatever was met before has its whole past in the set.
            while let here = step, !found.contains(here.id) {
                take(here.id)
                step = log[here.entry.sequence - 1, here.entry.previous]
            }
        }
        return ids.sorted()
    }

    /// The cuts with which a revocation of a key leaves everything as it is: the ends of the key's own feeds, and of
    /// those of sponsors who let in whom it had invited. Of more than there may be, the sponsors' go first.
    package func cutsThatLeaveAll(of key: SignerKey) -> [Cut] { cutsThatLeaveAll(of: [key]) }

    /// The same for all keys of one person.
    package func cutsThatLeaveAll(of keys: [SignerKey]) -> [Cut] {
        let own = keys.flatMap { feedsByOwner[$0] ?? [] }
        let sponsors = feeds.filter { _, log in
            !keys.contains(log.certificate.owner)
                && log.linked.values.contains { placed in placed.promise.map { keys.contains($0.inviter) } ?? false }
        }.map(\.0)
        let cuts = (sponsors + own).compactMap { feed -> Cut? in
            guard let last = feeds[feed]?.linked.values.last else { return nil }
            return Cut(feed: feed, sequence: last.entry.sequence, entry: last.id)
        }
        return Array(cuts.prefix(Limits.cuts)).risingOnce
    }
}

extension Act {
    fileprivate var isWarning: Bool {
        switch self {
        case .revoke, .suspend, .resolve: true
        case .grant, .propose, .approve, .operate, .cosign, .nextKey, .redeem, .confirm, .close: false
        }
    }
}
