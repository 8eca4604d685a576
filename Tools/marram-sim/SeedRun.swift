internal import Base
internal import Simulation

/// Runs seeds of one scenario, adds up what they came to, and tells it.
struct SeedRun {
    private let scenario: Scenario
    private let options: Options
    private var trace = TraceHash()
    private var seeds: UInt64 = 0
    private var violations = 0
    private var events: UInt64 = 0
    private var packets: UInt64 = 0
    private var bytes: UInt64 = 0
    private var simulated = Interval.zero
    private var cpuSeconds = 0.0
    private var reached: [(marker: String, count: Int)] = []
    private var measured: [Figure] = []

    init(_ scenario: Scenario, _ options: Options) {
        self.scenario = scenario
        self.options = options
    }

    /// Runs all seeds; answers the exit code.
    mutating func run(_ range: ClosedRange<UInt64>) -> Int32 {
        for seed in range {
            let script = scenario.script(seed: seed, options.wishes)
            let outcome = play(script)
            guard let violation = outcome.violation else { continue }
            tell(outcome.violations, script, again: command("\(scenario.name) --seeds \(seed)", withWishes: true))
            if options.shrinks, violations == 1 { shrink(script, violation) }
        }
        let unreached = scenario.mustReach.filter { marker in
            !reached.contains { $0.marker == marker && $0.count > 0 }
        }
        if options.isNightly, !unreached.isEmpty {
            complain("✗ these seeds never reached: \(unreached.joined(separator: ", "))")
        }
        report(unreached.count)
        return violations > 0 || (options.isNightly && !unreached.isEmpty) ? 1 : 0
    }

    /// Replays one script; answers the exit code.
    mutating func replay(_ script: Script, from path: String) -> Int32 {
        let outcome = play(script)
        if let violation = outcome.violation {
            tell(outcome.violations, script, again: command(path, withWishes: false))
            if options.shrinks { shrink(script, violation) }
        }
        report(0)
        return violations > 0 ? 1 : 0
    }

    private mutating func play(_ script: Script) -> Outcome {
        let before = processorSeconds()
        let outcome = scenario.play(
            script, bug: options.bug, keepsGoing: options.keepsGoing, narrate: options.traces ? { complain($0) } : nil)
        cpuSeconds += processorSeconds() - before
        trace.absorb(outcome.traceHash)
        seeds += 1
        violations += outcome.violation == nil ? 0 : 1
        events += outcome.events
        packets += outcome.packets
        bytes += outcome.bytes
        simulated = simulated + outcome.simulated
        if measured.isEmpty {
            measured = outcome.figures
        } else {
            for (index, figure) in outcome.figures.enumerated() { measured[index].add(figure) }
        }
        if reached.isEmpty { reached = outcome.reached.map { ($0.marker, 0) } }
        for index in reached.indices { reached[index].count += outcome.reached[index].count }
        return outcome
    }

    private func command(_ subject: String, withWishes: Bool) -> String {
        var words = ["marram-sim", subject]
        if withWishes {
            if let nodes = options.wishes.nodes { words.append("--nodes \(nodes)") }
            if let loss = options.wishes.loss { words.append("--loss \(loss / 10_000)") }
            if let safety = options.wishes.safety { words.append("--seconds \(safety.seconds)") }
        }
        if let bug = options.bug { words.append("--bug \(bug)") }
        return words.joined(separator: " ")
    }

    private func tell(_ violated: [Violation], _ script: Script, again command: String) {
        let faults = script.kinds.map(\.rawValue).joined(separator: " ")
        complain(
            """
            \(violated.map { "✗ \($0)" }.joined(separator: "\n"))
              seed \(script.seed), \(script.nodes) nodes, \(script.sites) sites, \(script.actions.count) actions
              faults   \(faults.isEmpty ? "none" : faults)
              mischief \(script.mischief.points.map { "\($0)" }.joined(separator: " "))
              again    \(command)
            """)
    }

    /// Makes the script small and writes it beside us.
    private func shrink(_ script: Script, _ violation: Violation) {
        let (small, runs) = scenario.shrink(script, violating: violation.oracle, bug: options.bug)
        let path =
            [scenario.name, options.bug, "\(script.seed)"].compactMap { $0 }.joined(separator: "-") + ".scenario"
        let again = command(path, withWishes: false)
        guard let last = scenario.play(small, bug: options.bug).violation else { return }
        let remarks = ["# \(last)", "# again: \(again)"].joined(separator: "\n") + "\n"
        let actions = "\(script.actions.count) to \(small.actions.count) actions"
        let nodes = "\(script.nodes) to \(small.nodes) nodes"
        do throws(Complaint) {
            try write(remarks + small.text, to: path)
            complain(
                "  shrunk from \(actions), \(nodes), in \(runs) runs\n  again    \(again)"
            )
        } catch {
            complain(error.lines)
        }
    }

    private func report(_ unreached: Int) {
        let pace = cpuSeconds > 0 ? Int(Double(events) / cpuSeconds) : 0
        let hash = hexadecimal((0..<8).reversed().map { UInt8(truncatingIfNeeded: trace.value >> UInt64(8 * $0)) })
        var figures: [(name: String, value: String)] = [
            ("seeds", "\(seeds)"), ("violations", "\(violations)"), ("events", "\(events)"),
            ("events_per_second", "\(pace)"), ("simulated_seconds", "\(simulated.seconds)"),
            ("packets", "\(packets)"), ("bytes", "\(bytes)"), ("unreached_markers", "\(unreached)"),
        ]
        if !measured.isEmpty { figures.append(("resident_bytes", "\(residentBytes())")) }
        figures += measured.map { ($0.name, $0.json) }
        let width = (figures.map(\.name.count).max() ?? 0) + 1
        if options.isJSON {
            let body = figures.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",")
            print(
                "{\"schema\":\"marram.sim/1\",\"scenario\":\"\(scenario.name)\",\"figures\":{\(body)},"
                    + "\"trace_hash\":\"\(hash)\"}")
        } else {
            print("\(violations == 0 ? "✓" : "✗") \(scenario.name)")
            for figure in figures {
                print("  " + figure.name + String(repeating: " ", count: width - figure.name.count) + figure.value)
            }
            print("  trace_hash" + String(repeating: " ", count: width - 10) + hash)
        }
    }
}
