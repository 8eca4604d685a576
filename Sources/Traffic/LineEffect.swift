package import Base

/// What came of a packet, or of the right to send one.
package enum LineEffect: Equatable, Sendable {
    /// A datagram lies at this range of the packet that was received.
    case datagram(Priority, Range<Int>)
    /// The peer opened a stream.
    case opened(StreamID, Service)
    /// There is something to `read`.
    case readable(StreamID)
    /// A stream that takes pieces got one: its offset, and where it lies in the packet that was received.
    case piece(StreamID, offset: UInt64, Range<Int>)
    /// A stream that took less than it was given takes more again.
    case writable(StreamID)
    /// The peer has said all it will say; what it said is read or can be.
    case finished(StreamID)
    /// Both sides finished, and each has everything: the id means nothing any more.
    case closed(StreamID)
    /// The peer gave the stream up.
    case reset(StreamID, code: UInt64)
    case note(LineNote)
}

/// What a line decided, and why: feeds counters, evidence and the log.
package enum LineNote: Hashable, Sendable {
    /// The controller changed its mind: its mode, bytes per second, and the reason.
    case rate(RateMode, Int, RateReason)
    /// The path carries packets of so many bytes, seal included.
    case packetSize(Int)
    /// Large packets vanish while small ones pass: back to so many bytes.
    case blackHole(Int)
    /// A queue was full: its oldest datagram went.
    case dropped(Priority)
    /// Packets that were believed lost had only been late: more patience from now on.
    case reordering(packets: Int)
    /// The end of a stream was rebuilt from mixed packets: so many that were missing.
    case rebuilt(StreamID, count: Int)
}

/// What our own side asked and did not get.
package enum LineRefusal: Error, Equatable, Sendable {
    /// Longer than the smallest packet carries.
    case datagramTooLong
    /// As many streams are open as may be.
    case tooManyStreams
}

/// What the peer did that no peer of ours does. The session ends.
package enum LineFault: Error, Equatable, Sendable {
    case undecodable(DecodeError)
    /// A frame that this build does not know and must not skip.
    case unknownFrame(UInt8)
    /// A stream id of our own side that we never opened, or one too far ahead.
    case badStream
    case tooManyStreams
    /// More bytes than the window allows.
    case windowOverrun
    /// A stream has two ends, or bytes beyond its end.
    case badEnd
    /// Feedback about packets that were never sent.
    case neverSent
}
