internal import Base
internal import Membership
internal import Node
internal import Trust
internal import Vitals

/// What must hold in a world of whole nodes, whatever happens to it. In the worst second every neighbour is pinged five
/// times, accused and testified about four times, and told news four times; so packets are few.
enum MeshOracles {
    static func all(_ script: Script) -> [Checker<MarramNode>] {
        [
            nobodyIsForgotten(script), nobodyInventsLife(),
            .boundedPackets(script, most: UInt64(40 + 25 * script.nodes)), factsAreStored(),
            everybodySeesEverybody(), everybodyKnowsVitals(), recordingsReplay(),
        ]
    }

    /// While a node lives, the number of those it knows only rises; and a fact outlives the process that stored it.
    private static func nobodyIsForgotten(_ script: Script) -> Checker<MarramNode> {
        var known = [Int](repeating: 0, count: script.nodes)
        var checker = Checker<MarramNode>("nobody-forgotten")
        checker.hear = { happening, _ in
            if case .died(let node, _) = happening { known[node] = 0 }
            return nil
        }
        checker.atCheckpoint = { world in
            for node in world.nodes {
                guard let count = world.inspect(node, { $0.switchboard.membership.members.count }) else { continue }
                if count < known[node] { return Finding("knew \(known[node]) members and knows \(count)", at: node) }
                known[node] = count
            }
            return nil
        }
        return checker
    }

    /// Nobody holds of a node a life that it has not lived: only the node itself makes its life longer.
    private static func nobodyInventsLife() -> Checker<MarramNode> {
        var checker = Checker<MarramNode>("no-invented-life")
        checker.atCheckpoint = { world in
            for peer in world.nodes {
                guard let lived = world.inspect(peer, { $0.switchboard.membership.me.life }) else { continue }
                let id = Scenario.meshIdentity(peer, seed: world.script.seed).id
                for node in world.nodes where node != peer {
                    let told = world.inspect(node) { $0.switchboard.membership.members[id]?.record.life }
                    if let told = told ?? nil, told > lived {
                        return Finding("holds that node \(peer) has lived longer than it has", at: node)
                    }
                }
            }
            return nil
        }
        return checker
    }

    /// When the faults are long over, no batch of facts still waits for the disk.
    private static func factsAreStored() -> Checker<MarramNode> {
        var checker = Checker<MarramNode>("facts-stored")
        checker.atEnd = { world in
            for node in world.nodes {
                let waiting = world.inspect(node) { $0.switchboard.unstored.count } ?? 0
                if waiting > 0 { return Finding("\(waiting) batches of facts were never stored", at: node) }
            }
            return nil
        }
        return checker
    }

    /// When the faults are long over, everyone knows what everyone that lives says of itself: that, and nothing older.
    private static func everybodyKnowsVitals() -> Checker<MarramNode> {
        var checker = Checker<MarramNode>("vitals-known")
        checker.atEnd = { world in
            let living = world.nodes.filter { world.inspect($0) { !$0.switchboard.membership.me.isLeaving } ?? false }
            for owner in living {
                let id = Scenario.meshIdentity(owner, seed: world.script.seed).id
                let said = world.inspect(owner) { $0.switchboard.vitals.entries(of: id) } ?? []
                for node in living {
                    let known = world.inspect(node) { $0.switchboard.vitals.entries(of: id) } ?? []
                    if known != said {
                        let words = [known, said].map { $0.map { String(decoding: $0.value, as: UTF8.self) } }
                        return Finding("has heard node \(owner) say \(words[0]), and it says \(words[1])", at: node)
                    }
                }
            }
            return nil
        }
        return checker
    }

    /// When the faults are long over, everyone that lives is alive to all, though perhaps under suspicion just now, and
    /// nobody else is.
    private static func everybodySeesEverybody() -> Checker<MarramNode> {
        var checker = Checker<MarramNode>("everybody-seen")
        checker.atEnd = { world in
            let ids = world.nodes.map { Scenario.meshIdentity($0, seed: world.script.seed).id }
            for node in world.nodes where world.inspect(node, { !$0.switchboard.membership.me.isLeaving }) ?? false {
                for peer in world.nodes where peer != node {
                    let lives = world.inspect(peer) { !$0.switchboard.membership.me.isLeaving } ?? false
                    let state = world.inspect(node) { $0.switchboard.membership.members[ids[peer]]?.state }
                    let seen = state == .alive || state == .suspect
                    if seen != lives {
                        return Finding("takes node \(peer) for \(lives ? "gone" : "alive"), which is not so", at: node)
                    }
                }
            }
            return nil
        }
        return checker
    }

    /// What each node's recorder wrote leads, lived through again, to the same states.
    static func recordingsReplay() -> Checker<MarramNode> {
        var checker = Checker<MarramNode>("recording-replays")
        checker.atEnd = { world in
            for node in world.nodes {
                guard let recording = world.inspect(node, { Recording.magic + $0.recorder.untaken.bytes }) else {
                    continue
                }
                guard let report = try? Recording.replay(recording) else {
                    return Finding("its recording does not read", at: node)
                }
                if let step = report.divergedAt { return Finding("its recording diverges at input \(step)", at: node) }
                if report.hashesCompared == 0 { return Finding("its recording compares nothing", at: node) }
            }
            return nil
        }
        return checker
    }
}
