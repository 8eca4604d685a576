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
        // As it was before any of them counted.
        let before = chain.contains { $0.number >= UInt64(epochs.count) } ? ownVoid : []
        var isNew = false
        for epoch in chain {
            if epoch.number < UInt64(epochs.count) {
                if epochs[Int(epoch.number)] != epoch { hasEpochConflict = true }
                continue
            }
            guard epoch.number == UInt64(epochs.count), epochs.count < Limits.epochs,
                epoch.previous == Replica.hash(self.epoch)
            else { break }
            epochs.append(epoch)
            parted = (parted + epoch.evictions.map(\.member)).filter { !epoch.admits($0) }.risingOnce
            facts.append(Fact(shelf: Shelf.replication, key: key(.epoch, epoch.number), value: epoch.encoded))
            isNew = true
        }
        guard isNew else { return nil }
        judgeAll()
        let after = ownVoid
        if bug == .keepsVoidQuiet { return [] }
        return after.filter { !before.contains($0) }.compactMap { dot in
            transaction(dot).map { handBack($0, dot) }
        }
    }

    /// Keeps what has become void for whoever wrote it: the log may forget it, and nobody else remembers it.
    mutating func handBack(_ transaction: Transaction, _ dot: Dot) -> Transaction {
        returned[dot] = transaction
        facts.append(
            Fact(
                shelf: Shelf.replication, key: key(.returned, dot.writer, dot.sequence), value: transaction.encoded))
        return transaction
    }

    /// Whoever wrote these has decided about them.
    package mutating func settleReturned(_ dots: [Dot]) {
        for dot in dots where returned[dot] != nil {
            returned[dot] = nil
            facts.append(
                Fact(shelf: Shelf.replication, key: key(.returned, dot.writer, dot.sequence), value: nil))
        }
    }

    /// Under whatever name this node wrote it.
    private var ownVoid: [Dot] {
        let own = logs.logs.filter { $0.name.key == me.key }
        return own.flatMap { log in (log.base + 1..<log.head + 1).map { Dot(log.writer, $0) } }.filter { dot in
            guard let transaction = transaction(dot) else { return false }
            return isVoid(dot, by: me.author, epoch: transaction.epoch, key: transaction.operations[0].key)
        }
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
    private var common: VersionVector? {
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
            var lowest = VersionVector()
            for dot in common.dots {
                let known = min(dot.sequence, ack.vector[dot.writer])
                if known > 0 { lowest.raise(to: Dot(dot.writer, known)) }
            }
            common = lowest
        }
        return common
    }

    /// Operations that something has taken the place of, that delete, or that are void.
    package var waitingToBeForgotten: Int {
        slots.reduce(0) { sum, slot in sum + slot.held.count - slot.live.count { !$0.operation.isRemoval } }
    }

    /// Forgets, in so many slots from `cursor` on, what has been superseded and what was deleted, as far as every
    /// member is known to have what took its place. Nothing that a reader is shown changes. Answers where to go on, nil
    /// at the end.
    package mutating func collect(from cursor: Int = 0, slots count: Int = .max, trims: Bool = true) -> Int? {
        guard let common else { return nil }
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
        }
        store(dot, logs.logs[place].entries[index], dropped: dropped)
        guard trims, let cut = logs.change(place, { $0.trim() }) else { return }
        for sequence in cut {
            facts.append(Fact(shelf: Shelf.replication, key: key(.entry, dot.writer, sequence), value: nil))
        }
        storeBase(place)
    }
}
