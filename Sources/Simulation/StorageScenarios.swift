internal import Base
internal import Choices
internal import Node

/// Worlds whose nodes store their facts in a real SQLite, on disks that lose power in the middle of a write. The
/// oracles are those of the same worlds in memory, and one more, `disk-model`: what a database holds after a crash is
/// what was stored, with or without the write that was under way.
extension Scenario {
    /// The better test of the two: a toy stores often, and confirms a write only when the disk has it.
    static let toyStorage = Scenario(
        name: "toy-storage", purpose: "toys on real SQLite, whose power goes in the middle of writes",
        habitat: storageHabitat(nodes: 3...5, safety: 10...30, settle: .seconds(20), perNode: .seconds(4)),
        impossible: DiskKind.onlyInMemory,
        bugs: StorageBug.allCases.map(\.rawValue) + ToyBug.allCases.map(\.rawValue),
        mustReach: SimulatedDatabase.Fate.allCases.map(\.marker) + ["fault.crash"],
        workload: { tape, script in
            let writes = toyWorkload(&tape, script)
            return writes + crashes(&tape, script, after: writes)
        },
        stage: { _, bug in
            var stage = toyStage(bug.flatMap(ToyBug.init(rawValue:)), checkers: ToyOracles.all)
            stage.disks = .sqlite(bug.flatMap(StorageBug.init(rawValue:)))
            return stage
        })

    static let meshStorage = Scenario(
        name: "mesh-storage", purpose: "whole nodes on real SQLite, whose power goes often",
        habitat: storageHabitat(nodes: 3...5, safety: 20...40, settle: .seconds(45), perNode: .seconds(3)),
        impossible: DiskKind.onlyInMemory,
        bugs: StorageBug.allCases.map(\.rawValue),
        mustReach: ["disk.restLoss", "disk.writeLoss", "disk.openingLoss", "fault.crash"],
        workload: { tape, script in
            let questions = meshWorkload(&tape, script)
            return questions + slowCards(&tape, script) + crashes(&tape, script, after: [])
        },
        stage: { script, bug in
            var stage = meshStage(script)
            stage.disks = .sqlite(bug.flatMap(StorageBug.init(rawValue:)))
            return stage
        })

    private static func storageHabitat(
        nodes: ClosedRange<Int>, safety: ClosedRange<Int>, settle: Interval, perNode: Interval
    ) -> Habitat {
        var habitat = Habitat(
            nodes: nodes, safety: safety, settle: settle,
            faults: FaultKind.allCases.filter { !DiskKind.onlyInMemory.contains($0) })
        habitat.settlePerNode = perNode
        return habitat
    }

    /// Half of the nodes have a worn memory card that takes its time. A whole node stores so seldom that a crash hardly
    /// ever met a quick disk at work.
    private static func slowCards(_ tape: inout Tape, _ script: Script) -> [Action] {
        (0..<script.nodes).filter { _ in tape.bool() }.map { node in
            let latency = Interval.milliseconds(Int64(tape.range(50...500)))
            return Action(at: .zero, .slowDisk(node, latency: latency, for: script.safety))
        }
    }

    /// Crashes at any time, and soon after a rebirth another one anywhere: that is when whole nodes store what they
    /// hear of the new life. And crashes after one in four of `writes`, so soon that the disk is at work.
    private static func crashes(_ tape: inout Tape, _ script: Script, after writes: [Action]) -> [Action] {
        let milliseconds = max(Int(script.safety.milliseconds), 1)
        var crashes: [Action] = []
        for _ in 0..<tape.range(4...12) {
            let at = Interval.milliseconds(Int64(tape.below(milliseconds)))
            let node = tape.below(script.nodes)
            let first = length(&tape)
            crashes.append(Action(at: at, .crash(node, afterEffects: nil, for: first)))
            let soon = at + first + .milliseconds(Int64(tape.range(1...1_000)))
            let next = tape.below(script.nodes)
            let effects = tape.bool() ? tape.range(1...6) : nil
            guard soon < script.safety else { continue }
            crashes.append(Action(at: soon, .crash(next, afterEffects: effects, for: length(&tape))))
        }
        for write in writes {
            guard case .ask(let node, _) = write.deed, tape.below(4) == 3 else { continue }
            let at = min(write.at + .microseconds(Int64(tape.below(2_000))), script.safety)
            crashes.append(Action(at: at, .crash(node, afterEffects: nil, for: length(&tape))))
        }
        return crashes
    }

    private static func length(_ tape: inout Tape) -> Interval { .milliseconds(Int64(tape.range(10...2_000))) }
}
