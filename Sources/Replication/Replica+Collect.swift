package import Base
internal import Crypto

/// Epochs, and the forgetting of what nobody needs any more.
extension Replica {
    /// What this replica acknowledges: it has all of this.
    package var ack: Ack { Ack(epoch: epoch.number, vector: vector) }

    /// Takes what a member is said to have, when it is newer.
    package mutating func learn(_ ack: Ack, of member: NodeID) {
        guard member != me.author, ack.epoch <= epoch.number else { return }
        if let known = acks[member], (known.epoch, known.vector.sum) >= (ack.epoch, ack.vector.sum) { return }
        acks[member] = ack
    }

    /// Takes verified epochs that go on from the own ones. Answers the own transactions that are thereby void, for
    /// whoever wrote them to decide anew; nil when nothing was new.
    package mutating func learn(_ chain: [Epoch]) -> [Transaction]? {
        var isNew = false
        for epoch in chain {
            if epoch.number < UInt64(epochs.count) {
                if epochs[Int(epoch.number)] != epoch { hasEpochConflict = true }
                continue
            }
            guard epoch.number == UInt64(epochs.count), epochs.count < Limits.epochs,
                epoch.previous == Replica.hash(self.epoch)
            else { break }
            take(epoch)
            isNew = true
        }
        guard isNew else { return nil }
        judgeAll()
        return handBack()
    }

    private mutating func take(_ epoch: Epoch) {
        epochs.append(epoch)
        parted = (parted + epoch.evictions.map(\.member)).filter { !epoch.admits($0) }.risingOnce
        // What is settled once stays so.
        let void = epoch.void.filter { epoch.settled.covers($0) && !settled.covers($0) }
        settledVoid = (settledVoid + void).risingOnce
        settled.join(epoch.settled)
        facts.append(Fact(shelf: Shelf.replication, key: key(.epoch, epoch.number), value: epoch.encoded))
    }

    /// The law has changed. Answers the own transactions that are thereby void.
    mutating func adopt(_ authority: Authority) -> [Transaction] {
        self.authority = authority
        judgeAll()
        return handBack()
    }

    /// Keeps own transactions that have become void for whoever wrote them, and answers them. What counts after all is
    /// no longer kept.
    private mutating func handBack() -> [Transaction] {
        if bug == .keepsVoidQuiet { return [] }
        // Under whatever name this node wrote it.
        let own = logs.logs.filter { $0.name.key == me.key }
        let void = own.flatMap { self.void(in: $0, from: $0.base + 1) }.sorted()
        for dot in returned.keys where transaction(dot) != nil && !void.risingContains(dot) {
            returned[dot] = nil
            noteReturned(dot, nil)
        }
        for dot in decided where !void.risingContains(dot) { release(decision: dot) }
        return void.filter { returned[$0] == nil && !decided.risingContains($0) }.compactMap { dot in
            transaction(dot).map { handBack($0, dot) }
        }
    }

    /// Keeps what has become void for whoever wrote it: the log may forget it, and nobody else remembers it.
    mutating func handBack(_ transaction: Transaction, _ dot: Dot) -> Transaction {
        returned[dot] = transaction
        noteReturned(dot, transaction.encoded)
        return transaction
    }

    /// Whoever wrote these has decided about them. As long as they are in the log it is remembered that they were.
    package mutating func settleReturned(_ dots: [Dot]) {
        for dot in dots where returned[dot] != nil {
            returned[dot] = nil
            let isInLog = transaction(dot) != nil
            if isInLog { decided = (decided + [dot]).risingOnce }
            noteReturned(dot, isInLog ? [] : nil)
        }
    }

    private mutating func release(decision dot: Dot) {
        guard decided.risingContains(dot) else { return }
        decided.removeAll { $0 == dot }
        noteReturned(dot, nil)
    }

    private mutating func noteReturned(_ dot: Dot, _ value: [UInt8]?) {
        facts.append(
            Fact(shelf: Shelf.replication, key: key(.returned, dot.writer, dot.sequence), value: value))
    }

    package static func hash(_ epoch: Epoch) -> Digest { Digest(hashing: epoch.encoded.raw) }

    /// A member's logs, cut where they end in `known`.
    func eviction(of member: NodeID, upTo known: VersionVector) -> Epoch.Eviction {
        var cut = VersionVector()
        for log in logs.logs where log.name.author == member { cut[log.writer] = known[log.writer] }
        return Epoch.Eviction(member: member, cut: cut)
    }

    func admission(of member: NodeID, upTo known: VersionVector) -> Epoch.Admission {
        Epoch.Admission(member: member, floor: known.joined(floor))
    }

    /// The epoch in which `member` no longer is.
    package func evicting(_ member: NodeID) -> Epoch {
        Epoch(
            number: epoch.number + 1, previous: Replica.hash(epoch), roster: epoch.roster.filter { $0 != member },
            evictions: [eviction(of: member, upTo: vector)])
    }

    /// The epoch in which `member` is (back).
    package func admitting(_ member: NodeID) -> Epoch {
        Epoch(
            number: epoch.number + 1, previous: Replica.hash(epoch), roster: epoch.roster + [member],
            admissions: [admission(of: member, upTo: vector)])
    }

    // MARK: Collecting

    /// How far every member of the roster has come, as far as that is known; nil while nothing may be collected.
    var common: VersionVector? {
        if bug == .collectsEarly { return vector }
        guard !hasEpochConflict, !epoch.isOpen else { return nil }
        if bug != .noCut {
            for epoch in epochs {
                for eviction in epoch.evictions where !isMet(eviction.cut, by: vector) { return nil }
            }
        }
        var common = vector
        for member in epoch.roster where member != me.author {
            guard let ack = acks[member], bug == .mixedAcks || ack.epoch == epoch.number else { return nil }
            for dot in ack.vector.dots where !isMet(dot, by: vector) {
                guard let log = logs[dot.writer], log.name.author != member else { return nil }
            }
            common = common.met(ack.vector)
        }
        return common
    }

    /// As far as no law can change any more what counts.
    private func limited(_ common: VersionVector) -> VersionVector {
        authority == nil || bug == .forgetsUnsettled ? common : common.met(settled)
    }

    /// Operations in so many slots from `cursor` on that could be forgotten, if what every member has were settled.
    func waitingToBeSettled(from cursor: Int, slots count: Int) -> Int {
        guard authority != nil, let common else { return 0 }
        return slots[min(cursor, slots.count)...].prefix(count).reduce(0) { sum, slot in
            let isWaiting =
                slot.held.contains { !settled.covers($0.dot) } && slot.held.allSatisfy { isMet($0.dot, by: common) }
            return sum + (isWaiting ? slot.held.count - slot.lasting : 0)
        }
    }

    /// Operations that something has taken the place of, that delete, or that are void.
    package var waitingToBeForgotten: Int {
        slots.reduce(0) { $0 + $1.held.count - $1.lasting }
    }

    /// Forgets, in so many slots from `cursor` on, what has been superseded and what was deleted, as far as every
    /// member is known to have what took its place. Nothing that a reader is shown changes. Answers where to go on, nil
    /// at the end.
    package mutating func collect(from cursor: Int = 0, slots count: Int = .max, trims: Bool = true) -> Int? {
        guard let common = common.map({ limited($0) }) else { return nil }
        let end = min(slots.count, cursor + min(count, slots.count))
        for index in cursor..<max(end, cursor) {
            for dot in collect(index, common) { release(dot, trims: trims) }
        }
        return end < slots.count ? end : nil
    }

    /// Collects one slot; answers what it no longer holds.
    private mutating func collect(_ index: Int, _ common: VersionVector) -> [Dot] {
        let slot = slots[index]
        func isStable(_ held: Held) -> Bool {
            isMet(held.dot, by: common) && isMet(held.operation.context, by: common)
        }
        /// Whether an operation that `successor` takes the place of itself takes the place of something that
        /// `successor` has never heard of: its writer had forgotten both already.
        func hides(_ other: Held, _ successor: Held, _ forgotten: [Dot]) -> Bool {
            bug != .forgetsWhatHides
                && slot.held.contains { third in
                    slot.supersedes(other, third) && !slot.supersedes(successor, third)
                        && !forgotten.contains(third.dot)
                }
        }
        var forgotten: [Dot] = []
        for operation in slot.held where !forgotten.contains(operation.dot) && isStable(operation) {
            if operation.isVoid {
                forgotten.append(operation.dot)
                continue
            }
            let before = forgotten
            for other in slot.held where !before.contains(other.dot) {
                guard slot.supersedes(operation, other), isStable(other), !hides(other, operation, before) else {
                    continue
                }
                forgotten.append(other.dot)
            }
            guard operation.operation.isRemoval, !slot.showsRemovals || bug == .forgetsDecisions else { continue }
            let covers = slot.held.contains { other in
                !forgotten.contains(other.dot) && other.dot != operation.dot
                    && operation.operation.context.covers(other.dot)
            }
            guard !covers else { continue }
            forgotten.append(operation.dot)
            raiseFloor(to: operation)
        }
        for dot in forgotten { slots[index].forget(dot) }
        return forgotten
    }

    private mutating func raiseFloor(to removal: Held) {
        for dot in removal.operation.context.dots + [removal.dot] where floor[dot.writer] < dot.sequence {
            raiseFloor(to: dot)
        }
    }

    /// A slot no longer holds an operation of this transaction. When none does, its content goes.
    mutating func release(_ dot: Dot, trims: Bool) {
        guard let place = logs.index(of: dot.writer), let index = logs.logs[place].index(of: dot.sequence),
            case .held(let transaction) = logs.logs[place].entries[index].content
        else { return }
        let dropped = dropped(of: transaction, dot)
        if dropped.count == transaction.operations.count {
            let content = Digest(hashing: transaction.encoded.raw)
            logs.change(place) { $0.entries[index].content = .pruned(content) }
            release(decision: dot)
        }
        store(dot, logs.logs[place].entries[index], dropped: dropped)
        guard trims, let cut = logs.change(place, { $0.trim() }) else { return }
        for sequence in cut {
            facts.append(Fact(shelf: Shelf.replication, key: key(.entry, dot.writer, sequence), value: nil))
        }
        storeBase(place)
    }
}
