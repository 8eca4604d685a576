import Base
import Choices
import Testing

@testable import Simulation

@Test func eventsComeOutByTimeAndThenInTheOrderOfPlanning() throws {
    try Property.check("event heap", cases: 300) { tape in
        var heap = EventHeap()
        let times = tape.list(atMost: 200) { tape in tape.below(20) }
        for (index, time) in times.enumerated() { heap.push(at: Int64(time), .wake, node: 0, detail: index) }
        let wanted = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
        var order: [Int] = []
        while let event = heap.pop(upTo: .max) { order.append(Int(event.detail)) }
        try require(order == wanted, "\(order)")
    }
}

@Test func eventsBeyondTheLimitStay() {
    var heap = EventHeap()
    heap.push(at: 10, .packet, node: 3, detail: 4)
    #expect(heap.pop(upTo: 9) == nil)
    let event = heap.pop(upTo: 10)
    #expect(event?.kind == .packet && event?.node == 3 && event?.detail == 4)
    #expect(MemoryLayout<Event>.stride == 24)
}

@Test func aDriftingClockReachesItsDeadlineAtTheExactMoment() throws {
    try Property.check("clock", cases: 2_000) { tape in
        var clock = SimulatedClock(instant: UInt64(tape.below(1_000_000)))
        let set = Int64(tape.below(1 << 50))
        clock.set(jump: .zero, drift: tape.range(-500_000...1_000_000), at: set)
        let deadline = clock.now(set).instant + .nanoseconds(Int64(1 + tape.below(1 << 50)))
        let time = clock.time(of: deadline)
        try require(clock.now(time).instant >= deadline, "woken too early")
        try require(time == set || clock.now(time - 1).instant < deadline, "woken too late")
    }
}

@Test func aClockForgetsNothingWhenItIsSet() {
    var clock = SimulatedClock(instant: 5_000)
    clock.set(jump: .seconds(-10), drift: 500, at: 1_000_000_000)
    let now = clock.now(1_000_000_000)
    #expect(now.instant == Instant(nanoseconds: 1_000_005_000))
    #expect(now.wall.milliseconds == SimulatedClock.epoch + 1_000 - 10_000)
    #expect(clock.now(3_000_000_000).instant == Instant(nanoseconds: 3_001_005_000))
    #expect(clock.time(of: Instant(nanoseconds: .max)) == .max)
}

@Test func aCutIsOneWayAndNotTransitive() {
    var network = Network(nodes: 70, sites: 1, near: .clear, far: .clear)
    network.cut(from: 69, to: 64)
    #expect(network.isCut(from: 69, to: 64))
    #expect(!network.isCut(from: 64, to: 69) && !network.isCut(from: 69, to: 63) && !network.isCut(from: 68, to: 64))
    network.mendAll()
    #expect(!network.isCut(from: 69, to: 64))
}

@Test func sitesAndSpoiltPairsHaveTheirOwnLinks() {
    let far = Link(delay: .milliseconds(30), loss: 7)
    var network = Network(nodes: 4, sites: 2, near: Link(delay: .milliseconds(1)), far: far)
    #expect(network.link(from: 0, to: 2).delay == .milliseconds(1))
    #expect(network.link(from: 0, to: 1) == far)
    network.spoilt = [(0, 1, Link(delay: .milliseconds(10), loss: 9))]
    #expect(network.link(from: 0, to: 1) == Link(delay: .milliseconds(30), loss: 9))
    #expect(network.link(from: 1, to: 0) == far)
}

@Test func anEmptySlotIsUsedAgain() {
    var pool = PacketPool()
    let source = Address(v4: 1, port: 2)
    let first = pool.put([1, 2, 3, 4], 1..<3, from: source, to: 0, port: 9)
    let second = pool.put([9], 0..<1, from: source, to: 1, port: 9)
    #expect(first == 0 && second == 1)
    #expect(pool.storage[pool.bytes(of: 0)] == [2, 3])
    pool.flipBit(8, of: 0)
    #expect(pool.storage[pool.bytes(of: 0)] == [2, 2])
    pool.truncate(0, to: 1)
    #expect(pool.storage[pool.bytes(of: 0)] == [2])
    pool.release(0)
    #expect(pool.put([7], 0..<1, from: source, to: 2, port: 9) == 0)
    #expect(pool.packets.count == 2)
}

private func fact(_ key: UInt8, _ value: UInt8?) -> Fact { Fact(shelf: 1, key: [key], value: value.map { [$0] }) }

@Test func aDiskStoresInOrderAndForgetsWhatItNeverStored() {
    var disk = SimulatedDisk(kind: .memory)
    disk.accept([fact(1, 1), fact(2, 2)], Ticket(number: 1))
    disk.accept([fact(1, nil)], Ticket(number: 2))
    disk.accept([fact(3, 3)], Ticket(number: 3))
    #expect(disk.begin(usual: .zero) != nil && disk.begin(usual: .zero) == nil)
    #expect(disk.finish() == Ticket(number: 1))
    #expect(disk.image.facts == [fact(1, 1), fact(2, 2)])
    #expect(disk.crash(surviving: 1) == false)
    #expect(disk.image.facts == [fact(2, 2)], "the second write reached the disk, the third did not")
    #expect(disk.waitingCount == 0)
}

@Test func aFullDiskKeepsWritesWaiting() {
    var disk = SimulatedDisk(kind: .memory)
    disk.accept([fact(1, 1)], Ticket(number: 1))
    #expect(disk.begin(usual: .zero) == .zero)
    disk.isFull = true
    #expect(disk.finish() == nil && disk.begin(usual: .zero) == nil)
    #expect(disk.crash(surviving: 1) == false)
    #expect(disk.image.facts.isEmpty)
}

@Test func aLyingDiskForgetsWhatItSaidItHad() {
    var disk = SimulatedDisk(kind: .memory)
    disk.honest = disk.image
    disk.accept([fact(1, 1)], Ticket(number: 1))
    #expect(disk.begin(usual: .zero) != nil && disk.finish() != nil)
    #expect(disk.image.facts == [fact(1, 1)])
    #expect(disk.crash(surviving: 0) == true)
    #expect(disk.image.facts.isEmpty)
}

@Test func chanceByNumberIsEven() {
    let chance = Chance(seed: 5)
    var counts = [Int](repeating: 0, count: 10)
    for number in UInt64(0)..<10_000 { counts[Chance.scaled(chance.word(3, number), below: 10)] += 1 }
    #expect(counts.allSatisfy { (850...1_150).contains($0) })
}
