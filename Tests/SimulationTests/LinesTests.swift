import Base
import Foundation
import Testing

@testable import Simulation

/// How many seeds may pass before a bug is found.
private let seeds = UInt64(1)...40

private let isNightly = ProcessInfo.processInfo.environment["MARRAM_NIGHTLY"] != nil

private func firstFailure(_ bug: LinesBug) -> (script: Script, violation: Violation)? {
    for seed in seeds {
        let script = Scenario.lines.script(seed: seed)
        if let violation = Scenario.lines.play(script, bug: bug.rawValue).violation { return (script, violation) }
    }
    return nil
}

@Suite struct Lines {
    @Test(
        .timeLimit(.minutes(30)),
        .enabled(if: isNightly, "the search takes minutes; MARRAM_NIGHTLY=1 runs it, the kept scenarios always run"),
        arguments: LinesBug.allCases)
    func aBugPlantedOnTheLineIsFoundAndReplayed(bug: LinesBug) throws {
        let found = try #require(firstFailure(bug), "no seed finds it")
        // What is replayed is the file, not the value that was drawn.
        let again = Scenario.lines.play(try Script(reading: found.script.text), bug: bug.rawValue)
        #expect(again.violation == found.violation)
        #expect(Scenario.lines.play(found.script).violation == nil, "sound lines survive what the bug did not")
    }

    @Test(arguments: LinesBug.allCases)
    func aKeptScenarioStillTellsTheBugFromSoundLines(bug: LinesBug) throws {
        let file = try text(of: "Scenarios/lines-\(bug.rawValue).scenario")
        let script = try Script(reading: file)
        // The first remark begins with the oracle that was violated.
        let oracle = file.dropFirst(2).prefix { $0 != " " }
        #expect(script.actions.count <= 12, "it was shrunk")
        #expect(Scenario.lines.play(script, bug: bug.rawValue).violation?.oracle == String(oracle))
        #expect(Scenario.lines.play(script).violation == nil)
    }

    @Test(.timeLimit(.minutes(10)), arguments: ["lines", "lines-long"])
    func soundLinesPassABatchOfSeeds(name: String) throws {
        let scenario = try #require(Scenario.named(name))
        for seed in UInt64(1)...3 {
            let violation = scenario.play(scenario.script(seed: seed)).violation
            #expect(violation == nil, "seed \(seed)")
        }
    }

    @Test(arguments: [
        "streams-of-a-lost-race", "stream-to-a-restarted-peer", "stream-to-a-place-that-was-left",
        "line-that-one-side-forgot", "probes-that-all-vanish",
    ])
    func whatWasMendedStaysMended(name: String) throws {
        let script = try Script(reading: try text(of: "Scenarios/lines-\(name).scenario"))
        #expect(Scenario.lines.play(script).violation == nil)
    }

    @Test func oneSeedOfLinesGivesOneTrace() {
        let script = Scenario.lines.script(seed: 3)
        #expect(Scenario.lines.play(script).traceHash == Scenario.lines.play(script).traceHash)
    }

    @Test func aLetterThatWasChangedIsNotRead() {
        let letter = Letter(from: 1, to: 2, life: 3, serial: 4)
        var bytes = letter.written(priority: 2, count: 200)
        #expect(Letter.read(bytes.raw, priority: 2) == letter)
        #expect(Letter.read(bytes.raw, priority: 3) == nil)
        bytes[150] ^= 1
        #expect(Letter.read(bytes.raw, priority: 2) == nil)
    }

    @Test func aSecretIsFoundWhereverItStands() {
        var secrets = Secrets()
        secrets.add(Array("0123456789".utf8))
        for place in 0...20 {
            let bytes = [UInt8](repeating: 0x30, count: place) + Array("0123456789".utf8) + [1, 2]
            #expect(secrets.appear(in: bytes[...]))
        }
        #expect(!secrets.appear(in: Array("0123456".utf8)[...]))
        #expect(!secrets.appear(in: Array("01234560123456".utf8)[...]))
    }

    @Test func whatIsAskedAfterTheFaultsKeepsItsDistanceFromThem() {
        let script = Scenario.lines.script(seed: 5)
        let shorter = script.ending(safetyAt: .seconds(4))
        let distances = [script, shorter].map { script in
            script.actions.filter { $0.at >= script.safety }.map { $0.at - script.safety }
        }
        #expect(!distances[0].isEmpty && distances[0] == distances[1])
    }
}
