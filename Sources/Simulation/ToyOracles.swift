internal import Base

/// What must hold in a world of toys, whatever happens to it.
enum ToyOracles {
    /// All of them, made anew for one run. Of packets, two windows of answers may meet in one second, and a few probes
    /// besides.
    static func all(_ script: Script) -> [Checker<Toy>] {
        [
            acknowledgedWritesStay(script), clocksRise(script), deletionsStay(script), oneStampOneValue(),
            queuesAreBounded(), .boundedPackets(script, most: UInt64(2 * Toy.answersPerSecond + 8)), everybodyAgrees(),
            everybodyIsHeard(),
        ]
    }

    /// The registers of one node, as far as an oracle remembers them: a stamp for each key, or none.
    private typealias Ledger = [[ToyStamp?]]

    private static func emptyLedger(_ script: Script) -> Ledger {
        Ledger(repeating: [ToyStamp?](repeating: nil, count: Toy.registers), count: script.nodes)
    }

    /// A write that a node confirmed is in its registers, or a later one is; and at the end in everybody's. A disk that
    /// was lost takes the promise of its node with it.
    private static func acknowledgedWritesStay(_ script: Script) -> Checker<Toy> {
        var ledger = emptyLedger(script)
        var checker = Checker<Toy>("acked-durability")
        checker.hear = { happening, _ in
            if case .replied(let node, _, .written(let key, let record)) = happening {
                ledger[node][key] = max(ledger[node][key] ?? .never, record.stamp)
            }
            if case .died(let node, forgetful: true) = happening {
                ledger[node] = [ToyStamp?](repeating: nil, count: Toy.registers)
            }
            return nil
        }
        checker.atCheckpoint = { world in
            for node in world.nodes {
                if let key = lost(ledger[node], at: node, world) {
                    return Finding("register \(key) has lost a confirmed write", at: node)
                }
            }
            return nil
        }
        checker.atEnd = { world in
            for author in world.nodes where world.isUp(author) {
                for node in world.nodes {
                    if let key = lost(ledger[author], at: node, world) {
                        return Finding("register \(key) misses a write that node \(author) confirmed", at: node)
                    }
                }
            }
            return nil
        }
        return checker
    }

    /// The first register of a node that is older than the ledger says, deletions not looked at by their value.
    private static func lost(_ ledger: [ToyStamp?], at node: Int, _ world: borrowing World<Toy>) -> Int? {
        for key in ledger.indices {
            guard let stamp = ledger[key] else { continue }
            if world.inspect(node, { $0.record(key).stamp < stamp }) ?? false { return key }
        }
        return nil
    }

    /// The stamps that a node hands out rise, over restarts and jumps of the wall clock too.
    private static func clocksRise(_ script: Script) -> Checker<Toy> {
        var latest = [HybridTime](repeating: HybridTime(bits: 0), count: script.nodes)
        var checker = Checker<Toy>("clock-monotone")
        checker.hear = { happening, _ in
            if case .replied(let node, _, .written(_, let record)) = happening {
                guard record.stamp.time > latest[node] else {
                    return Finding("wrote at a time that is not above its last one", at: node)
                }
                latest[node] = record.stamp.time
            }
            if case .died(let node, forgetful: true) = happening { latest[node] = HybridTime(bits: 0) }
            return nil
        }
        return checker
    }

    /// A register that was seen deleted shows no older value, while the node lives.
    private static func deletionsStay(_ script: Script) -> Checker<Toy> {
        var deleted = emptyLedger(script)
        var checker = Checker<Toy>("no-resurrection")
        checker.hear = { happening, _ in
            // What was merged and not stored yet, a crash may take away.
            if case .died(let node, _) = happening {
                deleted[node] = [ToyStamp?](repeating: nil, count: Toy.registers)
            }
            return nil
        }
        checker.afterStep = { node, world in
            for key in 0..<Toy.registers {
                guard let record = world.inspect(node, { $0.record(key) }), record.isWritten else { continue }
                if record.value == nil {
                    deleted[node][key] = record.stamp
                } else if let stamp = deleted[node][key], record.stamp < stamp {
                    return Finding("register \(key) was deleted and shows an older value", at: node)
                }
            }
            return nil
        }
        return checker
    }

    /// Two nodes with the same stamp in a register have the same value there.
    private static func oneStampOneValue() -> Checker<Toy> {
        var checker = Checker<Toy>("one-stamp-one-value")
        checker.atCheckpoint = { world in
            for key in 0..<Toy.registers {
                var seen: [ToyRecord] = []
                for node in world.nodes {
                    guard let record = world.inspect(node, { $0.record(key) }), record.isWritten else { continue }
                    if let other = seen.first(where: { $0.stamp == record.stamp }), other != record {
                        return Finding("register \(key) has another value under the same stamp elsewhere", at: node)
                    }
                    seen.append(record)
                }
            }
            return nil
        }
        return checker
    }

    private static func queuesAreBounded() -> Checker<Toy> {
        var checker = Checker<Toy>("bounded-queues")
        checker.afterStep = { node, world in
            let excess = world.inspect(node) { $0.longestQueue } ?? 0
            return excess > 0 ? Finding("a queue is \(excess) above its limit", at: node) : nil
        }
        return checker
    }

    /// When the faults are long over, all registers are the same everywhere.
    private static func everybodyAgrees() -> Checker<Toy> {
        var checker = Checker<Toy>("convergence")
        checker.atEnd = { world in
            var first: (node: Int, digest: UInt64)?
            for node in world.nodes {
                guard let digest = world.inspect(node, { $0.digest }) else { continue }
                if let first, first.digest != digest {
                    return Finding("its registers are not those of node \(first.node)", at: node)
                }
                first = first ?? (node, digest)
            }
            return nil
        }
        return checker
    }

    /// When the faults are long over, nobody takes a living peer for dead.
    private static func everybodyIsHeard() -> Checker<Toy> {
        var checker = Checker<Toy>("everybody-heard")
        checker.atEnd = { world in
            for node in world.nodes {
                for peer in world.nodes where peer != node && world.isUp(peer) {
                    if world.inspect(node, { $0.isDown(peer) }) ?? false {
                        return Finding("takes node \(peer) for dead, which lives", at: node)
                    }
                }
            }
            return nil
        }
        return checker
    }
}
