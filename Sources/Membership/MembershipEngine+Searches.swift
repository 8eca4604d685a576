internal import Base

/// Somebody whom this node pings for others.
struct Search: Hashable, Sendable {
    /// Those who wait for an answer.
    var askers: [NodeID]
    var next: Instant
    var until: Instant
    /// The last beat of it, 0 before it was heard, and when that was.
    var pulse: UInt64
    var heard: Instant
}

/// The way round: where links are cut one by one, the observers of a member may all be among those who do not hear it,
/// or the one who hears nobody be the only one who is deaf. So before anybody is given up, a few others are asked to
/// ping it, and one that gets an answer vouches for it.
extension MembershipEngine {
    // MARK: Asking others

    /// Asks the scouts about a silent neighbour, and asks those who vouch for it again.
    mutating func sendScouts(after peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        drawScouts(for: peer, at: now)
        guard let edge = edges[peer], let trial = edge.trial, let member = members[peer] else { return }
        let vouchers = self.vouchers(of: edge, at: now)
        let charge = Charge(subject: peer, life: member.record.life, pulse: edge.pulse)
        for scout in vouchers.isEmpty ? trial.scouts : vouchers { send(.seek(charge), to: scout, into: &outbox) }
    }

    /// Those who said lately that they hear it.
    func vouchers(of edge: Edge, at now: Now) -> [NodeID] {
        edge.witnesses.keys.filter { isVouching($0, for: edge, at: now) }
    }

    private func isVouching(_ witness: NodeID, for edge: Edge, at now: Now) -> Bool {
        edge.witnesses[witness].map { $0.pulse > 0 && now.instant - $0.at < rules.accusationLife } ?? false
    }

    /// Others are drawn when these had their time and found nothing. The deaf one asks those that it hears, and one at
    /// random, who may be heard as well.
    private mutating func drawScouts(for peer: NodeID, at now: Now) {
        let (index, found) = edges.position(of: peer)
        guard found, let trial = edges.values[index].trial,
            trial.scouts.isEmpty || now.instant - trial.scoutsDrawn >= rules.accusationLife
        else { return }
        let edge = edges.values[index]
        let observers = self.observers(of: peer)
        var scouts = trial.scouts.filter { isVouching($0, for: edge, at: now) }
        if deafSince != nil {
            var heard = members.values.filter { member in
                member.isPresent && now.instant - member.heard < rules.accusationLife
            }.map(\.record.id)
            heard.removeAll { $0 == peer || scouts.contains($0) }
            while scouts.count + 1 < rules.scouts, let scout = random.pick(heard) {
                scouts.append(scout)
                heard.removeAll { $0 == scout }
            }
        }
        for _ in 0..<4 * rules.scouts where scouts.count < rules.scouts && members.count > observers.count {
            let member = members.values[random.below(members.count)]
            let id = member.record.id
            if member.isPresent, id != peer, !observers.contains(id), !scouts.contains(id) { scouts.append(id) }
        }
        edges.update(at: index) { edge in
            for witness in edge.witnesses.keys where !observers.contains(witness) && !scouts.contains(witness) {
                edge.witnesses[witness] = nil
            }
            edge.trial?.scouts = scouts
            edge.trial?.scoutsDrawn = now.instant
        }
    }

    // MARK: Being asked

    mutating func takeSeek(
        _ charge: Charge, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        hear(peer, pulse: 0, at: now, into: &outbox)
        guard let member = members[charge.subject], members[peer] != nil, charge.subject != peer else {
            return outbox.put(.note(.ignored(.stranger)))
        }
        guard charge.life >= member.record.life else { return outbox.put(.note(.ignored(.stale))) }
        if let edge = edges[charge.subject], edge.isHeard {
            return testify(charge.subject, max(edge.pulse, 1), to: peer, into: &outbox)
        }
        // Also "not yet" is an answer: it shows the deaf one whom it hears.
        testify(charge.subject, search(charge.subject, for: peer, at: now), to: peer, into: &outbox)
    }

    func testify(_ subject: NodeID, _ pulse: UInt64, to peer: NodeID, into outbox: inout Outbox<Effect>) {
        guard let life = members[subject]?.record.life else { return }
        send(.witness(Charge(subject: subject, life: life, pulse: pulse)), to: peer, into: &outbox)
    }

    /// Begins a search or goes on with it; answers the beat that it has found.
    private mutating func search(_ subject: NodeID, for peer: NodeID, at now: Now) -> UInt64 {
        guard searches[subject] != nil || searches.count < Limits.searches else { return 0 }
        let life = rules.accusationLife
        let fresh = Search(askers: [], next: now.instant, until: now.instant, pulse: 0, heard: now.instant)
        return searches.update(subject, default: fresh) { search in
            search.until = now.instant + life
            if search.pulse > 0, now.instant - search.heard < life { return search.pulse }
            if search.pulse > 0 { search.next = now.instant }
            search.pulse = 0
            if !search.askers.contains(peer), search.askers.count < Limits.observers { search.askers.append(peer) }
            return 0
        }
    }

    mutating func goOnSearching(at now: Now, into outbox: inout Outbox<Effect>) {
        for subject in searches.keys {
            let (index, found) = searches.position(of: subject)
            guard found, searches.values[index].next <= now.instant else { continue }
            let search = searches.values[index]
            if search.until <= now.instant {
                searches[subject] = nil
            } else if search.pulse > 0 {
                searches.update(at: index) { $0.next = $0.until }
            } else {
                ping(subject, at: now, into: &outbox)
                let next = now.instant + rules.pingSpacing
                searches.update(at: index) { $0.next = next }
            }
        }
    }

    /// One who is searched has spoken: those who asked are told at once.
    mutating func tellAskers(of subject: NodeID, pulse: UInt64, at now: Now, into outbox: inout Outbox<Effect>) {
        let (index, isSearched) = searches.position(of: subject)
        guard isSearched else { return }
        let pulse = max(pulse, 1)
        for asker in searches.values[index].askers { testify(subject, pulse, to: asker, into: &outbox) }
        searches.update(at: index) { search in
            search.askers = []
            search.pulse = pulse
            search.heard = now.instant
        }
    }
}
