internal import Base
internal import Control
internal import Node
internal import Replication

/// What must hold of keys and values in a world of whole nodes.
enum ReplicationOracles {
    /// A planted bug is not in a recording, so recordings are lived through only where there is none.
    static func all(isSound: Bool) -> [Checker<MarramNode>] {
        let own = [acknowledgedIsKept(), everybodyHoldsTheSame(), deletedStaysDeleted()]
        return isSound ? own + [MeshOracles.recordingsReplay()] : own
    }

    /// What somebody was told is written is in the log of every living node in the end: unless the node that told it
    /// has died for good, and perhaps took it along.
    private static func acknowledgedIsKept() -> Checker<MarramNode> {
        var told: [(node: Int, value: String)] = []
        var checker = Checker<MarramNode>("acknowledged-kept")
        checker.hear = { happening, _ in
            guard case .replied(let node, _, let envelope) = happening, case .wrote(let reply) = envelope.reply else {
                return nil
            }
            for row in reply.rows where row.isChanged { if let value = row.after { told.append((node, value)) } }
            return nil
        }
        checker.atEnd = { world in
            for node in world.nodes {
                guard let kept = world.inspect(node, { Set(written(in: $0)) }) else { continue }
                for (teller, value) in told where world.inspect(teller, { _ in true }) ?? false {
                    guard !kept.contains(value) else { continue }
                    return Finding("lacks \(value.prefix(8)), which node \(teller) said was written", at: node)
                }
            }
            return nil
        }
        return checker
    }

    /// A value that somebody was told is deleted is never shown again by the node that told it, and in the end by
    /// nobody.
    private static func deletedStaysDeleted() -> Checker<MarramNode> {
        var gone: [(node: Int, value: String)] = []
        var checker = Checker<MarramNode>("deleted-stays-deleted")
        checker.hear = { happening, _ in
            guard case .replied(let node, _, let envelope) = happening, case .wrote(let reply) = envelope.reply else {
                return nil
            }
            for row in reply.rows where row.isChanged && row.after == nil {
                if let value = row.before { gone.append((node, value)) }
            }
            return nil
        }
        checker.atCheckpoint = { world in
            for node in world.nodes {
                guard let shown = world.inspect(node, { shown(by: $0) }) else { continue }
                for (teller, value) in gone where teller == node && shown.contains(value) {
                    return Finding("shows \(value.prefix(8)) again, which it said was deleted", at: node)
                }
            }
            return nil
        }
        checker.atEnd = { world in
            for node in world.nodes {
                guard let shown = world.inspect(node, { shown(by: $0) }) else { continue }
                for (teller, value) in gone where world.inspect(teller, { _ in true }) ?? false {
                    guard shown.contains(value) else { continue }
                    return Finding("shows \(value.prefix(8)), which node \(teller) said was deleted", at: node)
                }
            }
            return nil
        }
        return checker
    }

    /// When the faults are long over, all living nodes show the same, from the same logs.
    private static func everybodyHoldsTheSame() -> Checker<MarramNode> {
        var checker = Checker<MarramNode>("everybody-same")
        checker.atEnd = { world in
            var first: (node: Int, holding: UInt64)?
            for node in world.nodes {
                guard let holding = world.inspect(node, { holding(of: $0) }) else { continue }
                guard let first else {
                    first = (node, holding)
                    continue
                }
                if holding != first.holding { return Finding("does not hold what node \(first.node) holds", at: node) }
            }
            return nil
        }
        return checker
    }

    // MARK: Looking

    private static func text(_ held: Held) -> String { String(decoding: held.operation.value, as: UTF8.self) }

    /// Every value that stands somewhere, concurrent ones too.
    private static func shown(by node: borrowing MarramNode) -> [String] {
        var shown: [String] = []
        node.switchboard.store.read(prefix: []) { reading in
            shown += reading.live.filter { !$0.operation.isRemoval }.map { text($0) }
            return true
        }
        return shown
    }

    private static func holding(of node: borrowing MarramNode) -> UInt64 {
        var hash = TraceHash()
        hash.absorb(node.switchboard.store.spoken.encoded.raw)
        node.switchboard.store.read(prefix: []) { reading in
            hash.absorb(reading.key.raw)
            hash.absorb(reading.version)
            return true
        }
        return hash.value
    }

    /// Every value that was ever written, as far as the logs here reach.
    private static func written(in node: borrowing MarramNode) -> [String] {
        var values: [String] = []
        var cursor = VersionVector()
        while true {
            let followed = node.switchboard.store.changes(since: cursor, prefix: [])
            for change in followed.changes {
                values += change.operations.map { String(decoding: $0.value, as: UTF8.self) }
            }
            guard followed.isCutShort else { return values }
            cursor = followed.cursor
        }
    }
}
