import Base
import Testing
import Traffic

@Test func aStreamArrivesAndCloses() throws {
    let ends = Ends()
    let stream = try ends.open()
    #expect(ends.write(pattern(5_000), to: stream) == 5_000)
    ends.here.finish(stream, at: ends.now)
    try ends.settle()
    #expect(ends.heardThere.contains(.opened(stream, .normal)))
    #expect(ends.heardThere.contains(.readable(stream)))
    #expect(ends.heardThere.contains(.finished(stream)))
    #expect(ends.read(stream) == pattern(5_000))
    ends.there.finish(stream, at: ends.now)
    try ends.settle()
    #expect(ends.heardHere.contains(.closed(stream)))
    #expect(ends.heardThere.contains(.closed(stream)))
    #expect(ends.deadline == nil)
    #expect(ends.deadlineThere == nil)
}

@Test func theOtherSideAnswersOnTheSameStream() throws {
    let ends = Ends()
    let stream = try ends.open()
    _ = ends.write([1, 2, 3], to: stream)
    try ends.settle()
    let taken = ends.there.write([4, 5].raw, to: stream, at: ends.now)
    #expect(taken == 2)
    try ends.settle()
    var answer: [UInt8] = []
    _ = ends.here.read(stream, at: ends.now) { answer += [UInt8](copying: $0) }
    #expect(answer == [4, 5])
}

@Test func whatWasLostIsSentAgain() throws {
    let ends = Ends()
    let stream = try ends.open()
    _ = ends.write(pattern(20_000), to: stream)
    ends.here.finish(stream, at: ends.now)
    var number = 0
    while try ends.sendHere(number % 3 != 1) { number += 1 }
    var came = ends.read(stream)
    #expect(came.count < 20_000)
    for _ in 0..<50 {
        try ends.settle(.seconds(1))
        came += ends.read(stream)
    }
    #expect(came == pattern(20_000))
    #expect(ends.evidence.counts.packetsLost > 3)
    #expect(ends.heardThere.contains(.finished(stream)))
}

@Test func anEndWithoutAByteArrives() throws {
    let ends = Ends()
    let stream = try ends.open(.scavenger)
    ends.here.finish(stream, at: ends.now)
    try ends.settle()
    #expect(ends.heardThere == [.opened(stream, .scavenger), .finished(stream)])
}

@Test func aResetReachesThePeerThoughItIsLostAtFirst() throws {
    let ends = Ends()
    let stream = try ends.open()
    _ = ends.write(pattern(3_000), to: stream)
    try ends.settle()
    ends.here.reset(stream, code: 7, at: ends.now)
    #expect(try ends.sendHere(false))
    _ = try ends.open()
    try ends.settle()
    #expect(ends.heardThere.contains(.reset(stream, code: 7)))
    #expect(ends.read(stream).isEmpty)
}

@Test func piecesComeWithTheirOffsets() throws {
    let ends = Ends()
    let stream = try ends.open(.normal, .pieces)
    _ = ends.write([1], to: stream)
    try ends.settle()
    // The answer is what comes in pieces: to the side that asked for them.
    let bytes = pattern(30_000)
    _ = ends.there.write(bytes.raw, to: stream, at: ends.now)
    ends.there.finish(stream, at: ends.now)
    var came = [UInt8](repeating: 0, count: 30_000)
    for _ in 0..<1_000 {
        ends.writer.removeAll()
        ends.outbox.removeAll()
        guard let number = ends.there.next(at: ends.now, into: &ends.writer, outbox: &ends.outbox) else {
            while try ends.sendHere() {}
            ends.now = ends.now + .milliseconds(5)
            continue
        }
        ends.outbox.removeAll()
        let packet = ends.writer.bytes
        try ends.here.receive(packet.raw, number: number, at: ends.now, into: &ends.outbox)
        for case .piece(stream, let offset, let range) in ends.outbox.effects {
            came.replaceSubrange(Int(offset)..<Int(offset) + range.count, with: ends.writer.bytes[range])
        }
    }
    #expect(came == bytes)
}

@Test func asManyStreamsAsTheLimitAreOpenedAndNotOneMore() throws {
    let ends = Ends()
    for _ in 0..<Limits.openStreams { _ = try ends.open() }
    #expect(throws: LineRefusal.tooManyStreams) { try ends.open() }
}

@Test func aWriterIsHeldBackAndToldWhenThereIsRoomAgain() throws {
    let ends = Ends()
    let stream = try ends.open()
    let taken = ends.write(pattern(2 << 20), to: stream)
    #expect(taken == Limits.streamAheadBytes)
    #expect(ends.write([1], to: stream) == 0)
    for _ in 0..<100 where !ends.heardHere.contains(.writable(stream)) {
        try ends.settle(.milliseconds(50))
        _ = ends.read(stream)
    }
    #expect(ends.heardHere.contains(.writable(stream)))
    #expect(ends.write([1], to: stream) == 1)
}

@Test func aReaderThatStopsStopsTheWriterAtItsWindow() throws {
    let ends = Ends()
    let stream = try ends.open()
    var written = 0
    for _ in 0..<400 {
        written += ends.write(pattern(1 << 16), to: stream)
        try ends.settle(.milliseconds(100))
    }
    #expect(written == Limits.streamWindow + Limits.streamAheadBytes)
    #expect(ends.read(stream).count == Limits.streamWindow)
    try ends.settle(.seconds(60))
    #expect(ends.read(stream).count == Limits.streamAheadBytes)
}

@Test func aPathThatChangesIsFoundOutAnewAndStreamsGoOn() throws {
    let ends = Ends()
    let stream = try ends.open()
    _ = ends.write(pattern(500_000), to: stream)
    try ends.settle(.milliseconds(200))
    #expect(ends.evidence.packetBytes > Limits.datagramBytes)
    ends.here.pathChanged(to: .udp, at: ends.now)
    #expect(ends.evidence.packetBytes == Limits.datagramBytes)
    ends.here.finish(stream, at: ends.now)
    var came: [UInt8] = []
    for _ in 0..<20 {
        came += ends.read(stream)
        try ends.settle(.seconds(1))
    }
    #expect(came == pattern(500_000))
}

@Test func aByteStreamCarriesLargePacketsAsFastAsItsOwnerAsks() throws {
    var settings = LineSettings()
    settings.carrier = .tcp
    let ends = Ends(settings)
    let stream = try ends.open()
    _ = ends.write(pattern(1 << 20), to: stream)
    var packets = 0
    while try ends.sendHere() { packets += 1 }
    #expect(packets < 20)
    #expect(ends.read(stream) == pattern(1 << 20))
}
