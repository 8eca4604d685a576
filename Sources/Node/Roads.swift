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
        var queue = ByteQueue()
        /// As the engine was told last.
        var road = ReplicationEngine.Road.clear
        var isGone = false
    }

    struct Incoming {
        var stream: StreamID
        /// The beginning of a message, its length in front.
        var bytes = ByteQueue()
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
        guard let length = bytes.first(4) else { return .nothing }
        let count = length.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard count <= Limits.replicationMessageBytes + 1 else { return .tooLong }
        guard let message = bytes.first(4 + count)?.dropFirst(4) else { return .nothing }
        bytes.drop(4 + count)
        return .message(Array(message))
    }
}

/// Bytes that come at one end and go at the other. What has gone is cut off only when it is more than what is left, so
/// that a byte is moved once on average, however many small pieces it goes in.
struct ByteQueue {
    private(set) var bytes: [UInt8] = []
    /// Where in them what has not gone begins.
    private(set) var start = 0

    var count: Int { bytes.count - start }
    var isEmpty: Bool { count == 0 }

    /// The next so many, if they are there.
    func first(_ count: Int) -> ArraySlice<UInt8>? { count <= self.count ? bytes[start..<start + count] : nil }

    mutating func append(_ more: [UInt8]) { bytes += more }

    mutating func drop(_ count: Int) {
        precondition(count <= self.count, "only what is there can go")
        start += count
        guard start > bytes.count - start else { return }
        bytes.removeFirst(start)
        start = 0
    }
}
