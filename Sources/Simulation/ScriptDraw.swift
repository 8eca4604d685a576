package import Base
internal import Choices

/// What the worlds of a scenario are like when nobody says otherwise, and what may happen to them.
package struct Habitat: Sendable {
    package var nodes: ClosedRange<Int>
    package var sites: ClosedRange<Int> = 1...1
    package var near = Link(delay: .milliseconds(2), jitter: .milliseconds(2))
    package var far = Link(delay: .milliseconds(30), jitter: .milliseconds(20))
    /// How long the safety phase is, in seconds.
    package var safety: ClosedRange<Int>
    /// How long the liveness phase is: so much, and so much more for each node.
    package var settle: Interval
    package var settlePerNode = Interval.zero
    /// The faults that the inhabitants have promised to bear.
    package var faults: [FaultKind]
    /// Rates of loss, in packets per million, of which the seed draws one for all links; none when `faults` says it.
    package var losses: [Int] = []

    package init(nodes: ClosedRange<Int>, safety: ClosedRange<Int>, settle: Interval, faults: [FaultKind]) {
        self.nodes = nodes
        self.safety = safety
        self.settle = settle
        self.faults = faults
    }
}

/// What the person who runs a scenario wants to be other than the habitat says.
package struct Wishes: Hashable, Sendable {
    package var nodes: Int?
    /// Lost packets in a million on every link, in place of what the seed would draw.
    package var loss: Int?
    package var safety: Interval?

    package init() {}
}

/// Draws a script. All of it comes from one tape, so a fuzzer can write scripts as well as a seed can.
struct ScriptDraw {
    let habitat: Habitat
    var tape: Tape
    private var script: Script
    private var milliseconds: Int { Int(script.safety.milliseconds) }

    init(_ scenario: String, _ habitat: Habitat, _ wishes: Wishes, seed: UInt64, tape: Tape) {
        self.habitat = habitat
        var tape = tape
        let nodes = wishes.nodes ?? tape.range(habitat.nodes)
        let seconds = tape.range(habitat.safety)
        script = Script(
            scenario: scenario, seed: seed, nodes: nodes, safety: wishes.safety ?? .seconds(Int64(seconds)),
            settle: habitat.settle + habitat.settlePerNode * Int64(nodes), near: habitat.near, far: habitat.far)
        script.sites = min(nodes, tape.range(habitat.sites))
        self.tape = tape
    }

    /// The faults of the seed, then the workload, then what the person wished.
    mutating func draw(_ wishes: Wishes, workload: (inout Tape, Script) -> [Action]) -> Script {
        for kind in habitat.faults where tape.bool() { turnOn(kind) }
        let drawn = habitat.losses.isEmpty ? nil : tape.pick(habitat.losses)
        if let loss = wishes.loss ?? drawn {
            script.near.loss = loss
            script.far.loss = loss
        }
        script.actions += workload(&tape, script)
        precondition(script.actions.count <= Limits.scenarioActions, "a scenario's own workload exceeds the limit")
        script.sort()
        return script
    }

    private mutating func turnOn(_ kind: FaultKind) {
        switch kind {
        case .loss: rates(\.loss, 10_000...300_000)
        case .duplication: rates(\.duplication, 10_000...200_000)
        case .reordering: rates(\.reordering, 10_000...200_000)
        case .flips: rates(\.flips, 1_000...50_000)
        case .truncation: rates(\.truncation, 1_000...50_000)
        case .delay:
            script.near.jitter = script.near.delay + .milliseconds(Int64(tape.range(1...50)))
            script.far.jitter = script.far.delay + .milliseconds(Int64(tape.range(1...600)))
        case .bandwidth:
            let bandwidth = tape.pick([1_000_000, 128_000, 32_000])
            script.near.bandwidth = bandwidth
            script.far.bandwidth = bandwidth
        case .mischief:
            script.mischief = Mischief(Mischief.Point.allCases.filter { _ in tape.bool() })
        case .weather, .cut, .partition, .spoil, .replay, .rebind, .crash, .death, .pause, .wipe, .restore, .clock,
            .slowDisk, .fullDisk, .lyingDisk:
            times(kind)
        }
    }

    private mutating func rates(_ rate: WritableKeyPath<Link, Int>, _ range: ClosedRange<Int>) {
        script.near[keyPath: rate] = tape.range(range)
        script.far[keyPath: rate] = tape.range(range)
    }

    /// A timed fault happens a few times, more often among many nodes.
    private mutating func times(_ kind: FaultKind) {
        let most = kind == .death ? max(1, script.nodes / 5) : 2 + script.nodes / 2
        for _ in 0..<tape.range(1...most) {
            let at = Interval.milliseconds(Int64(tape.below(max(milliseconds, 1))))
            guard let deed = deed(kind, at) else { continue }
            script.actions.append(Action(at: at, deed))
        }
    }

    private mutating func deed(_ kind: FaultKind, _ at: Interval) -> Deed? {
        let node = tape.below(script.nodes)
        switch kind {
        case .crash: return .crash(node, afterEffects: tape.bool() ? tape.below(5) : nil, for: length())
        // A majority stays.
        case .death: return script.nodes > 2 ? .crash(node, afterEffects: nil, for: nil) : nil
        case .pause: return .pause(node, for: length())
        case .wipe: return .wipe(node, for: length())
        case .restore:
            return .restore(node, from: .milliseconds(Int64(tape.below(Int(at.milliseconds) + 1))), for: length())
        case .clock: return clock(node)
        case .slowDisk: return .slowDisk(node, latency: .milliseconds(Int64(tape.range(5...3_000))), for: length())
        case .fullDisk: return .fullDisk(node, for: length())
        case .lyingDisk: return .lyingDisk(node, for: length())
        case .rebind: return .rebind(node, for: length())
        case .cut: return other(than: node).map { .cut(from: node, to: $0, for: length()) }
        case .partition:
            let side = (0..<script.nodes).filter { _ in tape.bool() }
            return side.isEmpty || side.count == script.nodes ? nil : .partition(side, for: length())
        case .weather: return .weather(badLink(), for: length())
        case .spoil: return other(than: node).map { .spoil(from: node, to: $0, badLink(), for: length()) }
        case .replay: return .replay(tape.range(1...50))
        case .loss, .duplication, .reordering, .flips, .truncation, .delay, .bandwidth, .mischief: return nil
        }
    }

    private mutating func other(than node: Int) -> Int? {
        script.nodes > 1 ? (node + 1 + tape.below(script.nodes - 1)) % script.nodes : nil
    }

    /// Short, middling or long: what breaks at ten milliseconds does not break at ten seconds.
    private mutating func length() -> Interval {
        .milliseconds(Int64(tape.range(1...100) * tape.pick([1, 10, 100, 300])))
    }

    private mutating func badLink() -> Link {
        var link = Link.clear
        if tape.bool() { link.loss = tape.pick([100_000, 400_000, 900_000]) }
        if tape.bool() { link.delay = .milliseconds(Int64(tape.pick([100, 600, 3_000]))) }
        if tape.bool() { link.maximumBytes = tape.pick([1_200, 576, 128]) }
        return link
    }

    /// A small skew, a jump of up to a day, no clock battery at all (1970), or ten years ahead.
    private mutating func clock(_ node: Int) -> Deed {
        let small = Interval.milliseconds(Int64(tape.range(-5_000...5_000)))
        let large = Interval.seconds(Int64(tape.range(-86_400...86_400)))
        let jump = tape.pick([small, large, .milliseconds(-SimulatedClock.epoch), .days(3_652)])
        return .clock(node, jump: jump, drift: tape.range(-500...500))
    }
}
