import Base

@testable import Trust

/// The law once more, as its page puts it: no strata, no indexes, no order of evaluation. Each question is answered
/// from the definition by looking through all records, which is slow, and hard to get wrong in the same way.
final class ReferenceJudge {
    struct Item {
        let id: Digest
        let entry: Entry
        let owner: SignerKey
    }

    private let path: [RootChain.Link]
    private var items: [Digest: Item] = [:]
    private var all: [Item] = []
    private var answers: [Digest: Bool] = [:]

    /// Which entries are linked, and the path of the root, are taken from the law under test: they have tests of their
    /// own.
    init(_ law: Law) {
        path = law.root.path
        for log in law.feeds.values {
            for placed in log.linked.values {
                let item = Item(id: placed.id, entry: placed.entry, owner: log.certificate.owner)
                items[item.id] = item
                all.append(item)
            }
        }
    }

    var valid: [Digest] { all.filter { isValid($0.id) }.map(\.id).sorted() }

    /// Persons who may say yes and did, but whoever proposed; those who share a key or a name are one.
    func approvals(of proposal: Digest, threshold: Int) -> Int {
        guard isValid(proposal), let proposed = items[proposal], case .propose(let said) = proposed.entry.act else {
            return 0
        }
        var people = path.flatMap { $0.state.operators.map(\.person) }
        for item in all where isValid(item.id) {
            if case .grant(let grant) = item.entry.act, case .person(let person) = grant.subject {
                people.append(person)
            }
        }
        var groups: [(names: Set<String>, keys: Set<SignerKey>)] = people.map { ([$0.name], Set($0.keys)) }
        while let (one, other) = overlap(groups) {
            groups[one].names.formUnion(groups[other].names)
            groups[one].keys.formUnion(groups[other].keys)
            groups.remove(at: other)
        }
        let voters = groups.filter { group in
            !group.keys.contains(proposed.owner)
                && all.contains { item in
                    guard case .approve(let approval) = item.entry.act, approval.proposal == proposal,
                        isValid(item.id), group.keys.contains(item.owner)
                    else { return false }
                    guard let grant = item.entry.authority else { return true }
                    return mayApprove(grant, said.subjects.object, threshold: threshold)
                }
        }
        return voters.count
    }

    private func overlap(_ groups: [(names: Set<String>, keys: Set<SignerKey>)]) -> (Int, Int)? {
        for one in groups.indices {
            for other in groups.indices where one < other {
                let isSame =
                    !groups[one].names.isDisjoint(with: groups[other].names)
                    || !groups[one].keys.isDisjoint(with: groups[other].keys)
                if isSame { return (one, other) }
            }
        }
        return nil
    }

    private func mayApprove(_ grant: Digest, _ object: String, threshold: Int) -> Bool {
        guard let used = items[grant].flatMap({ terms($0) }), covers(used.terms, object) else { return false }
        let founders = all.filter { item in
            guard let other = terms(item), isValid(item.id), covers(other.terms, object) else { return false }
            return other.keys.contains { used.keys.contains($0) }
        }.compactMap { founder(of: $0) }
        return Set(founders).count >= threshold
    }

    private func covers(_ terms: Grant.Terms, _ object: String) -> Bool {
        terms.can.contains(.approve) && terms.scope.contains(object)
    }

    private func founder(of item: Item) -> String? {
        guard let first = chain(of: item.id).last, let made = items[first], let height = height(made.entry.head) else {
            return nil
        }
        var maker = made.owner
        if case .redeem(let redemption) = made.entry.act, let invite = invite(redemption) { maker = invite.inviter }
        return path[height].state.operators.first { $0.person.keys.contains(maker) }?.person.name
    }

    /// Nodes that are members by this invitation and by nothing else.
    func nodes(broughtOnlyBy invite: Digest) -> [SignerKey] {
        var (brought, others): (Set<SignerKey>, Set<SignerKey>) = ([], [])
        for item in all where isValid(item.id) {
            switch item.entry.act {
            case .redeem(let redemption) where redemption.invite.id == invite: brought.insert(redemption.node.signing)
            case .redeem(let redemption): others.insert(redemption.node.signing)
            case .grant(let grant): others.formUnion(grant.subject.keys)
            default: break
            }
        }
        return brought.subtracting(others).sorted()
    }

    private func isValid(_ id: Digest) -> Bool {
        if let answer = answers[id] { return answer }
        guard let item = items[id] else { return false }
        let answer = holds(item)
        answers[id] = answer
        return answer
    }

    // MARK: Roots and feeds

    private func height(_ head: Digest) -> Int? { path.firstIndex { $0.id == head } }

    private func isActing(_ key: SignerKey, under head: Digest) -> Bool {
        guard let height = height(head) else { return false }
        return path[height].state.operators.contains { $0.kind == .acting && $0.person.keys.contains(key) }
    }

    private func leads(_ item: Item, to end: Item) -> Bool {
        var step: Item? = end
        while let here = step {
            if here.id == item.id { return true }
            step = items[here.entry.previous]
        }
        return false
    }

    private func isLeft(_ item: Item, by cuts: [Cut]) -> Bool {
        guard let cut = cuts.first(where: { $0.feed == item.entry.feed }) else { return false }
        if let end = items[cut.entry], end.entry.feed == cut.feed, end.entry.sequence == cut.sequence {
            return leads(item, to: end)
        }
        return item.entry.sequence < cut.sequence
    }

    private func survivesRoot(_ item: Item) -> Bool {
        guard let height = height(item.entry.head) else { return false }
        for (index, link) in path.enumerated() where index > height {
            for case .remove(let name, let cuts) in link.changes {
                let removed = path[index - 1].state.operators.first { $0.person.name == name }
                if removed?.person.keys.contains(item.owner) == true, !isLeft(item, by: cuts) { return false }
            }
        }
        return true
    }

    private func isOperators(_ item: Item) -> Bool {
        item.entry.authority == nil && survivesRoot(item) && isActing(item.owner, under: item.entry.head)
    }

    private func survivesKeys(_ item: Item) -> Bool {
        !all.contains { other in
            guard case .revoke(let revocation) = other.entry.act, case .key(item.owner) = revocation.target else {
                return false
            }
            return isOperators(other) && !isRoots(item.owner) && !isLeft(item, by: revocation.cuts)
        }
    }

    private func isRoots(_ key: SignerKey) -> Bool {
        path.contains { $0.state.operators.contains { $0.person.keys.contains(key) } }
    }

    private func isSound(_ item: Item) -> Bool { survivesRoot(item) && survivesKeys(item) }

    // MARK: Forks

    private func survivesFork(_ item: Item) -> Bool {
        let feed = all.filter { $0.entry.feed == item.entry.feed }
        let fork = feed.map(\.entry.sequence).filter { number in
            feed.filter { $0.entry.sequence == number }.count > 1
        }.min()
        guard let fork else { return true }
        if item.entry.sequence < fork { return true }
        let witnessed = feed.filter { witnesses(of: $0, fork: fork).count >= path[path.count - 1].state.witnesses }
        guard !witnessed.isEmpty else { return false }
        // What stands is what all witnessed ends have in common, or the longest when each leads to the next.
        return witnessed.allSatisfy { leads(item, to: $0) || leads($0, to: item) }
            && witnessed.contains { leads(item, to: $0) }
    }

    private func witnesses(of item: Item, fork: UInt64) -> Set<SignerKey> {
        Set(
            all.compactMap { other -> SignerKey? in
                guard case .cosign(let head) = other.entry.act, head.feed == item.entry.feed, head.entry == item.id,
                    head.sequence == item.entry.sequence, item.entry.sequence >= fork, isSound(other),
                    mayWitness(other.owner, item, fork: fork)
                else { return nil }
                return other.owner
            })
    }

    private func mayWitness(_ key: SignerKey, _ item: Item, fork: UInt64) -> Bool {
        guard key != item.owner else { return false }
        return all.contains { other in
            guard case .grant(let grant) = other.entry.act, case .node(let node) = grant.subject, node.signing == key,
                isOperators(other), isSound(other)
            else { return false }
            return other.owner != item.owner || other.entry.feed == item.entry.feed && other.entry.sequence < fork
        }
    }

    // MARK: Grants

    private func terms(_ item: Item) -> (terms: Grant.Terms, keys: [SignerKey], parent: Digest?)? {
        switch item.entry.act {
        case .grant(let grant): return (grant.terms, grant.subject.keys, item.entry.authority)
        case .redeem(let redemption):
            guard let invite = invite(redemption) else { return nil }
            return (invite.terms, [redemption.node.signing], invite.authority)
        default: return nil
        }
    }

    private func invite(_ redemption: Redemption) -> Invite? {
        guard case .invite(let invite)? = try? Statement(decoding: redemption.invite.body.raw) else { return nil }
        return invite
    }

    private func chain(of grant: Digest) -> [Digest] {
        var chain = [grant]
        while let last = chain.last, let item = items[last], let parent = terms(item)?.parent { chain.append(parent) }
        return chain
    }

    private func survivesGrants(_ item: Item, under grant: Digest) -> Bool {
        for link in chain(of: grant) {
            for other in all {
                guard case .revoke(let revocation) = other.entry.act, case .grant(link) = revocation.target else {
                    continue
                }
                if isValid(other.id), !isLeft(item, by: revocation.cuts) { return false }
            }
        }
        return true
    }

    private func mayUse(_ grant: Digest, _ item: Item) -> Bool {
        guard let made = items[grant], let (_, keys, _) = terms(made) else { return false }
        return keys.contains(item.owner) && isValid(grant) && survivesGrants(item, under: grant)
    }

    private func isAuthorised(_ item: Item) -> Bool {
        item.entry.authority.map { mayUse($0, item) } ?? isOperators(item)
    }

    private func isWithin(_ terms: Grant.Terms, _ parent: Digest) -> Bool {
        guard let made = items[parent], let above = self.terms(made)?.terms else { return false }
        return terms.delegate < above.delegate && Set(terms.can).isSubset(of: above.can)
            && Set(terms.groups).isSubset(of: above.groups) && (above.site == nil || above.site == terms.site)
            && terms.scope.isWithin(above.scope)
    }

    private func can(_ capability: Capability, on object: String, _ item: Item) -> Bool {
        guard let grant = item.entry.authority, mayUse(grant, item), let made = items[grant] else { return false }
        guard let terms = terms(made)?.terms else { return false }
        return terms.can.contains(capability) && terms.scope.contains(object)
    }

    // MARK: Acts

    private func holds(_ item: Item) -> Bool {
        guard isSound(item) else { return false }
        switch item.entry.act {
        case .revoke(let revocation): return holds(revocation, item)
        case .suspend, .resolve: return isOperators(item)
        case .cosign, .nextKey, .close: return survivesFork(item)
        case .grant, .propose, .approve, .operate, .redeem, .confirm: break
        }
        guard survivesFork(item) else { return false }
        switch item.entry.act {
        case .grant(let grant):
            guard isAuthorised(item), chain(of: item.id).count <= Limits.grantDepth else { return false }
            return item.entry.authority.map { isWithin(grant.terms, $0) } ?? true
        case .propose(let proposal): return can(.propose, on: proposal.subjects.object, item)
        case .operate(let operation): return can(operation.capability, on: operation.object, item)
        case .approve(let approval):
            guard isAuthorised(item), isValid(approval.proposal),
                case .propose(let proposal)? = items[approval.proposal]?.entry.act
            else { return false }
            return proposal.subjects == approval.subjects
        case .redeem(let redemption): return holds(redemption, item)
        case .confirm(let redemption):
            guard isAuthorised(item), isValid(redemption), let made = items[redemption], terms(made) != nil else {
                return false
            }
            return item.entry.authority.flatMap { items[$0] }.flatMap { terms($0)?.terms.can.contains(.renew) } ?? true
        case .revoke, .suspend, .resolve, .cosign, .nextKey, .close: return false
        }
    }

    private func holds(_ revocation: Revocation, _ item: Item) -> Bool {
        guard let authority = item.entry.authority else {
            guard isOperators(item) else { return false }
            if case .key(let key) = revocation.target { return !isRoots(key) }
            return true
        }
        guard case .grant(let target) = revocation.target, target != authority else { return false }
        return chain(of: target).contains(authority) && items[target] != nil && mayUse(authority, item)
    }

    private func holds(_ redemption: Redemption, _ item: Item) -> Bool {
        guard isAuthorised(item), chain(of: item.id).count <= Limits.grantDepth, let invite = invite(redemption),
            height(invite.head) != nil
        else { return false }
        if let sponsor = item.entry.authority {
            guard let made = items[sponsor], terms(made)?.terms.can.contains(.sponsor) == true else { return false }
        }
        for other in all {
            guard case .resolve(redemption.invite.id, let keep) = other.entry.act, isOperators(other) else { continue }
            if !keep.contains(redemption.node.signing) { return false }
        }
        guard let authority = invite.authority else {
            return isActing(invite.inviter, under: invite.head) && isActing(invite.inviter, under: item.entry.head)
        }
        guard isValid(authority), let made = items[authority], let above = terms(made),
            above.keys.contains(invite.inviter), above.terms.can.contains(.invite), isWithin(invite.terms, authority)
        else { return false }
        let asInviter = Item(id: item.id, entry: item.entry, owner: invite.inviter)
        return survivesGrants(item, under: authority) && survivesRoot(asInviter) && survivesKeys(asInviter)
    }
}
