internal import Base

/// Seeing to it that what was said cannot be unsaid: nodes cosign the ends of each other's feeds. Who steals a key and
/// signs another entry at an old place forks the feed; the branch stands that enough witnesses had seen.
extension Judgement {
    /// Whether the key's word counts when a feed is forked: an operator made it a node, not an invitation.
    package func isWitness(_ key: SignerKey, in law: Law) -> Bool {
        !revokedKeys.contains(key)
            && holdings(of: key).contains { id in
                guard let entry = law.entry(id), case .grant = entry.act else { return false }
                return entry.authority == nil && holdings[id].map { !$0.isRevoked } ?? false
            }
    }

    /// The ends of feeds behind whose last act too few witnesses have put their names, and `witness` has not, by rising
    /// ids of feeds. What a feed says of other feeds and of its own keys needs none, or witnesses would never be done.
    package func endsToCosign(by witness: SignerKey, in law: Law, atMost limit: Int) -> [Cut] {
        guard isWitness(witness, in: law) else { return [] }
        let seen = witnessed(in: law)
        var ends: [Cut] = []
        for log in law.feeds.values where log.fork == nil && log.certificate.owner != witness {
            guard ends.count < limit, let end = log.linked.values.last,
                let act = log.linked.values.last(where: { $0.entry.act.isWeighty && verdicts[$0.id] == .valid })
            else { continue }
            let names = (seen[log.id] ?? []).filter { $0.sequence >= act.entry.sequence }.map(\.by).risingOnce
            guard names.count < root.witnesses, !names.risingContains(witness) else { continue }
            ends.append(Cut(feed: log.id, sequence: end.entry.sequence, entry: end.id))
        }
        return ends
    }

    private func witnessed(in law: Law) -> [Digest: [(by: SignerKey, sequence: UInt64)]] {
        var seen: [Digest: [(by: SignerKey, sequence: UInt64)]] = [:]
        for log in law.feeds.values {
            let owner = log.certificate.owner
            var counts: Bool?
            for placed in log.linked.values {
                guard case .cosign(let head) = placed.entry.act, verdicts[placed.id] == .valid else { continue }
                if counts == nil { counts = isWitness(owner, in: law) }
                guard counts == true, law.feeds[head.feed]?.certificate.owner != owner else { continue }
                seen[head.feed, default: []].append((owner, head.sequence))
            }
        }
        return seen
    }
}

extension Act {
    /// Whether it does something to others; the rest speaks of feeds and their keys.
    package var isWeighty: Bool {
        switch self {
        case .grant, .revoke, .suspend, .propose, .approve, .operate, .redeem, .confirm, .resolve: true
        case .cosign, .nextKey, .close: false
        }
    }
}
