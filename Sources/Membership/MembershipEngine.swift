package import Base

/// Who is here, by ring observers: every node sends beats to some eight neighbours on four rings, learns what each path
/// loses and how long its silences use to be, and examines a silence that is longer with a burst of pings. A death
/// needs a quorum of the observers that can be asked, and is refuted by the one it is about and by nobody else. Changes
/// are flooded along the same edges until acknowledged; what a flood missed, a comparison of rosters finds. Nobody is
/// ever forgotten. The page is docs/algorithms/membership.md.
package struct MembershipEngine: Engine {
    package enum Command: Hashable, Sendable {
        /// Say goodbye to everybody; nothing is said afterwards.
        case leave
        /// This node's signature of what it says of itself in that life, as `sign` asked for it.
        case signed(Seal, Life)
        /// The same of what it says against a neighbour, as `signCharge` asked for it.
        case signedCharge(SignedCharge)
        /// Somebody of this mesh has called on the local net, from addresses that are not this node's.
        case heard(Call)
        /// These belong to the mesh, whether this node has met them or not.
        case acquainted(Acquaintances)
    }

    package enum Effect: Hashable, Sendable {
        case send(MembershipMessage, to: Contact)
        /// Sign this record with the node's own key; until `signed` comes, nobody is told it.
        case sign(MemberRecord)
        /// Sign what this node says against a neighbour.
        case signCharge(Charge)
        case persist(Fact)
        /// Call on the local net.
        case callOut(isLonely: Bool)
        case note(Note)
    }

    package enum Note: Hashable, Sendable {
        /// A member came into a state. The first time that a member is seen, `from` is nil.
        case moved(NodeID, from: Member.State?, to: Member.State, because: Member.Reason)
        /// Others held this node for gone, or spoke of a life of it that was not the newest: it has spoken up.
        case spokeUp(Life)
        /// This node hears hardly anybody, or does so no more.
        case deaf(Bool, silentEdges: Int, edges: Int)
        /// None of the neighbours heard what it said, though it hears them; or one does so again.
        case mute(Bool, missed: Int, edges: Int)
        /// It was not run for so long, and judges nobody by that time.
        case stalled(Interval)
        case ignored(Ignored)
        /// That peer told something of another which the other never said.
        case lied(NodeID, about: NodeID)
    }

    /// Why a message or a part of it was not used.
    package enum Ignored: UInt8, CaseIterable, Sendable {
        /// It is no newer than what is known.
        case stale
        /// The view holds as many members as it may.
        case viewIsFull
        /// Somebody speaks of this node with a life that it never had: a cloned identity, or a lost boot count.
        case ownLifeFromElsewhere
        /// It came after this node said goodbye.
        case alreadyLeft
        /// It came from nobody that this node knows.
        case stranger
        /// A life that is longer by more than anybody can have lived.
        case impossibleLife
        /// An accusation by one who does not observe the accused, or to one who does not.
        case notAnObserver
        /// A verdict over one who was heard since.
        case heardSince
        /// A record that its subject did not sign.
        case forged
        /// A record of one whose key was told by its beginning, and of whom the law that is here does not speak.
        case unknownKey
        /// It came from one that told a forgery not long ago, and costs too much to look at.
        case toldByALiar
    }

    let settings: MembershipSettings
    let notary: Notary
    package internal(set) var me: MemberRecord
    /// Everybody else.
    package internal(set) var members: SortedMap<NodeID, Member>
    /// Where to say hello to those whom nobody has named yet.
    var seeds: [Address]
    /// Everybody present; follows from `members`.
    var rings: Rings
    /// The neighbours; follow from `rings`.
    package internal(set) var edges: SortedMap<NodeID, Edge>
    /// A fingerprint of the roster: equal on two nodes that have the same.
    package internal(set) var view: UInt64
    /// The number of the last beat, and when the last beats were sent.
    var pulse: UInt64
    var pulseTimes: [Instant]
    /// Nil once this node has said goodbye.
    var nextBeat: Instant?
    var news: SortedMap<NodeID, News>
    var newsAllowance: Allowance
    var doubts: SortedMap<NodeID, Doubt>
    /// Those whom this node pings for others.
    var searches: SortedMap<NodeID, Search>
    var asking: Asking
    var answering: [Answering]
    /// The budget of everything that is said.
    var spending: Allowance
    var welcomeAllowance: Allowance
    /// The last member whose door was named to a stranger.
    var lastDoor: NodeID
    var nextKnock: Instant
    var lonelyKnocks: Int
    var beacons: Beacons
    var lostNeighbours: SortedMap<NodeID, Knock>
    var deafSince: Instant?
    var spokeUp: Instant?
    var voice: Voice
    /// Where this node stands among the others.
    package internal(set) var coordinate: Coordinate
    var acquaintances = Acquaintances()
    var random: Random
    let mischief: Mischief
    /// What this node says of itself was given to be signed.
    var isSigning: Bool

    var rules: MembershipRules { settings.rules }

    /// `stored` are the facts of this engine's shelf from earlier lives.
    package init(
        me: MemberRecord, settings: MembershipSettings, notary: Notary, seeds: [Address], stored: [Fact],
        random: Random, mischief: Mischief, at now: Now
    ) {
        precondition(settings.isConsistent, "the configuration refuses settings that contradict each other")
        self.me = me
        self.settings = settings
        self.notary = notary
        self.seeds = Array(seeds.prefix(Limits.seedAddresses))
        self.random = random
        self.mischief = mischief
        members = SortedMap()
        rings = Rings()
        edges = SortedMap()
        view = 0
        pulse = 0
        pulseTimes = []
        nextBeat = now.instant
        news = SortedMap()
        newsAllowance = Allowance()
        doubts = SortedMap()
        searches = SortedMap()
        asking = Asking()
        answering = []
        spending = Allowance()
        welcomeAllowance = Allowance()
        lastDoor = me.id
        nextKnock = now.instant
        lonelyKnocks = 0
        beacons = Beacons(at: now.instant)
        lostNeighbours = SortedMap()
        isSigning = false
        voice = Voice(at: now.instant)
        coordinate = Coordinate()
        rings.insert(me.id)
        view = myMark.hash
        for fact in stored { remember(fact, at: now) }
    }

    var myMark: Mark { Mark(subject: me.id, life: me.life, standing: me.ownStanding) }
    var myClaim: Claim { Claim(me, me.ownStanding) }
    /// Nobody else is present.
    var isLonely: Bool { rings.memberCount == 1 }

    package var deadline: Instant? {
        guard let nextBeat else { return nil }
        var due = min(nextBeat, nextKnock)
        for edge in edges.values { due = min(due, trialStep(of: edge)) }
        for item in news.values { due = min(due, item.next) }
        for doubt in doubts.values { due = min(due, doubt.next) }
        for search in searches.values { due = min(due, search.next) }
        for knock in lostNeighbours.values { due = min(due, knock.next) }
        if voice.muteSince != nil { due = min(due, voice.nextCry) }
        if let call = beaconDue { due = min(due, call) }
        if !answering.isEmpty { due = min(due, mayStart(.comparison)) }
        return Instant.earlier(due, asking.next)
    }

    // MARK: The three doors

    package mutating func receive(
        _ message: MembershipMessage, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard nextBeat != nil else { return outbox.put(.note(.ignored(.alreadyLeft))) }
        forgiveStall(at: now, into: &outbox)
        switch message {
        case .hello(let record, let pulse): takeHello(record, pulse, from: peer, at: now, into: &outbox)
        case .beat(let beat): takeBeat(beat, from: peer, at: now, into: &outbox)
        case .ping(let number, let pulse, let held):
            takePing(number, pulse, held, from: peer, at: now, into: &outbox)
        case .pong(let number, let pulse): takePong(number, pulse, from: peer, at: now, into: &outbox)
        case .accuse(let word): takeAccusation(word, from: peer, at: now, into: &outbox)
        case .witness(let charge): takeTestimony(charge, from: peer, at: now, into: &outbox)
        case .seek(let charge): takeSeek(charge, from: peer, at: now, into: &outbox)
        case .news(let claims): takeNews(completed(claims, into: &outbox), from: peer, at: now, into: &outbox)
        case .offer(let marks): takeOffer(marks, from: peer, at: now, into: &outbox)
        case .want(let ids): takeWant(ids, from: peer, at: now, into: &outbox)
        case .known(let hashes): takeKnown(hashes, from: peer, at: now, into: &outbox)
        case .ask(let question): takeQuestion(question, from: peer, at: now, into: &outbox)
        case .told(var answer):
            answer.claims = completed(answer.claims, into: &outbox)
            takeAnswer(answer, from: peer, at: now, into: &outbox)
        }
        sendNews(at: now, into: &outbox)
        seekSeal(into: &outbox)
    }

    package mutating func perform(_ command: Command, at now: Now, into outbox: inout Outbox<Effect>) {
        switch command {
        case .leave:
            guard nextBeat != nil else { return }
            if !me.isLeaving {
                changeMe {
                    $0.life.beat += 1
                    $0.isLeaving = true
                }
            }
        case .signed(let seal, let life):
            guard isSigning, life == me.life, nextBeat != nil else { return }
            isSigning = false
            me.seal = seal
            me.isLeaving ? sayGoodbye(at: now, into: &outbox) : spread(me.id, from: nil, at: now)
            voice.nextCry = now.instant
            sendNews(at: now, into: &outbox)
        case .signedCharge(let word):
            guard nextBeat != nil else { return outbox.put(.note(.ignored(.alreadyLeft))) }
            take(word, at: now, into: &outbox)
            sendNews(at: now, into: &outbox)
        case .heard(let call):
            guard nextBeat != nil else { return outbox.put(.note(.ignored(.alreadyLeft))) }
            hear(call, at: now, into: &outbox)
        case .acquainted(let acquaintances): self.acquaintances = acquaintances
        }
        seekSeal(into: &outbox)
    }

    /// The last word, so nothing comes after it for which the budget could wait: one copy in any case, the others as
    /// far as it goes.
    private mutating func sayGoodbye(at now: Now, into outbox: inout Outbox<Effect>) {
        nextBeat = nil
        let goodbye = MembershipMessage.news([myClaim])
        for copy in 0..<Limits.goodbyeCopies {
            for peer in edges.keys where copy == 0 || maySay(.testimony, at: now) {
                say(goodbye, to: peer, at: now, into: &outbox)
            }
        }
    }

    /// What this node says of itself has changed: nobody believes it before it is signed.
    private mutating func seekSeal(into outbox: inout Outbox<Effect>) {
        guard me.seal == nil, !isSigning else { return }
        isSigning = true
        outbox.put(.sign(me))
    }

    package mutating func wake(at now: Now, into outbox: inout Outbox<Effect>) {
        guard let beatDue = nextBeat else { return }
        forgiveStall(at: now, into: &outbox)
        if beatDue <= now.instant { beat(at: now, into: &outbox) }
        examineSilences(at: now, into: &outbox)
        goOnSearching(at: now, into: &outbox)
        cry(at: now, into: &outbox)
        settleDoubts(at: now, into: &outbox)
        knock(at: now, into: &outbox)
        callOut(at: now, into: &outbox)
        askIfDue(at: now, into: &outbox)
        goOnAnswering(at: now, into: &outbox)
        sendNews(at: now, into: &outbox)
        seekSeal(into: &outbox)
    }

    // MARK: Small words

    /// The claims whose subjects this node can name.
    private func completed(_ claims: [Claim], into outbox: inout Outbox<Effect>) -> [Claim] {
        let known = claims.compactMap(acquaintances.completed)
        if known.count < claims.count { outbox.put(.note(.ignored(.unknownKey))) }
        return known
    }

    func send(_ message: MembershipMessage, to peer: NodeID, into outbox: inout Outbox<Effect>) {
        guard let member = members[peer] else { return }
        outbox.put(.send(message, to: member.record.contact))
    }

    /// Changes what this node says of itself, and with it the fingerprint.
    mutating func changeMe(_ change: (inout MemberRecord) -> Void) {
        view ^= myMark.hash
        change(&me)
        me.seal = nil
        isSigning = false
        view ^= myMark.hash
    }

    /// Where this process was stopped, or its machine asleep, nobody else was silent.
    private mutating func forgiveStall(at now: Now, into outbox: inout Outbox<Effect>) {
        guard let deadline, now.instant - deadline > settings.interval + .milliseconds(500) else { return }
        let stall = now.instant - deadline
        for index in 0..<edges.count {
            edges.update(at: index) { edge in
                edge.heard = min(now.instant, edge.heard + stall)
                edge.acquit()
                edge.deafness.missed = 0
            }
        }
        voice = Voice(at: now.instant)
        outbox.put(.note(.stalled(stall)))
    }
}
