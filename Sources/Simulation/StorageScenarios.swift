internal import Base
internal import Choices
internal import Node

/// Worlds whose nodes store their facts in a real SQLite, on disks that lose power in the middle of a write. The oracles
/// are those of the same worlds in memory, and one more, `disk-model`: what a database holds after a crash is what was
/// stored, with or without the write that was under way.
extension Scenario {
    /// The better test of the two: a toy stores often, and confirms a write only when the disk has it.
    static let toyStorage = Scenario(
        name: "toy-storage", purpose: "toys on real SQLite, whose power goes in the middle of writes",
        habitat: storageHabitat(nodes: 3...5, safety: 10...30, settle: .seconds(20), perNode: .seconds(4)),
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
        bugs: StorageBug.allCases.map(\.rawValue),
        mustReach: ["disk.restLoss", "disk.writeLoss", "disk.openingLoss", "fault.crash"],
        workload: { tape, script in
            let questions = meshWorkload(&tape, script)
            return questions + crashes(&tape, script, after: [])
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

    /// Crashes at any time, and again in the first steps of the new life, when a node has most to store; and after one
    /// in four of `writes`, so soon that the disk is at work.
    private static func crashes(_ tape: inout Tape, _ script: Script, after writes: [Action]) -> [Action] {
        let milliseconds = max(Int(script.safety.milliseconds), 1)
        var crashes: [Action] = []
        for _ in 0..<tape.range(4...12) {
            let at = Interval.milliseconds(Int64(tape.below(milliseconds)))
            let node = tape.below(script.nodes)
            let first = length(&tape)
            crashes.append(Action(at: at, .crash(node, afterEffects: nil, for: first)))
            let reborn = at + first + .milliseconds(Int64(tape.range(1...200)))
            guard tape.bool(), reborn < script.safety else { continue }
            let effects = tape.range(1...6)
            crashes.append(Action(at: reborn, .crash(node, afterEffects: effects, for: length(&tape))))
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
