import Base
import Membership
import Testing

@testable import Simulation

/// Nodes on a plane, 120 ms from corner to corner, that boot all at once and lose every tenth packet: what they think
/// of all round trips after so long, as errors in percent in order, and how many pairs never had an edge.
private func estimateErrors(nodes: Int, after time: Interval, seed: UInt64) -> (errors: [Int], strangers: Int) {
    var random = Random(seed: seed)
    let places = (0..<nodes).map { _ in (x: random.below(42_000), y: random.below(42_000)) }
    func delay(_ one: Int, _ other: Int) -> Interval {
        let (x, y) = (places[one].x - places[other].x, places[one].y - places[other].y)
        return .microseconds(1_000 + Int64(Double(x * x + y * y).squareRoot()))
    }
    var script = Script(
        scenario: "membership-calm", seed: seed, nodes: nodes, safety: time, settle: .zero,
        near: Link(delay: .milliseconds(1), jitter: .milliseconds(1), loss: 100_000), far: .clear)
    for one in 0..<nodes {
        for other in 0..<nodes where other != one {
            let link = Link(delay: delay(one, other))
            script.actions.append(Action(at: .zero, .spoil(from: one, to: other, link, for: time + .seconds(1))))
        }
    }
    var errors: [Int] = []
    var strangers = 0
    let people = MembershipPeople(nodes)
    let stage = Stage<MembershipNode>(
        bear: { MembershipNode($0, people, interval: .seconds(1), rules: MembershipRules(), lies: false) },
        request: { _ in nil },
        checkers: { _ in
            var checker = Checker<MembershipNode>("looks")
            checker.atEnd = { world in
                let engines = (0..<nodes).compactMap { world.inspect($0) { $0.engine } }
                for one in engines.indices {
                    for other in engines.indices where other > one {
                        let real = (delay(one, other) * 2 + .milliseconds(1)).nanoseconds
                        let guess = engines[one].coordinate.roundTrip(to: engines[other].coordinate).nanoseconds
                        errors.append(Int((guess - real).magnitude * 100 / UInt64(real)))
                        if engines[one].edges[MembershipNode.id(other)] == nil { strangers += 1 }
                    }
                }
                return nil
            }
            return [checker]
        })
    var world = World<MembershipNode>(script, stage)
    world.run()
    errors.sort()
    return (errors, strangers)
}

/// Of several planes together: on one in twenty half of the estimates are off by a quarter.
@Test func roundTripsAreKnownAfterAMinute() {
    let worlds = (UInt64(1)...8).map { estimateErrors(nodes: 24, after: .seconds(60), seed: $0) }
    for (errors, strangers) in worlds {
        #expect(errors.count == 24 * 23 / 2 && strangers > errors.count / 2, "most pairs never spoke: \(strangers)")
    }
    let errors = worlds.flatMap(\.errors).sorted()
    let median = errors[errors.count / 2]
    #expect(median <= 20, "median \(median) %, nine in ten \(errors[errors.count * 9 / 10]) %")
    let start = (UInt64(1)...8).flatMap { estimateErrors(nodes: 24, after: .seconds(2), seed: $0).errors }.sorted()
    #expect(start[start.count / 2] > median, "a minute has taught something")
}
