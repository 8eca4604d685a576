internal import Base

/// What the receiver of packets says about them. State, not events: each feedback says all that the sender needs, so
/// one that is lost costs nothing.
struct Feedback: Sendable {
    /// One arrival: the packet, and how long before the feedback it came, in microseconds.
    struct Sample: Equatable, Sendable {
        var number: UInt64
        var age: UInt64
    }

    /// The receiver's clock, in microseconds from the beginning of its line.
    var clock: UInt64 = 0
    /// The highest number that came, and how many packets and bytes came in all.
    var highest: UInt64 = 0
    var packets: UInt64 = 0
    var bytes: UInt64 = 0
    /// Bytes of all streams together that may be sent.
    var limit: UInt64 = 0
    /// Some of the latest arrivals, the newest first.
    var samples: [Sample] = []
    /// Which numbers came, highest first; `upper` is not among them.
    var ranges: [Stretch] = []

    func write(into writer: inout ByteWriter) {
        writer.u8(FrameTag.feedback)
        writer.varint(clock)
        writer.varint(highest)
        writer.varint(packets)
        writer.varint(bytes)
        writer.varint(limit)
        writer.varint(UInt64(samples.count))
        for sample in samples {
            writer.varint(highest - sample.number)
            writer.varint(sample.age)
        }
        writer.varint(UInt64(ranges.count))
        var edge = highest + 1
        for (index, range) in ranges.enumerated() {
            // Between two ranges lies at least one number, so nothing needs to be said twice.
            if index > 0 { writer.varint(edge - range.upper - 1) }
            writer.varint(range.upper - range.lower - 1)
            edge = range.lower
        }
    }

    /// Reads a feedback over the old one, whose storage it keeps.
    mutating func read(from reader: inout ByteReader) throws(DecodeError) {
        clock = try reader.varint()
        highest = try reader.varint()
        packets = try reader.varint()
        bytes = try reader.varint()
        limit = try reader.varint()
        // No line lives for seventy years, and nothing that is reckoned from less overflows.
        guard clock < 1 << 51, highest < .max else { throw .outOfRange }
        samples.removeAll(keepingCapacity: true)
        for _ in 0..<(try reader.count(atMost: Limits.feedbackSamples)) {
            let back = try reader.varint()
            guard back <= highest else { throw .outOfRange }
            samples.append(Sample(number: highest - back, age: try reader.varint()))
        }
        ranges.removeAll(keepingCapacity: true)
        var edge = highest + 1
        for index in 0..<(try reader.count(atMost: Limits.feedbackRanges)) {
            var upper = edge
            if index > 0 {
                let gap = try reader.varint()
                guard edge >= 2, gap <= edge - 2 else { throw .outOfRange }
                upper = edge - gap - 1
            }
            let more = try reader.varint()
            guard more < upper else { throw .outOfRange }
            edge = upper - more - 1
            ranges.append(Stretch(lower: edge, upper: upper))
        }
        guard !ranges.isEmpty else { throw .outOfRange }
    }
}
