internal import Base

/// When to compare rosters, and with whom.
struct Asking: Hashable, Sendable {
    static let fullHunger = 3

    /// Nil while there is nothing to ask.
    var next: Instant?
    var last: Instant?
    /// Whom to ask next, if it matters.
    var partner: NodeID?
    /// How many answers in a row must bring nothing until the roster counts as whole.
    var hunger = 0
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
        for edge in edges.values {
            if let since = edge.differsSince { due = Instant.earlier(due, since + rules.differenceBorne) }
        }
        guard var due else { return asking.next = nil }
        if let last = asking.last {
            let isUrgent = asking.hunger > 0 || asking.fruitless < Asking.fullHunger
            due = max(due, asking.flowsFrom ?? last + (isUrgent ? urgentSpacing : rules.idleAskSpacing))
        }
        asking.next = Instant.earlier(asking.next, due)
    }

    /// Time for an answer to come, and long enough that questions take no more than their share of the budget: small
    /// rosters are compared faster than large ones.
    private var urgentSpacing: Interval {
        let known = edges.values.compactMap(\.roundTrip)
        let roundTrip = known.isEmpty ? .zero : known.reduce(.zero) { $0 + $1 } / Int64(known.count)
        let bytes = min(members.count * 10 / 8, Limits.filterBytes) + questionHeaderBytes + Limits.membershipOverhead
        let share = max(rules.bytesPerSecond / rules.questionShare, 1)
        let least = asking.hunger > 0 ? rules.hungrySpacing : rules.askSpacing
        return max(least, roundTrip / 10 * 13, Interval.milliseconds(Int64(bytes * 1_000 / share)))
    }

    private var questionHeaderBytes: Int { me.encodedByteCount() + 35 }

    mutating func askIfDue(at now: Now, into outbox: inout Outbox<Effect>) {
        guard let due = asking.next, due <= now.instant else { return }
        guard maySay(.comparison, at: now) else { return asking.next = retry(.comparison, at: now) }
        asking.next = nil
        var partner = asking.partner
        if partner == nil, asking.hunger > 0 { partner = someonePresent() }
        if partner == nil { partner = random.pick(differing(at: now)) }
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
        edges.values.filter { edge in
            edge.differsSince.map { now.instant - $0 >= rules.differenceBorne } ?? false
        }.map(\.peer)
    }

    private mutating func someonePresent() -> NodeID? {
        for _ in 0..<8 {
            guard members.count > 0 else { return nil }
            let member = members.values[random.below(members.count)]
            if member.isPresent { return member.record.id }
        }
        return random.pick(edges.keys)
    }

    private mutating func ask(_ peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        var bits = 0
        while (members.count + 1) >> bits > Limits.membersPerFilter { bits += 1 }
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
            asker: me, pulse: pulse, root: view, salt: salt, partBits: UInt8(bits), part: part, filter: filter.bytes)
        spend(questionHeaderBytes + filter.bytes.count, at: now)
        send(.ask(question), to: peer, into: &outbox)
    }

    private static func part(of id: NodeID, _ salt: UInt64, bits: Int) -> UInt16 {
        var hash = TraceHash(value: salt)
        hash.absorb(id)
        return UInt16(truncatingIfNeeded: hash.value & (1 << UInt64(bits) - 1))
    }

    // MARK: Answering

    mutating func takeHello(
        _ record: MemberRecord, _ pulse: UInt64, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard record.id == peer else { return outbox.put(.note(.ignored(.stranger))) }
        learn(Claim(record, record.ownStanding), .itself(pulse: pulse), at: now, into: &outbox)
        hear(peer, pulse: pulse, at: now, into: &outbox)
        guard !mischief.strikes(.skippedReply, by: &random) else { return }
        guard welcomeAllowance.allows(at: now.instant, perSecond: rules.welcomesPerSecond) else { return }
        welcomeAllowance.spend(1, perSecond: rules.welcomesPerSecond, at: now.instant)
        welcome(peer, at: now, into: &outbox)
    }

    /// Whom a stranger may ask: itself, and at how many doors as a small datagram holds. Of five hundred that are
    /// switched on at once each is sent on in its first second, and what is worth telling they tell each other.
    private mutating func welcome(_ peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        guard me.seal != nil, maySay(.news, at: now) else { return }
        let start = members.isEmpty ? 0 : random.below(members.count)
        var doors: [Address] = []
        for step in 0..<members.count where doors.count < Limits.doorsPerAnswer {
            let member = members.values[(start + step) % members.count]
            if member.isPresent, member.record.id != peer, mayTell(member, peer) { doors.append(member.record.address) }
        }
        let answer = Answer(pulse: pulse, root: view, claims: [myClaim], rest: .owed, doors: doors)
        spend(answer.encoded.count, at: now)
        send(.told(answer), to: peer, into: &outbox)
    }

    /// Whoever knows hardly anybody says hello where it was told to.
    private mutating func knock(at doors: [Address], at now: Now, into outbox: inout Outbox<Effect>) {
        guard members.count <= Limits.doorsPerAnswer, me.seal != nil else { return }
        for door in doors where door != me.address && maySay(.news, at: now) {
            if members.values.contains(where: { $0.record.address == door }) { continue }
            sayHello(at: Contact(nil, at: door), at: now, into: &outbox)
        }
    }

    mutating func takeQuestion(
        _ question: Question, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard question.asker.id == peer else { return outbox.put(.note(.ignored(.stranger))) }
        let own = Claim(question.asker, question.asker.ownStanding)
        learn(own, .itself(pulse: question.pulse), at: now, into: &outbox)
        hear(peer, pulse: question.pulse, at: now, into: &outbox)
        guard !mischief.strikes(.skippedReply, by: &random) else { return }
        let filter = Filter(bytes: question.filter, salt: question.salt)
        let datagrams = Limits.datagramsPerAnswer
        let most = Limits.membershipBytes - Answer.mostHeaderBytes
        answer(peer, datagrams: datagrams, bytes: most, at: now, into: &outbox) { mark in
            Self.part(of: mark.subject, question.salt, bits: Int(question.partBits)) == question.part
                && !filter.holds(mark.hash)
        }
        if question.root != view { askSoon(peer, at: now) }
    }

    /// Sends what is missing, from a random place on, so that two who answer the same question tell different things;
    /// as much as the budget of this moment allows.
    private mutating func answer(
        _ peer: NodeID, datagrams: Int, bytes room: Int, at now: Now,
        into outbox: inout Outbox<Effect>, where isMissing: (Mark) -> Bool
    ) {
        guard me.seal != nil, maySay(.comparison, at: now) else { return }
        var claims = isMissing(myMark) ? [myClaim] : []
        var bytes = claims.reduce(0) { $0 + $1.encodedByteCount() }
        var told = 0
        func close(_ rest: Answer.Rest, _ engine: inout MembershipEngine) {
            let answer = Answer(pulse: engine.pulse, root: engine.view, claims: claims, rest: rest)
            engine.send(.told(answer), to: peer, into: &outbox)
            engine.spend(bytes + Answer.mostHeaderBytes, at: now)
            claims = []
            bytes = 0
            told += 1
        }
        let most = mischief.strikes(.shortBatch, by: &random) ? 2 : Limits.claimsPerMessage
        let start = members.isEmpty ? 0 : random.below(members.count)
        for step in 0..<members.count {
            let member = members.values[(start + step) % members.count]
            guard member.record.seal != nil, isMissing(member.mark), mayTell(member, peer) else { continue }
            let claim = member.claim
            if claims.count == most || bytes + claim.encodedByteCount(after: claims.last) > room {
                let isLast = told + 1 == datagrams || !maySay(.comparison, at: now)
                close(isLast ? .owed : .follows, &self)
                if isLast { return }
            }
            bytes += claim.encodedByteCount(after: claims.last)
            claims.append(claim)
        }
        close(.nothing, &self)
    }

    /// A deaf node does not testify for those it does not hear, and nobody is told that it is here itself.
    private func mayTell(_ member: Member, _ peer: NodeID) -> Bool {
        if member.record.id == peer { return member.standing == .down || member.standing == .left }
        guard deafSince != nil, member.standing == .here else { return true }
        return edges[member.record.id].map { $0.wasHeard && $0.trial == nil } ?? false
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
        asking.fruitless = view == before ? min(asking.fruitless + 1, 1 << 20) : 0
        asking.brought = min(asking.brought + members.count - known, 1 << 20)
        // The answers themselves are the clock: when the last is there, the next question goes out.
        let isRich = answer.rest != .follows && asking.brought >= rules.richAnswer
        if isRich { asking.flowsFrom = now.instant + rules.richPause }
        if answer.root == view {
            asking.hunger = max(asking.hunger - 1, 0)
            let (index, isNeighbour) = edges.position(of: peer)
            if isNeighbour { edges.update(at: index) { $0.differsSince = nil } }
        } else if view != before, asking.hunger > 0 {
            asking.hunger = Asking.fullHunger
        } else if asking.fruitless > 4 * Asking.fullHunger {
            asking.hunger = 0
        }
        // The hungry ask everybody by turns, and do not wait for one that has spent its budget on them.
        if answer.rest == .owed, view != before, asking.hunger == 0 { asking.partner = asking.partner ?? peer }
        if isRich { asking.next = asking.flowsFrom }
        scheduleAsk(at: now)
    }
}

extension Answer {
    /// A pulse, a fingerprint, a truth, a count and the kind.
    static let mostHeaderBytes = 22
}

/// A Bloom filter of ten bits for each member, and seven probes: of a hundred that are not in it one seems to be.
struct Filter {
    private(set) var bytes: [UInt8]
    private let salt: UInt64

    init(members: Int, salt: UInt64) {
        bytes = [UInt8](repeating: 0, count: min(max(members * 10 / 8 + 1, 8), Limits.filterBytes))
        self.salt = salt
    }

    init(bytes: [UInt8], salt: UInt64) {
        self.bytes = bytes
        self.salt = salt
    }

    private func probe(_ hash: UInt64, _ number: UInt64) -> Int {
        var mixed = TraceHash(value: salt)
        mixed.absorb(hash)
        let (low, high) = (mixed.value & 0xFFFF_FFFF, mixed.value >> 32 | 1)
        return Int((low + number * high) % UInt64(bytes.count * 8))
    }

    mutating func insert(_ hash: UInt64) {
        for number in 0..<UInt64(7) {
            let bit = probe(hash, number)
            bytes[bit / 8] |= 1 << UInt8(bit % 8)
        }
    }

    func holds(_ hash: UInt64) -> Bool {
        (0..<UInt64(7)).allSatisfy { number in
            let bit = probe(hash, number)
            return bytes[bit / 8] & (1 << UInt8(bit % 8)) != 0
        }
    }
}
