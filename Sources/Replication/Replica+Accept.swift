internal import Base
internal import Crypto

/// What became of a run.
package enum Acceptance: Hashable, Sendable {
    /// So many transactions are new, and the run is used up.
    case taken(Int)
    /// So many are new; the next rests on this one, which is not here yet.
    case waits(Int, for: Dot)
    /// Between what is here and the run something is missing, and is missing at the sender too.
    case gap
    /// Here stands another transaction in this place.
    case forked(at: UInt64)
    /// The namespace has as many writers as it may.
    case tooManyWriters
    /// So many are new, and the rest is more than was to be taken at once.
    case paused(Int)
}

/// Taking in what others wrote.
extension Replica {
    /// What must be verified before `accept` may have the run. Nil when it does not begin where anything known ends.
    package func claim(of run: Run) -> Claim? { reckon(run)?.claim }

    /// The run with its ids. Nil when it does not begin where anything known ends.
    package func reckon(_ run: Run) -> ReckonedRun? {
        let known = run.first == 1 ? Chain.root : logs[Writer(run.name)]?.id(of: run.first - 1)
        return (run.previous ?? known).map { run.reckoned(in: namespace, after: $0) }
    }

    /// Takes what is new of a verified run, in order, as far as all that it rests on is here. Each transaction is taken
    /// whole or not at all.
    package mutating func accept(_ run: Run) -> Acceptance { reckon(run).map { accept($0) } ?? .gap }

    /// Takes at most `limit` operations, or else one transaction.
    package mutating func accept(_ reckoned: ReckonedRun, atMost limit: Int = .max) -> Acceptance {
        let (run, writer) = (reckoned.run, reckoned.writer)
        if let fork = forks[writer], run.last >= fork.place { return .forked(at: fork.place) }
        guard logs.index(of: writer) != nil || logs.count < Limits.writers else { return .tooManyWriters }
        let index = logs.made(run.name)
        let (base, head) = (logs.logs[index].base, logs.logs[index].head)
        guard run.first <= head + 1, run.last > base else { return run.last <= base ? .taken(0) : .gap }
        if let known = logs.logs[index].id(of: run.first - 1), known != reckoned.start {
            return .forked(at: run.first - 1)
        }
        return append(reckoned, to: index, atMost: limit)
    }

    private mutating func append(_ reckoned: ReckonedRun, to index: Int, atMost limit: Int) -> Acceptance {
        let run = reckoned.run
        // Ids are chained: if the last known one agrees, all before it do.
        let known = Int(logs.logs[index].head + 1 - run.first)
        if known > 0 {
            let last = min(known, run.entries.count) - 1
            guard logs.logs[index].id(of: run.first + UInt64(last)) == reckoned.ids[last] else {
                return .forked(at: firstDifference(reckoned, logs.logs[index]))
            }
        }
        var (taken, weight) = (0, 0)
        for offset in run.entries.indices.dropFirst(known) {
            let entry = run.entries[offset]
            if weight > 0, weight + entry.weight > limit { return .paused(taken) }
            weight += entry.weight
            let signature = offset + 1 == run.entries.count ? run.signature : nil
            switch entry {
            case .transaction(let transaction, let dropped):
                if bug != .ignoresDependencies,
                    let missing = transaction.dependencies.first(where: { !isMet($0, by: vector) })
                {
                    return .waits(taken, for: missing)
                }
                append(
                    transaction, id: reckoned.ids[offset], body: reckoned.bodies[offset], signature: signature,
                    dropped: dropped, to: index)
            case .pruned(let content):
                appendPruned(content, id: reckoned.ids[offset], signature: signature, to: index)
            }
            taken += 1
        }
        return .taken(taken)
    }

    private func firstDifference(_ reckoned: ReckonedRun, _ log: Log) -> UInt64 {
        let first = reckoned.run.first
        let offset = reckoned.ids.indices.first { offset in
            log.id(of: first + UInt64(offset)).map { $0 != reckoned.ids[offset] } ?? false
        }
        return first + UInt64(offset ?? 0)
    }

    /// Whether `vector` has come to a dot. What a forked writer wrote from the fork on is never waited for: it is void.
    func isMet(_ dot: Dot, by vector: VersionVector) -> Bool {
        if vector.covers(dot) { return true }
        guard !forks.isEmpty, let fork = forks[dot.writer], dot.sequence >= fork.place else { return false }
        return vector[dot.writer] >= fork.place - 1
    }

    func isMet(_ needed: VersionVector, by vector: VersionVector) -> Bool {
        needed.dots.allSatisfy { isMet($0, by: vector) }
    }

    /// Whether this replica may be given logs by one with this floor. If not, it needs the whole live set.
    package func mayTakeLogs(above floor: VersionVector) -> Bool { bug == .noFloor || isMet(floor, by: vector) }

    /// The next run behind `sequence`, of one step's weight. Nil when there is nothing signed, or when the log no
    /// longer reaches back so far.
    package func run(
        of writer: Writer, after sequence: UInt64, weight: Int = Limits.operations, upTo last: UInt64 = .max
    ) -> Run? {
        guard let log = logs[writer], let start = log.index(of: sequence + 1), last > sequence else { return nil }
        let limit = last < log.head ? Int(last - log.base) : .max
        guard let end = log.end(from: start, weight: weight, before: limit),
            let signature = log.entries[end].signature
        else { return nil }
        let entries = (start...end).map { index in entry(log.entries[index], Dot(writer, log.base + 1 + UInt64(index)))
        }
        return Run(name: log.name, first: sequence + 1, previous: nil, entries: entries, signature: signature)
    }

    private func entry(_ entry: Log.Entry, _ dot: Dot) -> Run.Entry {
        switch entry.content {
        case .pruned(let content): .pruned(content)
        case .held(let transaction): .transaction(transaction, dropped: dropped(of: transaction, dot))
        }
    }

    /// The operations of a transaction that have been collected.
    func dropped(of transaction: Transaction, _ dot: Dot) -> [Int] {
        transaction.operations.indices.filter { index in
            !(slot(transaction.operations[index].slot)?.holds(dot) ?? false)
        }
    }

    // MARK: Forks

    /// Whether a verified proof of a fork vouches for a run: that it leads to where both branches begin.
    func isVouched(_ reckoned: ReckonedRun) -> Bool {
        guard !forks.isEmpty, let fork = forks[reckoned.writer], reckoned.run.last + 1 == fork.place else {
            return false
        }
        return reckoned.ids.last == fork.voucher(in: namespace)
    }

    /// Takes a verified proof that a writer has forked. Answers what is thereby void here, if the proof was news.
    package mutating func learn(_ proof: ForkProof) -> [Transaction]? {
        guard let place = proof.place(in: namespace) else { return nil }
        guard bug != .trustsForks else { return nil }
        let writer = Writer(proof.name)
        if let known = forks[writer] {
            guard (place, proof.left) < (known.place, known.proof.left) else { return nil }
        }
        forks[writer] = Fork(place: place, proof: proof)
        facts.append(Fact(shelf: Shelf.replication, key: key(.fork, writer), value: proof.encoded))
        defer { judgeAll() }
        guard let index = logs.index(of: writer), logs.logs[index].head >= place else { return [] }
        return cutOff(from: place, at: index)
    }

    /// Takes the end off a log that has forked, so that replicas which hold different branches come to hold the same.
    private mutating func cutOff(from place: UInt64, at index: Int) -> [Transaction] {
        let writer = logs.writers[index]
        var lost: [Transaction] = []
        while logs.logs[index].head >= place, let entry = logs.logs[index].entries.last {
            let dot = Dot(writer, logs.logs[index].head)
            if case .held(let transaction) = entry.content {
                for operation in transaction.operations { self.place(of: operation.slot).map { slots[$0].forget(dot) } }
                lost.append(writer == my ? handBack(transaction, dot) : transaction)
            }
            logs.change(index) { _ = $0.entries.removeLast() }
            facts.append(Fact(shelf: Shelf.replication, key: key(.entry, writer, dot.sequence), value: nil))
        }
        // The proof vouches for what is left, so a run may end here.
        if let proof = forks[writer]?.proof, var last = logs.logs[index].entries.last, last.signature == nil {
            last.signature = proof.left.signature
            logs.change(index) { $0.entries[$0.entries.count - 1] = last }
            let dot = Dot(writer, logs.logs[index].head)
            store(dot, last, dropped: transaction(dot).map { dropped(of: $0, dot) } ?? [])
        }
        vector[writer] = logs.logs[index].head
        frontier.removeAll { $0.writer == writer }
        return lost.reversed()
    }

    /// This replica's side of a proof, from this place on.
    package func branch(of writer: Writer, at sequence: UInt64) -> ForkProof.Branch? {
        logs[writer]?.branch(at: sequence)
    }
}
