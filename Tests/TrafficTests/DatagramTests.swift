import Base
import Testing
import Traffic

/// Both ends of a line with nothing between them.
private struct Ends: ~Copyable {
    var here = Line(side: .even, settings: LineSettings(), at: .zero)
    var there = Line(side: .odd, settings: LineSettings(), at: .zero)
    var outbox = Outbox<LineEffect>()

    mutating func say(_ bytes: [UInt8], _ priority: Priority) throws { try here.say(bytes.raw, priority, at: .zero) }

    /// All packets that may go, each with what the other end makes of it.
    mutating func exchange(at now: Instant = .zero) throws -> [[(Priority, [UInt8])]] {
        var packets: [[(Priority, [UInt8])]] = []
        var writer = ByteWriter()
        while let number = here.next(at: now, into: &writer, outbox: &outbox) {
            outbox.removeAll()
            try there.receive(writer.bytes.raw, number: number, at: now, into: &outbox)
            packets.append(
                outbox.effects.compactMap { effect in
                    if case .datagram(let priority, let range) = effect {
                        (priority, [UInt8](writer.bytes[range]))
                    } else {
                        nil
                    }
                })
            writer.removeAll()
        }
        return packets
    }
}

@Test func datagramsShareAPacketInTheOrderOfTheirPriority() throws {
    var ends = Ends()
    try ends.say([1, 2], .bulk)
    try ends.say([3], .change)
    try ends.say([4, 5, 6], .pulse)
    let packets = try ends.exchange()
    #expect(packets.count == 1)
    #expect(packets[0].map(\.0) == [.pulse, .change, .bulk])
    #expect(packets[0].map(\.1) == [[4, 5, 6], [3], [1, 2]])
}

@Test func anUrgentDatagramIsCopiedAndHandedUpOnce() throws {
    var ends = Ends()
    try ends.say([7], .urgent)
    let packets = try ends.exchange()
    #expect(packets.count == 3)
    #expect(packets.flatMap { $0 }.map(\.1) == [[7]])
}

@Test func aDatagramAtTheLimitGoesAndOneAboveIsRefused() throws {
    var ends = Ends()
    try ends.say([UInt8](repeating: 1, count: Limits.lineDatagramBytes), .fact)
    #expect(try ends.exchange().flatMap { $0 }.map(\.1.count) == [Limits.lineDatagramBytes])
    #expect(throws: LineRefusal.datagramTooLong) {
        try ends.say([UInt8](repeating: 1, count: Limits.lineDatagramBytes + 1), .fact)
    }
}

@Test func aFullQueueForgetsItsOldest() throws {
    var ends = Ends()
    for number in 0...Limits.lineQueueCount { try ends.say([UInt8(truncatingIfNeeded: number)], .pulse) }
    let arrived = try ends.exchange().flatMap { $0 }.map(\.1)
    #expect(arrived.count == Limits.lineQueueCount)
    #expect(arrived.first == [1])
    #expect(ends.here.evidence.counts.datagramsDropped == 1)
}

@Test func aSilentLineHasNoDeadline() throws {
    var ends = Ends()
    #expect(ends.here.deadline == nil)
    #expect(try ends.exchange().isEmpty)
    try ends.say([1], .bulk)
    #expect(ends.here.deadline == .zero)
    _ = try ends.exchange()
    #expect(ends.here.deadline == nil)
}
