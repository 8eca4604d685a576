package import Base

/// Which of the two ends of a line this is: streams that the even end opens have even ids, the other's odd ones, so
/// both may open at the same moment. Who started the handshake is the even end.
package enum Side: Sendable {
    case even, odd
}

/// One stream of a line. Ids rise by two for every stream that a side opens, and none is used twice.
package struct StreamID: Hashable, Comparable, Sendable {
    package let value: UInt64

    package init(_ value: UInt64) { self.value = value }

    package static func < (left: StreamID, right: StreamID) -> Bool { left.value < right.value }
}

/// How much a stream may press. A scavenger gives way to whatever else is on the path, as soon as a queue shows.
package enum Service: UInt8, Sendable {
    case normal, scavenger
}

/// How the bytes of a stream are handed up.
package enum Delivery: UInt8, Sendable {
    /// In order, from a buffer of the line: `read`.
    case ordered
    /// As they come, with their offsets: `LineEffect.piece`. For a consumer that writes to a file anyway.
    case pieces
}

/// What a datagram is about, and so what goes first when not everything can.
package enum Priority: UInt8, CaseIterable, Comparable, Sendable {
    /// Stop and revocation: sent several times at once, by the loss of the path.
    case urgent
    /// Beats, pings, accusations and what acknowledges them.
    case pulse
    /// Membership changed.
    case change
    /// Facts and heads of configurations.
    case fact
    /// Comparing views until they are equal.
    case comparison
    /// Whatever can wait.
    case bulk

    package static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }

    /// Percent of the bytes of datagrams that this priority is sure of, however much those before it have to say.
    var share: Int {
        switch self {
        case .urgent, .pulse, .change: 0
        case .fact: 20
        case .comparison: 10
        case .bulk: 5
        }
    }
}

/// How a line is set up. Whatever is left out has the value that most lines want.
package struct LineSettings: Sendable {
    package var carrier = Carrier.udp
    /// Bytes that sealing adds to each packet: they are on the path, so they count.
    package var sealBytes = 32
    /// The largest packet to try, its seal included. Ethernet's is found by itself; a lower one is an operator's word.
    package var largestPacket = Limits.linePacketBytes
    /// Bytes per second that the operator grants; nil for as many as the path carries.
    package var rateCap: Int?
    /// Bytes per second, and at once, that datagrams to this peer may take. Urgent ones and pulses are exempt.
    package var datagramRate = 64_000
    package var datagramBurst = 256_000
    /// A silent line says something after so long, to keep a translator's table awake; nil for a silent line.
    package var keepAlive: Interval?
    /// The number of the first packet: the seal's counter.
    package var firstNumber: UInt64 = 0

    package init() {}
}
