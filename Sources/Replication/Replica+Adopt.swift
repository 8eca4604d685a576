internal import Base
internal import Crypto

/// Taking over the live set of another replica: how one comes back who was away when deletions were forgotten.
extension Replica {
    /// Where a reader of the whole set has come to.
    package struct Cursor: Hashable, Sendable {
        package var writer: Writer
        package var sequence: UInt64
    }

    /// The next part of everything that this replica holds beyond what the reader knows, a step's weight of it. Every
    /// run says what id it begins after, since the reader may hold nothing before. `next` is nil with the last part.
    package func part(after cursor: Cursor?, above known: VersionVector = .init()) -> (runs: [Run], next: Cursor?) {
        var runs: [Run] = []
        var (weight, size) = (0, 0)
        var index = 0
        var sequence: UInt64?
        if let cursor {
            index = logs.writers.firstIndex { $0 >= cursor.writer } ?? logs.count
            if index < logs.count, logs.writers[index] == cursor.writer { sequence = cursor.sequence }
        }
        while index < logs.count {
            let log = logs.logs[index]
            let start = sequence ?? max(log.base, known[log.writer])
            if var run = run(of: log.writer, after: start, weight: max(Limits.operations - weight, 1)) {
                run.previous = log.id(of: start)
                let (operations, bytes) = measure(run)
                (weight, size) = (weight + operations, size + bytes)
                sequence = run.last
                runs.append(run)
                if weight >= Limits.operations || size >= Limits.runBytes {
                    return (runs, Cursor(writer: log.writer, sequence: run.last))
                }
            } else {
                index += 1
                sequence = nil
            }
        }
        return (runs, nil)
    }

    /// What is taken over of another replica.
    package struct Copy: Sendable {
        /// All parts, verified, in order.
        package var runs: [Run] = []
        /// What the other has forgotten deletions of.
        package var floor = VersionVector()
        /// Beyond which the runs begin, and where logs end that the other is not ahead in: nothing, where the runs are
        /// all that it holds.
        package var known = VersionVector()
        package var ends = VersionVector()
        /// What it has forgotten of all up to there.
        var forgotten: [Forgotten] = []

        package init(runs: [Run] = [], floor: VersionVector = .init()) {
            self.runs = runs
            self.floor = floor
        }
    }

    /// Takes over everything that another replica holds, at one go: what it knows of and no longer holds is dropped
    /// here too. False when a log has forked: nothing was changed.
    package mutating func adopt(_ copy: Copy) -> Bool {
        guard copy.runs.allSatisfy({ !contradicts($0) }), !isForked(upTo: copy.ends) else { return false }
        var kept: [Dot: [Int]] = [:]
        var reach = VersionVector()
        for run in copy.runs {
            let writer = Writer(run.name)
            for (offset, entry) in run.entries.enumerated() {
                let dot = Dot(writer, run.first + UInt64(offset))
                reach.raise(to: dot)
                if case .transaction(_, let dropped) = entry { kept[dot] = dropped }
            }
        }
        if bug != .tornAdoption { drop(above: copy.known, upTo: reach, keeping: kept) }
        if bug != .keepsForgotten { drop(copy.forgotten) }
        for run in copy.runs { adopt(run) }
        for dot in copy.floor.dots where floor[dot.writer] < dot.sequence { raiseFloor(to: dot) }
        return true
    }

    private func isForked(upTo ends: VersionVector) -> Bool {
        forks.contains { ends[$0.0] >= $0.1.place && logs[$0.0] != nil }
    }

    private func contradicts(_ run: Run) -> Bool {
        guard let log = logs[Writer(run.name)], let previous = run.previous else { return false }
        if let fork = forks[log.writer], run.last >= fork.place { return true }
        if let known = log.id(of: run.first - 1), known != previous { return true }
        let ids = run.ids(in: namespace, after: previous)
        return ids.enumerated().contains { offset, id in
            log.id(of: run.first + UInt64(offset)).map { $0 != id } ?? false
        }
    }

    private mutating func drop(_ forgotten: [Forgotten]) {
        var dots: [Dot] = []
        for operation in forgotten {
            guard let index = place(of: operation.slot), slots[index].holds(operation.dot) else { continue }
            slots[index].forget(operation.dot)
            dots.append(operation.dot)
        }
        for dot in dots.risingOnce { release(dot, trims: false) }
    }

    private mutating func drop(above known: VersionVector, upTo reach: VersionVector, keeping kept: [Dot: [Int]]) {
        for place in 0..<logs.count {
            let log = logs.logs[place]
            let end = min(reach[log.writer], log.head)
            let start = max(log.base, known[log.writer])
            guard end > start else { continue }
            for sequence in start + 1...end {
                guard let transaction = log.transaction(sequence) else { continue }
                let dot = Dot(log.writer, sequence)
                let dropped = kept[dot]
                var isChanged = false
                for (number, operation) in transaction.operations.enumerated() {
                    guard dropped?.contains(number) ?? true, let index = self.place(of: operation.slot),
                        slots[index].holds(dot)
                    else { continue }
                    slots[index].forget(dot)
                    isChanged = true
                }
                if isChanged { release(dot, trims: false) }
            }
        }
    }

    private mutating func adopt(_ run: Run) {
        let index = logs.made(run.name)
        guard let start = run.previous else { return }
        let head = logs.logs[index].head
        if run.first > head + 1 { rebase(index, to: run.first - 1, start) }
        let reckoned = run.reckoned(in: namespace, after: start)
        for (offset, id) in reckoned.ids.enumerated() {
            let sequence = run.first + UInt64(offset)
            guard sequence > head else { continue }
            let signature = offset + 1 == run.entries.count ? run.signature : nil
            switch run.entries[offset] {
            case .transaction(let transaction, let dropped):
                append(
                    transaction, id: id, body: reckoned.bodies[offset], signature: signature, dropped: dropped,
                    to: index)
            case .pruned(let content): appendPruned(content, id: id, signature: signature, to: index)
            }
        }
    }

    /// Begins a log anew behind `base`: all that it held was dropped.
    private mutating func rebase(_ index: Int, to base: UInt64, _ id: Digest) {
        let log = logs.logs[index]
        for sequence in log.base..<log.head {
            facts.append(Fact(shelf: Shelf.replication, key: key(.entry, log.writer, sequence + 1), value: nil))
        }
        logs.change(index) { log in
            log.entries.removeAll()
            log.base = base
            log.baseID = id
        }
        storeBase(index)
    }
}
