package import Base
package import Replication

/// Has seen every transaction at its writing and forgets nothing, so that it can say what all replicas must come to.
/// It works with registers alone, as simply as can be: an operation counts when its epoch admits its author, no later
/// one cuts it off, and the law allows it or did when it was settled; a value stands that counts and that nothing which
/// counts has seen.
package struct Witness {
    package struct Written {
        package var author: NodeID
        package var transaction: Transaction
    }

    package private(set) var written: [Dot: Written] = [:]

    package init() {}

    /// The last of a replica's own log, so many of them. What a crash took may be written over.
    package mutating func see(_ replica: Replica, last count: UInt64 = 1) {
        let head = replica.head(of: replica.my)
        for sequence in (head - min(count, head))..<head {
            let dot = Dot(replica.my, sequence + 1)
            guard let transaction = replica.transaction(dot) else { continue }
            written[dot] = Written(author: replica.me.author, transaction: transaction)
        }
    }

    package func isValid(_ dot: Dot, _ epochs: [Epoch], _ law: Authority = Authority()) -> Bool {
        guard let one = written[dot], one.transaction.epoch < epochs.count else { return false }
        if let settling = epochs.first(where: { $0.settled.covers(dot) }) {
            guard !settling.void.contains(dot) else { return false }
        } else {
            let isLawful = one.transaction.operations.allSatisfy { operation in
                law.allows(one.author, toWrite: operation.key, at: dot)
            }
            guard isLawful else { return false }
        }
        let (number, author) = (Int(one.transaction.epoch), one.author)
        let later = epochs[(number + 1)...]
        if later.contains(where: { epoch in
            epoch.evictions.contains { $0.member == author && $0.cut[dot.writer] < dot.sequence }
        }) {
            return false
        }
        guard epochs[number].isOpen else { return epochs[number].roster.contains(author) }
        return later.first.map { first in
            first.roster.contains(author) || first.evictions.contains { $0.member == author }
        } ?? true
    }

    /// What stands under each key, of all that `known` covers, by dot.
    package func standing(
        _ known: VersionVector, _ epochs: [Epoch], _ law: Authority = Authority()
    ) -> [[UInt8]: [Dot: [UInt8]]] {
        var operations: [[UInt8]: [(dot: Dot, operation: Operation)]] = [:]
        for (dot, one) in written where known.covers(dot) && isValid(dot, epochs, law) {
            for operation in one.transaction.operations {
                operations[operation.key, default: []].append((dot, operation))
            }
        }
        return operations.mapValues { here in
            let live = here.filter { one in !here.contains { $0.operation.context.covers(one.dot) } }
            return Self.visible(live.map { ($0.dot, $0.operation) })
        }.filter { !$0.value.isEmpty }
    }

    /// What a replica shows, in the same form.
    package static func shown(by replica: Replica) -> [[UInt8]: [Dot: [UInt8]]] {
        var shown: [[UInt8]: [Dot: [UInt8]]] = [:]
        for slot in replica.sortedSlots {
            let visible = visible(slot.live.map { ($0.dot, $0.operation) })
            if !visible.isEmpty { shown[slot.id.key] = visible }
        }
        return shown
    }

    /// Values by their dots. A deletion of a register is forgotten at some time, and shows nothing.
    private static func visible(_ live: [(dot: Dot, operation: Operation)]) -> [Dot: [UInt8]] {
        var visible: [Dot: [UInt8]] = [:]
        for one in live where !one.operation.isRemoval { visible[one.dot] = one.operation.value }
        return visible
    }
}
