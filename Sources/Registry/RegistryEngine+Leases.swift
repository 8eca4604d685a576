package import Base
internal import Crypto
package import Trust

/// Leases: what the nodes of a site say together about one of them, "it was in good standing when we last looked". A
/// node asks for one when half of the last has passed, a few of its site at a time until enough have signed, and no
/// operator and no clock of its own is needed for it: what it proposes for the time is what its peers have said.
///
/// A lease is asked for by policies and by nothing else. Whoever has none speaks, hears and is heard as before, so it
/// can always ask for one; that is why nodes with stale leases sign for each other.
extension RegistryEngine {
    /// A lease that is being signed.
    struct LeaseRound: Hashable, Sendable {
        let terms: LeaseTerms
        /// Whom to ask, in the order drawn.
        let signers: [NodeID]
        var asked = 0
        /// By rising keys.
        var seals: [Record.Seal] = []
    }

    /// How this node's own lease stands.
    package func leaseStanding(at now: Now) -> Lease.Standing {
        guard let judgement else { return .renewOnly(.none) }
        return Lease.standing(
            lease, of: me.signing, under: judgement, time: time, knownFor: now.instant - leaseKnown, at: now)
    }

    /// Whether some policy asks for leases: then they are asked for at once, and else when there is leisure.
    private var isLeaseAskedFor: Bool { judgement?.root.policies.contains(where: \.needsFreshLease) ?? false }

    /// Until the own lease is looked at again.
    var leasePause: Interval { isLeaseAskedFor ? Pace.leaseMissing : Pace.leaseLeisure }

    /// The law has changed; perhaps a lease is asked for now.
    mutating func hurryLease(at now: Now) {
        guard isLeaseAskedFor, leaseRound == nil, leaseStanding(at: now) != .fresh else { return }
        nextLease = min(nextLease, now.instant + Pace.leaseStep)
    }

    mutating func tendLease(at now: Now, into outbox: inout Outbox<Effect>) {
        guard nextLease <= now.instant else { return }
        nextLease = now.instant + random.jittered(leasePause, percent: 25)
        if leaseRound == nil, isLeaseDue(at: now) { leaseRound = leaseRound(at: now) }
        guard var round = leaseRound else { return }
        let next = round.signers[round.asked...].prefix(Pace.leaseAsks)
        // Who was asked and has not signed was away; in the next round it is asked again.
        guard !next.isEmpty else { return leaseRound = nil }
        round.asked += next.count
        leaseRound = round
        nextLease = now.instant + Pace.leaseStep
        for signer in next { outbox.put(.send(.askLease(round.terms), to: Contact(onSessionWith: signer))) }
    }

    private func isLeaseDue(at now: Now) -> Bool {
        guard let lease, case .lease(let terms) = lease.statement, leaseStanding(at: now) == .fresh else { return true }
        let half = Interval(nanoseconds: terms.lifetime.nanoseconds / 2)
        return time.hasPassed(terms.issued + half, at: now) ?? (now.instant - leaseKnown > half)
    }

    private mutating func leaseRound(at now: Now) -> LeaseRound? {
        guard let judgement, isMemberMyself else { return nil }
        let site = judgement.site(of: me.signing)
        let rule = site.flatMap { judgement.root.rule(for: $0) }
        var signers = judgement.renewers(at: rule?.acrossSites == true ? nil : site)
            .filter { $0 != me.signing }.map(\.key.nodeID)
        // Where others can say what time it is, they are heard first: a wrong clock would ask for a lease of its year.
        guard time.hasCeiling || signers.count < 2, !signers.isEmpty else { return nil }
        random.shuffle(&signers)
        let issued = time.hasCeiling ? time.estimate(at: now) : now.wall
        var serial: UInt64 = 1
        if case .lease(let former)? = lease?.statement { serial = former.serial + 1 }
        let terms = LeaseTerms(
            node: me.signing, serial: min(serial, Limits.counted), revocations: judgement.revocations, issued: issued,
            hours: rule?.leaseHours ?? Lease.usualHours)
        return LeaseRound(terms: terms, signers: signers)
    }

    /// A member asks for a lease. It is signed for whoever the law calls a member, and for no longer than its site's
    /// rule says. Its date is the asker's own business: whoever holds a lease goes by its own bracket and uptime, and a
    /// signer whose bracket was led astray by wrong clocks must not keep others from theirs.
    mutating func answerLease(
        _ terms: LeaseTerms, to peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard isMember(peer), isMemberMyself, let judgement else {
            return outbox.put(.note(.ignored(.stranger, from: peer)))
        }
        guard terms.node.key.nodeID == peer else { return outbox.put(.note(.ignored(.notItsOwn, from: peer))) }
        let hours = judgement.site(of: terms.node).flatMap { judgement.root.rule(for: $0)?.leaseHours }
        guard terms.hours <= hours ?? Lease.usualHours, leasesLeft > 0 else { return }
        if bug == .staleNeverSigns, lease != nil, leaseStanding(at: now) != .fresh { return }
        leasesLeft -= 1
        outbox.put(.signLease(terms, to: peer))
    }

    /// A signature for the lease that is being asked for.
    mutating func hear(lease record: Record, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        guard var round = leaseRound, let signed = try? Verified(record, in: book.mesh),
            signed.statement == .lease(round.terms), record.seals.count == 1,
            record.seals[0].key.key.nodeID == peer, round.signers.contains(peer),
            round.seals.count < Limits.signers, !round.seals.contains(where: { $0.key == record.seals[0].key })
        else { return }
        round.seals = (round.seals + record.seals).sorted()
        leaseRound = round
        let (former, known) = (lease, leaseKnown)
        lease = try? Verified(stored: Record(body: record.body, seals: round.seals))
        leaseKnown = now.instant
        guard leaseStanding(at: now) == .fresh else { return (lease, leaseKnown) = (former, known) }
        leaseRound = nil
        nextLease = now.instant + random.jittered(leasePause, percent: 25)
        guard let lease else { return }
        outbox.put(.persist(Fact(shelf: Shelf.lease, key: [0], value: lease.record.encoded)))
    }

    /// The lease that an earlier life of this node has stored; what it is worth is asked when it is used.
    static func storedLease(_ facts: [Fact]) -> Verified? {
        guard let bytes = facts.last(where: { $0.shelf == Shelf.lease })?.value,
            let record = try? Record(decoding: bytes.raw), let lease = try? Verified(stored: record),
            case .lease = lease.statement
        else { return nil }
        return lease
    }
}

extension RegistryEngine.LeaseRound: WireValue {
    func encode(into writer: inout ByteWriter) {
        terms.encode(into: &writer)
        writer.varint(UInt64(signers.count))
        for signer in signers { writer.nodeID(signer) }
        writer.varint(UInt64(asked))
        writer.list(seals)
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        terms = try LeaseTerms(from: &reader)
        var signers: [NodeID] = []
        for _ in 0..<(try reader.count(atMost: Limits.members)) { signers.append(try reader.nodeID()) }
        self.signers = signers
        asked = try reader.count(atMost: signers.count)
        seals = try reader.rising(of: Record.Seal.self, in: 0...Limits.signers)
    }
}
