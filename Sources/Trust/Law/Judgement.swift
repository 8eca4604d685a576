package import Base

/// What a law comes to: the verdict on every entry, and from the valid ones who is who. A value of its own, made anew
/// when the law has grown, so that asking it is looking things up.
package struct Judgement: Sendable {
    /// A valid grant, or a redemption that holds like one.
    package struct Holding: Hashable, Sendable {
        package let id: Digest
        package let terms: Grant.Terms
        package let keys: [SignerKey]
        /// The operator at the beginning of its chain.
        package let founder: String?
        /// Some revocation bounds it or what it came from: what was done stands, nothing new is.
        package let isRevoked: Bool
    }

    package enum Standing: Hashable, Comparable, Sendable {
        /// May gossip. It came with an invitation, and nobody has vouched for it yet; or more came than were invited.
        case probation
        case full
    }

    package struct Member: Hashable, Sendable {
        package let node: NodeKeys
        package let site: String?
        package let standing: Standing
        package let isRevoked: Bool
    }

    /// What only a person can put right.
    package enum Alarm: Hashable, Sendable {
        /// A key was used in two places, or a disk was restored: the feed and its owner.
        case forked(feed: Digest, owner: SignerKey)
        /// More nodes came with an invitation than it has uses.
        case overspent(invite: Digest, nodes: [SignerKey])
    }

    package struct Yes: Hashable, Sendable {
        let person: Int
        let entry: Digest
        /// When it says that it was given.
        package let given: WallTime
        package let notAfter: WallTime
        let authority: Digest?
    }

    struct Count: Sendable {
        let approver: Capability
        let yeses: [Yes]
    }

    /// The root's tables and operators at its head.
    package let root: RootState
    package let head: Digest
    let verdicts: [Digest: Verdict]
    /// All valid entries, by rising ids.
    package let valid: [Digest]
    /// Looked up by id.
    let holdings: [Digest: Holding]
    let holdingsByKey: [SignerKey: [Digest]]
    let personByKey: [SignerKey: Int]
    /// Keys that a revocation names.
    let revokedKeys: Set<SignerKey>
    /// Nodes with whom nobody speaks, by rising keys: their key was revoked, or every grant that made them members.
    package let thrownOut: [SignerKey]
    /// Of each proposal: whose it is, what it says, and the yeses.
    let proposals: [Digest: (proposer: Int?, subjects: Subjects)]
    let yeses: [Digest: [Yes]]
    /// The votes that policies ask for, counted in advance: a decision looks them up.
    var countsByProposal: [Digest: [Count]] = [:]
    /// Which nodes came with each invitation, by rising keys.
    let nodesByInvite: [Digest: [SignerKey]]
    package let members: SortedMap<SignerKey, Member>
    /// Names of operators whom another has suspended, by rising names.
    package let suspended: [String]
    package let alarms: [Alarm]
    /// Who may write what in the store.
    package let writing: WritingLaw
    /// The hash of all revocations that count: members with the same one are equally warned.
    package let revocations: Digest

    package func verdict(on entry: Digest) -> Verdict? { verdicts[entry] }

    package func holding(_ id: Digest) -> Holding? { holdings[id] }

    /// A grant of this key by which a capability may be used now; of several, the one with the lowest id.
    package func grant(of key: SignerKey, for capability: Capability) -> Digest? {
        guard !revokedKeys.contains(key) else { return nil }
        return (holdingsByKey[key] ?? []).sorted().first { id in
            holdings[id].map { !$0.isRevoked && $0.terms.can.risingContains(capability) } ?? false
        }
    }

    /// Everything by which this key holds anything, by rising ids.
    package func holdings(of key: SignerKey) -> [Digest] { (holdingsByKey[key] ?? []).sorted() }

    package func site(of node: SignerKey) -> String? { members[node]?.site }

    /// Nodes in full standing that may sign leases, by rising keys; of one site, or of all.
    package func renewers(at site: String?) -> [SignerKey] {
        members.filter { key, member in
            member.standing == .full && !member.isRevoked && (site == nil || member.site == site)
                && (holdingsByKey[key] ?? []).contains {
                    holdings[$0].map { !$0.isRevoked && $0.terms.can.risingContains(.renew) } ?? false
                }
        }.map(\.0)
    }

    func isSuspended(_ key: SignerKey) -> Bool {
        root.holder(of: key).map { suspended.risingContains($0.person.name) } ?? false
    }
}
