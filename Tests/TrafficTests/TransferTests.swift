import Base
import Simulation
import Testing
import Traffic

/// Whole transfers in simulated time. The figures of the goals come from `marram-bench stream`; these are smaller, and
/// hold what must never be lost.
@Test(arguments: [(2.0, 50), (2.0, 600), (10.0, 50), (10.0, 600)])
func aPathThatLosesNearlyHalfIsUsedNearlyWhole(_ megabits: Double, _ roundTrip: Int) {
    for seed in 1...2 {
        var plan = TransferPlan(
            megabits: megabits, roundTrip: .milliseconds(Int64(roundTrip)), lossPercent: 45, bytes: 2_000_000)
        plan.seed = UInt64(seed)
        let result = Transfer.run(plan)
        #expect(result.fault == nil)
        #expect(result.isExact)
        #expect(result.received == plan.bytes)
        // The start and the end of a transfer cost a round trip or two, whatever is done about it.
        let least = 2_000_000 / (0.55 * megabits * 125_000)
        let seconds = result.seconds ?? .infinity
        #expect(seconds < least / 0.88 + 2 * Double(roundTrip) / 1_000, "seed \(seed): \(seconds) s, \(least) s")
    }
}

@Test func aCleanPathIsUsedWholeAndItsQueueKeptShort() {
    let plan = TransferPlan(megabits: 10, roundTrip: .milliseconds(50), lossPercent: 0, bytes: 4_000_000)
    let result = Transfer.run(plan)
    #expect(result.isExact)
    #expect((result.seconds ?? .infinity) < 3.2 / 0.94)
    #expect(result.sender.mode == .steady)
    #expect(result.sender.queueing < .milliseconds(10))
    #expect(result.sender.packetBytes == 1_452)
}

@Test(arguments: RivalKind.allCases) func tcpAndALineShareAPath(_ kind: RivalKind) {
    var plan = TransferPlan(
        megabits: 10, roundTrip: .milliseconds(50), queueBytes: 62_500, lossPercent: 0, bytes: 1 << 30)
    plan.rival = kind
    plan.lineBegins = .seconds(2)
    plan.longest = .seconds(32)
    plan.compares = false
    let normal = Transfer.run(plan)
    let capacity = 30 * 1_250_000.0
    #expect(Double(normal.received) > 0.2 * capacity)
    #expect(Double(normal.rivalReceived) > 0.4 * capacity)
    plan.service = .scavenger
    let scavenger = Transfer.run(plan)
    #expect(Double(scavenger.rivalReceived) > 0.85 * capacity)
}

@Test func aPolicerIsNotMistakenForALossyPath() {
    var plan = TransferPlan(megabits: 100, roundTrip: .milliseconds(50), lossPercent: 0, bytes: 4_000_000)
    plan.there.policed = (rate: 625_000, burst: 30_000)
    let result = Transfer.run(plan)
    #expect((result.seconds ?? .infinity) < 6.4 / 0.8)
    #expect(result.sender.counts.packetsLost < result.sender.counts.packetsSent / 2)
}

@Test func aQueueOfTenPacketsIsEnough() {
    let plan = TransferPlan(
        megabits: 10, roundTrip: .milliseconds(50), queueBytes: 14_520, lossPercent: 0, bytes: 2_000_000)
    let result = Transfer.run(plan)
    #expect((result.seconds ?? .infinity) < 1.6 / 0.85)
}

@Test func aBlackHoleForLargePacketsIsFoundAndLeft() {
    var plan = TransferPlan(megabits: 10, roundTrip: .milliseconds(50), lossPercent: 0, bytes: 4_000_000)
    plan.narrowsAt = .seconds(1)
    let result = Transfer.run(plan)
    #expect(result.isExact)
    #expect(result.received == plan.bytes)
    #expect(result.sender.counts.blackHoles == 1)
    #expect(result.sender.packetBytes == Limits.datagramBytes)
}

@Test func oneSeedGivesOneTransfer() {
    let plan = TransferPlan(megabits: 5, roundTrip: .milliseconds(80), lossPercent: 30, bytes: 300_000)
    let first = Transfer.run(plan)
    let second = Transfer.run(plan)
    #expect(first.seconds == second.seconds)
    #expect(first.sender == second.sender)
}
