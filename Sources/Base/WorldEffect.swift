/// What a whole node asks of the world around it. The real world (Host) and the invented one (Simulation) carry out the
/// same five, in the order in which they were put.
package enum WorldEffect<Reply, Note> {
    /// Send the bytes of `outbox.arena` in this range. A datagram: it may never arrive.
    case send(Range<Int>, to: Path)
    /// Call out on every local net, sealed by the node, from which addresses of this machine it may be reached there.
    case callOut(isLonely: Bool)
    /// Store these facts, all or none, and say so through the `persisted` door with the ticket. What must not be said
    /// before it is stored waits in the node for that.
    case persist([Fact], Ticket)
    /// Answer a request that came in by the `perform` door.
    case reply(RequestID, Reply)
    /// Something was decided, for the counters, the evidence and the log.
    case note(Note)
}

/// One thing that a node remembers over restarts: the newest value of a key. A nil value forgets the key.
package struct Fact: Hashable, Sendable {
    /// Which engine's shelf the key stands on, so that two engines' keys never meet.
    package var shelf: UInt8
    package var key: [UInt8]
    package var value: [UInt8]?

    package init(shelf: UInt8, key: [UInt8], value: [UInt8]?) {
        self.shelf = shelf
        self.key = key
        self.value = value
    }
}

/// Names one `persist`, so that `persisted` can say which.
package struct Ticket: Hashable, Comparable, Sendable {
    package var number: UInt64
    package init(number: UInt64) { self.number = number }
    package static func < (left: Ticket, right: Ticket) -> Bool { left.number < right.number }
}

/// Names one question from the control socket, so that its answer finds the way back.
package struct RequestID: Hashable, Comparable, Sendable {
    package var number: UInt64
    package init(number: UInt64) { self.number = number }
    package static func < (left: RequestID, right: RequestID) -> Bool { left.number < right.number }
}

/// The shelves of the fact store, one an engine. A number is never used again for something else.
package enum Shelf {
    package static let members: UInt8 = 1
    package static let replication: UInt8 = 2
    package static let store: UInt8 = 3
    package static let records: UInt8 = 4
    package static let clock: UInt8 = 5
    package static let lease: UInt8 = 6
}
