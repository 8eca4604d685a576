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
    /// How often it was pinged since it was heard.
    var pings = 0
}

/// The way round: where links are cut one by one, the observers of a member may all be among those who do not hear it,
/// or the one who hears nobody be the only one who is deaf. So before anybody is given up, a few others are asked to
/// ping it, and one that gets an answer vouches for it.
extension MembershipEngine {
    // MARK: Asking others

    /// Asks the scouts about a silent neighbour. Once it is vouched for, who did so and one of them are enough.
    mutating func sendScouts(after peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        drawScouts(for: peer, at: now)
        guard let edge = edges[peer], let trial = edge.trial, let member = members[peer] else { return }
        let charge = Charge(subject: peer, life: member.record.life, pulse: edge.latest)
        var asked = trial.scouts
        if let voucher = freshVoucher(of: edge, at: now) {
            let others = asked.filter { $0 != voucher }
            asked = [voucher] + (random.pick(others).map { [$0] } ?? [])
        }
        for scout in asked { say(.seek(charge), .testimony, to: scout, at: now, into: &outbox) }
    }

    /// Who said just now that it is heard.
    private func freshVoucher(of edge: Edge, at now: Now) -> NodeID? {
        guard let vouch = edge.vouch, now.instant - vouch.at < rules.accusationLife else { return nil }
        return vouch.by
    }

    /// Who said lately that it is heard.
    func voucher(of edge: Edge, at now: Now) -> NodeID? {
        if let voucher = freshVoucher(of: edge, at: now) { return voucher }
        guard let trial = edge.trial else { return nil }
        func isEnough(_ spoken: Instant) -> Bool {
            spoken >= trial.began && now.instant - spoken < rules.vouchedPatience
        }
        if let refutation = edge.refutation, isEnough(refutation.at) { return refutation.by }
        return edge.provenAlive(settings).map(isEnough) ?? false ? edge.vouch?.by : nil
    }

    /// The last beat of a neighbour that is heard here or, as others say, elsewhere. That may be told on: a beat is no
    /// newer for being told in a circle.
    func lastBeat(of edge: Edge, at now: Now) -> UInt64? {
        if edge.isHeard { return max(edge.latest, 1) }
        return voucher(of: edge, at: now) == nil ? nil : edge.vouch?.pulse
    }

    /// Others are drawn when these had their time: most of them among those that are heard, at best since this silence
    /// began, for who has fallen silent with the accused does not answer; and one at random, who may live on another
    /// side. The other observers are asked anyway, but not by one who is deaf.
    private mutating func drawScouts(for peer: NodeID, at now: Now) {
        let (index, found) = edges.position(of: peer)
        guard found, let trial = edges.values[index].trial,
            trial.scouts.isEmpty || now.instant - trial.scoutsDrawn >= rules.accusationLife
        else { return }
        let voucher = freshVoucher(of: edges.values[index], at: now)
        let observers = self.observers(of: peer)
        let excluded = deafSince == nil ? observers : []
        var scouts = trial.scouts.filter { $0 == voucher }
        for since in [trial.began, now.instant - rules.accusationLife] {
            var heard = members.values.filter { $0.isPresent && $0.heard >= since }.map(\.record.id)
            heard.removeAll { $0 == peer || scouts.contains($0) || excluded.contains($0) }
            // Rather somebody who has not said yet that it does not hear it.
            if heard.contains(where: { !trial.deniers.contains($0) }) { heard.removeAll { trial.deniers.contains($0) } }
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
        if let edge = edges[charge.subject], let beat = lastBeat(of: edge, at: now) {
            return testify(charge.subject, beat, to: peer, at: now, into: &outbox)
        }
        // That nobody hears it is for those to say who have looked, and not before their pings were in vain.
        guard let beat = search(charge.subject, for: peer, at: now) else { return }
        testify(charge.subject, beat, to: peer, at: now, into: &outbox)
    }

    mutating func testify(
        _ subject: NodeID, _ pulse: UInt64, to peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard let life = members[subject]?.record.life else { return }
        let word = MembershipMessage.witness(Charge(subject: subject, life: life, pulse: pulse))
        say(word, .testimony, to: peer, at: now, into: &outbox)
    }

    /// Begins a search or goes on with it; answers the beat that it has found, 0 when that was in vain, or nil where it
    /// cannot tell yet.
    private mutating func search(_ subject: NodeID, for peer: NodeID, at now: Now) -> UInt64? {
        guard searches[subject] != nil || searches.count < Limits.searches else { return nil }
        let (rules, life, pause) = (rules, rules.accusationLife, interval(of: subject))
        let fresh = Search(askers: [], next: now.instant, until: now.instant, pulse: 0, heard: now.instant)
        return searches.update(subject, default: fresh) { search in
            search.until = now.instant + life
            let age = now.instant - search.heard
            if search.pulse == 0 || age >= pause, search.askers.count < Limits.observers {
                search.next = search.askers.isEmpty ? now.instant : search.next
                if !search.askers.contains(peer) { search.askers.append(peer) }
            }
            if search.pulse > 0, age < life { return search.pulse }
            return search.pings > rules.fewestPings ? 0 : nil
        }
    }

    mutating func goOnSearching(at now: Now, into outbox: inout Outbox<Effect>) {
        for subject in searches.keys {
            let (index, found) = searches.position(of: subject)
            guard found, searches.values[index].next <= now.instant else { continue }
            let search = searches.values[index]
            if search.until <= now.instant {
                searches[subject] = nil
            } else if search.askers.isEmpty {
                searches.update(at: index) { $0.next = $0.until }
            } else {
                let isSaid = ping(subject, at: now, into: &outbox)
                let next = isSaid ? now.instant + rules.pingSpacing : retry(.ping, at: now)
                searches.update(at: index) { search in
                    search.next = next
                    if isSaid { search.pings = min(search.pings + 1, 1 << 30) }
                }
            }
        }
    }

    /// One who is searched has spoken: those who asked are told at once.
    mutating func tellAskers(of subject: NodeID, pulse: UInt64, at now: Now, into outbox: inout Outbox<Effect>) {
        let (index, isSearched) = searches.position(of: subject)
        guard isSearched, pulse > 0 else { return }
        for asker in searches.values[index].askers { testify(subject, pulse, to: asker, at: now, into: &outbox) }
        searches.update(at: index) { search in
            search.askers = []
            search.pulse = pulse
            search.heard = now.instant
            search.pings = 0
        }
    }
}
