package import Base
package import Choices

/// What a world needs to know about its inhabitants: how they are born, what they can be asked, what must hold.
package struct Stage<Member: Inhabitant & ~Copyable> {
    package var bear: (Birth) -> Member
    /// The request that an errand of the script means; nil for an errand of another scenario.
    package var request: (Errand) -> Member.Request?
    package var checkers: (Script) -> [Checker<Member>]
    /// How often the checkers look at the whole world.
    package var checkpoint = Interval.seconds(1)
    package var disks = DiskKind.memory
    /// Whether TCP carries packets too: it does wherever UDP is not cut but only lossy, however lossy that is.
    package var hasTCP = false
    /// What the scenario measures, asked for when a run is over.
    package var figures: (borrowing World<Member>) -> [Figure] = { _ in [] }

    package init(
        bear: @escaping (Birth) -> Member, request: @escaping (Errand) -> Member.Request?,
        checkers: @escaping (Script) -> [Checker<Member>]
    ) {
        self.bear = bear
        self.request = request
        self.checkers = checkers
    }
}

/// One kind of world that `marram-sim` can run, by its name. What its inhabitants are is hidden here, so that a table
/// can hold scenarios of toys and of whole nodes side by side. A new scenario is a new value in `Scenario.all`.
package struct Scenario: Sendable {
    package let name: String
    /// What it shows, in a line.
    package let purpose: String
    package let habitat: Habitat
    /// The kinds of fault that a script of this scenario must not have: its worlds have no way to do them.
    package let impossible: [FaultKind]
    /// The planted bugs that `--bug` knows here.
    package let bugs: [String]
    /// The markers that a nightly batch must have reached, and the kinds of fault that must have happened.
    package let mustReach: [String]
    private let workload: @Sendable (inout Tape, Script) -> [Action]
    private let run: @Sendable (Script, String?, Bool, ((String) -> Void)?) -> Outcome

    /// `stage` makes the stage of one run; its second argument is the planted bug, one of `bugs`.
    package init<Member: Inhabitant & SendableMetatype & ~Copyable>(
        name: String, purpose: String, habitat: Habitat, impossible: [FaultKind] = [], bugs: [String] = [],
        mustReach: [String] = [],
        workload: @escaping @Sendable (inout Tape, Script) -> [Action],
        stage: @escaping @Sendable (Script, String?) -> Stage<Member>
    ) {
        self.name = name
        self.purpose = purpose
        self.habitat = habitat
        self.impossible = impossible
        self.bugs = bugs
        self.mustReach = mustReach
        self.workload = workload
        run = { script, bug, keepsGoing, narrate in
            var world = World<Member>(script, stage(script, bug), keepsGoing: keepsGoing, narrate: narrate)
            world.run()
            return world.outcome
        }
    }

    /// The script of a seed.
    package func script(seed: UInt64, _ wishes: Wishes = Wishes()) -> Script {
        script(seed: seed, wishes, tape: Tape(seed: seed))
    }

    /// The script of a tape: how a fuzzer writes one.
    package func script(seed: UInt64, _ wishes: Wishes = Wishes(), tape: Tape) -> Script {
        var draw = ScriptDraw(name, habitat, wishes, seed: seed, tape: tape)
        return draw.draw(wishes, workload: workload)
    }

    /// Plays a script, to the first violation or, when it `keepsGoing`, to its end. `narrate` is told every event as
    /// text.
    package func play(
        _ script: Script, bug: String? = nil, keepsGoing: Bool = false, narrate: ((String) -> Void)? = nil
    ) -> Outcome {
        precondition(bug.map(bugs.contains) ?? true, "the caller checks the bug's name against the list")
        return run(script, bug, keepsGoing, narrate)
    }

    /// Makes a failing script smaller. Answers the smallest that violates the same oracle, and how many runs it took.
    package func shrink(
        _ script: Script, violating oracle: String, bug: String? = nil, attempts: Int = 2_000
    ) -> (script: Script, runs: Int) {
        var shrinker = ScriptShrinker(script, attempts: attempts) { candidate in
            let violation = play(candidate, bug: bug).violation
            return violation?.oracle == oracle ? violation : nil
        }
        shrinker.shrink()
        return (shrinker.best, attempts - shrinker.attemptsLeft)
    }

    package static func named(_ name: String) -> Scenario? { all.first { $0.name == name } }
}

/// What one run came to.
package struct Outcome: Sendable {
    /// The first violation of each oracle that was violated; one alone unless the run kept going.
    package var violations: [Violation]
    /// The fingerprint of everything that happened.
    package var traceHash: UInt64
    /// Delivered packets, fired timers and finished writes.
    package var events: UInt64
    package var simulated: Interval
    package var packets: UInt64
    package var bytes: UInt64
    /// Every marker of the inhabitants and every kind of fault, with how often it was reached.
    package var reached: [(marker: String, count: Int)]
    /// What the scenario measured.
    package var figures: [Figure]

    package var violation: Violation? { violations.first }
}

extension World where Member: ~Copyable {
    package var outcome: Outcome {
        var hash = trace
        for post in posts {
            hash.absorb(post.sentBytes)
            hash.absorb(post.receivedBytes)
        }
        var reached = zip(Member.markers, noteCounts).map { (marker: $0, count: $1) }
        for (kind, count) in zip(FaultKind.allCases, faultCounts) { reached.append(("fault.\(kind)", count)) }
        if stage.disks != .memory {
            for fate in SimulatedDatabase.Fate.allCases {
                reached.append((fate.marker, disks.reduce(0) { $0 + ($1.database?.counts[fate.rawValue] ?? 0) }))
            }
        }
        return Outcome(
            violations: violations, traceHash: hash.value, events: eventCount, simulated: now,
            packets: posts.reduce(0) { $0 + $1.sentPackets }, bytes: posts.reduce(0) { $0 + $1.sentBytes },
            reached: reached, figures: stage.figures(self))
    }
}
