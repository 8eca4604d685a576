internal import Base

/// When to compare rosters, and with whom.
struct Asking: Hashable, Sendable {
    static let fullHunger = 2

    /// Nil while there is nothing to ask.
    var next: Instant?
    var last: Instant?
    /// Whom to ask next, if it matters.
    var partner: NodeID?
    /// How many answers in a row must bring nothing until the roster counts as whole.
    var hunger = 0
    /// When it was last hungry.
    var hungryAt: Instant?
    /// Answers in a row that brought nothing.
    var fruitless = 0
    /// New claims since the last question.
    var brought = 0
    /// The last answer was rich: the next question need not wait longer than this.
    var flowsFrom: Instant?
    /// Which part of a large roster the last question was about.
    var part = 0
}

/// The comparison of rosters: a question holds a filter of what its asker knows, the answer what the filter lacks.
extension MembershipEngine {
    mutating func askSoon(_ peer: NodeID, at now: Now) {
        asking.partner = peer
        scheduleAsk(at: now)
    }

    /// Finds out when the next question is due: at once while hungry, and otherwise when the roster of a neighbour has
    /// differed for longer than news needs.
    mutating func scheduleAsk(at now: Now) {
        var due: Instant?
        if asking.hunger > 0 || asking.partner != nil { due = now.instant }
        let borne = differenceBorne(at: now)
        for edge in edges.values {
            if let since = edge.differsSince { due = Instant.earlier(due, since + borne) }
        }
        guard var due else { return asking.next = nil }
        if let last = asking.last {
            let isUrgent =
                asking.hunger > 0 || asking.fruitless < Asking.fullHunger || !promising(at: now).isEmpty
            due = max(due, asking.flowsFrom ?? last + (isUrgent ? urgentSpacing : rules.idleAskSpacing))
        }
        asking.next = Instant.earlier(asking.next, due)
    }

    /// Where comparison is what spreads the news, there is none on its way to wait for.
    private func differenceBorne(at now: Now) -> Interval {
        isFresh(at: now) ? min(rules.askSpacing, rules.differenceBorne) : rules.differenceBorne
    }

    private func isFresh(at now: Now) -> Bool { asking.hungryAt.map { now.instant - $0 < rules.freshness } ?? false }

    /// Its question shows that it knows somebody whom its answers did not name: a filter seemed to hold them. The next
    /// filter is another, so in the first seconds it is worth a question at once.
    mutating func askTheRicher(_ peer: NodeID, at now: Now) {
        if isFresh(at: now) { asking.fruitless = min(asking.fruitless, Asking.fullHunger - 1) }
        askSoon(peer, at: now)
    }

    /// Time for an answer to come, and long enough that questions take no more than their share of the budget: small
    /// rosters are compared faster than large ones. Only the filter counts, and twice, for what surrounds it is as long
    /// for the smallest.
    private var urgentSpacing: Interval {
        let known = edges.values.compactMap(\.roundTrip)
        let roundTrip = known.isEmpty ? .zero : known.reduce(.zero) { $0 + $1 } / Int64(known.count)
        let filter = min(members.count * Filter.bits / 8, Limits.filterBytes)
        let bytes = filter * 2 + Limits.membershipOverhead
        let share = max(rules.bytesPerSecond / rules.questionShare, 1)
        let least = asking.hunger > 0 ? rules.hungrySpacing : rules.askSpacing
        return max(least, roundTrip / 10 * 13, Interval.milliseconds(Int64(bytes * 1_000 / share)))
    }

    private var questionHeaderBytes: Int { me.encodedByteCount() + 35 }

    mutating func askIfDue(at now: Now, into outbox: inout Outbox<Effect>) {
        guard let due = asking.next, due <= now.instant else { return }
        guard maySay(.news, at: now) else { return asking.next = retry(.news, at: now) }
        asking.next = nil
        var partner = asking.partner
        if asking.hunger > 0 { asking.hungryAt = now.instant }
        if partner == nil, asking.hunger > 0 { partner = someonePresent() }
        if partner == nil { partner = random.pick(promising(at: now)) ?? random.pick(differing(at: now)) }
        asking.partner = nil
        guard let partner, members[partner] != nil, me.seal != nil else { return scheduleAsk(at: now) }
        asking.last = now.instant
        asking.brought = 0
        asking.flowsFrom = nil
        ask(partner, at: now, into: &outbox)
        scheduleAsk(at: now)
        // No two nodes that were switched on together ask in step.
        asking.next = asking.next.map { max($0, now.instant + random.jittered(urgentSpacing, percent: 40)) }
    }

    /// The neighbours whose rosters have differed for longer than news needs.
    private func differing(at now: Now) -> [NodeID] {
        let borne = differenceBorne(at: now)
        return edges.values.filter { $0.differsSince.map { now.instant - $0 >= borne } ?? false }.map(\.peer)
    }

    /// Those of them that have the roster of half of all neighbours, which has not shown yet that it brings nothing:
    /// it seems to be this node that lacks something.
    private func promising(at now: Now) -> [NodeID] {
        let roots = edges.values.compactMap(\.root)
        return differing(at: now).filter { id in
            guard let edge = edges[id], edge.root != edge.vainRoot else { return false }
            return roots.count { $0 == edge.root } * 2 >= roots.count
        }
    }

    private mutating func someonePresent() -> NodeID? {
        var found: Member?
        for _ in 0..<8 where members.count > 0 {
            let member = members.values[random.below(members.count)]
            guard member.isPresent else { continue }
            // Of two the one that was met later: on the morning of a power-on everybody knows, and asks, the first.
            guard let other = found else { found = member; continue }
            return (other.since.instant < member.since.instant ? member : other).record.id
        }
        return found?.record.id ?? random.pick(edges.keys)
    }

    private mutating func ask(_ peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        let bits = partBits
        let salt = random.next()
        // The parts by turns: whatever is missing is found after as many questions as there are parts.
        asking.part = (asking.part + 1) & 0xFFFF
        let part = UInt16(asking.part & (1 << bits - 1))
        var inside: [UInt64] = []
        func note(_ mark: Mark) {
            if Self.part(of: mark.subject, salt, bits: bits) == part { inside.append(mark.hash) }
        }
        note(myMark)
        for member in members.values { note(member.mark) }
        var filter = Filter(members: inside.count, salt: salt)
        for hash in inside { filter.insert(hash) }
        let question = Question(
            asker: me, pulse: pulse, root: view, salt: salt, partBits: UInt8(bits), part: part,
            readsShortKeys: acquaintances.count > members.count, count: inside.count, filter: filter.bytes)
        spend(questionHeaderBytes + filter.bytes.count, at: now)
        send(.ask(question), to: peer, into: &outbox)
    }

    /// Rosters too large for one filter are asked about in two to the power of so many parts.
    private var partBits: Int {
        var bits = 0
        while (members.count + 1) >> bits > Limits.membersPerFilter { bits += 1 }
        return bits
    }

    static func part(of id: NodeID, _ salt: UInt64, bits: Int) -> UInt16 {
        var hash = TraceHash(value: salt)
        hash.absorb(id)
        return UInt16(truncatingIfNeeded: hash.value & (1 << UInt64(bits) - 1))
    }

    /// Whoever knows hardly anybody says hello where it was told to.
    private mutating func knock(at doors: [Address], at now: Now, into outbox: inout Outbox<Effect>) {
        guard members.count <= rules.fewMembers, me.seal != nil else { return }
        for door in doors where door != me.address && !seeds.contains(door) && maySay(.news, at: now) {
            if members.values.contains(where: { $0.record.address == door }) { continue }
            sayHello(at: Contact(nil, at: door), at: now, into: &outbox)
        }
    }

    mutating func takeAnswer(
        _ answer: Answer, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        let (before, known) = (view, members.count)
        for claim in answer.claims where claim.record.id == peer {
            learn(claim, .itself(pulse: answer.pulse), at: now, into: &outbox)
        }
        guard members[peer] != nil else { return outbox.put(.note(.ignored(.stranger))) }
        knock(at: answer.doors, at: now, into: &outbox)
        for claim in answer.claims where claim.record.id != peer {
            learn(claim, .roster(peer), at: now, into: &outbox)
        }
        hear(peer, pulse: answer.pulse, at: now, into: &outbox)
        if view != before { asking.fruitless = 0 } else if answer.rest == .nothing { asking.fruitless += 1 }
        asking.fruitless = min(asking.fruitless, 1 << 20)
        asking.brought = min(asking.brought + members.count - known, 1 << 20)
        // The answers themselves are the clock: when the last is there, the next question goes out.
        let isRich = answer.rest != .follows && asking.brought >= rules.richAnswer
        if isRich { asking.flowsFrom = now.instant + rules.richPause }
        if answer.rest == .follows { asking.flowsFrom = now.instant + rules.followPause }
        if answer.rest == .owed, answer.claims.isEmpty { asking.flowsFrom = now.instant + rules.hungrySpacing }
        if asking.brought >= rules.richAnswer { asking.hunger = Asking.fullHunger }
        if asking.fruitless >= 1 << partBits { noteVain(answer.root) }
        if answer.root == view {
            asking.hunger = max(asking.hunger - 1, 0)
        } else if view != before, asking.hunger > 0 {
            asking.hunger = Asking.fullHunger
        }
        let (index, isNeighbour) = edges.position(of: peer)
        if isNeighbour, answer.root == view { edges.update(at: index) { $0.differsSince = nil } }
        // The hungry ask everybody by turns, and do not wait for one that has spent its budget on them.
        if answer.rest == .owed, view != before, asking.hunger == 0 { asking.partner = asking.partner ?? peer }
        if isRich { asking.next = asking.flowsFrom }
        if answer.rest == .follows, let flowsFrom = asking.flowsFrom {
            asking.next = asking.next.map { max($0, flowsFrom) }
        }
        scheduleAsk(at: now)
    }

    /// All parts of such a roster were asked for, and brought nothing.
    mutating func noteVain(_ root: UInt64) {
        for index in 0..<edges.count where edges.values[index].root == root {
            edges.update(at: index) { $0.vainRoot = root }
        }
    }
}
