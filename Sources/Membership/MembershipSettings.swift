package import Base

/// How patient the engine is. The configuration file's `[gossip]` section.
package struct MembershipSettings: Hashable, Sendable {
    /// One round of gossip per interval, moved by up to a tenth.
    package var interval: Interval
    /// How many members a round reaches.
    package var fanout: Int
    /// Silence after which a member is suspected.
    package var suspectAfter: Interval
    /// Silence after which it is called unreachable.
    package var unreachableAfter: Interval

    /// Whether the settings go together and can be reckoned with. The configuration refuses others with a sentence.
    package var isConsistent: Bool {
        interval > .zero && fanout > 0 && suspectAfter > interval && unreachableAfter > suspectAfter
            && unreachableAfter <= Limits.patience
    }

    package init(interval: Interval, fanout: Int, suspectAfter: Interval, unreachableAfter: Interval) {
        self.interval = interval
        self.fanout = fanout
        self.suspectAfter = suspectAfter
        self.unreachableAfter = unreachableAfter
    }
}

extension MembershipSettings: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.interval(interval)
        writer.varint(UInt64(fanout))
        writer.interval(suspectAfter)
        writer.interval(unreachableAfter)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        interval = try reader.interval()
        fanout = try reader.count(atMost: Limits.members)
        suspectAfter = try reader.interval()
        unreachableAfter = try reader.interval()
        guard isConsistent else { throw .outOfRange }
    }
}
