internal import Base

/// What the law says of writing the store, for the engine that keeps it: which keys take a grant, who has one, and how
/// far each log counts. It follows from the records alone, so replicas with the same law hide the same writes.
package struct WritingLaw: Hashable, Sendable {
    /// From a place in every log on, what is closed.
    package struct Rule: Hashable, Sendable {
        package let closed: Scope
        package let before: [Cut]
    }

    package struct Right: Hashable, Sendable {
        package let author: SignerKey
        package let scope: Scope
        /// Where it was taken back, or what it was made from.
        package let ends: [[Cut]]
    }

    package struct End: Hashable, Sendable {
        package let author: SignerKey
        package let cuts: [Cut]
    }

    /// In the order of the root's chain.
    package let rules: [Rule]
    /// By rising grants.
    package let rights: [Right]
    /// Of nodes that were thrown out.
    package let ends: [End]
}

extension WritingLaw {
    /// What is done to a key is done to this object.
    package static let stem = "key:"

    package static func object(_ key: String) -> String { stem + key }
}

extension Judge {
    func writingLaw() -> WritingLaw {
        let rules = law.root.path.flatMap { link in
            link.changes.compactMap { change -> WritingLaw.Rule? in
                guard case .setPolicy(let policy) = change, policy.capability == .write else { return nil }
                return WritingLaw.Rule(closed: policy.scope, before: policy.cuts)
            }
        }
        var rights: [(grant: Digest, right: WritingLaw.Right)] = []
        var ends: [WritingLaw.End] = []
        for id in linksByRank.joined() where verdicts[id] == .valid {
            guard let link = links[id], link.terms.can.risingContains(.write) else { continue }
            let bounds = bounds(of: link)
            rights += link.keys.map { key in
                (id, WritingLaw.Right(author: key, scope: link.terms.scope, ends: bounds.map(\.cuts)))
            }
        }
        forEachValid { _, placed in
            guard case .revoke(let revocation) = placed.entry.act, case .key(let key) = revocation.target else {
                return
            }
            ends.append(WritingLaw.End(author: key, cuts: revocation.cuts))
        }
        rights.sort { ($0.grant, $0.right.author) < ($1.grant, $1.right.author) }
        return WritingLaw(rules: rules, rights: rights.map(\.right), ends: ends)
    }

    /// All revocations of a grant and of those that it came from.
    private func bounds(of link: Link) -> [Bound] {
        var bounds: [Bound] = []
        var next: Link? = link
        while let link = next {
            bounds += boundsByGrant[link.id] ?? []
            next = link.parent.flatMap { links[$0] }
        }
        return bounds
    }
}
