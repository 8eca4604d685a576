package import Base
package import Crypto

/// Brings one namespace to be the same everywhere. Every so often, and soon after news, it says to a peer twelve bytes
/// of the hash of what it has. Who has something else answers with its heads, from a sketch of which the first sees
/// what differs; it asks for what it lacks, and gives what the other lacks. The page is docs/algorithms/replication.md.
///
/// It asks its world for whatever takes a key or a disk: to sign, to verify claims, to judge epochs, to store. It says
/// nothing to anybody of what is not yet stored.
package struct ReplicationEngine: Engine {
    package enum Command: Hashable, Sendable {
        /// Whom there is to talk to.
        case contacts([NodeID])
        case clock(ClockQuality)
        case write(request: UInt64, [Change])
        case signed(request: UInt64, Signature)
        /// Which of the claims were truly signed.
        case verified(Ticket, [Bool])
        /// How many of the epochs, from the first on, bear the signatures that the mesh demands.
        case judged(Ticket, valid: Int)
        case stored(Ticket)
        /// An epoch that our own side has had signed.
        case issue(Epoch)
    }

    package enum Effect: Hashable, Sendable {
        case send(ReplicationMessage, to: NodeID)
        case verify(Ticket, [Claim])
        case judge(Ticket, [Epoch])
        case sign(request: UInt64, Digest)
        case store(Ticket, [Fact])
        case written(request: UInt64, Dot)
        case refused(request: UInt64, WriteRefusal)
        /// Own transactions that an eviction or a fork has made void, for whoever wrote them to decide anew.
        case requeue([Transaction])
        case note(Note)
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
        case entered(NodeID)
        case ignored(Ignored, from: NodeID)
    }

    package enum Ignored: UInt8, CaseIterable, Sendable {
        case malformed, unknownWriter, forged, gap, tooManyWriters, busy, notAsked, invalidEpoch
    }

    package let settings: ReplicationSettings
    package internal(set) var replica: Replica
    var contacts: [NodeID] = []
    var random: Random
    var clock: HybridClock
    var quality = ClockQuality.unknown
    /// What the disk has, and what has been given to it.
    package internal(set) var spoken: VersionVector
    var unstored: [Unstored] = []
    var tickets: UInt64 = 0
    var standingCache: Standing?
    var greetings = SortedMap<NodeID, Question>()
    var chases = SortedMap<NodeID, Chase>()
    var services = SortedMap<NodeID, Service>()
    var lastServed: NodeID?
    var inbox: [Inbound] = []
    var work: Work?
    /// Who has said all that it had to a question.
    var answered: NodeID?
    var waiting = Waiting()
    var writes: [PendingWrite] = []
    var signing: (request: UInt64, transaction: Transaction)?
    var written: [(request: UInt64, dot: Dot)] = []
    /// Whether a peer has said that the own log is no longer than this replica knows.
    var knowsItself: Bool
    var writesBy: Instant?
    var collectCursor: Int?
    var ackVersion: UInt64 = 1
    var acksTold = SortedMap<NodeID, UInt64>()
    var nextRound: Instant
    /// There is work that waits for nothing but its turn.
    var isDue: Instant?
    var entry: Entering?
    var transfers: [Transfer] = []

    struct Unstored {
        var ticket: Ticket
        var vector: VersionVector
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
        knowsItself = replica.head(of: replica.my) == 0
        nextRound = now.instant
    }

    package var deadline: Instant? {
        var due = isDue ?? nextRound
        due = min(due, nextRound)
        for greeting in greetings.values { due = min(due, greeting.next) }
        for chase in chases.values { due = min(due, chase.next) }
        if let writesBy { due = min(due, writesBy) }
        if let entry { due = min(due, entry.next) }
        return due
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
        case .acks(let acks): takeAcks(acks)
        case .enter: takeEnter(from: peer, at: now, into: &outbox)
        case .askPiece(let transfer, let number):
            sendPiece(number, of: transfer, to: peer, at: now, into: &outbox)
        }
    }

    package mutating func perform(_ command: Command, at now: Now, into outbox: inout Outbox<Effect>) {
        switch command {
        case .contacts(let contacts):
            self.contacts = contacts.filter { $0 != replica.me.author }
            nextRound = min(nextRound, now.instant + settings.eager)
        case .clock(let quality): self.quality = quality
        case .write(let request, let changes): takeWrite(request, changes, at: now, into: &outbox)
        case .signed(let request, let signature): takeSignature(request, signature, at: now, into: &outbox)
        case .verified(let ticket, let truths): takeVerdict(ticket, truths, at: now, into: &outbox)
        case .judged(let ticket, let valid): takeJudgement(ticket, valid: valid, at: now, into: &outbox)
        case .stored(let ticket): takeStored(ticket, at: now, into: &outbox)
        case .issue(let epoch):
            learn([epoch], into: &outbox)
            store(into: &outbox)
            hurry(at: now)
        }
    }

    package mutating func wake(at now: Now, into outbox: inout Outbox<Effect>) {
        if let due = isDue, due <= now.instant {
            isDue = nil
            goOn(at: now, into: &outbox)
            serveOn(at: now, into: &outbox)
        }
        if let by = writesBy, by <= now.instant { doubtItself(at: now, into: &outbox) }
        askAgain(at: now, into: &outbox)
        guard nextRound <= now.instant else { return }
        nextRound = now.instant + random.jittered(settings.round, percent: 10)
        collectSome(into: &outbox)
        forgetTransfers(at: now)
        if let peer = random.pick(contacts) { greet(peer, at: now, into: &outbox) }
    }

    // MARK: The disk

    func makeTicket() -> Ticket { Ticket(number: tickets) }

    /// Gives to the disk what has changed. What rests on it is said when it is stored.
    mutating func store(into outbox: inout Outbox<Effect>) {
        if replica.bug == .speaksBeforeDisk { speak(replica.vector) }
        let facts = replica.takeFacts()
        guard !facts.isEmpty else { return }
        tickets += 1
        unstored.append(Unstored(ticket: makeTicket(), vector: replica.vector))
        outbox.put(.store(makeTicket(), facts))
    }

    private mutating func speak(_ vector: VersionVector) {
        spoken = vector
        standingCache = nil
    }

    private mutating func takeStored(_ ticket: Ticket, at now: Now, into outbox: inout Outbox<Effect>) {
        guard let index = unstored.firstIndex(where: { $0.ticket == ticket }) else { return }
        // Storage keeps their order, so that what came before is stored as well.
        speak(unstored[index].vector)
        unstored.removeFirst(index + 1)
        let done = written.prefix { spoken.covers($0.dot) }
        for one in done { outbox.put(.written(request: one.request, one.dot)) }
        written.removeFirst(done.count)
        hurry(at: now)
        if waiting.hasReady || !inbox.isEmpty || answered != nil { isDue = isDue ?? now.instant }
    }

    /// There is news: the next greeting comes soon.
    mutating func hurry(at now: Now) { nextRound = min(nextRound, now.instant + settings.eager) }

    mutating func standing() -> Standing {
        if let standingCache { return standingCache }
        let standing = Standing(replica, upTo: spoken)
        standingCache = standing
        return standing
    }
}
