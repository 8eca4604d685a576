import Base
import Testing

private let century: Int64 = 100 * 365 * 86_400_000

@Test(arguments: 0..<50 as Range<UInt64>)
func ticksOnlyRiseWhateverTheWallClockDoes(_ seed: UInt64) {
    var random = Random(seed: seed)
    var clock = HybridClock(floor: HybridTime(milliseconds: UInt64(random.below(1_000)), counter: 0))
    var wall: Int64 = 1_800_000_000_000
    var last = clock.last
    for _ in 0..<500 {
        switch random.below(10) {
        case 0: wall += century
        case 1: wall -= century
        case 2: wall = 0
        case 3: wall -= Int64(random.below(10_000))
        case 4:
            let remote = HybridTime(milliseconds: UInt64(max(0, wall)) + UInt64(random.below(2_000)), counter: .max)
            clock.observe(remote, at: now(wall: wall), reach: .seconds(1))
        default: wall += Int64(random.below(3))
        }
        let tick = clock.tick(at: now(wall: wall))
        #expect(tick > last)
        #expect(tick == clock.last)
        #expect(Int64(tick.milliseconds) >= wall, "a time is never below the wall clock")
        last = tick
    }
}

@Test func withinOneMillisecondTheCounterRises() {
    var clock = HybridClock(floor: HybridTime(bits: 0))
    let ticks = (0..<3).map { _ in clock.tick(at: now(wall: 1_000)) }
    #expect(ticks.map(\.milliseconds) == [1_000, 1_000, 1_000])
    #expect(ticks.map(\.counter) == [0, 1, 2])
}

@Test func aFullCounterCarriesIntoTheMilliseconds() {
    var clock = HybridClock(floor: HybridTime(milliseconds: 5, counter: .max))
    #expect(clock.tick(at: now(wall: 0)) == HybridTime(milliseconds: 6, counter: 0))
}

@Test func aRestartGoesOnAboveTheStoredTime() {
    var clock = HybridClock(floor: HybridTime(milliseconds: 9_000, counter: 3))
    #expect(clock.tick(at: now(wall: 0)) == HybridTime(milliseconds: 9_000, counter: 4))
}

@Test func aPeersTimeIsAbsorbedUpToItsReach() {
    func check(_ milliseconds: UInt64, absorbed: Bool) {
        var clock = HybridClock(floor: HybridTime(bits: 0))
        let remote = HybridTime(milliseconds: milliseconds, counter: 7)
        #expect(clock.observe(remote, at: now(wall: 10_000), reach: .milliseconds(500)) == absorbed)
        #expect(clock.last == (absorbed ? remote : HybridTime(bits: 0)))
    }
    check(9_000, absorbed: true)
    check(10_500, absorbed: true)
    check(10_501, absorbed: false)
    check(UInt64(century), absorbed: false)
    check((1 << 48) - 1, absorbed: false)
}

@Test func anOlderTimeOfAPeerChangesNothing() {
    var clock = HybridClock(floor: HybridTime(milliseconds: 100, counter: 1))
    let absorbed = clock.observe(HybridTime(milliseconds: 99, counter: 9), at: now(wall: 50), reach: .seconds(1))
    #expect(absorbed)
    #expect(clock.last == HybridTime(milliseconds: 100, counter: 1))
}

@Test(arguments: [Int64.min, -1, 0, 1 << 48, .max])
func aMadWallClockIsClamped(_ wall: Int64) {
    var clock = HybridClock(floor: HybridTime(bits: 0))
    var last = clock.last
    for _ in 0..<3 {
        let tick = clock.tick(at: now(wall: wall))
        #expect(tick > last)
        last = tick
    }
}

@Test func aReachBeyondTheEndOfTimeStillReaches() {
    var clock = HybridClock(floor: HybridTime(bits: 0))
    let absorbed = clock.observe(HybridTime(milliseconds: 1, counter: 0), at: now(wall: .max), reach: .seconds(1))
    #expect(absorbed)
}
