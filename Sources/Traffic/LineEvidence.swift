package import Base

/// What a line knows of its path, and what it did: for `explain link`, and for whoever chooses between paths.
package struct LineEvidence: Equatable, Sendable {
    package var mode: RateMode
    package var reason: RateReason
    /// Bytes per second that may leave, seals included.
    package var rate: Int
    /// Bytes per second that arrived when last measured.
    package var arrivalRate: Int
    /// The path's own loss, and the loss lately, in packets per million.
    package var ownLoss: Int
    package var recentLoss: Int
    /// The shortest and the latest round trip; nil before the first.
    package var shortestRoundTrip: Interval?
    package var roundTrip: Interval?
    /// How long packets lately waited in queues of the path.
    package var queueing: Interval
    /// The largest packet that the path carries, seal included.
    package var packetBytes: Int
    package var counts: LineCounts
}

/// Counters of a line, from its beginning.
package struct LineCounts: Equatable, Sendable {
    package var packetsSent = 0
    package var bytesSent = 0
    package var packetsReceived = 0
    package var bytesReceived = 0
    /// Packets found lost, and those of them that came after all.
    package var packetsLost = 0
    package var packetsLate = 0
    /// Bytes of streams that were sent again, and packets that mixed several.
    package var bytesRepeated = 0
    package var packetsMixed = 0
    package var feedbacksSent = 0
    package var feedbacksReceived = 0
    package var datagramsDropped = 0
    package var blackHoles = 0
}
