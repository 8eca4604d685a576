package import Base

/// What was written since: the logs are the feed.
///
/// A follower's cursor is what it has seen of each log. So a cursor is as good after a restart as before, and as good
/// on another node as on the one that gave it; no ring of events can overflow, and nobody is remembered.
extension ReplicationEngine {
    /// One transaction, with those of its operations that were asked for.
    package struct ChangeSet: Hashable, Sendable {
        package var dot: Dot
        package var author: NodeID
        package var transaction: Transaction
        package var operations: [Operation]
    }

    package struct Followed: Hashable, Sendable {
        package var changes: [ChangeSet] = []
        /// Where to go on.
        package var cursor: VersionVector
        /// Something between was forgotten, because everybody had it and it was superseded: who needs to know what
        /// holds now has to read it.
        package var hasGap = false
        /// There is more.
        package var isCutShort = false
    }

    /// What reached the disk behind `cursor`, causes before effects, of keys that begin with `prefix`.
    package func changes(since cursor: VersionVector, prefix: [UInt8]) -> Followed {
        var followed = Followed(cursor: cursor)
        var weight = 0
        var behind = replica.logs.logs.indices.filter { followed.skipForgotten(replica.logs.logs[$0], upTo: spoken) }
        while !behind.isEmpty {
            guard weight < Limits.operations else {
                followed.isCutShort = true
                break
            }
            let next = nextLog(of: behind, after: followed.cursor)
            let log = replica.logs.logs[next]
            let dot = Dot(log.writer, followed.cursor[log.writer] + 1)
            followed.cursor.raise(to: dot)
            if let transaction = log.transaction(dot.sequence) {
                let operations = transaction.operations.filter { $0.key.starts(with: prefix) }
                weight += 1 + operations.count
                if !operations.isEmpty {
                    followed.changes.append(
                        ChangeSet(
                            dot: dot, author: log.name.author, transaction: transaction, operations: operations))
                }
            }
            if !followed.skipForgotten(log, upTo: spoken) { behind.removeAll { $0 == next } }
        }
        return followed
    }

    /// The log whose next transaction is next: the earliest of those that rest on nothing unseen.
    private func nextLog(of candidates: [Int], after cursor: VersionVector) -> Int {
        func rank(_ place: Int) -> (Bool, HybridTime, Dot) {
            let log = replica.logs.logs[place]
            let dot = Dot(log.writer, cursor[log.writer] + 1)
            let transaction = log.transaction(dot.sequence)
            let waits = transaction?.dependencies.contains { spoken.covers($0) && !cursor.covers($0) } ?? false
            return (waits, transaction?.time ?? HybridTime(bits: 0), dot)
        }
        return candidates.min { left, right in
            let (one, other) = (rank(left), rank(right))
            if one.0 != other.0 { return !one.0 }
            return one.1 != other.1 ? one.1 < other.1 : one.2 < other.2
        } ?? candidates[0]
    }
}

extension ReplicationEngine.Followed {
    /// Moves the cursor over what a log no longer holds. Whether something of it is left to be told.
    fileprivate mutating func skipForgotten(_ log: Log, upTo stored: VersionVector) -> Bool {
        if cursor[log.writer] < log.base {
            cursor.raise(to: Dot(log.writer, log.base))
            hasGap = true
        }
        while let index = log.index(of: cursor[log.writer] + 1), case .pruned = log.entries[index].content {
            cursor.raise(to: Dot(log.writer, cursor[log.writer] + 1))
            hasGap = true
        }
        return cursor[log.writer] < min(stored[log.writer], log.head)
    }
}
