package import Base

/// How often the engine beats, and the numbers of its protocol. The configuration file's `[gossip]` section.
package struct MembershipSettings: Hashable, Sendable {
    /// One beat to every neighbour per interval, moved by up to a tenth.
    package var interval: Interval
    package var rules: MembershipRules

    /// Whether the settings go together and can be reckoned with. The configuration refuses others with a sentence.
    package var isConsistent: Bool { interval >= .milliseconds(10) && interval <= .minutes(10) && rules.isConsistent }

    package init(interval: Interval, rules: MembershipRules = MembershipRules()) {
        self.interval = interval
        self.rules = rules
    }

    /// The other numbers of `[gossip]` had a meaning for the plain first form of the room.
    package init(interval: Interval, fanout: Int, suspectAfter: Interval, unreachableAfter: Interval) {
        self.init(interval: interval)
    }
}

extension MembershipSettings: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.interval(interval)
        rules.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        interval = try reader.interval()
        rules = try MembershipRules(from: &reader)
        guard isConsistent else { throw .outOfRange }
    }
}
