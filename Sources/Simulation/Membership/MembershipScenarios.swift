internal import Base
internal import Choices
internal import Membership

/// Worlds of membership engines.
extension Scenario {
    static let memberships: [Scenario] = [
        membership("membership", "membership engines: boot, deaths, a split, then a storm of faults", stormy),
        membershipCalm,
        membership("membership-slow", "the same with 300 ms from node to node", calm, delay: .milliseconds(300)),
        membership("membership-fades", "nodes fall silent for 2 s every 20 s", fading(.nodes), losses: [200_000]),
        membership(
            "membership-uplinks", "sites lose their uplink for 2 s every 20 s", fading(.sites), losses: [200_000],
            sites: 3...5),
        membership("membership-mixed", "nodes beat every 1, 2 or 5 seconds, as their budgets pay for", mixed),
        membership(
            "membership-weather", "all links begin to lose 45 % when the traffic is counted", weather, losses: [0]),
        membership("membership-months", "two halves are apart for thirty days", apart, nodes: 4...6),
        membership("membership-liar", "one member lies ten thousand times a second", lying, nodes: 8...20),
    ]

    static let membershipCalm = membership(
        "membership-calm", "the same without the storm: what the figures are read from", calm)

    private static let stormy: MembershipPlan = {
        var plan = MembershipPlan()
        plan.hasStorm = true
        return plan
    }()

    private static let calm: MembershipPlan = {
        var plan = MembershipPlan()
        plan.end = plan.storm
        return plan
    }()

    private static let mixed: MembershipPlan = {
        var plan = calm
        plan.intervals = [.seconds(1), .seconds(2), .seconds(5)]
        plan.deathLength = .seconds(60)
        return plan
    }()

    private static let weather: MembershipPlan = {
        var plan = calm
        plan.lossOfWatch = 450_000
        plan.watch = .seconds(60) ... .seconds(180)
        plan.end = plan.watch.upperBound
        plan.deaths = plan.end
        plan.split = plan.end
        return plan
    }()

    private static func fading(_ fades: MembershipPlan.Fades) -> MembershipPlan {
        var plan = calm
        plan.fades = fades
        return plan
    }

    private static let lying: MembershipPlan = {
        var plan = MembershipPlan()
        plan.end = plan.deaths
        plan.hasLiar = true
        return plan
    }()

    private static let apart: MembershipPlan = {
        var plan = calm
        plan.splitLength = .days(30)
        plan.end = plan.split + plan.splitLength + .minutes(3)
        return plan
    }()

    private static func membership(
        _ name: String, _ purpose: String, _ plan: MembershipPlan, nodes: ClosedRange<Int> = 5...50,
        delay: Interval = .milliseconds(2), losses: [Int] = [0, 200_000, 450_000, 600_000],
        sites: ClosedRange<Int> = 1...3
    ) -> Scenario {
        let length = Int(plan.end.seconds)
        var habitat = Habitat(nodes: nodes, safety: length...length, settle: .seconds(60), faults: [])
        habitat.near = Link(delay: delay / 2, jitter: delay)
        if delay > habitat.far.delay { habitat.far = habitat.near }
        habitat.losses = losses
        habitat.sites = sites
        return Scenario(
            name: name, purpose: purpose, habitat: habitat,
            impossible: [.flips, .truncation, .replay, .rebind, .wipe, .restore, .lyingDisk],
            bugs: MembershipBug.allCases.map(\.rawValue),
            workload: { tape, script in
                var draw = MembershipDraw(tape, script, plan)
                draw.draw()
                tape = draw.tape
                return draw.actions
            },
            stage: { script, bug in
                membershipStage(MembershipLog(script, plan), bug.flatMap(MembershipBug.init(rawValue:)))
            })
    }

    private static func membershipStage(_ log: MembershipLog, _ bug: MembershipBug?) -> Stage<MembershipNode> {
        let rules = bug?.rules ?? MembershipRules()
        let people = MembershipPeople(log.script.nodes)
        var stage = Stage<MembershipNode>(
            bear: { birth in
                MembershipNode(
                    birth, people, interval: log.plan.interval(of: birth.index), rules: rules,
                    lies: log.plan.hasLiar && birth.index == log.script.nodes - 1)
            },
            request: { errand in errand.verb == "leave" ? .leave : nil },
            checkers: { _ in MembershipOracles.all(log) })
        stage.figures = { world in membershipFigures(log, world) }
        return stage
    }

    private static func membershipFigures(
        _ log: MembershipLog, _ world: borrowing World<MembershipNode>
    ) -> [Figure] {
        func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e9 }
        let nodes = Double(log.script.nodes)
        let known = log.deaths.compactMap { death in death.knownAt.map { seconds($0 - death.at) } }
        let watched = Double((log.plan.watch.upperBound - log.plan.watch.lowerBound).seconds)
        let traffic =
            log.watchBytes.count == 2 ? [Double(log.watchBytes[1] - log.watchBytes[0]) / nodes / watched] : []
        let heal = log.healed.flatMap { healed in log.splitEnd.map { seconds(healed - $0) } }
        let state = world.inspect(world.nodes.count - 1) { Double($0.engine.encoded.count) }
        return [
            Figure("false_down", .sum, of: [Double(log.falseDown)]),
            Figure("late_down", .sum, of: [Double(log.lateDown)]),
            Figure("declared_down", .sum, of: [Double(log.declared)]),
            Figure("kills", .sum, of: [Double(log.deaths.count)]),
            Figure("kills_known", .sum, of: [Double(known.count)]),
            Figure("kill_known_p50_seconds", .median, of: known),
            Figure("kill_known_max_seconds", .largest, of: known),
            Figure("bytes_per_second_per_node", .mean, of: traffic),
            Figure("peak_bytes_per_second", .largest, of: [Double(log.peak)]),
            Figure("boots_full", .sum, of: [log.bootFull == nil ? 0 : 1]),
            Figure("boot_full_seconds", .largest, of: log.bootFull.map { [seconds($0)] } ?? []),
            Figure("boot_bytes_per_node", .mean, of: log.bootFull == nil ? [] : [Double(log.bootBytes) / nodes]),
            Figure("boot_peak_bytes_per_second", .largest, of: log.bootPeak.map { [Double($0)] } ?? []),
            Figure("heal_seconds", .largest, of: heal.map { [$0] } ?? []),
            Figure("state_bytes_per_node", .mean, of: state.map { [$0] } ?? []),
        ]
    }
}
