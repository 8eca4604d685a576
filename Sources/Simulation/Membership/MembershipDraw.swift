internal import Base
internal import Choices

/// Draws what happens in a membership world.
struct MembershipDraw {
    var tape: Tape
    private let script: Script
    private let plan: MembershipPlan
    private(set) var actions: [Action] = []

    init(_ tape: Tape, _ script: Script, _ plan: MembershipPlan) {
        self.tape = tape
        self.script = script
        self.plan = plan
    }

    /// What may come in the storm. Each seed draws its own few.
    private enum Trouble: CaseIterable {
        case fades, uplinks, cuts, deafness, gaps, splits, pauses, clocks, crashes, deaths, goodbyes
    }

    mutating func draw() {
        guard script.nodes > 1 else { return }
        switch plan.fades {
        case .none: break
        case .nodes: for node in 0..<script.nodes { fade([node], from: .zero, to: plan.end) }
        case .sites: for site in 0..<script.sites { fade(nodes(of: site), from: .zero, to: plan.end) }
        }
        if plan.lossOfWatch > 0 {
            var bad = script.near
            bad.loss = plan.lossOfWatch
            act(plan.watch.lowerBound, .weather(bad, for: plan.end - plan.watch.lowerBound))
        }
        let victims = script.nodes >= 40 ? 4 : script.nodes >= 12 ? 2 : 1
        for victim in distinct(min(victims, script.nodes - 1)).enumerated() {
            let at = plan.deaths + .milliseconds(Int64(victim.offset * 3_000 + tape.below(1_000)))
            act(at, .crash(victim.element, afterEffects: nil, for: plan.deathLength))
        }
        // The halves are drawn, for neighbours by number may be neighbours in the protocol.
        let half = distinct(script.nodes / 2).sorted()
        if !half.isEmpty { act(plan.split, .partition(half, for: plan.splitLength)) }
        if plan.hasStorm {
            for trouble in Trouble.allCases where tape.below(3) == 0 { strike(trouble) }
        }
    }

    /// A fault that would begin after the faults is left out.
    private mutating func act(_ at: Interval, _ deed: Deed) {
        guard at < script.safety, actions.count < Limits.scenarioActions else { return }
        actions.append(Action(at: at, deed))
    }

    private mutating func distinct(_ count: Int) -> [Int] {
        var left = Array(0..<script.nodes)
        return (0..<count).map { _ in left.remove(at: tape.below(left.count)) }
    }

    private func nodes(of site: Int) -> [Int] { (0..<script.nodes).filter { $0 % script.sites == site } }

    /// Silence of 2 s in the mean every 20 s in the mean, both drawn from the tenths of the exponential distribution.
    private mutating func fade(_ side: [Int], from start: Interval, to end: Interval) {
        guard side.count < script.nodes else { return }
        var at = start
        while true {
            at = at + .milliseconds(Int64(tape.pick(Self.tenths) * 20))
            let length = Interval.milliseconds(Int64(tape.pick(Self.tenths) * 2))
            guard at < end else { return }
            act(at, .partition(side, for: length))
            at = at + length
        }
    }

    /// The 5th, 15th, … 95th percentile of the exponential distribution with the mean 1,000; the last one is longer, so
    /// that the mean is right.
    private static let tenths = [51, 163, 288, 431, 598, 799, 1_050, 1_386, 1_897, 3_337]

    private mutating func strike(_ trouble: Trouble) {
        let some = 1 + tape.below(2 + script.nodes / 5)
        switch trouble {
        case .fades:
            for _ in 0..<some { fade([tape.below(script.nodes)], from: plan.storm, to: plan.end) }
        case .uplinks:
            guard script.sites > 1 else { return }
            fade(nodes(of: tape.below(script.sites)), from: plan.storm, to: plan.end)
        case .cuts: for _ in 0..<some { cut(bothWays: tape.bool()) }
        case .deafness: deafen(tape.below(script.nodes))
        case .gaps: gap()
        case .splits:
            let side = (0..<script.nodes).filter { _ in tape.bool() }
            if !side.isEmpty, side.count < script.nodes { act(moment(), .partition(side, for: length(1...60))) }
        case .pauses: for _ in 0..<some { act(moment(), .pause(tape.below(script.nodes), for: length(1...30))) }
        case .clocks: for _ in 0..<some { jump(tape.below(script.nodes)) }
        case .crashes:
            for _ in 0..<some {
                act(moment(), .crash(tape.below(script.nodes), afterEffects: nil, for: length(1...30)))
            }
        case .deaths:
            for node in distinct(script.nodes / 5) { act(moment(), .crash(node, afterEffects: nil, for: nil)) }
        case .goodbyes:
            for node in distinct(1 + script.nodes / 10) { act(moment(), .ask(node, Errand("leave", []))) }
        }
    }

    /// One pair does not hear each other, or one does not hear the other; everybody else hears both.
    private mutating func cut(bothWays: Bool) {
        let from = tape.below(script.nodes)
        let to = (from + 1 + tape.below(script.nodes - 1)) % script.nodes
        let (at, length) = (moment(), length(10...90))
        act(at, .cut(from: from, to: to, for: length))
        if bothWays { act(at, .cut(from: to, to: from, for: length)) }
    }

    /// Most others do not hear one node, which hears all of them; or the other way round. A few hear it all the same.
    private mutating func deafen(_ node: Int) {
        let (at, length, isDumb) = (moment(), length(10...90), tape.bool())
        for other in 0..<script.nodes where other != node && tape.below(4) != 0 {
            act(at, isDumb ? .cut(from: node, to: other, for: length) : .cut(from: other, to: node, for: length))
        }
    }

    /// Two groups do not hear each other, and both hear the rest: no partition, for the rest could tell.
    private mutating func gap() {
        guard script.nodes >= 3 else { return }
        let size = max(1, script.nodes / 10)
        let (one, other) = { ($0[..<size], $0[size..<2 * size]) }(distinct(2 * size))
        let (at, length) = (moment(), length(10...90))
        for from in one {
            for to in other {
                act(at, .cut(from: from, to: to, for: length))
                act(at, .cut(from: to, to: from, for: length))
            }
        }
    }

    private mutating func jump(_ node: Int) {
        let days = Interval.days(Int64(tape.range(-3_650...3_650)))
        act(moment(), .clock(node, jump: days, drift: tape.range(-500...500)))
    }

    private mutating func moment() -> Interval {
        plan.storm + .milliseconds(Int64(tape.below(Int((plan.end - plan.storm).milliseconds))))
    }

    private mutating func length(_ seconds: ClosedRange<Int>) -> Interval {
        .milliseconds(Int64(tape.range(seconds.lowerBound * 1_000...seconds.upperBound * 1_000)))
    }
}
