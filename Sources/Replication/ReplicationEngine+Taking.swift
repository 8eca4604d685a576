internal import Base
internal import Crypto

/// What comes in is worked on one after another, a step at a time: it is read, its claims are given out to be verified,
/// and what holds is taken and stored.
extension ReplicationEngine {
    struct Inbound {
        enum Content {
            case batch(Batch)
            case epochs([Epoch])
            case forks([ForkProof])
            case branch(WriterName, ForkProof.Branch)
            case piece(Piece)
        }

        var peer: NodeID
        var content: Content

        var size: Int {
            switch content {
            case .batch(let batch): batch.pack.bytes.count
            case .piece(let piece): piece.pack.bytes.count
            case .epochs, .forks, .branch: 1_024
            }
        }
    }

    /// What waits for an answer from the world.
    struct Work {
        enum Content {
            /// Runs, and which of them the claims are of.
            case batch(Batch, [ReckonedRun], asked: [Int])
            case piece(Piece, [ReckonedRun], asked: [Int])
            case epochs([Epoch])
            case forks([ForkProof])
            case branch(WriterName, ForkProof.Branch)
        }

        var ticket: Ticket
        var peer: NodeID
        var content: Content
    }

    mutating func queue(
        _ content: Inbound.Content, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        let inbound = Inbound(peer: peer, content: content)
        guard inbox.reduce(inbound.size, { $0 + $1.size }) <= Limits.replicationInboxBytes else {
            return outbox.put(.note(.ignored(.busy, from: peer)))
        }
        inbox.append(inbound)
        if var chase = chases[peer] {
            chase.question = Question(next: questionTime(1, now))
            chases[peer] = chase
        }
        goOn(at: now, into: &outbox)
    }

    /// The next step: a run that waited, or what came in next.
    mutating func goOn(at now: Now, into outbox: inout Outbox<Effect>) {
        guard work == nil, unstored.count < Limits.replicationUnstored else { return }
        takeReady(into: &outbox)
        if work == nil, !waiting.hasReady, !inbox.isEmpty { start(inbox.removeFirst(), into: &outbox) }
        guard work == nil else { return }
        guard !waiting.hasReady, inbox.isEmpty else { return isDue = isDue ?? now.instant }
        if let peer = answered {
            answered = nil
            chaseOn(peer, at: now, into: &outbox)
        }
    }

    /// A step's weight of what is verified.
    private mutating func takeReady(into outbox: inout Outbox<Effect>) {
        guard waiting.hasReady else { return }
        let (before, sum) = (replica.operationsTaken, replica.vector.sum)
        let limit = replica.bug == .takesAllAtOnce ? Int.max : Limits.operations
        while case let left = limit - (replica.operationsTaken - before), left > 0,
            let (run, peer) = waiting.popReady()
        {
            if left < limit, replica.nextWeight(run) > left {
                waiting.makeReady([run], from: peer)
                break
            }
            accept(run, atMost: left, from: peer, into: &outbox)
        }
        let taken = replica.vector.sum &- sum
        if taken > 0 { outbox.put(.note(.took(Int(taken)))) }
        store(into: &outbox)
    }

    private mutating func start(_ inbound: Inbound, into outbox: inout Outbox<Effect>) {
        let peer = inbound.peer
        switch inbound.content {
        case .batch(let batch):
            guard let (runs, asked, claims) = examine(batch.pack, seed: batch.seed, peer, &outbox) else {
                if batch.isLast { answered = peer }
                return
            }
            begin(.batch(batch, runs, asked: asked), claims, peer, &outbox)
        case .piece(let piece): startPiece(piece, from: peer, into: &outbox)
        case .epochs(let epochs):
            let news = epochs.filter { epoch in
                epoch.number >= UInt64(replica.epochs.count) || replica.epochs[Int(epoch.number)] != epoch
            }
            guard !news.isEmpty else { return }
            tickets += 1
            work = Work(ticket: makeTicket(), peer: peer, content: .epochs(news))
            outbox.put(.judge(makeTicket(), news))
        case .forks(let proofs):
            let news = proofs.filter { replica.forks[Writer($0.name)]?.proof != $0 }
            begin(.forks(news), news.flatMap { $0.claims(in: replica.namespace) }, peer, &outbox)
            let known = proofs.reduce(into: SortedMap<Writer, ForkProof>()) { $0[Writer($1.name)] = $1 }
            if replica.forks.contains(where: { known[$0.0] == nil }) { tellForks(to: peer, into: &outbox) }
        case .branch(let name, let branch):
            guard let id = branch.ids(replica.namespace, name).last else { return }
            let claim = Claim(key: name.key, id: id, signature: branch.signature)
            begin(.branch(name, branch), [claim], peer, &outbox)
        }
    }

    mutating func begin(
        _ content: Work.Content, _ claims: [Claim], _ peer: NodeID, _ outbox: inout Outbox<Effect>
    ) {
        tickets += 1
        work = Work(ticket: makeTicket(), peer: peer, content: content)
        outbox.put(.verify(makeTicket(), claims))
    }

    /// Reads a pack: its runs with their ids, and the claims of those that nothing known vouches for.
    func examine(
        _ pack: Pack, seed: UInt32, in replica: Replica? = nil, _ peer: NodeID, _ outbox: inout Outbox<Effect>
    ) -> (runs: [ReckonedRun], asked: [Int], claims: [Claim])? {
        let replica = replica ?? self.replica
        let names = ShortNames(replica.logs.writers, seed: seed)
        let read: [Run]
        do throws(DecodeError) {
            read = try pack.runs { short in names[short].map { ($0, replica.logs[$0]?.name) } }
        } catch {
            outbox.put(.note(.ignored(error == .unknown ? .unknownWriter : .malformed, from: peer)))
            return nil
        }
        var runs: [ReckonedRun] = []
        var asked: [Int] = []
        var claims: [Claim] = []
        for run in read where run.last > replica.head(of: Writer(run.name)) {
            let start = waiting.id(of: Writer(run.name), run.first - 1)
            let known = replica.reckon(run) ?? start.map { run.reckoned(in: replica.namespace, after: $0) }
            guard let reckoned = known, let claim = reckoned.claim else {
                outbox.put(.note(.ignored(.gap, from: peer)))
                continue
            }
            if !replica.isVouched(reckoned) {
                asked.append(runs.count)
                claims.append(claim)
            }
            runs.append(reckoned)
        }
        return (runs, asked, claims)
    }

    mutating func takeVerdict(
        _ ticket: Ticket, _ truths: [Bool], at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard let work, work.ticket == ticket else { return }
        self.work = nil
        switch work.content {
        case .batch(let batch, let runs, let asked):
            let runs = held(runs, asked, truths, from: work.peer, into: &outbox).filter { run in
                replica.bug != .refusesTheFuture || !run.isAhead(of: now.wall)
            }
            for run in runs { observeClock(run, at: now) }
            waiting.makeReady(runs, from: work.peer)
            if batch.isLast { answered = work.peer }
            if batch.isLast, batch.hasMore, chases[work.peer] == nil {
                outbox.put(.send(.more(cells: 16), to: work.peer))
            }
        case .piece(let piece, let runs, let asked):
            let held = held(runs, asked, truths, from: work.peer, into: &outbox)
            takePiece(piece, held, isWhole: held.count == runs.count, from: work.peer, at: now, into: &outbox)
        case .forks(let proofs):
            var rest = truths[...]
            for proof in proofs {
                let count = proof.claims(in: replica.namespace).count
                if rest.prefix(count).allSatisfy(\.self), count == 2 { learn(proof, into: &outbox) }
                rest = rest.dropFirst(count)
            }
            store(into: &outbox)
        case .branch(let name, let branch):
            if truths.first == true { takeBranch(name, branch, into: &outbox) }
            store(into: &outbox)
        case .epochs: break
        }
        // One step at a time: what is next has its own turn.
        if hasWork { isDue = isDue ?? now.instant }
    }

    var hasWork: Bool { waiting.hasReady || !inbox.isEmpty || answered != nil }

    /// The runs whose claims are true, or need none.
    private func held(
        _ runs: [ReckonedRun], _ asked: [Int], _ truths: [Bool], from peer: NodeID, into outbox: inout Outbox<Effect>
    ) -> [ReckonedRun] {
        var isFalse = [Bool](repeating: false, count: runs.count)
        for (number, index) in asked.enumerated() { isFalse[index] = number >= truths.count || !truths[number] }
        return runs.indices.compactMap { index in
            guard isFalse[index] else { return runs[index] }
            outbox.put(.note(.ignored(.forged, from: peer)))
            // It may go on from another branch than the one that is here.
            if runs[index].run.first > 1 {
                outbox.put(.send(.askBranch(runs[index].writer, runs[index].run.first - 1), to: peer))
            }
            return nil
        }
    }

    private mutating func accept(
        _ run: ReckonedRun, atMost limit: Int, from peer: NodeID, into outbox: inout Outbox<Effect>
    ) {
        switch replica.accept(run, atMost: limit) {
        case .taken: break
        case .paused: waiting.makeReady([run], from: peer)
        case .waits(_, let dot): waiting.add(run, from: peer, for: dot)
        // The run before it may wait for something itself.
        case .gap: waiting.add(run, from: peer, for: Dot(run.writer, run.run.first - 1))
        case .tooManyWriters:
            waiting.forget(run.writer)
            outbox.put(.note(.ignored(.tooManyWriters, from: peer)))
        case .forked:
            waiting.forget(run.writer)
            prove(run, into: &outbox)
        }
        waiting.release(run.writer, upTo: replica.vector[run.writer])
    }

    // MARK: Forks and epochs

    /// A verified run contradicts the own log.
    private mutating func prove(_ run: ReckonedRun, into outbox: inout Outbox<Effect>) {
        guard replica.forks[run.writer] == nil else { return }
        let contents = run.run.entries.map(\.content)
        let branch = ForkProof.Branch(
            first: run.run.first, previous: run.start, contents: contents, signature: run.run.signature)
        takeBranch(run.run.name, branch, into: &outbox)
    }

    private mutating func takeBranch(
        _ name: WriterName, _ branch: ForkProof.Branch, into outbox: inout Outbox<Effect>
    ) {
        guard let mine = replica.branch(of: Writer(name), at: branch.first) else { return }
        learn(ForkProof(name: name, mine, branch), into: &outbox)
    }

    private mutating func learn(_ proof: ForkProof, into outbox: inout Outbox<Effect>) {
        guard let lost = replica.learn(proof), let fork = replica.forks[Writer(proof.name)] else { return }
        standingCache = nil
        waiting.releaseAll()
        outbox.put(.note(.forked(Writer(proof.name), at: fork.place)))
        let isMine = Writer(proof.name) == replica.my
        if isMine, !lost.isEmpty { outbox.put(.requeue(lost)) }
        for peer in contacts.prefix(3) { tellForks(to: peer, into: &outbox) }
    }

    mutating func takeJudgement(_ ticket: Ticket, valid: Int, at now: Now, into outbox: inout Outbox<Effect>) {
        guard let work, work.ticket == ticket, case .epochs(let epochs) = work.content else { return }
        self.work = nil
        if valid < epochs.count { outbox.put(.note(.ignored(.invalidEpoch, from: work.peer))) }
        learn(Array(epochs.prefix(max(0, valid))), at: now, into: &outbox)
        store(into: &outbox)
        hurry(at: now)
        goOn(at: now, into: &outbox)
    }

    mutating func learn(_ epochs: [Epoch], at now: Now, into outbox: inout Outbox<Effect>) {
        let hadConflict = replica.hasEpochConflict
        let void = replica.learn(epochs)
        standingCache = nil
        if replica.hasEpochConflict, !hadConflict { outbox.put(.note(.epochConflict)) }
        guard let void else { return }
        outbox.put(.note(.epoch(replica.epoch.number)))
        considerEpoch(at: now)
        if !void.isEmpty { outbox.put(.requeue(void)) }
    }
}

/// Verified runs: those whose turn it is, and those whose next transaction rests on something that is not here yet.
struct Waiting {
    private typealias Item = (run: ReckonedRun, peer: NodeID)
    /// Where the newest verified run of each writer ends, as long as its log does not go so far.
    private var tails = SortedMap<Writer, (sequence: UInt64, id: Digest)>()
    private var items = SortedMap<Dot, [Item]>()
    private var count = 0
    /// The last is the next.
    private var ready: [Item] = []

    var hasReady: Bool { !ready.isEmpty }

    mutating func add(_ run: ReckonedRun, from peer: NodeID, for dot: Dot) {
        // What was asked for twice waits once.
        guard !(items[dot] ?? []).contains(where: { $0.run.ids.last == run.ids.last }) else { return }
        if count + run.ids.count > Limits.heldTransactions { giveUp() }
        count += run.ids.count
        items.update(dot, default: []) { $0.append((run, peer)) }
    }

    /// What waits for something that never comes must not keep out what can go on: all of it goes, and is asked for
    /// again.
    private mutating func giveUp() {
        items.removeAll()
        tails.removeAll()
        count = 0
    }

    mutating func makeReady(_ runs: [ReckonedRun], from peer: NodeID) {
        for run in runs.reversed() {
            ready.append((run, peer))
            guard let id = run.ids.last, tails[run.writer]?.sequence ?? 0 < run.run.last else { continue }
            tails[run.writer] = (run.run.last, id)
        }
    }

    /// The id of the end of a verified run that is not in the log yet.
    func id(of writer: Writer, _ sequence: UInt64) -> Digest? {
        tails[writer].flatMap { $0.sequence == sequence ? $0.id : nil }
    }

    /// What waited for this writer's log to come so far is ready.
    mutating func release(_ writer: Writer, upTo sequence: UInt64) {
        while case let (index, _) = items.position(of: Dot(writer, 0)), index < items.count,
            case let dot = items.keys[index], dot.writer == writer, dot.sequence <= sequence
        {
            release(dot)
        }
        if let tail = tails[writer], tail.sequence <= sequence { tails[writer] = nil }
    }

    /// Nothing will go on from what was verified of this writer.
    mutating func forget(_ writer: Writer) { tails[writer] = nil }

    /// A fork became known, beyond which nothing is waited for.
    mutating func releaseAll() { for dot in items.keys { release(dot) } }

    private mutating func release(_ dot: Dot) {
        for item in items[dot] ?? [] {
            count -= item.run.ids.count
            ready.append(item)
        }
        items[dot] = nil
    }

    mutating func popReady() -> (run: ReckonedRun, peer: NodeID)? { ready.popLast() }
}

extension Replica {
    /// What the next transaction of a run weighs.
    fileprivate func nextWeight(_ reckoned: ReckonedRun) -> Int {
        let head = head(of: reckoned.writer)
        let offset = head + 1 > reckoned.run.first ? Int(head + 1 - reckoned.run.first) : 0
        return offset < reckoned.run.entries.count ? reckoned.run.entries[offset].weight : 0
    }
}
