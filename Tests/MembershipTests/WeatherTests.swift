import Base
import Testing

@testable import Membership

/// Nine that have been well for a minute.
private func nine(rules change: (inout MembershipRules) -> Void = { _ in }) -> Subject {
    var subject = Subject(2...9, rules: change)
    _ = subject.run(until: 60_000)
    return subject
}

extension Subject {
    /// Two seconds in which of these neighbours every second beat is lost.
    fileprivate mutating func loseHalf(of lossy: ClosedRange<UInt64>) -> [Effect] {
        let all = beating
        for number in lossy where number % 2 == 0 { beating[number] = nil }
        var effects = run(until: now + 1_000)
        for number in lossy {
            beating[number] = number % 2 == 0 ? (all[number] ?? 0) + 1 : nil
        }
        effects += run(until: now + 1_000)
        for number in lossy { beating[number] = (all[number] ?? 0) + 2 }
        return effects
    }

    fileprivate func loss(of number: UInt64) -> Int {
        engine.edges[id(number)].map { $0.loss * 100 / MembershipRules.whole } ?? 0
    }
}

@Test func badWeatherIsKnownAfterAFewBeatsOfAll() {
    var subject = nine()
    for _ in 0..<3 { _ = subject.loseHalf(of: 2...9) }
    #expect((UInt64(2)...9).allSatisfy { (30...60).contains(subject.loss(of: $0)) })
    let effects = subject.loseHalf(of: 2...9)
    #expect((UInt64(2)...9).allSatisfy { effects.pings(of: $0) == 0 }, "one lost beat is nothing now")
}

/// Planted bug: without it each lost beat of the first minute is a silence to look into.
@Test func withoutWeatherEachLostBeatIsLookedInto() {
    var subject = nine { $0.beatsOfWeather = 0 }
    for _ in 0..<3 { _ = subject.loseHalf(of: 2...9) }
    #expect((UInt64(2)...9).allSatisfy { subject.loss(of: $0) < 20 })
    let effects = subject.loseHalf(of: 2...9)
    #expect((UInt64(2)...9).contains { effects.pings(of: $0) > 0 })
}

@Test func onePathThatTurnsBadIsNoWeather() {
    var subject = nine()
    for _ in 0..<3 { _ = subject.loseHalf(of: 2...2) }
    #expect((UInt64(3)...9).allSatisfy { subject.loss(of: $0) < 2 })
}

@Test func weatherThatLiftsIsKnownAsSoon() {
    var subject = nine()
    for _ in 0..<60 { _ = subject.loseHalf(of: 2...9) }
    #expect((UInt64(2)...9).allSatisfy { (40...60).contains(subject.loss(of: $0)) })
    _ = subject.run(until: subject.now + 8_000)
    #expect((UInt64(2)...9).allSatisfy { subject.loss(of: $0) < 20 })
}

/// A path that was worse than the others is so still when the weather turns.
@Test func aPathKeepsWhatItWasWorseThanTheOthers() {
    var subject = nine()
    for _ in 0..<60 { _ = subject.loseHalf(of: 2...2) }
    for _ in 0..<2 { _ = subject.loseHalf(of: 2...9) }
    #expect((UInt64(3)...9).allSatisfy { subject.loss(of: 2) > subject.loss(of: $0) + 20 })
}

/// A site's uplink that is gone for half a minute says little of the paths that come back with it.
@Test func anOutageIsWeatherForAFewSeconds() {
    var subject = nine()
    let all = subject.beating
    for number in UInt64(2)...9 { subject.beating[number] = nil }
    _ = subject.run(until: 75_000)
    subject.beating = all.mapValues { $0 + 15 }
    _ = subject.run(until: 85_000)
    #expect((UInt64(2)...9).allSatisfy { subject.loss(of: $0) < 30 })
}

/// Found with seed 581 of storms at 45 %: there a quarter more is chance, once in two minutes at every node, and a
/// death that fell into such a time was known to all too late. Planted: without the spreads it is taken for weather.
@Test func whereHalfIsLostAQuarterMoreIsChance() {
    for (spreads, expected) in [(MembershipRules().spreadsOfWeather, 45...55), (0, 70...90)] {
        var subject = nine { $0.spreadsOfWeather = spreads }
        for index in 0..<subject.engine.edges.count {
            subject.engine.edges.update(at: index) { edge in
                edge.believe(MembershipRules.whole / 2, MembershipRules(), asAfter: 48)
                // Of the last four beats before the newest all were lost, or three.
                edge.lately = index < 2 ? 0b11110 : 0b01110
            }
        }
        _ = subject.beat(of: 9, pulse: (subject.beating[9] ?? 0) + 1)
        #expect((UInt64(2)...8).allSatisfy { expected.contains(subject.loss(of: $0)) }, "\(spreads) spreads")
    }
}
