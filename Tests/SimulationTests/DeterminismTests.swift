import Testing

@testable import Simulation

@Test func oneSeedGivesOneTraceInTwoProcesses() throws {
    let tool = try simulator()
    // Each process has its own hash order, so whatever depends on it shows.
    let first = try run("\(tool) toy --seeds 1..20 --json")
    let second = try run("\(tool) toy --seeds 1..20 --json")
    let hashes = [first, second].map { $0.output.split(separator: "\"trace_hash\":").last ?? "" }
    #expect(hashes[0].count > 16)
    #expect(hashes[0] == hashes[1])
    #expect([first.code, second.code] == [0, 0])
}

@Test func anotherSeedGivesAnotherTrace() {
    let one = Scenario.toy.play(Scenario.toy.script(seed: 1))
    let other = Scenario.toy.play(Scenario.toy.script(seed: 2))
    #expect(one.traceHash != other.traceHash)
    #expect(one.traceHash == Scenario.toy.play(Scenario.toy.script(seed: 1)).traceHash)
}

@Test func theToolAnswersInOneLineAndByItsExitCode() throws {
    let tool = try simulator()
    let good = try run("\(tool) toy-speed --nodes 20 --seconds 5 --loss 10 --json")
    #expect(good.code == 0)
    #expect(good.output.hasPrefix("{\"schema\":\"marram.sim/1\",\"scenario\":\"toy-speed\",\"figures\":{\"seeds\":1,"))
    #expect(good.output.count { $0 == "\n" } == 1 && good.output.hasSuffix("\"}\n"))
    let bad = try run("\(tool) toy --seeds 1..2 --bug retransmit-storm 2>&1")
    #expect(bad.code == 1)
    #expect(bad.output.contains("again    marram-sim toy --seeds 1 --bug retransmit-storm"))
    for mistake in ["", "toys", "toy --seeds 2..1", "toy --bug none", "toy --nodes 0", "missing.scenario", "toy extra"]
    {
        let answer = try run("\(tool) \(mistake) 2>&1")
        #expect(answer.code == 2, "\(mistake)")
        #expect(answer.output.split(separator: "\n").count == 3, "\(mistake)")
    }
    #expect(try run("\(tool) list").output.contains("toy-speed"))
}
