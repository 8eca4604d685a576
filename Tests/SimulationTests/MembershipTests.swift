import Base
import Choices
import Membership
import Testing

@testable import Simulation

/// A script of four nodes with these lines behind its head.
private func script(_ lines: String...) throws -> Script {
    let head = """
        marram scenario 1
        run membership-calm seed=1 nodes=4 sites=1 safety=400s settle=10s
        near delay=1ms
        far clear
        """
    return try Script(reading: ([head] + lines).joined(separator: "\n"))
}

private func reached(_ subject: Int, by observer: Int, at seconds: Int64, _ lines: String...) throws -> Bool {
    let head = """
        marram scenario 1
        run membership-calm seed=1 nodes=4 sites=1 safety=400s settle=10s
        near delay=1ms
        far clear
        """
    var truth = MembershipTruth(try Script(reading: ([head] + lines).joined(separator: "\n")))
    let time = seconds * 1_000_000_000
    return truth.reached(subject, by: observer, from: time - 10_000_000_000, to: time)
}

@Test func whoIsCutOffFromOneIsReachedOverAnother() throws {
    #expect(try reached(0, by: 1, at: 50, "at 20s cut 0 1 for=90s", "at 20s cut 1 0 for=90s"))
    let deaf = ["at 20s cut 0 1 for=90s", "at 20s cut 0 2 for=90s", "at 20s cut 0 3 for=90s"]
    #expect(try !reached(0, by: 1, at: 50, deaf[0], deaf[1], deaf[2]), "nobody at all hears it")
    #expect(try !reached(1, by: 0, at: 50, deaf[0], deaf[1], deaf[2]), "and so nobody can be told that it hears")
    #expect(try reached(0, by: 1, at: 50, deaf[0], deaf[1]), "the third one tells")
}

@Test func aSplitADeathAndAStandstillAreNoFalseAlarms() throws {
    #expect(try !reached(0, by: 1, at: 50, "at 45s partition 0,2 for=1s"))
    #expect(try reached(0, by: 2, at: 50, "at 45s partition 0,2 for=1s"), "they are on one side")
    #expect(try reached(0, by: 1, at: 60, "at 45s partition 0,2 for=1s"), "it is too long ago")
    #expect(try !reached(0, by: 1, at: 50, "at 45s crash 0"))
    #expect(try !reached(0, by: 1, at: 50, "at 45s pause 0 for=3s"))
    #expect(try reached(1, by: 0, at: 50, "at 45s pause 0 for=3s"), "who stood still itself has no excuse")
}

@Test func twoPartitionsAtOneTimeLeaveFourParts() throws {
    let both = ["at 20s partition 0,1 for=60s", "at 30s partition 0,2 for=60s"]
    for (one, other) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
        #expect(try !reached(one, by: other, at: 50, both[0], both[1]))
    }
}

@Test func goodbyesAreForgottenAtTheNextBirth() throws {
    let truth = MembershipTruth(try script("at 20s ask 0 leave", "at 30s crash 0 for=1s"))
    #expect(!truth.hasLeft(0, by: 19_000_000_000) && truth.hasLeft(0, by: 25_000_000_000))
    #expect(!truth.hasLeft(0, by: 35_000_000_000) && !truth.hasLeft(1, by: 25_000_000_000))
}

@Test func theMeterShowsTheBusiestSecond() {
    var meter = ByteMeter()
    for tenth in UInt64(0)..<30 {
        meter.add(tenth < 15 ? 10 : 100, at: Instant(nanoseconds: tenth * 100_000_000))
    }
    #expect(meter.total == 1_650 && meter.peak == 1_000)
    meter.add(1_500, at: Instant(nanoseconds: 60_000_000_000))
    #expect(meter.peak == 1_500, "what was long ago does not count")
}

@Test func figuresOfSeveralRunsMakeOne() {
    var largest = Figure("a", .largest, of: [1.5])
    largest.add(Figure("a", .largest, of: [4.129, 2]))
    #expect(largest.json == "4.13")
    #expect(Figure("b", .mean, of: [1, 2]).json == "1.50" && Figure("b", .sum, of: [1, 2]).json == "3")
    #expect(Figure("c", .median, of: [9, 1, 5]).json == "5" && Figure("c", .median, of: []).json == "null")
    #expect(Figure("d", .sum, of: [-0.05]).json == "-0.05")
}

@Test func aWorldThatKeepsGoingNamesEachOracleOnce() throws {
    let script = Scenario.membershipCalm.script(seed: 1, wishes(nodes: 9, loss: 45))
    let bug = MembershipBug.noQuorum.rawValue
    let first = Scenario.membershipCalm.play(script, bug: bug)
    let all = Scenario.membershipCalm.play(script, bug: bug, keepsGoing: true)
    #expect(first.violations.count == 1 && all.violations.first == first.violations.first)
    #expect(Set(all.violations.map(\.oracle)).count == all.violations.count)
    #expect(all.simulated > first.simulated)
    #expect(all.traceHash == Scenario.membershipCalm.play(script, bug: bug, keepsGoing: true).traceHash)
}

private func wishes(nodes: Int, loss: Int) -> Wishes {
    var wishes = Wishes()
    wishes.nodes = nodes
    wishes.loss = loss * 10_000
    return wishes
}

private func kept(_ name: String) throws -> (scenario: Scenario, script: Script, oracle: String) {
    let file = try text(of: "Scenarios/membership-\(name).scenario")
    let script = try Script(reading: file)
    // The first remark begins with the oracle that was violated.
    let oracle = file.dropFirst(2).prefix { $0 != " " && $0 != "," }
    return (try #require(Scenario.named(script.scenario)), script, String(oracle))
}

/// Rules without which some world of few actions goes wrong. RosterTests miss `no-refuting`, since the wire here does
/// not hold packets back for longer than a silence;
/// SearchTests miss `no-scouts` and `no-denials`, TrialTests `no-veto`, VoiceTests `no-voice`,
/// WeatherTests `no-weather`.
@Test(arguments: [MembershipBug.noGapMemory, .noIsolation, .noKnocking])
func aRuleThatIsSwitchedOffIsMissed(bug: MembershipBug) throws {
    let (scenario, script, oracle) = try kept(bug.rawValue)
    #expect(scenario.play(script, bug: bug.rawValue).violation?.oracle == oracle)
    #expect(scenario.play(script).violation == nil)
}

@Test func whatWasMendedStaysMended() throws {
    let script = try Script(reading: try text(of: "Scenarios/membership-scouts-without-room.scenario"))
    #expect(try #require(Scenario.named(script.scenario)).play(script).violation == nil)
}

/// A liar looks up who observes whom, and speaks in their names.
@Test func aLiarKillsWhomItLikesWhereNamesAreEnough() throws {
    let scenario = try #require(Scenario.memberships.first { $0.name == "membership-liar" })
    let outcome = scenario.play(
        scenario.script(seed: 1, wishes(nodes: 20, loss: 0)), bug: MembershipBug.noProof.rawValue)
    #expect(outcome.violation?.oracle == "false-down", "\(outcome.violations)")
}

/// Nodes that beat every 1, 2 and 5 seconds in one mesh: nobody is called down that lives, and every death is found
/// within what its own interval allows.
@Test(arguments: [0, 20, 45]) func aMeshOfDifferentBudgetsHasNoFalseAlarmAndFindsDeaths(loss: Int) throws {
    let scenario = try #require(Scenario.memberships.first { $0.name == "membership-mixed" })
    let outcome = scenario.play(scenario.script(seed: 1, wishes(nodes: 12, loss: loss)), bug: nil, keepsGoing: true)
    let failed = outcome.violations.map(\.oracle).filter { ["false-down", "death-known", "one-roster"].contains($0) }
    #expect(failed.isEmpty, "\(outcome.violations)")
    let kills = outcome.figures.first { $0.name == "kills" }
    #expect(kills?.json == "2")
}
