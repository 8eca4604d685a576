internal import Base

/// A question whose answer goes on as the budget allows.
struct Answering: Hashable, Sendable {
    let question: Question
    /// Whom to look at next, and how many there are left to look at.
    var next: NodeID
    var left: Int
    /// Datagrams.
    var told: Int
    let until: Instant
}

/// First words and questions are answered: with claims as far as the budget allows, and with the doors of others.
extension MembershipEngine {
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
        guard me.seal != nil else { return }
        sendOn(peer, with: [myClaim], at: now, into: &outbox)
    }

    /// Names other doors than its own.
    private mutating func sendOn(
        _ peer: NodeID, with claims: [Claim], at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard maySay(.testimony, at: now) else { return }
        let answer = Answer(pulse: pulse, root: view, claims: claims, rest: .owed, doors: otherDoors(for: peer))
        spend(answer.encoded.count, at: now)
        send(.told(answer), to: peer, into: &outbox)
    }

    /// By turns, so that a few answers lead to everybody.
    private mutating func otherDoors(for peer: NodeID) -> [Address] {
        var doors: [Address] = []
        let start = members.position(of: lastDoor).index + 1
        for step in 0..<members.count where doors.count < Limits.doorsPerAnswer {
            let member = members.values[(start + step) % members.count]
            guard member.isPresent, member.record.id != peer, mayTell(member, peer) else { continue }
            doors.append(member.record.address)
            lastDoor = member.record.id
        }
        return doors
    }

    mutating func takeQuestion(
        _ question: Question, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard question.asker.id == peer else { return outbox.put(.note(.ignored(.stranger))) }
        let own = Claim(question.asker, question.asker.ownStanding)
        learn(own, .itself(pulse: question.pulse), at: now, into: &outbox)
        hear(peer, pulse: question.pulse, at: now, into: &outbox)
        guard !mischief.strikes(.skippedReply, by: &random) else { return }
        beginToAnswer(question, at: now, into: &outbox)
        guard question.root != view else { return }
        // Somebody knows many more: this is not the whole roster yet, though others had the same part of it.
        if question.count > members.count + rules.richAnswer { asking.hunger = Asking.fullHunger }
        if expects(question) {
            askTheRicher(peer, at: now)
        } else if question.partBits == 0 {
            noteVain(question.root)
        }
    }

    /// Whether the asker seems to know what is news here: it knows more than what both know. Of those that are not in
    /// the filter a few seem to be.
    private func expects(_ question: Question) -> Bool {
        let filter = Filter(bytes: question.filter, salt: question.salt)
        var (here, both) = (0, 0)
        func look(_ mark: Mark) {
            guard Self.part(of: mark.subject, question.salt, bits: Int(question.partBits)) == question.part else {
                return
            }
            here += 1
            if filter.holds(mark.hash) { both += 1 }
        }
        look(myMark)
        for member in members.values { look(member.mark) }
        return question.count * (Filter.oneSeems - 1) > both * Filter.oneSeems - here
    }

    /// Tells what is missing, from a random place on, so that two who answer the same question tell different things.
    /// Whom everybody asks at once sends them on: others have as much to tell.
    private mutating func beginToAnswer(_ question: Question, at now: Now, into outbox: inout Outbox<Effect>) {
        guard me.seal != nil else { return }
        answering.removeAll { $0.question.asker.id == question.asker.id || $0.until <= now.instant }
        guard answering.count < Limits.answersAtOnce else {
            return sendOn(question.asker.id, with: [], at: now, into: &outbox)
        }
        let begun = Answering(
            question: question, next: random.pick(members.keys) ?? me.id, left: members.count, told: 0,
            until: now.instant + rules.answerLife)
        answering.insert(begun, at: 0)
        goOnAnswering(at: now, into: &outbox)
    }

    /// As much as the budget of this moment allows, and the rest when it allows more; all who asked by turns.
    mutating func goOnAnswering(at now: Now, into outbox: inout Outbox<Effect>) {
        while !answering.isEmpty, maySay(.comparison, at: now) {
            let begun = answering.removeFirst()
            if begun.until > now.instant { tellMore(begun, at: now, into: &outbox) }
        }
    }

    private mutating func tellMore(_ begun: Answering, at now: Now, into outbox: inout Outbox<Effect>) {
        var begun = begun
        let peer = begun.question.asker.id
        let filter = Filter(bytes: begun.question.filter, salt: begun.question.salt)
        func isMissing(_ mark: Mark) -> Bool {
            Self.part(of: mark.subject, begun.question.salt, bits: Int(begun.question.partBits)) == begun.question.part
                && !filter.holds(mark.hash)
        }
        var claims = begun.told == 0 && isMissing(myMark) ? [myClaim] : []
        var bytes = claims.reduce(0) { $0 + $1.encodedByteCount() }
        let most = mischief.strikes(.shortBatch, by: &random) ? 2 : Limits.claimsPerMessage
        // Whoever knows hardly anybody is told of a few and sent on: others have as much to tell, and less to do.
        let isNew = begun.question.count <= rules.fewMembers
        let doors = isNew ? otherDoors(for: peer) : []
        let room = Limits.membershipBytes - Answer.mostHeaderBytes - doors.count * Address.mostShortBytes
        var place = members.position(of: begun.next).index
        while begun.left > 0 {
            let member = members.values[place % members.count]
            if member.record.seal != nil, isMissing(member.mark), mayTell(member, peer) {
                let claim = claim(of: member, toReaderOfShortKeys: begun.question.readsShortKeys)
                let size = claim.encodedByteCount(after: claims.last)
                if claims.count == most || bytes + size > room { break }
                bytes += size
                claims.append(claim)
            }
            place += 1
            begun.left -= 1
        }
        begun.told += 1
        let rest: Answer.Rest =
            begun.left == 0 ? .nothing : isNew || begun.told == Limits.datagramsPerAnswer ? .owed : .follows
        if begun.left > 0 { begun.next = members.keys[place % members.count] }
        if rest == .follows { answering.append(begun) }
        let answer = Answer(pulse: pulse, root: view, claims: claims, rest: rest, doors: doors)
        spend(answer.encoded.count, at: now)
        send(.told(answer), to: peer, into: &outbox)
    }

    private func claim(of member: Member, toReaderOfShortKeys isReader: Bool) -> Claim {
        var claim = member.claim
        claim.hasShortKey = isReader && (member.record.seal.map { acquaintances.contains($0.key) } ?? false)
        return claim
    }

    /// A deaf node does not testify for those it does not hear, and nobody is told that it is here itself.
    private func mayTell(_ member: Member, _ peer: NodeID) -> Bool {
        if member.record.id == peer { return member.standing == .down || member.standing == .left }
        guard deafSince != nil, member.standing == .here else { return true }
        return edges[member.record.id].map { $0.wasHeard && $0.trial == nil } ?? false
    }
}

extension Answer {
    /// A pulse, a fingerprint, a truth, a count and the kind.
    static let mostHeaderBytes = 22
}
