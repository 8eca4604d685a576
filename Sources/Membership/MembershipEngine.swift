package import Base

/// Who is here, by gossip of heartbeats (van Renesse, Minsky and Hayden, "A Gossip-Style Failure Detection Service",
/// 1998): every node makes its own life one beat longer each round and sends what it knows to a few peers at random; a
/// member whose life has not grown for a while is suspected, then called unreachable. Nobody is ever forgotten.
///
/// This is the plain first form of the room: it carries a small mesh and holds the place of the ring observers.
package struct MembershipEngine: Engine {
    package enum Command: Hashable, Sendable {
        /// Say goodbye to everybody; nothing is said afterwards.
        case leave
    }

    package enum Effect: Hashable, Sendable {
        case send(MembershipMessage, to: Contact)
        case persist(Fact)
        case note(Note)
    }

    package enum Note: Hashable, Sendable {
        /// A member came into a state. The first time that a member is seen, `from` is nil.
        case moved(NodeID, from: Member.State?, to: Member.State, because: Member.Reason)
        case ignored(Ignored)
    }

    /// Why a message or a part of it was not used.
    package enum Ignored: UInt8, CaseIterable, Sendable {
        /// A record that is no newer than what is known.
        case stale
        /// The view holds as many members as it may.
        case viewIsFull
        /// Somebody speaks of this node with a life that it never had: a cloned identity, or a lost boot count.
        case ownLifeFromElsewhere
        /// It came after this node said goodbye.
        case alreadyLeft
    }

    let settings: MembershipSettings
    package internal(set) var me: MemberRecord
    /// Everybody else.
    package internal(set) var members: SortedMap<NodeID, Member>
    /// Where to say hello to those whom nobody has named yet.
    var seeds: [Address]
    /// Records that are news, and how many more datagrams are to carry each.
    var rumours: SortedMap<NodeID, Int>
    /// The member up to which the last datagrams told of the view; the next one goes on behind it.
    var cursor: NodeID
    /// When the patience with each member ends; follows from `members`.
    var patience: DeadlineHeap<NodeID>
    /// Nil once this node has said goodbye.
    var nextRound: Instant?
    var rounds: UInt64
    var random: Random
    let mischief: Mischief

    /// `stored` are the facts of this engine's shelf from earlier lives.
    package init(
        me: MemberRecord, settings: MembershipSettings, seeds: [Address], stored: [Fact], random: Random,
        mischief: Mischief, at now: Now
    ) {
        precondition(settings.isConsistent, "the configuration refuses settings that contradict each other")
        self.me = me
        self.settings = settings
        self.seeds = Array(seeds.prefix(Limits.seedAddresses))
        self.random = random
        self.mischief = mischief
        members = SortedMap()
        rumours = SortedMap()
        patience = DeadlineHeap()
        cursor = me.id
        nextRound = now.instant
        rounds = 0
        for fact in stored { remember(fact, at: now) }
    }

    package var deadline: Instant? {
        guard let nextRound else { return nil }
        return patience.next.map { min($0, nextRound) } ?? nextRound
    }

    // MARK: The three doors

    package mutating func receive(
        _ message: MembershipMessage, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard nextRound != nil else { return outbox.put(.note(.ignored(.alreadyLeft))) }
        switch message {
        case .hello(let record):
            learn(record, from: peer, at: now, into: &outbox)
            guard record.id == peer, !mischief.strikes(.skippedReply, by: &random) else { return }
            tellEverything(to: record.contact, into: &outbox)
        case .gossip(let records, let view):
            for record in records { learn(record, from: peer, at: now, into: &outbox) }
            let (index, found) = members.position(of: peer)
            if found { members.update(at: index) { $0.view = view } }
        }
    }

    package mutating func perform(_ command: Command, at now: Now, into outbox: inout Outbox<Effect>) {
        switch command {
        case .leave:
            guard nextRound != nil else { return }
            me.life.beat += 1
            me.isLeaving = true
            nextRound = nil
            for member in members.values where member.state != .left {
                for _ in 0..<Limits.goodbyeCopies {
                    outbox.put(.send(.gossip([me], view: view), to: member.record.contact))
                }
            }
        }
    }

    package mutating func wake(at now: Now, into outbox: inout Outbox<Effect>) {
        guard let due = nextRound else { return }
        while let id = patience.popDue(at: now.instant) { losePatience(with: id, at: now, into: &outbox) }
        guard due <= now.instant else { return }
        me.life.beat += 1
        gossip(into: &outbox)
        rounds += 1
        let shortest = settings.interval - settings.interval / 10
        nextRound =
            now.instant
            + (mischief.strikes(.earlyTimer, by: &random) ? shortest : random.jittered(settings.interval, percent: 10))
    }

    // MARK: What becomes of a member

    private mutating func learn(
        _ record: MemberRecord, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard record.id != me.id else {
            if record.life > me.life { outbox.put(.note(.ignored(.ownLifeFromElsewhere))) }
            return
        }
        let known = members[record.id]
        guard known.map({ $0.record.life < record.life }) ?? true else {
            return outbox.put(.note(.ignored(.stale)))
        }
        guard known != nil || members.count < Limits.members else {
            return outbox.put(.note(.ignored(.viewIsFull)))
        }
        let state: Member.State = record.isLeaving ? .left : .alive
        let reason: Member.Reason =
            record.isLeaving ? .saidGoodbye : peer == record.id ? .heardDirectly : .heardThrough(peer)
        var member =
            known ?? Member(record: record, state: state, reason: reason, since: now, heard: now.instant)
        member.record = record
        member.heard = now.instant
        if known?.state != state {
            member.state = state
            member.reason = reason
            member.since = now
            outbox.put(.note(.moved(record.id, from: known?.state, to: state, because: reason)))
            spread(record.id, at: now)
        }
        members[record.id] = member
        patience[record.id] = record.isLeaving ? nil : now.instant + settings.suspectAfter
        if known.map({ !$0.record.isStoredLike(record) }) ?? true {
            outbox.put(.persist(Self.fact(of: record)))
        }
    }

    private mutating func losePatience(with id: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        let (index, found) = members.position(of: id)
        precondition(found, "patience is kept for members of the view only, and nobody is ever removed from it")
        let old = members.values[index]
        let silence = now.instant - old.heard
        // A suspect's patience ends once more only: at the end of time its silence no longer grows.
        let isGivenUp = old.state == .suspect || silence >= settings.unreachableAfter
        let state: Member.State = isGivenUp ? .unreachable : .suspect
        members.update(at: index) { member in
            member.state = state
            member.reason = .silent(for: silence)
            member.since = now
        }
        if state == .suspect { patience[id] = old.heard + settings.unreachableAfter }
        outbox.put(.note(.moved(id, from: old.state, to: state, because: .silent(for: silence))))
    }

    /// Makes `id` news: it rides ahead in the next datagrams, and the next round comes soon.
    private mutating func spread(_ id: NodeID, at now: Now) {
        rumours[id] = Limits.rumourCopies
        let soon = now.instant + random.interval(in: .zero...settings.interval / 10)
        nextRound = nextRound.map { min($0, soon) }
    }
}
