import Base
import Choices
import Testing

@testable import Simulation

/// A small script that says everything once.
private let everything = """
    marram scenario 1
    run toy seed=41 nodes=4 sites=2 safety=20s settle=1500ms
    near delay=5ms jitter=2ms loss=20000 duplicate=1 reorder=2 flip=3 truncate=4 bandwidth=32000 mtu=576
    far clear
    mischief shortBatch skippedReply
    at 0s clock 1 jump=-3600s drift=-200
    at 1ns ask 2 set 7 -100
    at 2s crash 2 effects=1 for=3s
    at 2s crash 3
    at 3s pause 0 for=17us
    at 3s wipe 0 for=1s
    at 3s restore 0 from=2500ms for=1s
    at 4s slow-disk 0 latency=30ms for=1s
    at 4s full-disk 0 for=1s
    at 4s lying-disk 0 for=1s
    at 5s rebind 3 for=2s
    at 5s cut 0 1 for=10s
    at 5s partition 0,2 for=4s
    at 6s weather for=1s loss=900000
    at 6s spoil 1 0 for=1s delay=600ms
    at 7s replay 20
    at 21s ask 0 delete 7

    """

private func refusal(_ text: String) -> ScriptError? {
    do throws(ScriptError) {
        _ = try Script(reading: text)
        return nil
    } catch {
        return error
    }
}

/// The script with one line of it replaced.
private func replacing(_ line: String, with other: String) -> String {
    everything.split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0 == line ? other[...] : $0 }.joined(separator: "\n")
}

@Test func aScriptIsWrittenAsItWasRead() throws {
    #expect(try Script(reading: everything).text == everything)
}

@Test func everyDrawnScriptSurvivesItsText() throws {
    for seed in UInt64(0)..<300 {
        let script = Scenario.toy.script(seed: seed)
        #expect(try Script(reading: script.text) == script)
    }
}

@Test func everyFuzzedTapeMakesAScriptThatSurvivesItsText() throws {
    try Property.check("script text", cases: 300) { tape in
        let bytes = tape.bytes(atMost: 400)
        let script = Scenario.toy.script(seed: 1, tape: Tape(fuzz: bytes))
        try require(try Script(reading: script.text) == script, "a script came back as another one")
    }
}

@Test func remarksAndEmptyLinesSayNothing() throws {
    let remarked = "# found on a rainy day\n\n" + everything.replacing("replay 20", with: "replay 20   # again")
    #expect(try Script(reading: remarked).text == everything)
}

@Test func everyMistakeIsNamedWithItsLine() {
    let mistakes: [(line: String, with: String, error: ScriptError)] = [
        ("marram scenario 1", "marram scenario 2", ScriptError(line: 1, what: "this build reads version 1 of scenarios only")),
        ("marram scenario 1", "scenario 1", ScriptError(line: 1, what: "`marram` was expected, not `scenario`")),
        ("far clear", "far clear loss=1", ScriptError(line: 4, what: "`loss=1` is one word too many, or not known here")),
        ("far clear", "far delay=1h", ScriptError(line: 4, what: "`1h` is no delay of at most ten minutes")),
        (
            "far clear", "far loss=600000 flip=600000",
            ScriptError(line: 4, what: "all rates together exceed a million")
        ),
        (
            "mischief shortBatch skippedReply", "mischief shortBatch shortBatch",
            ScriptError(line: 5, what: "`shortBatch` is no point of mischief, or said twice")
        ),
        ("at 2s crash 3", "at 2s crash 4", ScriptError(line: 9, what: "`4` is no node between 0 and 3")),
        ("at 2s crash 3", "at 2s crush 3", ScriptError(line: 9, what: "`crush` is nothing that can be done to a world")),
        ("at 2s crash 3", "at 1s crash 3", ScriptError(line: 9, what: "actions stand in the order of their times")),
        ("at 3s wipe 0 for=1s", "at 3s wipe 0", ScriptError(line: 11, what: "`for=` is missing")),
        (
            "at 3s restore 0 from=2500ms for=1s", "at 3s restore 0 from=4s for=1s",
            ScriptError(line: 12, what: "a backup cannot come from the future")
        ),
        ("at 5s partition 0,2 for=4s", "at 5s partition 2,0 for=4s", ScriptError(line: 18, what: "the nodes of a side rise")),
        (
            "at 21s ask 0 delete 7", "at 20s replay 1",
            ScriptError(line: 22, what: "a fault cannot begin after the safety phase")
        ),
        ("at 21s ask 0 delete 7", "at 22s ask 0 delete 7", ScriptError(line: 22, what: "`22s` is no time within the run")),
    ]
    for mistake in mistakes {
        #expect(refusal(replacing(mistake.line, with: mistake.with)) == mistake.error)
    }
}

@Test func aScriptThatIsCutShortIsRefusedOrSmaller() throws {
    let whole = try Script(reading: everything)
    for length in 0..<everything.utf8.count {
        let text = String(decoding: Array(everything.utf8)[..<length], as: UTF8.self)
        guard refusal(text) == nil else { continue }
        #expect(try Script(reading: text).actions.count <= whole.actions.count)
    }
    #expect(refusal("") == ScriptError(line: 1, what: "the line `marram scenario 1 …` is missing"))
}

@Test func aScriptIsReadUpToItsLimits() throws {
    let head = everything.split(separator: "\n")[..<4].joined(separator: "\n") + "\n"
    func asks(_ count: Int) -> String { head + String(repeating: "at 1s ask 0 a\n", count: count) }
    #expect(try Script(reading: asks(Limits.scenarioActions)).actions.count == Limits.scenarioActions)
    #expect(refusal(asks(Limits.scenarioActions + 1))?.what == "a scenario has at most 16384 actions")

    func errand(_ count: Int) -> String { head + "at 1s ask 0 a" + String(repeating: " 1", count: count) + "\n" }
    #expect(refusal(errand(Limits.errandNumbers)) == nil)
    #expect(refusal(errand(Limits.errandNumbers + 1)) != nil)

    func padded(_ size: Int) -> String { head + String(repeating: "#", count: size - head.utf8.count) }
    #expect(refusal(padded(Limits.scenarioBytes)) == nil)
    #expect(refusal(padded(Limits.scenarioBytes + 1))?.what == "the file is larger than 1048576 bytes")

    func nodes(_ count: Int) -> String { head.replacing("nodes=4", with: "nodes=\(count)") }
    #expect(refusal(nodes(Limits.members)) == nil)
    #expect(refusal(nodes(Limits.members + 1)) != nil)
}

@Test func timesAreWrittenInTheLargestUnitThatFits() {
    #expect(Interval.seconds(90).text == "90s")
    #expect(Interval.milliseconds(-1_500).text == "-1500ms")
    #expect(Interval.microseconds(3).text == "3us")
    #expect(Interval.zero.text == "0s")
    for text in ["", "s", "1", "1h", "-", "1 s", "1.5s", "9999999999999s", "--1s"] { #expect(Interval(text[...]) == nil) }
}
