import Base
import Control
import Testing

/// Feeds `bytes` in pieces of `size` and returns the bodies that came out.
private func bodies(_ bytes: [UInt8], inPiecesOf size: Int, atMost limit: Int) throws(DecodeError) -> [[UInt8]] {
    var reader = ControlFrameReader(atMost: limit)
    var bodies: [[UInt8]] = []
    var start = 0
    while start < bytes.count {
        let piece = Array(bytes[start..<min(start + size, bytes.count)])
        reader.append(piece.raw)
        while let body = try reader.next() { bodies.append(body) }
        start += size
    }
    return bodies
}

@Test func aFrameIsItsLengthInFourBytesAndItsBody() {
    #expect(ControlFrame.around([0x7B, 0x7D], atMost: 10) == [2, 0, 0, 0, 0x7B, 0x7D])
    let long = ControlFrame.around([UInt8](repeating: 1, count: 0x0102), atMost: 1_000)
    #expect(Array(long.prefix(4)) == [0x02, 0x01, 0, 0])
}

@Test func framesComeOutWholeHoweverTheyWereCut() throws {
    let sent = [[1], [2, 3], [UInt8](repeating: 4, count: 300), [5]]
    let stream = sent.flatMap { ControlFrame.around($0, atMost: 300) }
    for size in 1...stream.count {
        #expect(try bodies(stream, inPiecesOf: size, atMost: 300) == sent, "pieces of \(size)")
    }
}

@Test func aStreamCutAtAnyLengthGivesTheWholeFramesBeforeTheCut() throws {
    let sent: [[UInt8]] = [[1, 2, 3], [4], [5, 6, 7, 8, 9]]
    let frames = sent.map { ControlFrame.around($0, atMost: 10) }
    let stream = frames.flatMap { $0 }
    let ends = [7, 12, 21]
    for length in 0...stream.count {
        var reader = ControlFrameReader(atMost: 10)
        reader.append(Array(stream[..<length]).raw)
        var received: [[UInt8]] = []
        while let body = try reader.next() { received.append(body) }
        #expect(received == Array(sent.prefix(ends.count { $0 <= length })))
        #expect(reader.isBetweenFrames == (length == 0 || ends.contains(length)))
    }
}

@Test func aLengthIsJudgedBeforeItsBytesCome() throws {
    var reader = ControlFrameReader(atMost: 300)
    reader.append([0x2C, 0x01, 0, 0].raw)
    #expect(try reader.next() == nil)
    for header in [[0x2D, 0x01, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0x80]] as [[UInt8]] {
        var reader = ControlFrameReader(atMost: 300)
        reader.append(header.raw)
        #expect(throws: DecodeError.tooLong) { try reader.next() }
    }
    var empty = ControlFrameReader(atMost: 300)
    empty.append([0, 0, 0, 0].raw)
    #expect(throws: DecodeError.outOfRange) { try empty.next() }
}

@Test func theLimitIsTheLargestFrame() throws {
    let largest = [UInt8](repeating: 7, count: 64)
    let frame = ControlFrame.around(largest, atMost: 64)
    #expect(try bodies(frame, inPiecesOf: 9, atMost: 64) == [largest])
    #expect(throws: DecodeError.tooLong) { try bodies(frame, inPiecesOf: 9, atMost: 63) }
}

@Test func randomBytesNeverTrapTheReader() {
    var random = Random(seed: 11)
    for _ in 0..<2_000 {
        let bytes = (0..<random.below(60)).map { _ in
            UInt8(truncatingIfNeeded: random.next() >> UInt64(random.below(8)))
        }
        _ = try? bodies(bytes, inPiecesOf: 1 + random.below(7), atMost: 1_000)
        #expect(throws: Complaint.self) { try Request(decoding: bytes) }
        #expect(throws: Complaint.self) { try Envelope(decoding: bytes) }
    }
}
