internal import Base
internal import Replication
internal import Session
internal import Traffic

/// What goes between this node and its peers by streams: messages that are longer than a datagram, and those that must
/// not overtake one another. One stream a direction, opened when there is something to haul and open for as long as the
/// line; each message behind its length. What was on a stream whose line ended is lost, as a datagram may be.
struct Roads {
    struct Outgoing {
        var stream: StreamID
        /// What the stream has not taken yet.
        var queue: [UInt8] = []
        /// As the engine was told last.
        var road = ReplicationEngine.Road.clear
        var isGone = false
    }

    struct Incoming {
        var stream: StreamID
        /// The beginning of a message, its length in front.
        var bytes: [UInt8] = []
    }

    var outgoing: SortedMap<NodeID, Outgoing> = SortedMap()
    var incoming: SortedMap<NodeID, Incoming> = SortedMap()
    /// What the sessions told of streams and nobody has looked at.
    var events: [(peer: NodeID, event: StreamEvent)] = []

    /// Whether nothing was given to a stream since the roads were looked at.
    var isLookedAt = true

    /// What has come of messages that are not whole.
    var held: Int { incoming.values.reduce(0) { $0 + $1.bytes.count } }
}

extension Roads.Incoming {
    enum Reading {
        case message([UInt8])
        case nothing
        case tooLong
    }

    /// Takes the next whole message off the front.
    mutating func next() -> Reading {
        guard bytes.count >= 4 else { return .nothing }
        let count = bytes[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard count <= Limits.replicationMessageBytes + 1 else { return .tooLong }
        guard bytes.count >= 4 + count else { return .nothing }
        let message = Array(bytes[4..<4 + count])
        bytes.removeFirst(4 + count)
        return .message(message)
    }
}
