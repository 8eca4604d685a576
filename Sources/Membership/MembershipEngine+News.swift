internal import Base

/// A change on its way to the neighbours.
struct News: Hashable, Sendable {
    let mark: Mark
    let born: Instant
    /// Who has not acknowledged it, and when it is to be told again.
    var waiting: SortedMap<NodeID, Instant>
    var tries: Int

    /// Never empty while it is kept.
    var next: Instant { waiting.values.min() ?? born }
}

/// The flood: from neighbour to neighbour, each hop repeated until acknowledged.
extension MembershipEngine {
    mutating func spread(_ id: NodeID, from source: Source?, at now: Now) {
        // Comparison of rosters finds all by itself; what came that way need not be told to everybody again.
        if case .roster? = source { return }
        guard let mark = id == me.id ? myMark : members[id]?.mark else { return }
        let isFree = id == me.id || mark.standing != .here
        // Who is hungry itself compares rosters, and those it meets do too: on the morning of a power-on a flood for
        // each would be the same once more.
        guard isFree || asking.hunger == 0 else { return }
        guard
            isFree
                || newsAllowance.allows(at: now.instant, perSecond: rules.newsPerSecond, burst: rules.newsBurst),
            news.count < Limits.newsOnItsWay || news[id] != nil
        else {
            // Too much happens for a flood: rosters are compared until they agree.
            asking.hunger = Asking.fullHunger
            return scheduleAsk(at: now)
        }
        if !isFree {
            newsAllowance.spend(1, perSecond: rules.newsPerSecond, at: now.instant)
        }
        var waiting = SortedMap<NodeID, Instant>()
        for peer in edges.keys where peer != source?.teller && peer != id { waiting[peer] = now.instant }
        news[id] = waiting.isEmpty ? nil : News(mark: mark, born: now.instant, waiting: waiting, tries: 0)
    }

    private func claim(of id: NodeID) -> Claim? {
        id == me.id ? (me.seal == nil ? nil : myClaim) : members[id]?.claim
    }

    /// Tells each neighbour what is due, as much of it as fits into a datagram.
    mutating func sendNews(at now: Now, into outbox: inout Outbox<Effect>) {
        guard news.values.contains(where: { $0.next <= now.instant }) else { return }
        let isNarrow = mischief.strikes(.narrowRound, by: &random)
        let isShort = mischief.strikes(.shortBatch, by: &random)
        for (number, peer) in edges.keys.enumerated() {
            tell(peer, isShort ? 1 : Limits.claimsPerMessage, isSilent: isNarrow && number > 0, at: now, into: &outbox)
        }
        for id in news.keys {
            let (index, found) = news.position(of: id)
            guard found else { continue }
            let edges = edges
            let isOver = now.instant - news.values[index].born >= rules.newsLife
            let isLeft = news.update(at: index) { item in
                item.tries = min(item.tries + 1, 1 << 20)
                for peer in item.waiting.keys where edges[peer] == nil { item.waiting[peer] = nil }
                return !item.waiting.isEmpty && !isOver
            }
            if !isLeft { news[id] = nil }
        }
    }

    private mutating func tell(
        _ peer: NodeID, _ most: Int, isSilent: Bool, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        let (edge, found) = edges.position(of: peer)
        guard found else { return }
        let rules = rules
        let allowance = edges.values[edge].newsAllowance
        let isAllowed = allowance.allows(at: now.instant, perSecond: rules.newsBytesPerSecond) && maySay(.news, at: now)
        let pause = edges.values[edge].acknowledgementTime(rules)
        var claims: [Claim] = []
        var offered: [Mark] = []
        var bytes = 0
        for index in 0..<news.count {
            guard let due = news.values[index].waiting[peer], due <= now.instant,
                let claim = claim(of: news.keys[index])
            else { continue }
            guard isAllowed, claims.count < most, bytes + claim.encodedByteCount() <= Limits.membershipBytes else {
                let opens = max(allowance.opens(perSecond: rules.newsBytesPerSecond), mayStart(.news))
                let later = isAllowed ? now.instant + rules.newsSpacing / 10 : opens
                news.update(at: index) { $0.waiting[peer] = max(later, now.instant + .milliseconds(1)) }
                continue
            }
            if claim.encodedByteCount() > rules.eagerBytes {
                guard offered.count < most else { continue }
                offered.append(claim.mark)
                bytes += Mark.mostBytes
            } else {
                claims.append(claim)
                bytes += claim.encodedByteCount()
            }
            let again = random.jittered(news.values[index].tries < 8 ? pause : pause * 4, percent: 10)
            news.update(at: index) { $0.waiting[peer] = now.instant + again }
        }
        guard bytes > 0, !isSilent else { return }
        edges.update(at: edge) { $0.newsAllowance.spend(bytes, perSecond: rules.newsBytesPerSecond, at: now.instant) }
        spend(bytes, at: now)
        if !claims.isEmpty { send(.news(claims), to: peer, into: &outbox) }
        guard !offered.isEmpty else { return }
        if !claims.isEmpty { spend(0, at: now) }
        send(.offer(offered), to: peer, into: &outbox)
    }

    mutating func takeNews(
        _ claims: [Claim], from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        if members[peer] == nil, let own = claims.first(where: { $0.record.id == peer }) {
            learn(own, .itself(pulse: 0), at: now, into: &outbox)
        }
        guard members[peer] != nil else { return outbox.put(.note(.ignored(.stranger))) }
        hear(peer, pulse: 0, at: now, into: &outbox)
        var hashes: [UInt64] = []
        for claim in claims {
            let mark = claim.mark
            hashes.append(mark.hash)
            isKnown(mark.hash, to: peer)
            let isFirstHand = claim.record.id == peer
            learn(claim, isFirstHand ? .itself(pulse: 0) : .news(peer), at: now, into: &outbox)
        }
        say(.known(hashes), .testimony, to: peer, at: now, into: &outbox)
    }

    /// What a neighbour tells us need not be told to it.
    private mutating func isKnown(_ hash: UInt64, to peer: NodeID) {
        for index in (0..<news.count).reversed() where news.values[index].mark.hash == hash {
            let isEmpty = news.update(at: index) { item in
                item.waiting[peer] = nil
                return item.waiting.isEmpty
            }
            if isEmpty { news[news.keys[index]] = nil }
        }
    }

    mutating func takeKnown(
        _ hashes: [UInt64], from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        hear(peer, pulse: 0, at: now, into: &outbox)
        for hash in hashes { isKnown(hash, to: peer) }
        if hashes.contains(myMark.hash) { isHeeded(by: peer, into: &outbox) }
    }

    mutating func takeOffer(
        _ marks: [Mark], from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        hear(peer, pulse: 0, at: now, into: &outbox)
        var wanted: [NodeID] = []
        var known: [UInt64] = []
        for mark in marks {
            let mine = mark.subject == me.id ? myMark : members[mark.subject]?.mark
            let isNews = mine.map { $0.life < mark.life || ($0.life == mark.life && $0.standing < mark.standing) }
            if isNews ?? true { wanted.append(mark.subject) } else { known.append(mark.hash) }
        }
        if !wanted.isEmpty { say(.want(wanted), .testimony, to: peer, at: now, into: &outbox) }
        if !known.isEmpty { say(.known(known), .testimony, to: peer, at: now, into: &outbox) }
    }

    mutating func takeWant(
        _ ids: [NodeID], from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        hear(peer, pulse: 0, at: now, into: &outbox)
        let (edge, isNeighbour) = edges.position(of: peer)
        guard isNeighbour else { return }
        let rules = rules
        var bytes = 0
        for id in ids {
            guard news[id]?.waiting[peer] != nil, let claim = claim(of: id), maySay(.news, at: now),
                edges.values[edge].newsAllowance.allows(at: now.instant, perSecond: rules.newsBytesPerSecond)
            else { continue }
            bytes = claim.encodedByteCount()
            spend(bytes, at: now)
            send(.news([claim]), to: peer, into: &outbox)
            edges.update(at: edge) {
                $0.newsAllowance.spend(bytes, perSecond: rules.newsBytesPerSecond, at: now.instant)
            }
        }
    }
}

extension Mark {
    /// An id, two counts and a standing.
    static let mostBytes = Bytes32.byteCount + 21
}
