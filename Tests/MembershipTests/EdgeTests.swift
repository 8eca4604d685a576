import Base
import Testing

@testable import Membership

private let rules = MembershipRules()
private let settings = MembershipSettings(interval: .seconds(1))

private func edge(losing: (UInt64) -> Bool, beats: UInt64) -> Edge {
    var edge = Edge(id(2), habit: .init(loss: rules.lossAtStart, gap: .zero), at: .zero)
    for number in 1...beats where !losing(number) {
        let now = Instant.zero + .seconds(Int64(number))
        edge.hear(settings, at: now)
        edge.learn(boot: 1, pulse: number, rules, at: now)
    }
    return edge
}

@Test func anEdgeLearnsWhatItsPathLoses() {
    let clean = edge(losing: { _ in false }, beats: 60)
    #expect(clean.loss < MembershipRules.whole * 5 / 100)
    #expect(clean.beatsMissed(rules) == 1)
    let bad = edge(losing: { $0 % 2 == 0 }, beats: 200)
    #expect((MembershipRules.whole * 40 / 100...MembershipRules.whole * 60 / 100).contains(bad.loss))
    #expect(bad.beatsMissed(rules) >= 4)
    #expect(bad.pingsNeeded(odds: 1_000, atMost: 25, settings) > clean.pingsNeeded(odds: 1_000, atMost: 25, settings))
}

/// ln 1/12 / ln p beats, and as many pings as bring p^beats · (1 - (1 - p)^2)^pings · p^(pings / 5) below 0.001: five
/// pings take as long as a beat.
@Test(arguments: [(2, 1, 3), (20, 2, 4), (45, 4, 9), (60, 5, 17)])
func patienceFollowsLoss(percent: Int, beats: Int, pings: Int) {
    var edge = Edge(id(2), habit: .init(loss: MembershipRules.whole * percent / 100, gap: .zero), at: .zero)
    edge.lossThere = edge.loss
    #expect(abs(edge.beatsMissed(rules) - beats) <= 1)
    #expect(abs(edge.pingsNeeded(odds: 1_000, atMost: 25, settings) - pings) <= 1)
}

@Test func theLongestSilenceIsRememberedAndFades() {
    var edge = edge(losing: { _ in false }, beats: 60)
    let burst = edge.pingsNeeded(odds: 1_000, atMost: 25, settings)
    edge.trial = Trial(at: .zero)
    edge.trial?.pings = 1
    edge.hear(settings, at: .zero + .seconds(62))
    #expect(edge.gap == .zero, "lost packets explain that one")
    edge.trial = Trial(at: .zero)
    edge.trial?.pings = burst
    edge.hear(settings, at: .zero + .seconds(74))
    #expect(edge.gap == .seconds(12))
    let before = edge.gap
    for number in UInt64(75)...1_075 { edge.learn(boot: 1, pulse: number, rules, at: .zero) }
    #expect(edge.gap < before && edge.gap > before / 2)
    #expect(edge.borneSilence(rules) > edge.gap)
}

@Test func aSecondBootBeginsItsCountAnew() {
    var edge = edge(losing: { _ in false }, beats: 60)
    let loss = edge.loss
    edge.learn(boot: 2, pulse: 1, rules, at: .zero + .seconds(61))
    #expect(edge.boot == 2 && edge.pulse == 1 && edge.loss == loss)
    edge.learn(boot: 1, pulse: 61, rules, at: .zero + .seconds(62))
    #expect(edge.boot == 2, "a straggler of the first boot changes nothing")
}

@Test func everybodyHasTheSameRingsAndNeighboursAreMutual() {
    var rings = Rings()
    for number in UInt64(1)...100 { rings.insert(id(number)) }
    var degrees = 0
    for number in UInt64(1)...100 {
        let neighbours = rings.neighbours(of: id(number), everybodyUpTo: 9)
        #expect((4...8).contains(neighbours.count))
        #expect(neighbours.allSatisfy { rings.neighbours(of: $0, everybodyUpTo: 9).contains(id(number)) })
        degrees += neighbours.count
    }
    #expect(degrees > 750)
}

@Test func aNewcomerMovesTheEdgesOfItsNeighboursOnly() {
    var rings = Rings()
    for number in UInt64(1)...100 { rings.insert(id(number)) }
    let before = (1...100).map { rings.neighbours(of: id(UInt64($0)), everybodyUpTo: 9) }
    rings.insert(id(200))
    let changed = (1...100).count { rings.neighbours(of: id(UInt64($0)), everybodyUpTo: 9) != before[$0 - 1] }
    #expect((1...8).contains(changed))
    rings.remove(id(200))
    #expect((1...100).map { rings.neighbours(of: id(UInt64($0)), everybodyUpTo: 9) } == before)
}

@Test func upToNineObserveEachOther() {
    var rings = Rings()
    for number in UInt64(1)...9 { rings.insert(id(number)) }
    #expect(rings.neighbours(of: id(3), everybodyUpTo: 9).count == 8)
    rings.insert(id(10))
    #expect(rings.neighbours(of: id(3), everybodyUpTo: 9).count <= 8)
}

@Test func aFilterHoldsWhatWasPutInAndHardlyAnythingElse() {
    var filter = Filter(members: 400, salt: 99)
    #expect(filter.bytes.count <= Limits.filterBytes)
    for number in UInt64(0)..<400 { filter.insert(number &* 0x9E37_79B9_7F4A_7C15) }
    #expect((0..<400).allSatisfy { filter.holds(UInt64($0) &* 0x9E37_79B9_7F4A_7C15) })
    let seem = (400..<10_400).count { filter.holds(UInt64($0) &* 0x9E37_79B9_7F4A_7C15) }
    #expect((450...620).contains(seem), "one in \(Filter.oneSeems) seems to be there, not \(seem) of 10,000")
}
