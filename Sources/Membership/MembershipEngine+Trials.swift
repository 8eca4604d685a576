package import Base

/// Silences: a burst of pings, then accusations to the other observers, then a verdict.
extension MembershipEngine {
    /// When the next step about this neighbour is due.
    func trialStep(of edge: Edge) -> Instant {
        guard let trial = edge.trial else { return edge.trialDue(settings) }
        return min(trial.nextPing, trial.nextQuestion)
    }

    mutating func examineSilences(at now: Now, into outbox: inout Outbox<Effect>) {
        for index in 0..<edges.count
        where edges.values[index].trial == nil && edges.values[index].trialDue(settings) <= now.instant {
            edges.update(at: index) { $0.trial = Trial(at: now.instant) }
        }
        watchOwnHealth(at: now, into: &outbox)
        for peer in edges.keys {
            let (index, found) = edges.position(of: peer)
            guard found, trialStep(of: edges.values[index]) <= now.instant else { continue }
            goOnPinging(peer, at: now, into: &outbox)
            goOnAsking(about: peer, at: now, into: &outbox)
        }
    }

    /// Whom this edge never heard may have other neighbours in its own roster, and not know who pings it.
    private func burst(for edge: Edge) -> Int {
        edge.wasHeard
            ? edge.pingsNeeded(odds: Double(rules.oddsOfAccident), atMost: rules.mostPings, settings)
            : edge.pingsNeeded(odds: Self.oddsOfOne, atMost: rules.mostPingsAlone, settings)
    }

    private mutating func goOnPinging(_ peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        let (index, found) = edges.position(of: peer)
        guard found, let trial = edges.values[index].trial, trial.nextPing <= now.instant else { return }
        let edge = edges.values[index]
        let rules = rules
        let needed = burst(for: edge)
        let isBurstOver = trial.pings >= needed
        if isBurstOver, trial.accusedSince == nil, now.instant - edge.heard >= edge.borneSilence(rules) {
            condemn(peer, at: now, into: &outbox)
        }
        guard ping(peer, at: now, into: &outbox) else {
            let next = retry(.ping, at: now)
            return edges.update(at: index) { (edge) -> Void in edge.trial?.nextPing = next }
        }
        edges.update(at: index) { edge in
            guard var trial = edge.trial else { return }
            trial.pings = min(trial.pings + 1, 1 << 30)
            // Behind the last of the burst there is time for its answer; later pings are repeated like accusations.
            trial.nextPing =
                now.instant
                + (trial.pings == needed
                    ? edge.answerTime(rules) : isBurstOver ? rules.pingSpacing * 2 : rules.pingSpacing)
            // The scouts have the last quarter of the burst: what they find is known before anybody is accused.
            if trial.pings >= needed - needed / 4 { trial.nextQuestion = min(trial.nextQuestion, now.instant) }
            edge.trial = trial
        }
    }

    /// Asks the scouts, and once the burst was in vain the other observers: four times a second.
    private mutating func goOnAsking(about peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        let (index, found) = edges.position(of: peer)
        guard found, let trial = edges.values[index].trial, trial.nextQuestion <= now.instant else { return }
        guard maySay(.news, at: now) else {
            let next = retry(.news, at: now)
            return edges.update(at: index) { (edge) -> Void in edge.trial?.nextQuestion = next }
        }
        // All questions of a node fall on the same moments, so that they travel together.
        let spacing = UInt64(rules.accusationSpacing.nanoseconds)
        let next = Instant(nanoseconds: now.instant.nanoseconds / spacing * spacing) + rules.accusationSpacing
        edges.update(at: index) { edge in
            edge.trial?.nextQuestion = next
            edge.trial?.questions = min(trial.questions + 1, 1 << 30)
        }
        // Scouts go on by themselves for a while, and are asked half as often.
        if trial.questions % 2 == 0 { sendScouts(after: peer, at: now, into: &outbox) }
        guard trial.accusedSince != nil else { return }
        if let voucher = voucher(of: edges.values[index], at: now) {
            excuse(peer, voucher, at: now, into: &outbox)
        } else if deafSince == nil {
            accuse(peer, at: now, into: &outbox)
        } else {
            giveUpDeaf(on: peer, at: now, into: &outbox)
        }
    }

    /// One in so many silences gets that far by accident where two observers judge, and where one does.
    private static let oddsOfTwo = 1e6
    private static let oddsOfOne = 1e9

    private mutating func condemn(_ peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        let (index, _) = edges.position(of: peer)
        edges.update(at: index) { edge in
            edge.trial?.accusedSince = now.instant
            edge.trial?.nextQuestion = now.instant
        }
        let finding = finding(about: peer, observers: [], at: now)
        let (place, found) = members.position(of: peer)
        guard found, members.values[place].state == .alive else { return }
        members.update(at: place) { $0.move(to: .suspect, because: .silent(finding), at: now) }
        outbox.put(.note(.moved(peer, from: .alive, to: .suspect, because: .silent(finding))))
    }

    func finding(about peer: NodeID, observers: [NodeID], at now: Now) -> Finding {
        let edge = edges[peer]
        let voucher = edge.flatMap { self.voucher(of: $0, at: now) }
        let accusers = observers.filter { $0 == me.id || isAccusing($0, peer, at: now) }
        return Finding(
            silence: edge.map { now.instant - $0.heard } ?? .zero, gap: edge?.gap ?? .zero, loss: edge?.loss ?? 0,
            pings: edge?.trial?.pings ?? 0, observers: observers.count,
            accusers: Array(accusers.prefix(Limits.observers)),
            vouchers: voucher.map { [$0] } ?? [], silentEdges: silentEdges, edges: edges.count)
    }

    // MARK: The quorum

    private mutating func accuse(_ peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        guard let edge = edges[peer], let member = members[peer] else { return }
        let charge = Charge(subject: peer, life: member.record.life, pulse: edge.newestPulse)
        guard let word = edge.trial?.word, word.charge == charge else { return outbox.put(.signCharge(charge)) }
        let observers = observers(of: peer)
        // From a random one on: where the budget ends before all are told, it is another time others.
        let start = random.below(max(observers.count, 1))
        for observer in observers[start...] + observers[..<start] where observer != me.id {
            // Whoever has answered knows it for now; the accusation counts there long enough to be repeated often.
            if let answered = edge.witnesses[observer], now.instant - answered < rules.accusationLife / 3 { continue }
            guard say(.accuse(word), .news, to: observer, at: now, into: &outbox) else { break }
        }
        judge(peer, observers, at: now, into: &outbox)
    }

    /// This node's signature of what it is about to say against a neighbour.
    mutating func take(_ word: SignedCharge, at now: Now, into outbox: inout Outbox<Effect>) {
        let peer = word.charge.subject
        let (index, isNeighbour) = edges.position(of: peer)
        guard isNeighbour, edges.values[index].trial?.accusedSince != nil else { return }
        edges.update(at: index) { (edge) -> Void in edge.trial?.word = word }
        if deafSince == nil, voucher(of: edges.values[index], at: now) == nil {
            accuse(peer, at: now, into: &outbox)
        }
    }

    /// Who has an edge with `peer`, this node included when it has.
    package func observers(of peer: NodeID) -> [NodeID] {
        rings.neighbours(of: peer, everybodyUpTo: rules.everybodyUpTo)
    }

    private func isAccusing(_ observer: NodeID, _ peer: NodeID, at now: Now) -> Bool {
        guard let said = edges[peer]?.accusers[observer] else { return false }
        return now.instant - said.at < rules.accusationLife
    }

    /// Whether an observer counts: one that answers, or may still answer. Somebody who was cut off together with the
    /// accused neither accuses nor vouches, and must not keep it in the roster.
    private func isReachable(_ observer: NodeID, about edge: Edge, at now: Now) -> Bool {
        if edge.accusers[observer].map({ now.instant - $0.at < rules.accusationLife }) ?? false { return true }
        if edge.witnesses[observer].map({ now.instant - $0 < rules.accusationLife }) ?? false { return true }
        if let own = edges[observer] {
            if own.trial?.accusedSince != nil { return false }
            if own.trial == nil, own.wasHeard { return true }
        }
        guard let accused = edge.trial?.accusedSince else { return true }
        let since = max(accused, edge.accusers[observer]?.at ?? accused, edge.witnesses[observer] ?? accused)
        let patience = rules.accusationSpacing * Int64(edge.questionsNeeded(rules))
        return now.instant - since < patience + edge.answerTime(rules)
    }

    private mutating func judge(
        _ peer: NodeID, _ all: [NodeID], at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard let edge = edges[peer], let trial = edge.trial else { return }
        let observers = all.filter { $0 == me.id || isReachable($0, about: edge, at: now) }
        let accusers = observers.filter { $0 == me.id || isAccusing($0, peer, at: now) }
        guard accusers.count >= quorum(of: observers.count) else { return }
        guard !observers.contains(where: { $0 != me.id && mayVeto($0, about: edge, at: now) }) else { return }
        guard observers.count >= 3 || mayJudgeAlone(edge, of: all.count, at: now) else { return }
        let odds = odds(for: observers.count)
        let most = observers.count >= 3 ? rules.mostPings : rules.mostPingsAlone
        guard trial.pings >= edge.pingsNeeded(odds: odds, atMost: most, settings) else { return }
        proveAccusers(of: peer, at: now, into: &outbox)
        // One who lies about its signature neither makes a verdict nor prevents one.
        let finding = finding(about: peer, observers: observers, at: now)
        guard let life = members[peer]?.record.life, finding.accusers.count >= quorum(of: observers.count) else {
            return
        }
        let proof = Proof(finding.accusers, accusations(by: finding.accusers, against: edge, in: life))
        giveUp(
            peer, .down, .givenUp(finding), pulse: edge.latest, proof, from: .itself(pulse: 0), at: now, into: &outbox)
    }

    /// One or two who are left of many observers may be almost deaf themselves: who was vouched for is given time, and
    /// others must say first that they do not hear the accused either.
    private func mayJudgeAlone(_ edge: Edge, of observers: Int, at now: Now) -> Bool {
        if let vouch = edge.vouch, now.instant - vouch.at < rules.vouchedPatience { return false }
        return observers < 3 || isDenied(edge, at: now)
    }

    /// Whether enough others answered that they do not hear it, or all that there are: where links are cut one by one,
    /// two say the same as often as they are asked while the next one hears it.
    private func isDenied(_ edge: Edge, at now: Now) -> Bool {
        guard let trial = edge.trial else { return false }
        if trial.deniers.count >= rules.denials { return true }
        let others = members.values.filter { member in
            member.isPresent && member.heard >= trial.began && member.record.id != edge.peer
                && edges[member.record.id]?.trial == nil
        }
        if others.isEmpty { return hearsNobody(at: now) }
        return others.allSatisfy { trial.deniers.contains($0.record.id) }
    }

    /// Whether an observer may hear the accused and its word be under way still.
    private func mayVeto(_ observer: NodeID, about edge: Edge, at now: Now) -> Bool {
        guard let since = edge.trial?.accusedSince, rules.oddsOfVeto > 0 else { return false }
        let answers = [edge.accusers[observer]?.at, edge.witnesses[observer]]
        if answers.contains(where: { $0.map { now.instant - $0 < rules.accusationLife } ?? false }) { return false }
        if edges[observer]?.trial != nil { return false }
        let patience = rules.accusationSpacing * Int64(edge.questions(odds: rules.oddsOfVeto, rules))
        return now.instant - since < patience + edge.answerTime(rules)
    }

    private func odds(for observers: Int) -> Double {
        observers >= 3 ? Double(rules.oddsOfAccident) : observers == 2 ? Self.oddsOfTwo : Self.oddsOfOne
    }

    /// How many of so many observers must agree.
    func quorum(of observers: Int) -> Int {
        let share = (observers * rules.quorumPercent + 99) / 100
        return observers < 3 ? min(observers, max(rules.quorumLeast, share)) : max(rules.quorumLeast, share)
    }

    /// Somebody else hears it: the path between this node and the accused is bad, not the accused. It is not accused as
    /// long as that is so.
    private mutating func excuse(
        _ peer: NodeID, _ voucher: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        let (place, found) = members.position(of: peer)
        guard found else { return }
        let state = members.values[place].state
        if case .vouched = members.values[place].reason, state == .suspect { return }
        let finding = finding(about: peer, observers: [], at: now)
        members.update(at: place) { $0.move(to: .suspect, because: .vouched(by: voucher, finding), at: now) }
        outbox.put(.note(.moved(peer, from: state, to: .suspect, because: .vouched(by: voucher, finding))))
    }

    mutating func takeAccusation(
        _ word: SignedCharge, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        hear(peer, pulse: 0, at: now, into: &outbox)
        let charge = word.charge
        let (index, isNeighbour) = edges.position(of: charge.subject)
        guard isNeighbour, let member = members[charge.subject], charge.subject != peer,
            observers(of: charge.subject).contains(peer)
        else { return outbox.put(.note(.ignored(.notAnObserver))) }
        guard charge.life >= member.record.life else { return outbox.put(.note(.ignored(.stale))) }
        guard edges.values[index].isPossible(charge.pulse, settings, at: now) else {
            return outbox.put(.note(.ignored(.impossibleLife)))
        }
        let last = edges.values[index].accusers[peer]
        let isProven = last.map { $0.isProven && $0.word == word } ?? false
        edges.update(at: index) { $0.accusers[peer] = Accuser(at: now.instant, word: word, isProven: isProven) }
        // One answer for what an honest observer says once: whoever accuses faster gets no more of them.
        if let last, now.instant - last.at < rules.accusationSpacing / 2 { return }
        let beat = lastBeat(of: edges.values[index], at: now) ?? 0
        testify(charge.subject, beat, to: peer, at: now, into: &outbox)
    }

    mutating func takeTestimony(
        _ charge: Charge, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        hear(peer, pulse: 0, at: now, into: &outbox)
        let (index, isNeighbour) = edges.position(of: charge.subject)
        guard isNeighbour, let trial = edges.values[index].trial,
            trial.scouts.contains(peer) || observers(of: charge.subject).contains(peer),
            edges.values[index].witnesses.count < Limits.observers || edges.values[index].witnesses[peer] != nil
        else { return }
        guard edges.values[index].isPossible(charge.pulse, settings, at: now) else {
            return outbox.put(.note(.ignored(.impossibleLife)))
        }
        edges.update(at: index) { $0.testify(peer, charge.pulse, at: now.instant) }
    }

    // MARK: Own health

    var silentEdges: Int { edges.values.count { $0.trial != nil } }

    /// When more than half of the edges are silent, it is this node that is cut off. It accuses nobody then.
    private mutating func watchOwnHealth(at now: Now, into outbox: inout Outbox<Effect>) {
        let silent = silentEdges
        let isDeaf = edges.count >= rules.isolationEdges && silent * 100 > edges.count * rules.isolationPercent
        guard isDeaf != (deafSince != nil) else { return }
        deafSince = isDeaf ? now.instant : nil
        outbox.put(.note(.deaf(isDeaf, silentEdges: silent, edges: edges.count)))
    }

    /// A deaf node that has waited long enough no longer counts on those that it does not hear, as far as nobody whom
    /// it does hear vouches for them; and tells nobody so. Its rings close over them, and it comes to the few it is cut
    /// off together with.
    private mutating func giveUpDeaf(on peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        guard let since = deafSince, let edge = edges[peer], let trial = edge.trial else { return }
        let vouched = edge.vouch?.at ?? since
        guard now.instant - max(since, vouched) >= rules.isolationPatience,
            now.instant - trial.began >= rules.accusationLife,
            isDenied(edge, at: now)
        else { return }
        let finding = finding(about: peer, observers: [], at: now)
        giveUp(
            peer, .unheard, .notHeardByTheDeaf(finding), pulse: 0, Proof(), from: nil, at: now, into: &outbox)
    }

    private func hearsNobody(at now: Now) -> Bool {
        !members.values.contains { $0.isPresent && now.instant - $0.heard < rules.isolationPatience }
    }
}
