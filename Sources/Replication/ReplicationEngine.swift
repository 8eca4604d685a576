package import Base
package import Crypto

/// Brings one namespace to be the same everywhere. Every so often, and soon after news, it says to a peer twelve bytes
/// of the hash of what it has. Who has something else answers with its heads, from a sketch of which the first sees
/// what differs; it asks for what it lacks, and gives what the other lacks. The page is docs/algorithms/replication.md.
///
/// It asks its world for whatever takes a key or a disk: to sign, to verify claims, to judge epochs, to store. It says
/// nothing to anybody of what is not yet stored, neither to peers nor to whoever wrote it.
package struct ReplicationEngine: Engine {
    package enum Command: Hashable, Sendable {
        /// Whom there is to talk to.
        case contacts([NodeID])
        case clock(ClockQuality)
        /// All of these in one transaction; answered by `written` or `refused`.
        case write(RequestID, [Change])
        /// The id that was asked to be signed last, signed.
        case signed(Digest, Signature)
        /// Which of the claims were truly signed.
        case verified(Ticket, [Bool])
        /// How many of the epochs, from the first on, bear the signatures that the mesh demands.
        case judged(Ticket, valid: Int)
        /// The facts of a ticket are on the disk, and those of all tickets before it.
        case stored(Ticket)
        /// How much of what was sent to this peer in order is still on its way.
        case road(NodeID, Road)
        /// What the law says by now of who may write what.
        case authority(Authority)
        /// Whom the law lets in, rising, and whether this node keeps the epochs.
        case law([NodeID], isKeeper: Bool)
        /// Wait for this member no longer, until it is heard again.
        case evict(NodeID)
        /// What proves the epoch that was proposed.
        case proved([UInt8])
        /// Whoever wrote these has decided about them.
        case settle([Dot])
    }

    package enum Effect: Hashable, Sendable {
        case send(ReplicationMessage, to: NodeID)
        case verify(Ticket, [Claim])
        case judge(Ticket, [Epoch])
        /// Sign the id of a transaction with the node's key, and say so with `signed`.
        case sign(Digest)
        case store(Ticket, [Fact])
        /// Made, and on the disk.
        case written(RequestID, Dot)
        /// Nothing has changed.
        case refused(RequestID, WriteRefusal)
        /// Own transactions that an eviction or a fork has made void, for whoever wrote them to decide anew.
        case requeue([Transaction])
        /// Have the law say this.
        case propose(Epoch)
        case note(Note)
    }

    /// What the way to a peer is like, for what must come in order.
    package enum Road: UInt8, CaseIterable, Sendable {
        /// All has come that was sent.
        case clear
        /// Something is on its way: whoever asks again need not be given the same again.
        case busy
        /// No more fits.
        case full
    }

    package enum Note: Hashable, Sendable {
        /// So many transactions were new.
        case took(Int)
        /// This writer signed two transactions for one place.
        case forked(Writer, at: UInt64)
        /// The own log went further than this replica knew, or nobody could say: it writes under a new name.
        case renamed(Writer)
        /// An epoch was learnt.
        case epoch(UInt64)
        /// Two epochs with one number: nothing is collected any more.
        case epochConflict
        /// Logs no longer reach back to where this replica is; it takes over the live set.
        case entering(NodeID)
        /// So many operations that this replica holds are forgotten by the peer, as so many cells have told.
        case sifted(NodeID, forgotten: Int, cells: Int)
        /// No sketch tells it; the whole live set is taken.
        case unsifted(NodeID, Unsifted)
        case entered(NodeID)
        case ignored(Ignored, from: NodeID)
    }

    /// Why a whole live set is taken.
    package enum Unsifted: UInt8, CaseIterable, Sendable {
        /// Perhaps the peer does not know the question.
        case unanswered
        /// Cells that would tell the difference take more room than the copy, or than there is.
        case tooMany
        /// What came out is not what the giver said that it holds.
        case differs
        case malformed
    }

    package enum Ignored: UInt8, CaseIterable, Sendable {
        case malformed, unknownWriter, forged, gap, tooManyWriters, busy, notAsked, invalidEpoch
    }

    package let settings: ReplicationSettings
    package internal(set) var replica: Replica
    package internal(set) var contacts: [NodeID] = []
    var index = KeyIndex()
    var random: Random
    var clock: HybridClock
    var quality = ClockQuality.floorOnly
    /// What the disk has: only of this are peers and followers told.
    package internal(set) var spoken: VersionVector
    /// What has been given to it.
    var unstored: [Unstored] = []
    /// Facts of this life that go to the disk with its first write.
    var unsaid: [Fact] = []
    /// How many epochs the disk has.
    package internal(set) var spokenEpochs: Int
    /// Members in good standing, rising.
    var lawful: [NodeID] = []
    package internal(set) var isKeeper = false
    /// Whom a person wants no longer waited for, as long as no epoch says so.
    var dismissed: [NodeID] = []
    /// What the law is to say.
    package internal(set) var proposal: Epoch?
    var epochDue: Instant?
    /// When little is settled too, and how much this walk through the slots has found so far.
    var nextSettling: Instant
    var unsettled = 0
    /// Whether the disk has lost nothing, or a peer has the same: an older copy of a disk would have this node issue a
    /// second epoch of one number, and cut logs short that it had acknowledged.
    var knowsEpochs = false
    /// A running fingerprint of all facts, since the whole state is too large to be hashed at every step.
    var trail = TraceHash()
    /// The size of the facts that the state comes to: what a checkpoint of it takes.
    package internal(set) var factBytes = 0
    /// What is wrong with what was stored.
    package internal(set) var flaw: StoreFlaw?
    var tickets: UInt64 = 0
    var standingCache: Standing?
    var greetings = SortedMap<NodeID, Question>()
    var chases = SortedMap<NodeID, Chase>()
    var services = SortedMap<NodeID, Service>()
    /// Of the peers to whom something is on its way. The rest have clear roads.
    var roads = SortedMap<NodeID, Road>()
    var lastServed: NodeID?
    var inbox: [Inbound] = []
    var work: Work?
    /// Who has said all that it had to a question.
    var answered: NodeID?
    var waiting = Waiting()
    var writes: [PendingWrite] = []
    var signing: Signing?
    var written: [Written] = []
    /// Whether a peer has said that the own log is no longer than this replica knows.
    var knowsItself: Bool
    /// Whether the count of starts vouches for the disk, where no peer can.
    var isCounted = false
    var writesBy: Instant?
    var collectCursor: Int?
    var ackVersion: UInt64 = 1
    var acksTold = SortedMap<NodeID, UInt64>()
    var nextRound: Instant
    var rhythm: Rhythm
    /// There is something that no contact has been told of.
    var hasNews = false
    /// There is work that waits for nothing but its turn.
    var isDue: Instant?
    var entry: Entering?
    var transfers: [Transfer] = []

    struct Unstored {
        var ticket: Ticket
        var vector: VersionVector
        var epochs: Int
    }

    /// Something was asked of a peer.
    struct Question {
        var tries = 1
        var next: Instant
    }

    package init(
        _ replica: Replica, settings: ReplicationSettings, clock floor: HybridTime, random: Random, at now: Now
    ) {
        self.settings = settings
        self.replica = replica
        self.random = random
        clock = HybridClock(floor: floor)
        spoken = replica.vector
        spokenEpochs = replica.epochs.count
        knowsItself = replica.head(of: replica.my) == 0 || replica.bug == .trustsItself
        nextRound = now.instant
        rhythm = settings.rhythm(at: now.instant)
        nextSettling = now.instant
        index.catchUp(with: replica)
    }

    package var deadline: Instant? {
        // Alone there is nobody to greet.
        var due = Instant.earlier(isDue, contacts.isEmpty ? nil : nextRound)
        for greeting in greetings.values { due = .earlier(due, greeting.next) }
        for chase in chases.values { due = .earlier(due, chase.next) }
        due = .earlier(.earlier(due, writesBy), epochDue)
        return .earlier(due, entry?.next)
    }

    // MARK: The three doors

    package mutating func receive(
        _ message: ReplicationMessage, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        switch message {
        case .greeting(let fingerprint): takeGreeting(fingerprint, from: peer, at: now, into: &outbox)
        case .same(let brief): takeSame(brief, from: peer, at: now, into: &outbox)
        case .heads(let heads): takeHeads(heads, from: peer, at: now, into: &outbox)
        case .more(let cells): sendHeads(to: peer, cells: cells, into: &outbox)
        case .want(let want): takeWant(want, from: peer, at: now, into: &outbox)
        case .below: takeBelow(from: peer, at: now, into: &outbox)
        case .batch(let batch): queue(.batch(batch), from: peer, at: now, into: &outbox)
        case .epochs(let epochs): queue(.epochs(epochs), from: peer, at: now, into: &outbox)
        case .forks(let proofs): queue(.forks(proofs), from: peer, at: now, into: &outbox)
        case .branch(let name, let branch): queue(.branch(name, branch), from: peer, at: now, into: &outbox)
        case .piece(let piece): queue(.piece(piece), from: peer, at: now, into: &outbox)
        case .askEpochs(let number): sendEpochs(from: number, to: peer, into: &outbox)
        case .askBranch(let writer, let sequence):
            guard let name = replica.logs[writer]?.name, let branch = replica.branch(of: writer, at: sequence) else {
                return
            }
            outbox.put(.send(.branch(name, branch), to: peer))
        case .acks(let acks): takeAcks(acks, at: now)
        case .enter: takeEnter(from: peer, at: now, into: &outbox)
        case .askPiece(let transfer, let number):
            sendPiece(number, of: transfer, to: peer, at: now, into: &outbox)
        case .askSketch(let want): takeAskSketch(want, from: peer, at: now, into: &outbox)
        case .sketch(let sketch): takeSketch(sketch, from: peer, at: now, into: &outbox)
        case .askCells(let transfer, let first, let count):
            takeAskCells(first, count, of: transfer, from: peer, at: now)
        }
    }

    package mutating func perform(_ command: Command, at now: Now, into outbox: inout Outbox<Effect>) {
        switch command {
        case .contacts(let contacts): meet(contacts.filter { $0 != replica.me.author }, at: now)
        case .clock(let quality): self.quality = quality
        case .write(let request, let changes): takeWrite(request, changes, at: now, into: &outbox)
        case .signed(let id, let signature): takeSignature(id, signature, at: now, into: &outbox)
        case .verified(let ticket, let truths): takeVerdict(ticket, truths, at: now, into: &outbox)
        case .judged(let ticket, let valid): takeJudgement(ticket, valid: valid, at: now, into: &outbox)
        case .stored(let ticket): takeStored(ticket, at: now, into: &outbox)
        case .road(let peer, let road):
            roads[peer] = road == .clear ? nil : road
            if road != .full, services[peer] != nil { isDue = isDue ?? now.instant }
        case .law(let members, let isKeeper): takeLaw(members, isKeeper: isKeeper, at: now)
        case .evict(let member): takeEviction(of: member, at: now)
        case .proved(let proof): takeProof(proof, at: now, into: &outbox)
        case .settle(let dots):
            replica.settleReturned(dots)
            store(into: &outbox)
        case .authority(let authority):
            guard authority != replica.authority else { return }
            let void = replica.adopt(authority)
            if !void.isEmpty { outbox.put(.requeue(void)) }
            store(into: &outbox)
        }
    }

    package mutating func wake(at now: Now, into outbox: inout Outbox<Effect>) {
        if let due = isDue, due <= now.instant {
            isDue = nil
            goOn(at: now, into: &outbox)
            serveOn(at: now, into: &outbox)
            siftOn(at: now, into: &outbox)
            compareOn(at: now, into: &outbox)
        }
        if let by = writesBy, by <= now.instant { doubtItself(at: now, into: &outbox) }
        askAgain(at: now, into: &outbox)
        tendEpochs(at: now, into: &outbox)
        guard nextRound <= now.instant, !contacts.isEmpty else { return }
        nextRound = now.instant + random.jittered(rhythm.interval(at: now.instant), percent: 10)
        collectSome(at: now, into: &outbox)
        forgetTransfers(at: now)
        reportAnew(at: now, into: &outbox)
        if hasNews {
            hasNews = false
            for peer in contacts.prefix(settings.fanout) { greet(peer, anew: true, at: now, into: &outbox) }
        } else if replica.bug != .greetsOnNewsOnly, let peer = random.pick(contacts) {
            greet(peer, at: now, into: &outbox)
        }
    }

    /// Questions to those who are gone are dropped: nobody will answer.
    private mutating func meet(_ others: [NodeID], at now: Now) {
        for peer in contacts where !others.contains(peer) {
            greetings[peer] = nil
            chases[peer] = nil
        }
        contacts = others
        quicken(at: now)
        nextRound = min(nextRound, now.instant + settings.eager)
    }

    // MARK: The disk

    func makeTicket() -> Ticket { Ticket(number: tickets) }

    /// Gives to the disk what has changed. What rests on it is said when it is stored.
    mutating func store(into outbox: inout Outbox<Effect>) {
        if replica.bug == .speaksBeforeDisk { speak(replica.vector, epochs: replica.epochs.count) }
        guard !replica.facts.isEmpty else { return }
        index.catchUp(with: replica)
        let facts = unsaid + replica.takeFacts()
        unsaid = []
        for fact in facts {
            trail.absorb(fact.encoded.raw)
            factBytes += fact.bytes
        }
        tickets += 1
        unstored.append(Unstored(ticket: makeTicket(), vector: replica.vector, epochs: replica.epochs.count))
        outbox.put(.store(makeTicket(), facts))
    }

    private mutating func speak(_ vector: VersionVector, epochs: Int) {
        spoken = vector
        spokenEpochs = epochs
        standingCache = nil
    }

    private mutating func takeStored(_ ticket: Ticket, at now: Now, into outbox: inout Outbox<Effect>) {
        guard let index = unstored.firstIndex(where: { $0.ticket == ticket }) else { return }
        // Storage keeps their order, so that what came before is stored as well.
        if unstored[index].vector != spoken || unstored[index].epochs != spokenEpochs { hurry(at: now) }
        speak(unstored[index].vector, epochs: unstored[index].epochs)
        unstored.removeFirst(index + 1)
        let done = written.prefix { spoken.covers($0.dot) }
        for one in done { outbox.put(.written(one.id, one.dot)) }
        written.removeFirst(done.count)
        if hasWork { isDue = isDue ?? now.instant }
    }

    /// There is news: all contacts are greeted soon.
    mutating func hurry(at now: Now) {
        hasNews = true
        quicken(at: now)
        nextRound = min(nextRound, now.instant + settings.eager)
    }

    /// Something is new, or differs: what was calm is lively for a while.
    mutating func quicken(at now: Now) {
        rhythm.notice(at: now.instant)
        nextRound = min(nextRound, now.instant + settings.round)
    }

    mutating func standing() -> Standing {
        if let standingCache { return standingCache }
        let standing = Standing(replica, upTo: spoken, in: spokenEpoch)
        standingCache = standing
        return standing
    }
}
