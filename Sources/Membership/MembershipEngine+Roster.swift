internal import Base

/// The roster: what is believed of whom, and what follows when it changes.
extension MembershipEngine {
    /// How a claim came.
    enum Source {
        /// From the member that it is about.
        case itself(pulse: UInt64)
        /// As news, fresh from its observers.
        case news(NodeID)
        /// From somebody's roster, and perhaps old.
        case roster(NodeID)
    }

    /// Takes a claim into the roster when it is newer, or about the same life and more certain.
    mutating func learn(
        _ claim: Claim, _ source: Source, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        let id = claim.record.id
        guard id != me.id else { return hearOfMyself(claim, source, at: now, into: &outbox) }
        guard let known = members[id] else { return meet(claim, source, at: now, into: &outbox) }
        let (life, new) = (known.record.life, claim.record.life)
        guard new >= life else { return outbox.put(.note(.ignored(.stale))) }
        guard isPossible(new, after: life) else { return outbox.put(.note(.ignored(.impossibleLife))) }
        if new > life {
            guard isGenuine(claim.record, source, at: now, into: &outbox) else { return }
            var member = known
            member.record = claim.record
            if claim.standing == .down {
                settle(&member, .here, source, at: now)
            } else {
                settle(&member, claim.standing, source, at: now)
            }
            put(member, replacing: known, from: source, at: now, into: &outbox)
            if claim.standing == .down { hearOfDeath(claim, source, at: now, into: &outbox) }
            return
        }
        switch (claim.standing, known.standing) {
        case (.left, .unheard), (.left, .here), (.left, .down):
            guard isGenuine(claim.record, source, at: now, into: &outbox) else { return }
            var member = known
            member.record = claim.record
            settle(&member, .left, source, at: now)
            put(member, replacing: known, from: source, at: now, into: &outbox)
        case (.down, .here): hearOfDeath(claim, source, at: now, into: &outbox)
        case (.down, .unheard), (.here, .unheard):
            if claim.standing == .here, deafSince != nil, !source.isFirstHand { return }
            var member = known
            member.lostPulse = claim.pulse
            member.proof = claim.proof(from: source)
            settle(&member, claim.standing, source, at: now)
            let spread = spreadable(claim, source, at: now, into: &outbox)
            put(member, replacing: known, from: spread, at: now, into: &outbox)
        case (.here, .down): doubt(id, claim: nil, from: source, at: now)
        case (.unheard, _), (.here, .here), (_, .left), (.down, .down):
            outbox.put(.note(.ignored(.stale)))
        }
    }

    private func isPossible(_ new: Life, after old: Life) -> Bool {
        let leap = UInt64(rules.longestLeap)
        return new.boot == old.boot ? new.beat - old.beat <= leap : new.boot - old.boot <= leap
    }

    private mutating func meet(_ claim: Claim, _ source: Source, at now: Now, into outbox: inout Outbox<Effect>) {
        guard members.count < Limits.members else { return outbox.put(.note(.ignored(.viewIsFull))) }
        guard isGenuine(claim.record, source, at: now, into: &outbox) else { return }
        var member = Member(claim.record, .unreachable, .unheard, .notHeardSinceStart, at: now)
        member.lostPulse = claim.pulse
        member.proof = claim.proof(from: source)
        settle(&member, claim.standing, source, at: now)
        let spread = spreadable(claim, source, at: now, into: &outbox)
        put(member, replacing: nil, from: spread, at: now, into: &outbox)
    }

    /// Nobody spreads a death whose proof it has not looked at, or else it would be taken for the liar.
    private mutating func spreadable(
        _ claim: Claim, _ source: Source, at now: Now, into outbox: inout Outbox<Effect>
    ) -> Source? {
        guard claim.standing == .down, case .news(let teller) = source else { return source }
        let proven = proven(claim, toldBy: teller, at: now, into: &outbox)
        return proven.isEmpty || proven.count < claim.accusations.count ? nil : source
    }

    /// Brings state and reason in line with a standing that was heard of.
    private func settle(_ member: inout Member, _ standing: Standing, _ source: Source, at now: Now) {
        member.standing = standing
        switch standing {
        case .here:
            let reason: Member.Reason = source.teller.map { .heardThrough($0) } ?? .heardDirectly
            if member.state != .alive || member.history.isEmpty { member.move(to: .alive, because: reason, at: now) }
            member.heard = now.instant
            member.proof = Proof()
            if case .itself(let pulse) = source { member.lostPulse = pulse }
        case .left: member.move(to: .left, because: .saidGoodbye, at: now)
        case .unheard: member.move(to: .unreachable, because: .notHeardSinceStart, at: now)
        case .down:
            let teller = source.teller ?? member.record.id
            member.move(to: .unreachable, because: .toldGone(by: teller, accusers: member.proof.accusers), at: now)
        }
    }

    /// A life longer than this node's, or a goodbye, must be its own word: then it has a twin, or has lost its count.
    private mutating func hearOfMyself(
        _ claim: Claim, _ source: Source, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        let life = claim.record.life
        guard life > me.life || (life == me.life && claim.standing >= .down && !me.isLeaving) else { return }
        let isOwnWord = life > me.life || claim.standing == .left
        guard !isOwnWord || isGenuine(claim.record, source, at: now, into: &outbox) else { return }
        speakUp(against: life, at: now, into: &outbox)
    }

    // MARK: Whose word it is

    /// Whether the subject itself says so. Asked only of what would change the roster, so what is held already is not
    /// looked at again; and of one who told a forgery no more for a while, so lies cost little.
    private mutating func isGenuine(
        _ record: MemberRecord, _ source: Source, at now: Now, into outbox: inout Outbox<Effect>
    ) -> Bool {
        let teller = source.teller ?? record.id
        if teller != record.id, isDistrusted(teller, at: now) {
            outbox.put(.note(.ignored(.toldByALiar)))
            return false
        }
        if notary.vouches(for: record) { return true }
        outbox.put(.note(.ignored(.forged)))
        blame(teller, about: record.id, at: now, into: &outbox)
        return false
    }

    func isDistrusted(_ teller: NodeID, at now: Now) -> Bool {
        members[teller]?.caught.map { now.instant - $0.at.instant < rules.distrust } ?? false
    }

    /// That peer told of another what nobody signed.
    mutating func blame(_ peer: NodeID, about subject: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        outbox.put(.note(.lied(peer, about: subject)))
        let (index, found) = members.position(of: peer)
        guard found else { return }
        members.update(at: index) { member in
            let count = min((member.caught?.count ?? 0) + 1, 1 << 30)
            member.caught = Member.Caught(count: count, at: now, about: subject)
        }
    }

    // MARK: Deaths, as others tell of them

    /// News of a verdict that as many observers signed as this node's own rings demand is believed, unless this node
    /// heard the subject since. Any other may come from a liar, or from the far side of a split that is over: the
    /// subject is asked.
    private mutating func hearOfDeath(
        _ claim: Claim, _ source: Source, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        let id = claim.record.id
        guard case .news(let teller) = source, isVerdict(claim.accusations, over: id) else {
            return doubt(id, claim: claim, from: source, at: now)
        }
        if let edge = edges[id], edge.wasHeard, edge.trial == nil, rules.comparesPulses != 0,
            !isBorneOut(claim, edge, now)
        {
            outbox.put(.note(.ignored(.heardSince)))
            return doubt(id, claim: claim, from: source, at: now)
        }
        // Only what would be believed is looked at, for that costs something.
        var claim = claim
        claim.accusations = proven(claim, toldBy: teller, at: now, into: &outbox)
        guard isVerdict(claim.accusations, over: id) else { return doubt(id, claim: claim, from: source, at: now) }
        let pulse = max(claim.pulse, edges[id]?.latest ?? 0)
        giveUp(
            id, .down, .toldGone(by: teller, accusers: claim.accusers), pulse: pulse, claim.proof(from: source),
            from: source, at: now, into: &outbox)
    }

    /// Whether nothing that this observer hears speaks against a verdict, though it has no doubt of its own yet: a beat
    /// is late, and none came that the accusers do not know.
    private func isBorneOut(_ claim: Claim, _ edge: Edge, _ now: Now) -> Bool {
        edge.latest <= claim.pulse && edge.isLate(settings, at: now)
    }

    /// Takes a member out of those present. With a source that is news.
    mutating func giveUp(
        _ id: NodeID, _ standing: Standing, _ reason: Member.Reason, pulse: UInt64, _ proof: Proof,
        from source: Source?, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard let known = members[id], known.isPresent else { return }
        var member = known
        member.standing = standing
        member.lostPulse = pulse
        member.proof = proof
        member.move(to: .unreachable, because: reason, at: now)
        put(member, replacing: known, from: source, at: now, into: &outbox)
    }

    /// The subject itself was heard: it is back in the life that it was given up in.
    mutating func comeBack(
        _ id: NodeID, because reason: Member.Reason, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard let known = members[id], !known.isPresent, known.standing != .left else { return }
        var member = known
        member.standing = .here
        member.proof = Proof()
        member.move(to: .alive, because: reason, at: now)
        member.heard = now.instant
        put(member, replacing: known, from: nil, at: now, into: &outbox)
        asking.hunger = Asking.fullHunger
        askSoon(id, at: now)
    }

    // MARK: What follows

    /// Writes a changed member into the roster. With a source the change is news.
    private mutating func put(
        _ member: Member, replacing old: Member?, from source: Source?, at now: Now,
        into outbox: inout Outbox<Effect>
    ) {
        let id = member.record.id
        var member = member
        if let old, let habit = old.habit, member.isPresent, !old.isPresent,
            old.record.life.boot == member.record.life.boot, now.instant - old.heard < rules.longestGap
        {
            // It was there all the time, and has borne a silence that was taken for its death.
            member.habit?.gap = max(habit.gap, now.instant - old.heard)
        }
        if let old { view ^= old.mark.hash }
        view ^= member.mark.hash
        members[id] = member
        if old?.state != member.state {
            outbox.put(.note(.moved(id, from: old?.state, to: member.state, because: member.reason)))
        }
        if old.map({ !$0.record.isStoredLike(member.record) }) ?? true {
            outbox.put(.persist(Self.fact(of: member)))
        }
        if let source, member.standing != .unheard { spread(id, from: source, at: now) }
        if member.isPresent {
            doubts[id] = nil
            lostNeighbours[id] = nil
        }
        if (old?.isPresent ?? false) != member.isPresent {
            if isLonely {
                lonelyKnocks = 0
                asking.hunger = Asking.fullHunger
                scheduleAsk(at: now)
            }
            if member.isPresent { rings.insert(id) } else { rings.remove(id) }
            knit(at: now.instant)
        }
        // Whoever begins a new life, or is back, was heard of just now.
        if member.isPresent, old.map({ $0.record.life < member.record.life || !$0.isPresent }) ?? true {
            let isNewBoot = old.map { $0.record.life.boot < member.record.life.boot } ?? false
            let (index, isNeighbour) = edges.position(of: id)
            let settings = settings
            if isNeighbour {
                edges.update(at: index) {
                    $0.live(on: source?.teller, isNewBoot: isNewBoot, settings, at: now.instant)
                }
            }
        }
    }

    /// Brings the edges in line with the rings.
    mutating func knit(at now: Instant) {
        let neighbours = rings.neighbours(of: me.id, everybodyUpTo: rules.everybodyUpTo)
        for peer in edges.keys where !neighbours.contains(peer) { cut(peer, at: now) }
        for peer in neighbours where edges[peer] == nil {
            let habit = members[peer]?.habit ?? Member.Habit(loss: usualLoss, gap: .zero)
            var edge = Edge(peer, habit: habit, at: now)
            if let since = deafSince, now - since >= rules.isolationPatience {
                edge.trial = Trial(at: now)
            }
            edges[peer] = edge
        }
    }

    private mutating func cut(_ peer: NodeID, at now: Instant) {
        guard let edge = edges[peer] else { return }
        edges[peer] = nil
        let (index, found) = members.position(of: peer)
        guard found else { return }
        let isLearnt = edge.beats >= beatsToLearn
        members.update(at: index) { member in
            member.view = nil
            // What a few beats have taught says less of a path than what the other paths lose.
            if isLearnt {
                member.habit = Member.Habit(loss: edge.loss, gap: edge.gap)
            } else if let habit = member.habit {
                member.habit?.gap = max(habit.gap, edge.gap)
            }
        }
        guard members.values[index].state == .unreachable, lostNeighbours.count < Limits.lostNeighbours else { return }
        lostNeighbours[peer] = Knock(next: now + settings.interval, pause: settings.interval)
    }

    /// After so many an edge knows what its path loses.
    private var beatsToLearn: Int { rules.beatsAveraged / 3 }

    /// What a path that nothing is known of may lose: what the others do.
    var usualLoss: Int {
        let learnt = edges.values.filter { $0.beats >= beatsToLearn }
        let known = learnt.isEmpty ? edges.values.filter { $0.pulse > 0 } : learnt
        guard !known.isEmpty else { return rules.lossAtStart }
        return known.reduce(0) { $0 + $1.loss } / known.count
    }
}

extension MembershipEngine.Source {
    /// Nil when it is the member itself, or this node's own judgement.
    var teller: NodeID? {
        switch self {
        case .itself: nil
        case .news(let peer), .roster(let peer): peer
        }
    }

    var isFirstHand: Bool { teller == nil }
}
