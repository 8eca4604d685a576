package import Base

/// What is known here and now, and nowhere else need be: it decides what is enforced, never what is true.
package struct Circumstances: Sendable {
    package let now: Now
    package let time: TimeBracket
    /// How the actor's lease stands; nil for a person, who has none.
    package let lease: Lease.Standing?
    /// Members that are quarantined here, by rising keys.
    package let quarantined: [SignerKey]

    package init(now: Now, time: TimeBracket, lease: Lease.Standing?, quarantined: [SignerKey] = []) {
        precondition(quarantined.isRising && quarantined.count <= Limits.quarantined, "a set, and bounded")
        self.now = now
        self.time = time
        self.lease = lease
        self.quarantined = quarantined
    }
}

package enum Decision: Hashable, Sendable {
    /// By this grant.
    case allow(Digest)
    case deny(Denial)
}

/// Why something is not done here and now.
package enum Denial: Hashable, Sendable {
    case unknownEntry
    case notAnOperation
    case void(Fault)
    case revoked
    case suspended
    case onProbation
    case quarantined
    case leaseStale(Lease.Shortage)
    case notInGroup(String)
    case noProposal
    case otherObject
    case tooFewApprovals(Int, of: Int)
    /// There were enough, but some have run out.
    case approvalsExpired(Int, of: Int)

    /// For the audit, and for a person who asks why.
    package var sentence: String {
        switch self {
        case .unknownEntry: "the operation is unknown here"
        case .notAnOperation: "the entry is no operation"
        case .void(let fault): fault.sentence
        case .revoked: "the actor's key or grant was revoked"
        case .suspended: "the operator is suspended; the root lifts it, or removes the operator"
        case .onProbation: "the node came with an invitation, and nobody has confirmed it yet"
        case .quarantined: "the actor is quarantined here"
        case .leaseStale: "the actor's lease is stale; it may renew, and nothing else"
        case .notInGroup(let group): "the actor's grant does not name the group \(group)"
        case .noProposal: "the policy asks for approvals, and no valid proposal is named"
        case .otherObject: "the proposal is for something else"
        case .tooFewApprovals(let count, let needed): "\(count) of \(needed) persons have approved"
        case .approvalsExpired(let count, let needed): "of \(needed) approvals only \(count) have not run out"
        }
    }
}

extension Judgement {
    /// Whether an operation that is part of the law is carried out here and now. `valid` comes first and asks nobody
    /// but the records; what follows may be answered differently at another place or another time, and changes no
    /// record.
    package func decide(on entry: Digest, in law: Law, _ circumstances: Circumstances) -> Decision {
        guard let (log, placed) = law.find(entry), let verdict = verdicts[entry] else { return .deny(.unknownEntry) }
        guard case .operate(let operation) = placed.entry.act else { return .deny(.notAnOperation) }
        if case .void(let fault) = verdict { return .deny(.void(fault)) }
        guard let grant = placed.entry.authority.flatMap({ holdings[$0] }) else { return .deny(.revoked) }
        return decide(operation, by: log.certificate.owner, under: grant, circumstances)
    }

    /// Whether somebody may do something now that is not written yet.
    package func decide(
        _ operation: Operation, by actor: SignerKey, under authority: Digest, _ circumstances: Circumstances
    ) -> Decision {
        guard let grant = holdings[authority] else { return .deny(.void(.noSuchGrant)) }
        guard grant.keys.contains(actor) else { return .deny(.void(.notTheHolder)) }
        guard !revokedKeys.contains(actor), !grant.isRevoked else { return .deny(.revoked) }
        guard isOpen(operation) || grant.terms.can.risingContains(operation.capability) else {
            return .deny(.void(.lacks(operation.capability)))
        }
        guard isOpen(operation) || grant.terms.scope.contains(operation.object) else {
            return .deny(.void(.outOfScope))
        }
        return decide(operation, by: actor, under: grant, circumstances)
    }

    /// The same, by whichever of its grants lets it; if none does, the reason is that of the one that comes nearest.
    package func decide(
        _ operation: Operation, by actor: SignerKey, _ circumstances: Circumstances
    ) -> Decision {
        guard !revokedKeys.contains(actor) else { return .deny(.revoked) }
        var nearest: Decision?
        for id in holdings(of: actor) {
            let decision = decide(operation, by: actor, under: id, circumstances)
            guard case .deny(let denial) = decision else { return decision }
            switch denial {
            case .void(.lacks): nearest = nearest ?? decision
            default: nearest = decision
            }
        }
        return nearest ?? .deny(.void(.lacks(operation.capability)))
    }

    /// Whether it takes no grant of its own: every member writes the keys that no policy speaks of.
    private func isOpen(_ operation: Operation) -> Bool {
        operation.capability == .write && root.policy(for: .write, on: operation.object) == nil
    }

    private func decide(
        _ operation: Operation, by actor: SignerKey, under grant: Holding, _ circumstances: Circumstances
    ) -> Decision {
        if isSuspended(actor) { return .deny(.suspended) }
        if circumstances.quarantined.risingContains(actor) { return .deny(.quarantined) }
        // Who is on probation does all that takes no grant: it writes the keys that are open to everybody.
        if members[actor]?.standing == .probation, !isOpen(operation) { return .deny(.onProbation) }
        guard let policy = root.policy(for: operation.capability, on: operation.object) else {
            return .allow(grant.id)
        }
        if policy.needsFreshLease, case .renewOnly(let shortage)? = circumstances.lease {
            return .deny(.leaseStale(shortage))
        }
        if let group = policy.group, !grant.terms.groups.risingContains(group) { return .deny(.notInGroup(group)) }
        guard let approver = policy.approver else { return .allow(grant.id) }
        guard let proposal = operation.proposal, let (_, subjects) = proposals[proposal] else {
            return .deny(.noProposal)
        }
        // What was approved is what is done: the same object, and the plan that the operation's content is.
        guard subjects.object == operation.object, subjects.plan == operation.content else {
            return .deny(.otherObject)
        }
        let needed = Int(policy.approvals)
        let all = approvals(of: proposal, by: approver)
        guard all.count >= needed else { return .deny(.tooFewApprovals(all.count, of: needed)) }
        let fresh = all.count { isFresh($0, policy.maxAge, circumstances) }
        guard fresh >= needed else { return .deny(.approvalsExpired(fresh, of: needed)) }
        return .allow(grant.id)
    }

    /// A clock that knows nothing does not refuse.
    private func isFresh(_ yes: Yes, _ maxAge: Interval?, _ circumstances: Circumstances) -> Bool {
        let end = min(yes.notAfter, maxAge.map { yes.given + $0 } ?? yes.notAfter)
        return circumstances.time.hasPassed(end, at: circumstances.now) != true
    }
}
