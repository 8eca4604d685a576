package import Base

/// How often the engine beats, and the numbers of its protocol. The configuration file's `[gossip]` section.
package struct MembershipSettings: Hashable, Sendable {
    /// One beat to every neighbour per interval, moved by up to a tenth.
    package var interval: Interval
    package var rules: MembershipRules
    /// Whether it calls out on the local net.
    package var callsOut: Bool

    /// Whether the settings go together and can be reckoned with. The configuration refuses others with a sentence.
    package var isConsistent: Bool { Self.intervals.contains(interval) && rules.isConsistent }

    /// Between beats; what a neighbour says of its own is held to the same.
    static let intervals = Interval.milliseconds(10)...(.minutes(10))

    package init(interval: Interval, rules: MembershipRules = MembershipRules(), callsOut: Bool = false) {
        self.interval = interval
        self.rules = rules
        self.callsOut = callsOut
    }

    /// Beats to eight neighbours, sealed, of 120 bytes each with UDP and IP; measured with real processes.
    private static let bytesPerInterval: Int64 = 960

    /// How often so many bytes a second pay for beats: 960 every second, 480 every two, 192 every five. A mesh in
    /// which a node has fewer neighbours takes less.
    package static func interval(spending bytesPerSecond: Int) -> Interval {
        .milliseconds(bytesPerInterval * 1_000 / Int64(max(bytesPerSecond, 1)))
    }
}

extension MembershipSettings: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.interval(interval)
        rules.encode(into: &writer)
        writer.bool(callsOut)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        interval = try reader.interval()
        rules = try MembershipRules(from: &reader)
        callsOut = try reader.bool()
        guard isConsistent else { throw .outOfRange }
    }
}
