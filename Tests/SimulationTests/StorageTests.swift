import Base
import Testing

@testable import Simulation

/// Plays seeds of a scenario on real SQLite; answers how often each marker was reached.
private func play(_ scenario: Scenario, seeds: ClosedRange<UInt64>) -> [String: Int] {
    var counts: [String: Int] = [:]
    for seed in seeds {
        let outcome = scenario.play(scenario.script(seed: seed))
        #expect(outcome.violation == nil, "\(scenario.name), seed \(seed): \(outcome.violation.map { "\($0)" } ?? "")")
        for (marker, count) in outcome.reached { counts[marker, default: 0] += count }
    }
    let fates = SimulatedDatabase.Fate.allCases.map { "\($0.marker) \(counts[$0.marker] ?? 0)" }
    print("\(scenario.name), \(seeds.count) seeds: \(fates.joined(separator: ", "))")
    return counts
}

@Test(.timeLimit(.minutes(10)))
func toysOnRealDatabasesKeepWhatTheyConfirmed() {
    let counts = play(.toyStorage, seeds: 1...40)
    #expect(Scenario.toyStorage.mustReach.filter { counts[$0, default: 0] == 0 } == [])
}

@Test(.timeLimit(.minutes(10)))
func wholeNodesOnRealDatabasesSurvivePowerLoss() {
    let counts = play(.meshStorage, seeds: 1...20)
    #expect(Scenario.meshStorage.mustReach.filter { counts[$0, default: 0] == 0 } == [])
}

@Test(.timeLimit(.minutes(10)), arguments: StorageBug.allCases)
func aDiskThatBreaksItsWordIsFoundOut(bug: StorageBug) throws {
    for scenario in [Scenario.toyStorage, .meshStorage] {
        let found = (UInt64(1)...20).lazy.compactMap { seed in
            scenario.play(scenario.script(seed: seed), bug: bug.rawValue).violation
        }.first
        #expect(found?.oracle == "disk-model", "\(scenario.name)")
    }
}

@Test func aWriteConfirmedBeforeTheDatabaseHasItIsFoundOut() {
    let oracles = (UInt64(1)...20).compactMap { seed in
        Scenario.toyStorage.play(Scenario.toyStorage.script(seed: seed), bug: "acks-before-disk").violation?.oracle
    }
    #expect(oracles.contains("acked-durability"))
    #expect(!oracles.contains("disk-model"), "the database does what it is asked to")
}

@Test func oneSeedGivesOneTraceOfOperationsOnTheDisk() {
    for scenario in [Scenario.toyStorage, .meshStorage] {
        let script = scenario.script(seed: 3)
        #expect(scenario.play(script).traceHash == scenario.play(script).traceHash)
    }
}

@Test func aDatabaseIsNotWipedByAFile() throws {
    var script = Scenario.toyStorage.script(seed: 1)
    script.actions = [Action(at: .seconds(1), .wipe(0, for: .seconds(1)))]
    let file = try run("mktemp --suffix .scenario").output.dropLast()
    defer { _ = try? run("rm \(file)") }
    _ = try run("printf '%s' '\(script.text)' > \(file)")
    let answer = try run("\(simulator()) \(file) 2>&1")
    #expect(answer.code == 2 && answer.output.contains("`toy-storage` has no way to do wipe"), "\(answer.output)")
}

private func fact(_ key: UInt8, _ value: UInt8) -> Fact { Fact(shelf: 1, key: [key], value: [value]) }

@Test func aDatabaseComesBackWithAllThatWasDoneAndPerhapsTheNext() {
    for word in UInt64(0)..<60 {
        var disk = SimulatedDisk(kind: .sqlite(), seed: word)
        disk.start(word)
        disk.accept([fact(1, 1)], Ticket(number: 1))
        #expect(disk.begin(usual: .zero) != nil && disk.finish() == Ticket(number: 1))
        disk.accept([fact(1, 2), fact(2, 2)], Ticket(number: 2))
        #expect(disk.begin(usual: .zero) != nil)
        #expect(disk.crash(Chance.mixed(word)) == false)
        let boots = disk.image.boots
        disk.start(word + 1)
        #expect(disk.trouble == nil)
        #expect([[fact(1, 1)], [fact(1, 2), fact(2, 2)]].contains(disk.image.facts))
        #expect(disk.image.boots > boots && disk.waitingCount == 0)
    }
}

@Test func aFactThatTheModelDoesNotKnowIsTrouble() {
    var disk = SimulatedDisk(kind: .sqlite())
    disk.start(1)
    #expect(disk.database?.store([fact(9, 9)]) == nil)
    #expect(disk.crash(1) == false)
    disk.start(2)
    #expect(disk.trouble == "it holds 1 facts, which are not what was stored")
}
