import Base
import Testing

@testable import Simulation

/// Which oracle finds which planted bug.
private let banks = [
    ("answersBeforeDisk", "acknowledged-kept"), ("forgetsContext", "deleted-stays-deleted"),
    ("digestWithoutDeletions", "everybody-same"), ("noFence", "what-stands-is-shown"),
]

@Test(.timeLimit(.minutes(10)))
func keysBetweenNodesPassABatchOfSeeds() {
    var took = 0
    for seed in UInt64(1)...4 {
        let outcome = Scenario.replication.play(Scenario.replication.script(seed: seed))
        #expect(outcome.violation == nil, "seed \(seed)")
        took += outcome.reached.first { $0.marker == "took" }?.count ?? 0
    }
    #expect(took > 100, "keys did travel")
}

@Test(arguments: banks)
func aKeptScenarioStillTellsTheBugFromSoundReplication(bug: String, oracle: String) throws {
    let script = try Script(reading: try text(of: "Scenarios/replication-\(bug).scenario"))
    #expect(script.actions.count <= 12, "it was shrunk")
    #expect(Scenario.replication.play(script, bug: bug).violation?.oracle == oracle)
    #expect(Scenario.replication.play(script).violation == nil)
}
