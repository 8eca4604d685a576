internal import Base
internal import Control
internal import Node
internal import Replication

/// What must hold of keys and values in a world of whole nodes. A witness looks over the shoulders of those who write,
/// and knows what must come of it whatever is forgotten, cut off or handed back.
enum ReplicationOracles {
    /// A planted bug is not in a recording, so recordings are lived through only where there is none.
    static func all(isSound: Bool) -> [Checker<MarramNode>] {
        let scribe = Scribe()
        // In the end the first that fails is named: that nodes differ, before what one of them lacks.
        let own = [
            everybodyHoldsTheSame(), whatStandsIsShown(scribe), acknowledgedIsKept(scribe), deletedStaysDeleted(scribe),
        ]
        return isSound ? own + [MeshOracles.recordingsReplay()] : own
    }

    /// What the oracles of one run have in common.
    private final class Scribe {
        struct Told {
            var node: Int
            var dot: Dot
        }

        var witness = Witness()
        var told: [Told] = []
        var gone: [(node: Int, dot: Dot, value: String)] = []

        func hear(_ reply: WriteReply, from node: Int, in world: borrowing World<MarramNode>) {
            let seen = world.inspect(node) { member -> Writer in
                self.witness.see(member.switchboard.store.replica, last: 64)
                return member.switchboard.store.replica.my
            }
            guard let writer = seen, let sequence = reply.sequence, sequence > 0 else { return }
            let dot = Dot(writer, UInt64(sequence))
            told.append(Told(node: node, dot: dot))
            for row in reply.rows where row.isChanged && row.after == nil {
                if let value = row.before { gone.append((node, dot, value)) }
            }
        }

        func look(at world: borrowing World<MarramNode>) {
            for node in world.nodes {
                _ = world.inspect(node) { self.witness.see($0.switchboard.store.replica, last: 64) }
            }
        }
    }

    /// What somebody was told is written is in the log of every living node in the end, or was before it was forgotten;
    /// and if it is void, whoever wrote it has it back. Left out is what a node told that has died for good.
    private static func acknowledgedIsKept(_ scribe: Scribe) -> Checker<MarramNode> {
        var checker = Checker<MarramNode>("acknowledged-kept")
        checker.hear = { happening, world in
            guard case .replied(let node, _, let envelope) = happening, case .wrote(let reply) = envelope.reply else {
                return nil
            }
            scribe.hear(reply, from: node, in: world)
            return nil
        }
        checker.atEnd = { world in
            for node in world.nodes {
                guard let known = world.inspect(node, { $0.switchboard.store.spoken }) else { continue }
                for told in scribe.told where world.inspect(told.node, { _ in true }) ?? false {
                    if !known.covers(told.dot) {
                        return Finding("lacks a write that node \(told.node) said was written", at: node)
                    }
                }
            }
            for told in scribe.told {
                let isLost = world.inspect(told.node) { member in
                    let replica = member.switchboard.store.replica
                    return !scribe.witness.isValid(told.dot, replica.epochs) && replica.returned[told.dot] == nil
                }
                if isLost ?? false { return Finding("was not handed back a write that is void", at: told.node) }
            }
            return nil
        }
        return checker
    }

    /// A value that somebody was told is deleted is never shown again by the node that told it, and in the end by
    /// nobody; unless the deletion was made void.
    private static func deletedStaysDeleted(_ scribe: Scribe) -> Checker<MarramNode> {
        func stands(_ dot: Dot, at node: Int, _ world: borrowing World<MarramNode>) -> Bool {
            world.inspect(node) { scribe.witness.isValid(dot, $0.switchboard.store.replica.epochs) } ?? false
        }
        var checker = Checker<MarramNode>("deleted-stays-deleted")
        checker.atCheckpoint = { world in
            for node in world.nodes {
                guard let shown = world.inspect(node, { shown(by: $0) }) else { continue }
                for one in scribe.gone where one.node == node && shown.contains(one.value) {
                    guard stands(one.dot, at: node, world) else { continue }
                    return Finding("shows \(one.value.prefix(8)) again, which it said was deleted", at: node)
                }
            }
            return nil
        }
        checker.atEnd = { world in
            for node in world.nodes {
                guard let shown = world.inspect(node, { shown(by: $0) }) else { continue }
                for one in scribe.gone where world.inspect(one.node, { _ in true }) ?? false {
                    guard shown.contains(one.value), stands(one.dot, at: node, world) else { continue }
                    return Finding("shows \(one.value.prefix(8)), which node \(one.node) said was deleted", at: node)
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

    /// What a node shows in the end is what must come of all writes that it knows, were nothing ever forgotten.
    private static func whatStandsIsShown(_ scribe: Scribe) -> Checker<MarramNode> {
        var checker = Checker<MarramNode>("what-stands-is-shown")
        checker.atCheckpoint = { world in
            scribe.look(at: world)
            return nil
        }
        checker.atEnd = { world in
            scribe.look(at: world)
            for node in world.nodes {
                let isWrong = world.inspect(node) { member in
                    let replica = member.switchboard.store.replica
                    return Witness.shown(by: replica) != scribe.witness.standing(replica.vector, replica.epochs)
                }
                if isWrong ?? false { return Finding("does not show what stands", at: node) }
            }
            return nil
        }
        return checker
    }

    // MARK: Looking

    /// Every value that stands somewhere, concurrent ones too.
    private static func shown(by node: borrowing MarramNode) -> [String] {
        Witness.shown(by: node.switchboard.store.replica).values.flatMap { values in
            values.values.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private static func holding(of node: borrowing MarramNode) -> UInt64 {
        var hash = TraceHash()
        hash.absorb(node.switchboard.store.spoken.encoded.raw)
        node.switchboard.store.read(prefix: []) { reading in
            // A deletion may be forgotten here and not there yet.
            guard reading.shown != .nothing else { return true }
            hash.absorb(reading.key.raw)
            hash.absorb(reading.version)
            return true
        }
        return hash.value
    }
}
