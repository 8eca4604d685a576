import Base
import Testing
import Traffic

/// A peer that says what no peer of ours says: a fault or nothing, never a trap.
private func hear(
    _ ends: Ends = Ends(), number: UInt64 = 0, _ write: (inout ByteWriter) -> Void
) throws -> [LineEffect] {
    var writer = ByteWriter()
    write(&writer)
    let packet = writer.bytes
    ends.outbox.removeAll()
    try ends.there.receive(packet.raw, number: number, at: ends.now, into: &ends.outbox)
    return ends.outbox.effects
}

private func stream(_ writer: inout ByteWriter, id: UInt64, offset: UInt64, _ bytes: [UInt8], isEnd: Bool = false) {
    writer.u8(isEnd ? 17 : 16)
    writer.varint(id)
    writer.varint(offset)
    writer.bytes(bytes)
}

private func feedback(
    _ writer: inout ByteWriter, highest: UInt64, packets: UInt64 = 1, bytes: UInt64 = 1,
    samples: [(UInt64, UInt64)] = [], ranges: [UInt64] = [0]
) {
    writer.u8(3)
    for value in [5, highest, packets, bytes, 0] { writer.varint(value) }
    writer.varint(UInt64(samples.count))
    for sample in samples {
        writer.varint(sample.0)
        writer.varint(sample.1)
    }
    writer.varint(UInt64(ranges.count / 2 + 1))
    for value in ranges { writer.varint(value) }
}

@Test func framesLieOnTheWireAsTheDocumentSays() throws {
    let ends = Ends()
    #expect(try hear(ends, number: 1) { $0.raw([1, 2, 2, 8, 9, 0, 0, 0]) } == [.datagram(.change, 3..<5)])
    #expect(try hear(ends, number: 2) { $0.raw([2, 5, 1, 7]) } == [.datagram(.urgent, 3..<4)])
    #expect(try hear(ends, number: 3) { $0.raw([2, 5, 1, 7]) } == [])
    #expect(try hear(ends, number: 4) { $0.raw([6]) } == [])
    #expect(try hear(ends, number: 5) { $0.raw([7, 40]) } == [])
    #expect(try hear(ends, number: 6) { $0.raw([64, 2, 1, 1, 6]) } == [])
    let plain = try hear(ends, number: 7) { $0.raw([17, 4, 0, 2, 65, 66]) }
    #expect(plain == [.opened(StreamID(4), .normal), .readable(StreamID(4)), .finished(StreamID(4))])
    #expect(try hear(ends, number: 8) { $0.raw([5, 6, 9, 0]) } == [])
    let mixed = try hear(ends, number: 9) { $0.raw([11, 8, 0, 2, 2, 67, 68]) }
    let eight = StreamID(8)
    #expect(
        mixed == [.opened(eight, .scavenger), .note(.rebuilt(eight, count: 1)), .readable(eight), .finished(eight)])
    #expect(ends.read(StreamID(8)) == [67, 68])
}

@Test func whatIsNotAFrameIsAFault() {
    #expect(throws: LineFault.unknownFrame(9 + 3)) { try hear { $0.raw([12]) } }
    #expect(throws: LineFault.unknownFrame(65)) { try hear { $0.raw([65, 0]) } }
    #expect(throws: LineFault.undecodable(.notCanonical)) { try hear { $0.raw([6, 0, 0, 1]) } }
    #expect(throws: LineFault.undecodable(.outOfRange)) { try hear { $0.raw([1, 0, 1, 1]) } }
    #expect(throws: LineFault.undecodable(.truncated)) { try hear { $0.raw([16, 0, 0, 9, 1]) } }
    #expect(throws: LineFault.undecodable(.outOfRange)) { try hear { $0.raw([7, 0]) } }
}

@Test func feedbackAboutPacketsNeverSentIsAFault() throws {
    let ends = Ends()
    #expect(throws: LineFault.neverSent) { try hear(ends) { feedback(&$0, highest: 0) } }
    try ends.there.say([1].raw, .pulse, at: ends.now)
    _ = try ends.sendThere(false)
    #expect(try hear(ends, number: 1) { feedback(&$0, highest: 0) } == [])
    #expect(throws: LineFault.neverSent) { try hear(ends, number: 2) { feedback(&$0, highest: 1) } }
    #expect(throws: LineFault.neverSent) { try hear(ends, number: 3) { feedback(&$0, highest: 0, packets: 2) } }
    #expect(throws: LineFault.neverSent) { try hear(ends, number: 4) { feedback(&$0, highest: 0, bytes: 1 << 40) } }
    #expect(throws: LineFault.undecodable(.outOfRange)) {
        try hear(ends, number: 5) { feedback(&$0, highest: 0, ranges: [1]) }
    }
    #expect(throws: LineFault.undecodable(.outOfRange)) {
        try hear(ends, number: 6) { feedback(&$0, highest: .max - 1, ranges: [0, .max - 2, 0]) }
    }
    #expect(throws: LineFault.undecodable(.outOfRange)) { try hear(ends, number: 7) { feedback(&$0, highest: .max) } }
    #expect(try hear(ends, number: 8) { feedback(&$0, highest: 0, samples: [(0, .max), (0, 0), (0, .max / 2)]) } == [])
}

@Test func windowsHoldAtTheLimitAndNotOneByteAbove() throws {
    let limit = UInt64(Limits.streamWindow)
    #expect(try hear { stream(&$0, id: 0, offset: limit - 1, [1]) } == [.opened(StreamID(0), .normal)])
    #expect(throws: LineFault.windowOverrun) { try hear { stream(&$0, id: 0, offset: limit, [1]) } }
    #expect(throws: LineFault.windowOverrun) { try hear { stream(&$0, id: 0, offset: .max, [1]) } }
    // All streams together: so many windows fit, and not one byte more.
    let ends = Ends()
    let windows = UInt64(Limits.lineWindow) / limit
    for index in 0..<windows {
        _ = try hear(ends, number: index) { stream(&$0, id: 2 * index, offset: limit - 1, [1]) }
    }
    #expect(throws: LineFault.windowOverrun) {
        try hear(ends, number: 99) { stream(&$0, id: 2 * windows, offset: 0, [1]) }
    }
}

@Test func aStreamHasOneEnd() throws {
    let ends = Ends()
    _ = try hear(ends, number: 0) { stream(&$0, id: 0, offset: 10, [1], isEnd: true) }
    #expect(throws: LineFault.badEnd) { try hear(ends, number: 1) { stream(&$0, id: 0, offset: 11, [1]) } }
    #expect(throws: LineFault.badEnd) { try hear(ends, number: 2) { stream(&$0, id: 0, offset: 5, [1], isEnd: true) } }
    _ = try hear(ends, number: 3) { stream(&$0, id: 2, offset: 10, [1]) }
    #expect(throws: LineFault.badEnd) { try hear(ends, number: 4) { stream(&$0, id: 2, offset: 5, [1], isEnd: true) } }
}

@Test func streamIdsAreThePeersOwnAndNotTooFarAhead() throws {
    #expect(throws: LineFault.badStream) { try hear { stream(&$0, id: 1, offset: 0, [1]) } }
    let far = 2 * UInt64(Limits.streamsAhead)
    #expect(try hear { stream(&$0, id: far - 2, offset: 0, [1]) }.first == .opened(StreamID(far - 2), .normal))
    #expect(throws: LineFault.badStream) { try hear { stream(&$0, id: far, offset: 0, [1]) } }
    #expect(throws: LineFault.badStream) { try hear { stream(&$0, id: .max - 1, offset: 0, [1]) } }
    let ends = Ends()
    for index in 0..<UInt64(Limits.peerStreams) {
        _ = try hear(ends, number: index) { stream(&$0, id: 2 * index, offset: 0, [1]) }
    }
    #expect(throws: LineFault.tooManyStreams) {
        try hear(ends, number: 999) { stream(&$0, id: 2 * UInt64(Limits.peerStreams), offset: 0, [1]) }
    }
}

@Test func aFrameOfAClosedStreamOpensNothing() throws {
    let ends = Ends()
    let id = try ends.open()
    _ = ends.write([1], to: id)
    ends.here.finish(id, at: ends.now)
    try ends.settle()
    _ = ends.read(id)
    ends.there.finish(id, at: ends.now)
    try ends.settle()
    #expect(try hear(ends, number: 9_999) { stream(&$0, id: id.value, offset: 0, [1]) } == [])
}

@Test func everyCutOfRealPacketsIsRefusedOrTaken() throws {
    let ends = Ends()
    let id = try ends.open()
    try ends.say([1, 2, 3], .urgent)
    try ends.say([4, 5, 6], .fact)
    _ = ends.write(pattern(3_000), to: id)
    var packets: [[UInt8]] = []
    for _ in 0..<40 {
        if try ends.sendHere() { packets.append(ends.writer.bytes) }
        if try ends.sendThere() { packets.append(ends.writer.bytes) }
        ends.now = ends.now + .milliseconds(7)
    }
    #expect(packets.count > 5)
    for packet in packets {
        let there = Ends()
        for length in 0...packet.count {
            let cut = Array(packet.prefix(length))
            there.outbox.removeAll()
            try? there.there.receive(cut.raw, number: UInt64(length), at: there.now, into: &there.outbox)
            _ = try? there.sendThere(false)
        }
    }
}
