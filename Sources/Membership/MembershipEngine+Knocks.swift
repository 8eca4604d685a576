internal import Base

/// When to try a former neighbour again.
struct Knock: Hashable, Sendable {
    var next: Instant
    var pause: Interval
}

/// Somebody of whom others say what this node does not believe.
struct Doubt: Hashable, Sendable {
    var next: Instant
    var tries: Int
    var needed: Int
    /// The death that is believed when the subject does not answer.
    var claim: Claim?
    var teller: NodeID?
}

/// Whoever was seen once is never forgotten: doors are knocked at for ever.
extension MembershipEngine {
    mutating func knock(at now: Now, into outbox: inout Outbox<Effect>) {
        for peer in lostNeighbours.keys {
            let (index, found) = lostNeighbours.position(of: peer)
            guard found, lostNeighbours.values[index].next <= now.instant else { continue }
            guard maySay(.news, at: now) else {
                lostNeighbours.update(at: index) { [next = retry(.news, at: now)] in $0.next = next }
                continue
            }
            sayHello(to: peer, at: now, into: &outbox)
            let pause = min(lostNeighbours.values[index].pause * 2, rules.longestKnock)
            let wait = random.interval(in: pause / 2...pause)
            lostNeighbours.update(at: index) { $0 = Knock(next: now.instant + wait, pause: pause) }
        }
        guard nextKnock <= now.instant else { return }
        guard me.seal != nil else { return nextKnock = now.instant + rules.pingSpacing }
        if isLonely { knockLonely(at: now, into: &outbox) } else { knockSometimes(at: now, into: &outbox) }
    }

    /// On the morning after a power cut a few meet first, and the rest of the book is silent: they may be an island of
    /// newcomers of whom nobody else knows, and who would ask only each other.
    private var isIslander: Bool { rings.memberCount * 2 < members.count && lonelyKnocks < Self.islanderKnocks }

    /// So often it goes on as if it were alone, some eight seconds in all: who is still silent then has its reasons.
    private static let islanderKnocks = 20

    /// At one of its doors: it may be back at any of them.
    private mutating func sayHello(to peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        guard me.seal != nil, let member = members[peer] else { return }
        let doors = doors(of: member)
        let door = doors.count > 1 ? doors[random.below(doors.count)] : doors[0]
        sayHello(at: Contact(peer, at: door), at: now, into: &outbox)
    }

    mutating func sayHello(at contact: Contact, at now: Now, into outbox: inout Outbox<Effect>) {
        spend(me.encodedByteCount(), at: now)
        outbox.put(.send(.hello(me, pulse: pulse), to: contact))
    }

    /// Nobody is there: two seeds and one of the book, twice a second and then more seldom, never in step with others.
    private mutating func knockLonely(at now: Now, into outbox: inout Outbox<Effect>) {
        let open = seeds.filter { $0 != me.address }
        // Two, and not those that all others knock at in the same moment.
        let first = open.isEmpty ? 0 : random.below(open.count)
        for step in 0..<min(open.count, 2) {
            sayHello(at: Contact(nil, at: open[(first + step) % open.count]), at: now, into: &outbox)
        }
        if let member = someoneLost() { sayHello(to: member, at: now, into: &outbox) }
        nextKnock = now.instant + random.jittered(lonelyPause(), percent: 50)
    }

    /// Longer and longer, until somebody is met.
    private mutating func lonelyPause() -> Interval {
        lonelyKnocks = min(lonelyKnocks + 1, 1 << 20)
        var pause = rules.lonelySpacing
        for _ in 0..<min(lonelyKnocks / 4, 9) { pause = pause + pause / 3 }
        return pause
    }

    private mutating func knockSometimes(at now: Now, into outbox: inout Outbox<Effect>) {
        let pause = isIslander ? lonelyPause() : rules.knockSpacing
        nextKnock = now.instant + random.jittered(pause, percent: 50)
        if let member = someoneLost() { sayHello(to: member, at: now, into: &outbox) }
        let here = members.values.filter(\.isPresent).map(\.record.contact.address)
        let open = seeds.filter { !here.contains($0) && $0 != me.address }
        if let seed = random.pick(open) { sayHello(at: Contact(nil, at: seed), at: now, into: &outbox) }
    }

    /// One of those that are unreachable, at random; of another site rather than of the own.
    private mutating func someoneLost() -> NodeID? {
        let lost = members.values.filter { $0.state == .unreachable }
        guard !lost.isEmpty else { return nil }
        let far = lost.filter { $0.record.site != me.site }
        let wantsFar = random.below(rules.knocksPerOwnSite) > 0
        return random.pick(wantsFar && !far.isEmpty ? far : lost)?.record.id
    }

    // MARK: Doubts

    /// Others say of a member what this node does not believe: it is asked itself. Whether it answers decides, and it
    /// learns that somebody holds it for gone.
    mutating func doubt(_ id: NodeID, claim: Claim?, from source: Source, at now: Now) {
        if let claim, claim.standing == .down, deafSince != nil { return }
        guard doubts[id] == nil, doubts.count < Limits.doubts, members[id] != nil else { return }
        let edge =
            edges[id] ?? Edge(id, habit: members[id]?.habit ?? .init(loss: meanLoss, gap: .zero), at: now.instant)
        doubts[id] = Doubt(
            next: now.instant, tries: 0, needed: edge.questionsNeeded(rules), claim: claim, teller: source.teller)
    }

    private var meanLoss: Int {
        edges.isEmpty ? rules.lossAtStart : edges.values.reduce(0) { $0 + $1.loss } / edges.count
    }

    mutating func settleDoubts(at now: Now, into outbox: inout Outbox<Effect>) {
        for id in doubts.keys {
            guard let doubt = doubts[id], doubt.next <= now.instant, let member = members[id] else { continue }
            if doubt.tries >= doubt.needed {
                doubts[id] = nil
                if let claim = doubt.claim, let teller = doubt.teller, member.isPresent,
                    claim.record.life == member.record.life
                {
                    // This node has asked the subject itself, in vain: where nobody else is named, it answers for it.
                    let accusers = claim.accusers.isEmpty ? [me.id] : claim.accusers
                    giveUp(
                        id, .down, .toldGone(by: teller, accusers: accusers), pulse: claim.pulse,
                        Proof(accusers, claim.accusations), from: nil, at: now, into: &outbox)
                }
                continue
            }
            let pulse = doubt.claim?.pulse ?? member.lostPulse
            let (index, _) = doubts.position(of: id)
            guard ping(id, held: Held(life: member.record.life, pulse: pulse), at: now, into: &outbox) else {
                doubts.update(at: index) { [next = retry(.ping, at: now)] in $0.next = next }
                continue
            }
            let isLast = doubt.tries + 1 == doubt.needed
            let pause = isLast ? rules.pingSpacing * 5 : rules.pingSpacing
            doubts.update(at: index) { doubt in
                doubt.tries += 1
                doubt.next = now.instant + pause
            }
        }
    }
}
