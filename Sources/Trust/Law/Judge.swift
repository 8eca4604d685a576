internal import Base

/// Works out what all entries of a law are worth, from the root down. Each stratum is decided by the ones above it
/// alone, so there are no circles: nobody can revoke somebody who can revoke them, and one pass each is enough.
///
/// 1. The root chain says who the operators are, and cuts the feeds of those it removed.
/// 2. What operators revoke: keys that are not the root's, and grants.
/// 3. Forks: which branch of a feed enough others had seen.
/// 4. Grants and what their holders revoke, by rank: a grant ranks below those that it is made from.
/// 5. Everything else.
struct Judge {
    /// What a revocation, or a removal from the root, leaves of feeds.
    struct Bound {
        let source: Digest
        let cuts: [Cut]
        /// Acts under heads of this height or above are not bound: whoever was removed may have come back.
        let below: Int
    }

    /// A grant, or a redemption, which gives what its invitation promised.
    struct Link {
        let id: Digest
        let log: FeedLog
        let placed: FeedLog.Placed
        let terms: Grant.Terms
        let keys: [SignerKey]
        /// What it is made from; nil for an operator's.
        let parent: Digest?
        /// One for an operator's own.
        let rank: Int
        /// How many hands it went through.
        let hands: Int
    }

    let law: Law
    /// By whose feeds they bind; looked up, never walked through.
    var boundsByOwner: [SignerKey: [Bound]] = [:]
    /// By the grant whose uses they bind.
    var boundsByGrant: [Digest: [Bound]] = [:]
    /// What operators decided to keep of an invitation's nodes.
    var kept: [Digest: [[SignerKey]]] = [:]
    /// What is left of each forked feed.
    var forkCuts: [Digest: FeedLog.Placed?] = [:]
    var surplusFeeds: Set<Digest> = []
    var links: [Digest: Link] = [:]
    /// The same, in the order of their ranks.
    var linksByRank: [[Digest]] = []
    var verdicts: [Digest: Verdict] = [:]
    var suspensions: [(entry: Digest, name: String)] = []

    init(_ law: Law) {
        self.law = law
        bindRemovedOperators()
        findSurplusFeeds()
        collectOperatorsRevocations()
        resolveForks()
        collectLinks()
        for rank in linksByRank.indices { judge(rank: rank) }
        judgeTheRest()
    }

    /// Calls `body` with all linked entries, by feeds and places.
    func forEachEntry(_ body: (FeedLog, FeedLog.Placed) -> Void) {
        for log in law.feeds.values {
            for placed in log.linked.values { body(log, placed) }
        }
    }
}

/// What is asked of every act.
extension Judge {
    /// Why an entry counts for nothing, whatever it does; nil when nothing speaks against it so far. A fork never
    /// takes a revocation back, so those ask for their feed's branches to be all alike.
    func baseFault(_ log: FeedLog, _ placed: FeedLog.Placed, evenOnLostBranch: Bool = false) -> Fault? {
        guard let height = law.root.height(of: placed.entry.head) else { return .headNotOnChain }
        if surplusFeeds.contains(log.id) { return .tooManyFeeds }
        for bound in boundsByOwner[log.certificate.owner] ?? [] where height < bound.below {
            guard leaves(bound, log, placed) else { return .cut(by: bound.source) }
        }
        if !evenOnLostBranch, let end = forkCuts[log.id] {
            guard let end, placed.entry.sequence <= end.entry.sequence, log.isAncestor(placed, of: end) else {
                return .forked
            }
        }
        return nil
    }

    func leaves(_ bound: Bound, _ log: FeedLog, _ placed: FeedLog.Placed) -> Bool {
        guard let cut = bound.cuts.first(where: { $0.feed == log.id }) else { return false }
        return log.leaves(cut, placed)
    }

    /// Why an entry is no operator's.
    func operatorFault(_ log: FeedLog, _ placed: FeedLog.Placed, evenOnLostBranch: Bool = false) -> Fault? {
        if let fault = baseFault(log, placed, evenOnLostBranch: evenOnLostBranch) { return fault }
        guard let height = law.root.height(of: placed.entry.head),
            law.root.path[height].state.isActing(log.certificate.owner)
        else { return .notAnOperator }
        return nil
    }

    /// Why an entry may not use a grant; nil when it may. The whole chain is asked, never the last link alone.
    func useFault(of grant: Digest, _ log: FeedLog, _ placed: FeedLog.Placed, evenOnLostBranch: Bool = false) -> Fault?
    {
        if let fault = baseFault(log, placed, evenOnLostBranch: evenOnLostBranch) { return fault }
        guard let link = links[grant] else { return .noSuchGrant }
        guard verdicts[grant] == .valid else { return .grantVoid(grant) }
        guard link.keys.contains(log.certificate.owner) else { return .notTheHolder }
        return boundFault(under: link, log, placed)
    }

    /// The revocation of a grant, or of one that it came from, beyond which an entry lies.
    func boundFault(under link: Link, _ log: FeedLog, _ placed: FeedLog.Placed) -> Fault? {
        var next: Link? = link
        while let link = next {
            for bound in boundsByGrant[link.id] ?? [] {
                guard leaves(bound, log, placed) else { return .cut(by: bound.source) }
            }
            next = link.parent.flatMap { links[$0] }
        }
        return nil
    }

    /// Why an entry may not do what its authority is asked for: its own right as an operator, or a grant.
    func authorityFault(_ log: FeedLog, _ placed: FeedLog.Placed, evenOnLostBranch: Bool = false) -> Fault? {
        guard let grant = placed.entry.authority else {
            return operatorFault(log, placed, evenOnLostBranch: evenOnLostBranch)
        }
        return useFault(of: grant, log, placed, evenOnLostBranch: evenOnLostBranch)
    }
}
