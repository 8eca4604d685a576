/// What the controller of a line is doing.
package enum RateMode: UInt8, CaseIterable, Sendable {
    /// The first burst is out, or the rate still grows without a queue in sight.
    case start
    /// The rate follows the path, with a few milliseconds of queue.
    case steady
    /// Somebody else fills the queue: a share of the path is held as a loss-based sender would hold it.
    case competing
    /// Only scavengers have something to say, and somebody else needs the path.
    case yielding
    /// Loss without delay came with our own rate: something polices it.
    case policed
    /// The carrier paces by itself.
    case carried
}

/// Why the controller changed its mind.
package enum RateReason: UInt8, CaseIterable, Sendable {
    /// The spacing of a burst's arrivals told the capacity.
    case burstSpacing
    /// Nothing queues, so there may be room.
    case room
    /// A queue shows: what arrives is what the path carries.
    case saturated
    /// The queue stayed although we sent less than we got through.
    case standingQueue
    /// The queue went when we sent less: nobody else fills it.
    case queueDrained
    /// More loss than the path's own.
    case excessLoss
    /// Less was sent, and as much was lost: it is the path's own loss.
    case lossIsThePaths
    /// Nothing was heard for long.
    case silence
    /// Another path: everything is found out anew.
    case pathChanged
}
