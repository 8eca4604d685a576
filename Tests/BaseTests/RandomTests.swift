import Base
import Testing

// The numbers here come from an independent implementation of SplitMix64, xoshiro256** and Lemire's method, written
// from the papers in another language. Seed 0's first number is also the one that other libraries publish.

@Test(
    arguments: [
        (
            0,
            [
                0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A, 0x1A5F_849D_4933_E6E0, 0x6AA5_94F1_262D_2D2C,
                0xBBA5_AD4A_1F84_2E59,
            ]
        ),
        (
            42,
            [
                0x1578_0B2E_0C2E_C716, 0x6104_D986_6D11_3A7E, 0xAE17_5332_39E4_99A1, 0xECB8_AD47_03B3_60A1,
                0xFDE6_DC7F_E2EC_5E64,
            ]
        ),
        (
            .max,
            [
                0x8F55_20D5_2A7E_AD08, 0xC476_A018_CAA1_802D, 0x81DE_31C0_D260_469E, 0xBF65_8D7E_065F_3C2F,
                0x9135_93FD_A1BC_A32A,
            ]
        ),
    ] as [(UInt64, [UInt64])])
func aSeedGivesItsNumbers(_ seed: UInt64, _ numbers: [UInt64]) {
    var random = Random(seed: seed)
    #expect(numbers.map { _ in random.next() } == numbers)
}

@Test func choicesAreTheSameEverywhere() {
    var random = Random(seed: 7)
    #expect((0..<20).map { _ in random.below(10) } == [7, 2, 8, 9, 9, 8, 0, 1, 4, 1, 5, 7, 9, 8, 4, 5, 2, 4, 1, 1])
    // A bound of three quarters of all numbers, where every fourth draw must be thrown away.
    random = Random(seed: 7)
    let drawn = (0..<4).map { _ in random.below((1 << 62) + 1) }
    #expect(
        drawn == [
            1_285_513_147_583_695_668, 3_872_098_226_623_159_910, 4_524_514_661_162_294_416, 4_569_536_494_109_524_166,
        ]
    )
}

@Test func aShuffleIsTheSameEverywhere() {
    var random = Random(seed: 9)
    var numbers = Array(0..<10)
    random.shuffle(&numbers)
    #expect(numbers == [4, 9, 7, 8, 3, 6, 5, 1, 2, 0])
}

@Test func aSplitGeneratorIsTheSameEverywhere() {
    var parent = Random(seed: 5)
    var child = parent.split("gossip")
    #expect([child.next(), child.next()] == [0xF5C6_82B5_EC71_2DD8, 0xF6CE_18C7_E7D8_D626])
    #expect(parent.next() == 0x9A22_115A_4D26_24DC)
}

@Test func splitGeneratorsGoTheirOwnWays() {
    var (one, other) = (Random(seed: 5), Random(seed: 5))
    #expect(one.split("gossip") != other.split("probe"))
    #expect(one.split("gossip") != one.split("gossip"))
}

@Test func aSavedGeneratorGoesOnWhereItStopped() {
    var random = Random(seed: 6)
    for _ in 0..<100 { _ = random.next() }
    var restored = Random(state: random.state)
    for _ in 0..<100 { #expect(restored.next() == random.next()) }
}

/// Pearson's chi-squared over equal cells. With k − 1 degrees of freedom it stays below k + 5√(2k) for any sound
/// generator (five standard deviations); the seed is fixed, so this test does not depend on luck.
private func chiSquared(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
}

@Test(arguments: [2, 3, 7, 10, 64, 100])
func everyChoiceIsEquallyLikely(_ bound: Int) {
    var random = Random(seed: 11)
    var counts = [Int](repeating: 0, count: bound)
    for _ in 0..<bound * 1_000 { counts[random.below(bound)] += 1 }
    let cells = Double(bound)
    #expect(chiSquared(counts) < cells + 5 * (2 * cells).squareRoot())
    #expect(!counts.contains(0))
}

@Test func largeBoundsHaveNoFavourites() {
    // Without throwing draws away, a bound of 3/4 · 2^63 would favour some thirds of its range by half.
    var random = Random(seed: 12)
    var thirds = [0, 0, 0]
    let bound = 3 << 61
    for _ in 0..<30_000 { thirds[random.below(bound) / (1 << 61)] += 1 }
    #expect(chiSquared(thirds) < 3 + 5 * 6.0.squareRoot())
}

@Test func everyOrderOfAShuffleIsEquallyLikely() {
    var random = Random(seed: 13)
    var counts = SortedMap<String, Int>()
    for _ in 0..<24_000 {
        var letters = ["a", "b", "c", "d"]
        random.shuffle(&letters)
        counts.update(letters.joined(), default: 0) { $0 += 1 }
    }
    #expect(counts.count == 24)
    #expect(chiSquared(counts.values) < 24 + 5 * 48.0.squareRoot())
}

@Test func boundsAreKept() {
    var random = Random(seed: 14)
    let range = Interval.milliseconds(-3)...Interval.milliseconds(5)
    for _ in 0..<1_000 {
        #expect(random.below(1) == 0)
        #expect(range.contains(random.interval(in: range)))
        let jittered = random.jittered(.seconds(1), percent: 20)
        #expect((Interval.milliseconds(800)...Interval.milliseconds(1_200)).contains(jittered))
    }
    #expect(random.interval(in: .seconds(1)...Interval.seconds(1)) == .seconds(1))
    #expect(random.jittered(.seconds(1), percent: 0) == .seconds(1))
}

@Test func aMillionInAMillionAlwaysStrikesAndNoneNever() {
    var random = Random(seed: 15)
    let before = random
    #expect(random.strikes(perMillion: 0) == false)
    #expect(random == before, "what cannot happen costs no draw")
    #expect((0..<1_000).allSatisfy { _ in random.strikes(perMillion: 1_000_000) })
    let strikes = (0..<100_000).count { _ in random.strikes(perMillion: 10_000) }
    #expect((850...1_150).contains(strikes))
}

@Test func oneOfNothingIsNothing() {
    var random = Random(seed: 16)
    #expect(random.pick([Int]()) == nil)
    #expect(random.pick([3]) == 3)
    let slice = Array(0..<10)[4..<6]
    #expect((0..<50).allSatisfy { _ in slice.contains(random.pick(slice) ?? -1) })
}

@Test func aGeneratorOfAllZerosWouldNeverLeaveThem() async {
    await #expect(processExitsWith: .failure) { _ = Random(state: .zero) }
}
