package import Base

/// How a message lies on the control socket: its length as four bytes, little-endian, then that many bytes of JSON.
/// A stream has no edges of its own; this is the edge.
package enum ControlFrame {
    package static let headerBytes = 4

    /// The frame around `body`, which its writer has kept within the limit of its direction.
    package static func around(_ body: [UInt8], atMost limit: Int) -> [UInt8] {
        precondition(!body.isEmpty && body.count <= limit, "a control message has 1 to \(limit) bytes")
        var writer = ByteWriter(capacity: headerBytes + body.count)
        writer.u32(UInt32(body.count))
        writer.raw(body)
        return writer.bytes
    }
}

/// Puts frames together from the pieces in which a stream delivers them. A length is judged as soon as its four bytes
/// are there, before anything is stored for it: whoever announces too much is refused at once. Take what is complete
/// after every piece, and the reader holds at most one frame and one piece.
package struct ControlFrameReader: Sendable {
    private let limit: Int
    private var pending: [UInt8] = []
    private var offset = 0

    package init(atMost limit: Int) { self.limit = limit }

    /// Whether the stream may end here: in the middle of a frame it may not.
    package var isBetweenFrames: Bool { offset == pending.count }

    package mutating func append(_ piece: RawSpan) {
        pending.removeFirst(offset)
        offset = 0
        pending.append(contentsOf: [UInt8](copying: piece))
    }

    /// The body of the next complete frame; nil when more bytes must come first. After an error the stream is beyond
    /// repair: where the next frame starts is unknown.
    package mutating func next() throws(DecodeError) -> [UInt8]? {
        let available = pending.count - offset
        guard available >= ControlFrame.headerBytes else { return nil }
        let header = pending[offset..<offset + ControlFrame.headerBytes]
        let length = header.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length > 0 else { throw .outOfRange }
        guard length <= limit else { throw .tooLong }
        guard available >= ControlFrame.headerBytes + length else { return nil }
        let start = offset + ControlFrame.headerBytes
        offset = start + length
        return Array(pending[start..<offset])
    }
}
