package import Base

/// Streams: bytes that arrive whole and in order, however many packets are lost. Both sides may write to a stream; it
/// is closed when both have finished and each has everything.
extension Line {
    /// Opens a stream. `delivery` says how what the peer writes to it is handed up here.
    package mutating func open(
        _ service: Service, delivery: Delivery = .ordered, at now: Instant
    ) throws(LineRefusal) -> StreamID {
        throw .tooManyStreams
    }

    /// Takes as many of `bytes` as there is room for, and answers how many. After it took less than all, `.writable`
    /// says when there is room again. Nothing is taken for a stream that is finished, reset or closed.
    package mutating func write(_ bytes: RawSpan, to stream: StreamID, at now: Instant) -> Int { 0 }

    /// What was written is all there will be.
    package mutating func finish(_ stream: StreamID, at now: Instant) {}

    /// Gives the stream up, in both directions. The peer hears `code`.
    package mutating func reset(_ stream: StreamID, code: UInt64, at now: Instant) {}

    /// Hands at most `limit` bytes to `body`, in order, in one or two parts, and answers how many. What was read makes
    /// room for the peer to send more.
    package mutating func read(
        _ stream: StreamID, atMost limit: Int = .max, at now: Instant, _ body: (RawSpan) -> Void
    ) -> Int { 0 }

    /// The peer roamed or the carrier is another: rate and packet size are found out anew, streams go on.
    package mutating func pathChanged(to carrier: Carrier, at now: Instant) {}
}
