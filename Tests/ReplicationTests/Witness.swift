import Base

@testable import Replication

/// Has seen every transaction at its writing and forgets nothing, so that it can say what all replicas must come to.
/// It works with registers alone, as simply as can be: an operation counts when its epoch admits its author and no
/// later one cuts it off; a value stands that counts and that nothing which counts has seen.
struct Witness {
    struct Written {
        var author: NodeID
        var transaction: Transaction
    }

    private(set) var written: [Dot: Written] = [:]

    /// The end of a replica's own log. What a crash took may be written over.
    mutating func see(_ replica: Replica) {
        let dot = Dot(replica.my, replica.head(of: replica.my))
        guard let transaction = replica.transaction(dot) else { return }
        written[dot] = Written(author: replica.me.author, transaction: transaction)
    }

    func isValid(_ dot: Dot, _ epochs: [Epoch]) -> Bool {
        guard let one = written[dot], one.transaction.epoch < epochs.count else { return false }
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
    func standing(_ known: VersionVector, _ epochs: [Epoch]) -> [[UInt8]: [Dot: [UInt8]]] {
        var operations: [[UInt8]: [(dot: Dot, operation: Operation)]] = [:]
        for (dot, one) in written where known.covers(dot) && isValid(dot, epochs) {
            for operation in one.transaction.operations { operations[operation.key, default: []].append((dot, operation)) }
        }
        return operations.mapValues { here in
            var standing: [Dot: [UInt8]] = [:]
            for (dot, operation) in here where !operation.isRemoval {
                if here.contains(where: { $0.operation.context.covers(dot) }) { continue }
                standing[dot] = operation.value
            }
            return standing
        }.filter { !$0.value.isEmpty }
    }

    /// What a replica shows, in the same form.
    static func shown(by replica: Replica) -> [[UInt8]: [Dot: [UInt8]]] {
        var shown: [[UInt8]: [Dot: [UInt8]]] = [:]
        for slot in replica.sortedSlots {
            for held in slot.live where !held.operation.isRemoval {
                shown[slot.id.key, default: [:]][held.dot] = held.operation.value
            }
        }
        return shown
    }
}

extension EngineMesh {
    /// What some replicas make of everything, held against what was written: everybody must have every acknowledged
    /// write in its logs, show just what stands, and every writer must have back just those writes that are void.
    func findings(among nodes: [Int]) -> [String] {
        var findings: [String] = []
        guard let first = nodes.first else { return [] }
        let epochs = engines[first].replica.epochs
        for node in nodes {
            let replica = engines[node].replica
            if replica.epochs != epochs { findings.append("\(node) is in another epoch") }
            if replica.hasEpochConflict { findings.append("\(node) knows two epochs of one number") }
            let truth = witness.standing(replica.vector, epochs)
            if Witness.shown(by: replica) != truth { findings.append("\(node) does not show what stands") }
            if !replica.forks.isEmpty { findings.append("a fork") }
            for dot in answers.compactMap(\.dot) where !replica.vector.covers(dot) {
                // What a member wrote that was thrown out for ever reaches nobody.
                let author = witness.written[dot]?.author
                guard nodes.contains(where: { id($0) == author }) else { continue }
                findings.append("\(dot) was acknowledged, and \(node) lacks it")
            }
        }
        for node in nodes {
            let mine = answers.compactMap(\.dot).filter { witness.written[$0]?.author == id(node) }
            let void = Set(mine.filter { !witness.isValid($0, epochs) })
            let back = Set(engines[node].replica.returned.keys)
            // What was void and never acknowledged may be handed back too.
            if !void.isSubset(of: back) { findings.append("\(node) was not handed back all that is void") }
            if back.contains(where: { witness.isValid($0, epochs) }) { findings.append("\(node) was handed too much") }
        }
        if misfits > 0 { findings.append("\(misfits) facts did not fit") }
        return findings
    }
}
