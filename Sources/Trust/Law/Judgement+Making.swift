internal import Base
internal import Crypto

/// From verdicts to who is who.
extension Judgement {
    package init(of law: Law) {
        let judge = Judge(law)
        let head = law.root.head
        root = head.state
        self.head = head.id
        verdicts = judge.verdicts
        var valid: [Digest] = []
        var revokedNames: [SignerKey] = []
        var revocations = ByteWriter()
        judge.forEachValid { _, placed in
            valid.append(placed.id)
            guard case .revoke(let revocation) = placed.entry.act else { return }
            if case .key(let key) = revocation.target { revokedNames.append(key) }
        }
        let revoked = Set(revokedNames)
        valid.sort()
        self.valid = valid
        for id in valid {
            if case .revoke? = law.find(id)?.placed.entry.act { revocations.digest(id) }
        }
        self.revocations = Digest(hashing: revocations.bytes.raw)
        revokedKeys = revoked
        (holdings, holdingsByKey) = judge.holdings(revokedKeys: revoked)
        personByKey = judge.persons()
        (proposals, yeses) = judge.votes(personByKey)
        let newcomers = judge.newcomers()
        nodesByInvite = newcomers.nodesByInvite
        members = judge.members(newcomers, revokedKeys: revoked)
        thrownOut = (revokedNames + members.filter(\.1.isRevoked).map(\.0)).risingOnce
        suspended =
            judge.suspensions.filter { !head.state.liftedSuspensions.risingContains($0.entry) }
            .map(\.name).risingOnce
        alarms = judge.forks() + newcomers.alarms
        writing = judge.writingLaw()
        let approvers = root.policies.compactMap(\.approver).risingOnce
        for id in valid where yeses[id] != nil {
            countsByProposal[id] = approvers.map { Count(approver: $0, yeses: count(of: id, by: $0)) }
        }
    }
}

extension Judge {
    func forEachValid(_ body: (FeedLog, FeedLog.Placed) -> Void) {
        forEachEntry { log, placed in if verdicts[placed.id] == .valid { body(log, placed) } }
    }

    func forks() -> [Judgement.Alarm] {
        law.feeds.values.filter { $0.fork != nil }.map { .forked(feed: $0.id, owner: $0.certificate.owner) }
    }

    /// The operator at the beginning of a grant's chain.
    private func founder(of link: Link) -> String? {
        var first = link
        while let parent = first.parent.flatMap({ links[$0] }) { first = parent }
        let maker = first.placed.promise?.inviter ?? first.log.certificate.owner
        guard let height = law.root.height(of: first.placed.entry.head) else { return nil }
        return law.root.path[height].state.holder(of: maker)?.person.name
    }

    func hasBound(_ link: Link) -> Bool {
        var next: Link? = link
        while let link = next {
            if boundsByGrant[link.id] != nil { return true }
            next = link.parent.flatMap { links[$0] }
        }
        return false
    }

    func holdings(
        revokedKeys: Set<SignerKey>
    ) -> (byID: [Digest: Judgement.Holding], byKey: [SignerKey: [Digest]]) {
        var byID: [Digest: Judgement.Holding] = [:]
        var byKey: [SignerKey: [Digest]] = [:]
        for id in linksByRank.joined() where verdicts[id] == .valid {
            guard let link = links[id] else { continue }
            byID[id] = Judgement.Holding(
                id: id, terms: link.terms, keys: link.keys, founder: founder(of: link), isRevoked: hasBound(link))
            for key in link.keys { byKey[key, default: []].append(id) }
        }
        return (byID, byKey)
    }

    /// Gives every key the number of its person. Two names that share a key are one person, and so are two records of
    /// one name: whoever counts heads must err towards fewer.
    func persons() -> [SignerKey: Int] {
        var people = law.root.path.flatMap { $0.state.operators.map(\.person) }
        forEachValid { _, placed in
            if case .grant(let grant) = placed.entry.act, case .person(let person) = grant.subject {
                people.append(person)
            }
        }
        var groups = Groups()
        var groupByKey: [SignerKey: Int] = [:]
        var groupByName: [String: Int] = [:]
        for person in people {
            let group = groups.add()
            if let same = groupByName[person.name] { groups.join(group, same) }
            groupByName[person.name] = group
            for key in person.keys {
                if let same = groupByKey[key] { groups.join(group, same) }
                groupByKey[key] = group
            }
        }
        return groupByKey.mapValues { groups.first(of: $0) }
    }

    func votes(
        _ personByKey: [SignerKey: Int]
    ) -> (proposals: [Digest: (proposer: Int?, subjects: Subjects)], yeses: [Digest: [Judgement.Yes]]) {
        var proposals: [Digest: (proposer: Int?, subjects: Subjects)] = [:]
        var yeses: [Digest: [Judgement.Yes]] = [:]
        forEachValid { log, placed in
            let person = personByKey[log.certificate.owner]
            switch placed.entry.act {
            case .propose(let proposal): proposals[placed.id] = (person, proposal.subjects)
            case .approve(let approval):
                guard let person else { return }
                let yes = Judgement.Yes(
                    person: person, entry: placed.id,
                    given: WallTime(milliseconds: Int64(placed.entry.time.milliseconds)),
                    notAfter: approval.notAfter, authority: placed.entry.authority)
                yeses[approval.proposal, default: []].append(yes)
            case .grant, .revoke, .suspend, .operate, .cosign, .nextKey, .redeem, .confirm, .resolve, .close: break
            }
        }
        return (proposals, yeses)
    }

    /// Numbers that are joined into groups, each known by its least.
    private struct Groups {
        private var up: [Int] = []

        mutating func add() -> Int {
            up.append(up.count)
            return up.count - 1
        }

        func first(of number: Int) -> Int {
            var number = number
            while up[number] != number { number = up[number] }
            return number
        }

        mutating func join(_ left: Int, _ right: Int) {
            let (left, right) = (first(of: left), first(of: right))
            up[max(left, right)] = min(left, right)
        }
    }
}
