import Base
import Testing

@testable import Simulation

/// How many seeds may pass before a bug is found.
private let seeds = UInt64(1)...60

/// The first seed whose script the toy with this bug does not survive.
private func firstFailure(_ bug: ToyBug) -> (script: Script, violation: Violation)? {
    for seed in seeds {
        let script = Scenario.toy.script(seed: seed)
        if let violation = Scenario.toy.play(script, bug: bug.rawValue).violation { return (script, violation) }
    }
    return nil
}

@Test(.timeLimit(.minutes(10)), arguments: ToyBug.allCases)
func aPlantedBugIsFoundShrunkAndReplayed(bug: ToyBug) throws {
    let found = try #require(firstFailure(bug), "no seed finds it")
    let (small, runs) = Scenario.toy.shrink(
        found.script, violating: found.violation.oracle, bug: bug.rawValue, attempts: 400)
    #expect(runs <= 400)
    #expect(small.actions.count <= 12, "\(small.text)")
    #expect(small.actions.count < found.script.actions.count)
    // What is replayed is the file, not the value that the shrinker held.
    let replayed = try Script(reading: small.text)
    let again = Scenario.toy.play(replayed, bug: bug.rawValue)
    #expect(again.violation?.oracle == found.violation.oracle)
    #expect(again.traceHash == Scenario.toy.play(replayed, bug: bug.rawValue).traceHash)
    #expect(Scenario.toy.play(replayed).violation == nil, "the toy without the bug survives what the bug did not")
}

@Test(.timeLimit(.minutes(10)))
func theSoundToyPassesTheSameSeeds() {
    for seed in seeds {
        let violation = Scenario.toy.play(Scenario.toy.script(seed: seed)).violation
        #expect(violation == nil, "seed \(seed)")
    }
}

@Test(arguments: ToyBug.allCases)
func aKeptScenarioStillTellsTheBugFromTheSoundToy(bug: ToyBug) throws {
    let file = try text(of: "Scenarios/\(bug.rawValue).scenario")
    let script = try Script(reading: file)
    // The first remark begins with the oracle that was violated.
    let oracle = file.dropFirst(2).prefix { $0 != " " }
    #expect(Scenario.toy.play(script, bug: bug.rawValue).violation?.oracle == String(oracle))
    #expect(Scenario.toy.play(script).violation == nil)
}

@Test func everyMarkerOfTheToyIsReachedByABatch() {
    var counts: [String: Int] = [:]
    for seed in UInt64(1)...150 {
        for (marker, count) in Scenario.toy.play(Scenario.toy.script(seed: seed)).reached {
            counts[marker, default: 0] += count
        }
    }
    #expect(Scenario.toy.mustReach.filter { counts[$0, default: 0] == 0 } == [])
}

@Test func shrinkingTakesOutNodesFaultsAndTimeThatDoNotMatter() throws {
    var script = Scenario.toy.script(seed: 12)
    script.actions.append(Action(at: .seconds(17), .ask(2, Errand("set", [5, 5]))))
    script.sort()
    // "Node 2, or whatever it is called by then, is asked to set register 5."
    func isAsked(_ script: Script) -> Bool {
        script.actions.contains { $0.deed.nodes.contains(script.nodes - 1) && $0.deed.text.hasSuffix("set 5 5") }
    }
    var shrinker = ScriptShrinker(script, attempts: 1_000) { candidate in
        isAsked(candidate) ? Violation(oracle: "asked", time: .seconds(1), event: 1, what: "") : nil
    }
    script.nodes = 3
    shrinker.shrink()
    #expect(shrinker.best.nodes == 1 && shrinker.best.kinds.isEmpty && shrinker.best.actions.count == 1)
    #expect(shrinker.best.safety == .seconds(1) && shrinker.best.actions.first?.at == .zero)
    #expect(shrinker.best.settle == script.settle, "the promise of the liveness phase is not touched")
}
