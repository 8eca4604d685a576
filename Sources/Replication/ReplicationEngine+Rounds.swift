internal import Base
internal import Crypto

/// Finding out what differs: the greeting, its answer, and the questions that follow.
extension ReplicationEngine {
    /// What this replica goes after at one peer.
    struct Chase {
        var seed: UInt32
        var targets: [Comparison.Target]
        /// The heads when it last asked, so that it asks again only when something has come.
        var sum: UInt64
        var question: Question
        var next: Instant { question.next }
    }

    func questionTime(_ tries: Int, _ now: Now) -> Instant {
        now.instant + Interval(nanoseconds: settings.patience.nanoseconds << Int64(min(tries - 1, 3)))
    }

    /// `anew` says that there is news since a greeting that is not answered yet.
    mutating func greet(
        _ peer: NodeID, anew: Bool = false, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        // While something is on its way between the two, it says what there is.
        guard anew || greetings[peer] == nil, !isAtWork(with: peer) else { return }
        greetings[peer] = Question(next: questionTime(1, now))
        outbox.put(.send(.greeting(standing().fingerprint), to: peer))
    }

    /// Asks again what nobody has answered.
    mutating func askAgain(at now: Now, into outbox: inout Outbox<Effect>) {
        for peer in greetings.keys {
            guard var greeting = greetings[peer], greeting.next <= now.instant else { continue }
            guard !isAtWork(with: peer) else {
                greeting.next = questionTime(1, now)
                greetings[peer] = greeting
                continue
            }
            greeting.tries += 1
            greeting.next = questionTime(greeting.tries, now)
            greetings[peer] = greeting.tries > settings.tries ? nil : greeting
            if greetings[peer] != nil { outbox.put(.send(.greeting(standing().fingerprint), to: peer)) }
        }
        for peer in chases.keys {
            guard var chase = chases[peer], chase.next <= now.instant else { continue }
            guard !isBusy(with: peer) else {
                chase.question.next = questionTime(1, now)
                chases[peer] = chase
                continue
            }
            chase.question.tries += 1
            chase.question.next = questionTime(chase.question.tries, now)
            chases[peer] = chase.question.tries > settings.tries ? nil : chase
            if chases[peer] != nil { want(from: peer, at: now, into: &outbox) }
        }
        if let entry, entry.next <= now.instant { askForEntry(at: now, into: &outbox) }
    }

    mutating func takeGreeting(
        _ fingerprint: Fingerprint, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        if fingerprint == standing().fingerprint {
            outbox.put(.send(.same(fingerprint.brief), to: peer))
            // Who has the same has acknowledged all that this replica has.
            learn(Replica.Ack(epoch: spokenEpoch.number, vector: spoken), of: peer, at: now)
            knowItself(at: now, into: &outbox)
        } else {
            quicken(at: now)
            sendHeads(to: peer, cells: 4, into: &outbox)
        }
    }

    /// One byte ends a question. It acknowledges nothing: it may answer what this replica said before it had news.
    mutating func takeSame(_ brief: UInt8, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        guard greetings[peer] != nil else { return }
        greetings[peer] = nil
        guard brief == standing().fingerprint.brief else { return }
        knowItself(at: now, into: &outbox)
        tellAcks(to: peer, into: &outbox)
    }

    /// A peer has said that the own log is no longer than this replica knows.
    private mutating func knowItself(at now: Now, into outbox: inout Outbox<Effect>) {
        knowsEpochs = true
        guard !knowsItself else { return }
        knowsItself = true
        startWriting(at: now, into: &outbox)
    }

    private mutating func learn(_ ack: Replica.Ack, of member: NodeID, at now: Now) {
        let known = replica.acks[member]
        replica.learn(ack, of: member)
        guard replica.acks[member] != known else { return }
        ackVersion += 1
        // Somebody who was evicted may be back.
        if !replica.epoch.admits(member) { considerEpoch(at: now) }
    }

    /// Heads in a list where there are few, else as a sketch of so many cells, and again in a list where the sketch
    /// would be larger.
    mutating func sendHeads(to peer: NodeID, cells: Int, into outbox: inout Outbox<Effect>) {
        let standing = standing()
        let seed = UInt32(truncatingIfNeeded: random.next())
        let words = standing.words(seed: seed)
        let isList = words.count <= 24 || cells * 3 / 2 >= words.count || cells > Limits.sketchCells
        let content: Heads.Content =
            isList ? .list(seed: seed, words) : .sketch(Sketch(of: words, cells: cells, seed: seed))
        outbox.put(.send(.heads(standing.heads(epoch: spokenEpoch.number, content)), to: peer))
    }

    mutating func takeHeads(_ heads: Heads, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        quicken(at: now)
        // Until it says that it has the same, or there is nothing to be said.
        if var greeting = greetings[peer] {
            greeting.next = questionTime(greeting.tries, now)
            greetings[peer] = greeting
        }
        compareHistory(heads, with: peer, into: &outbox)
        guard let comparison = Comparison(standing(), heads.content) else {
            guard case .sketch(let sketch) = heads.content else { return }
            return outbox.put(.send(.more(cells: min(sketch.cells.count * 4, Limits.sketchCells)), to: peer))
        }
        let mine = Pack.short(replica.my, seed: heads.seed)
        if comparison.behind.contains(where: { $0.short == mine }) {
            rename(into: &outbox)
        } else {
            knowsItself = true
        }
        for dot in comparison.forked.prefix(Limits.operations) {
            outbox.put(.send(.askBranch(dot.writer, dot.sequence), to: peer))
        }
        startWriting(at: now, into: &outbox)
        give(comparison.ahead, seed: heads.seed, to: peer, at: now, into: &outbox)
        guard !comparison.behind.isEmpty, chases[peer] == nil, chases.count < 2 else { return }
        chases[peer] = Chase(
            seed: heads.seed, targets: comparison.behind, sum: replica.vector.sum,
            question: Question(next: questionTime(1, now)))
        if entry == nil { want(from: peer, at: now, into: &outbox) }
    }

    private mutating func compareHistory(_ heads: Heads, with peer: NodeID, into outbox: inout Outbox<Effect>) {
        let standing = standing()
        if heads.epoch > replica.epoch.number {
            outbox.put(.send(.askEpochs(from: replica.epoch.number + 1), to: peer))
        } else if heads.epoch < spokenEpoch.number {
            sendEpochs(from: heads.epoch + 1, to: peer, into: &outbox)
        } else if heads.epoch == spokenEpoch.number, heads.epochMark != standing.epochMark, !replica.hasEpochConflict {
            outbox.put(.send(.askEpochs(from: heads.epoch), to: peer))
        }
        if heads.forkMark != standing.forkMark { tellForks(to: peer, into: &outbox) }
    }

    func tellForks(to peer: NodeID, into outbox: inout Outbox<Effect>) {
        outbox.put(.send(.forks(replica.forks.values.prefix(Limits.operations).map(\.proof)), to: peer))
    }

    func sendEpochs(from number: UInt64, to peer: NodeID, into outbox: inout Outbox<Effect>) {
        var epochs: [Epoch] = []
        var size = 0
        let first = Int(min(number, Limits.counted))
        for epoch in replica.epochs.prefix(spokenEpochs).dropFirst(first).prefix(Limits.operations) {
            size += epoch.encoded.count
            guard epochs.isEmpty || size <= Limits.runBytes else { break }
            epochs.append(epoch)
        }
        if !epochs.isEmpty { outbox.put(.send(.epochs(epochs), to: peer)) }
    }

    // MARK: Going after what is missing

    /// Whether something is on its way between the two.
    private func isAtWork(with peer: NodeID) -> Bool {
        chases[peer] != nil || services[peer] != nil || roads[peer] != nil || isBusy(with: peer)
    }

    /// Whether something from this peer is still being worked on.
    private func isBusy(with peer: NodeID) -> Bool {
        waiting.hasReady || work?.peer == peer || inbox.contains { $0.peer == peer }
    }

    mutating func want(from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        guard var chase = chases[peer] else { return }
        let want = wanted(chase)
        guard !want.after.isEmpty else { return chases[peer] = nil }
        chase.sum = replica.vector.sum
        chase.question.next = questionTime(chase.question.tries, now)
        chases[peer] = chase
        outbox.put(.send(.want(want), to: peer))
    }

    func wanted(_ chase: Chase) -> Want {
        let names = ShortNames(replica.logs.writers, seed: chase.seed)
        return Want(
            seed: chase.seed,
            after: chase.targets.compactMap { target in
                let known = names[target.short].map { replica.vector[$0] } ?? 0
                return known < target.sequence ? ShortHead(short: target.short, sequence: known) : nil
            })
    }

    /// A batch that ended an answer was taken: asks for what comes next, if that answer brought anything.
    mutating func chaseOn(_ peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        guard var chase = chases[peer] else { return }
        guard replica.vector.sum > chase.sum else { return }
        chase.question.tries = 1
        chases[peer] = chase
        want(from: peer, at: now, into: &outbox)
    }

    // MARK: Who has what

    /// Whose acknowledgements are handed on: the roster's, and those of who was evicted and may have come back. None
    /// while an epoch is on its way to the disk.
    private var acknowledging: [NodeID] {
        spokenEpochs == replica.epochs.count ? spokenEpoch.roster + replica.parted : []
    }

    private mutating func tellAcks(to peer: NodeID, into outbox: inout Outbox<Effect>) {
        guard acksTold[peer] ?? 0 < ackVersion else { return }
        acksTold[peer] = ackVersion
        let standing = standing()
        var members: [Acks.Member] = []
        for (place, member) in acknowledging.enumerated() {
            guard member != peer, let ack = replica.acks[member], ack.epoch == spokenEpoch.number else { continue }
            var behind: [Acks.Behind] = []
            for (writer, head) in standing.heads.enumerated() where ack.vector[head.writer] < head.sequence {
                behind.append(Acks.Behind(writer: writer, sequence: ack.vector[head.writer]))
            }
            members.append(Acks.Member(place: place, behind: behind))
        }
        guard !members.isEmpty else { return }
        let acks = Acks(fingerprint: standing.fingerprint, epoch: spokenEpoch.number, members: members)
        outbox.put(.send(.acks(acks), to: peer))
    }

    mutating func takeAcks(_ acks: Acks, at now: Now) {
        let standing = standing()
        guard acks.fingerprint == standing.fingerprint, acks.epoch == spokenEpoch.number else { return }
        for member in acks.members where member.place < acknowledging.count {
            var vector = spoken
            for one in member.behind where one.writer < standing.heads.count {
                let head = standing.heads[one.writer]
                vector[head.writer] = min(one.sequence, head.sequence)
            }
            learn(Replica.Ack(epoch: acks.epoch, vector: vector), of: acknowledging[member.place], at: now)
        }
    }

    /// Forgets in one step's slots what everybody is known to have the successors of.
    mutating func collectSome(at now: Now, into outbox: inout Outbox<Effect>) {
        let start = collectCursor ?? 0
        if isKeeper {
            unsettled += replica.waitingToBeSettled(from: start, slots: Limits.operations)
        }
        collectCursor = replica.collect(from: start, slots: Limits.operations)
        if collectCursor == nil {
            considerSettling(at: now)
            unsettled = 0
        }
        // Where something was forgotten there may be more.
        if !replica.facts.isEmpty { quicken(at: now) }
        store(into: &outbox)
    }
}
