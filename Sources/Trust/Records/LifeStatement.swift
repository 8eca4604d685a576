package import Base

/// "I am here" or "I am leaving", signed by the node whose life it is, so that nobody else can say either.
package struct LifeStatement: Hashable, Sendable {
    /// The feed of this start, whose key signs.
    package let feed: Digest
    package let boot: UInt64
    package let beat: UInt64
    package let isLeaving: Bool

    /// How far a beat may leap past the last one that was heard: a node that wins every argument for ever by naming the
    /// largest number there is would otherwise need a single packet.
    package static let longestLeap: UInt64 = 1 << 16

    package init(feed: Digest, boot: UInt64, beat: UInt64, isLeaving: Bool) {
        self.feed = feed
        self.boot = boot
        self.beat = beat
        self.isLeaving = isLeaving
    }

    /// Whether it may follow `last` of the same node.
    package func mayFollow(_ last: LifeStatement) -> Bool {
        if boot != last.boot { return boot > last.boot && boot - last.boot <= Self.longestLeap }
        return beat > last.beat && beat - last.beat <= Self.longestLeap
    }
}

extension LifeStatement: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.digest(feed)
        writer.varint(boot)
        writer.varint(beat)
        writer.bool(isLeaving)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        feed = try reader.digest()
        boot = try reader.ordinal()
        beat = try reader.varint()
        isLeaving = try reader.bool()
        guard beat <= Limits.counted else { throw .outOfRange }
    }
}
