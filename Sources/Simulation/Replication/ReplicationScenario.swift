internal import Base
internal import Choices
internal import Control
internal import Node
internal import Replication

/// Keys and values between whole nodes: people write and delete at any of them, while packets are lost, nodes crash and
/// nets fall apart. When all of that is over, everybody must hold the same, and nothing that anybody was told may have
/// become untrue.
extension Scenario {
    static let replication = Scenario(
        name: "replication", purpose: "keys between whole nodes: loss, crashes, splits, with bugs to plant",
        habitat: replicationHabitat, bugs: replicationBugs.map(\.rawValue),
        mustReach: ["took", "epoch"] + replicationHabitat.faults.filter(\.isTimed).map { "fault.\($0)" },
        workload: { tape, script in replicationWorkload(&tape, script) },
        stage: { script, bug in replicationStage(script, bug.flatMap(ReplicaBug.init(rawValue:))) })

    /// One for each oracle of its own.
    private static let replicationBugs: [ReplicaBug] = [
        .answersBeforeDisk, .forgetsContext, .digestWithoutDeletions, .noFence,
    ]

    /// Left out, as in `mesh`: what makes a node forget its starts, or lie; and mischief, which is membership's.
    private static let replicationHabitat: Habitat = {
        let others: [FaultKind] = [.wipe, .restore, .lyingDisk, .mischief]
        var habitat = Habitat(
            nodes: 2...12, safety: 30...90, settle: .seconds(150),
            faults: FaultKind.allCases.filter { !others.contains($0) })
        habitat.sites = 1...3
        habitat.losses = [0, 0, 450_000]
        habitat.settlePerNode = .seconds(3)
        return habitat
    }()

    private static func replicationStage(_ script: Script, _ bug: ReplicaBug?) -> Stage<MarramNode> {
        Stage(
            bear: { birth in meshNode(birth, of: script, storeBug: bug, isKept: script.seed % 4 != 0) },
            request: { errand in replicationRequest(errand) },
            checkers: { _ in ReplicationOracles.all(isSound: bug == nil) })
    }

    /// `set KEY NUMBER BYTES`, a value that no other write has; `del KEY`; `evict NODE`, which the first node takes.
    private static func replicationRequest(_ errand: Errand) -> Request? {
        let numbers = errand.numbers
        guard let key = numbers.first, (0..<64).contains(key) else { return nil }
        switch errand.verb {
        case "set":
            guard numbers.count == 3, (0..<100_000).contains(numbers[1]),
                (0...Limits.valueBytes - 8).contains(numbers[2])
            else { return nil }
            let value = "v\(numbers[1])" + String(repeating: ".", count: numbers[2])
            return .store(.write([Assignment(key: "key/\(key)", .put(ValueBytes(value)))], isTrial: false))
        case "evict": return try? .evict(named: "node-\(key)")
        case "del": return .store(.write([Assignment(key: "key/\(key)", .remove(nil))], isTrial: false))
        default: return nil
        }
    }

    private static func replicationWorkload(_ tape: inout Tape, _ script: Script) -> [Action] {
        let end = max(Int(script.safety.milliseconds), 1)
        let keys = tape.pick([1, 4, 16])
        let evictions = (0..<tape.below(3)).map { _ in
            Action(at: .milliseconds(Int64(tape.below(end))), .ask(0, Errand("evict", [tape.below(script.nodes)])))
        }
        let writes = (0..<tape.range(5...80)).map { number in
            let key = tape.below(keys)
            let errand =
                tape.below(3) == 2
                ? Errand("del", [key])
                : Errand("set", [key, number, tape.pick([0, 0, 0, 40, 1_500, 20_000])])
            let at = Interval.milliseconds(Int64(tape.below(end)))
            return Action(at: at, .ask(tape.below(script.nodes), errand))
        }
        return evictions + writes
    }
}
