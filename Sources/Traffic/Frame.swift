internal import Base

/// The first byte of a frame. A number is never used again for something else.
enum FrameTag {
    /// Zero bytes to the end of the packet.
    static let padding: UInt8 = 0
    static let datagram: UInt8 = 1
    static let urgent: UInt8 = 2
    static let feedback: UInt8 = 3
    static let progress: UInt8 = 4
    static let reset: UInt8 = 5
    static let ping: UInt8 = 6
    static let cadence: UInt8 = 7
    /// Four tags each: bit 0, these bytes are the stream's last; bit 1, the stream is a scavenger's.
    static let mixed: UInt8 = 8
    static let stream: UInt8 = 16
    static let fin: UInt8 = 1
    static let scavenger: UInt8 = 2
    /// From here on, a frame has a length behind its tag, so that a build that does not know it can skip an even one.
    static let extensions: UInt8 = 64
}

/// How many bytes a number takes as a varint.
func varintBytes(_ value: UInt64) -> Int { max(1, (70 - value.leadingZeroBitCount) / 7) }

/// One frame of a packet, as it was read. Bytes are named by their place in the packet.
enum Frame {
    case padding
    case datagram(Priority, Range<Int>)
    case urgent(UInt64, Range<Int>)
    /// It was read into the caller's storage.
    case feedback
    case progress(Progress)
    case reset(StreamID, code: UInt64, sent: UInt64)
    case ping
    case cadence(Interval)
    case stream(StreamHeader, Range<Int>)
    case mixed(MixedHeader, Range<Int>)
    case skipped
    case unknown(UInt8)
}

/// Where the bytes of a frame belong.
struct StreamHeader: Equatable {
    var stream: StreamID
    var service: Service
    var offset: UInt64
    var isEnd: Bool

    func write(count: Int, into writer: inout ByteWriter) {
        let bits = (isEnd ? FrameTag.fin : 0) | (service == .scavenger ? FrameTag.scavenger : 0)
        writer.u8(FrameTag.stream | bits)
        writer.varint(stream.value)
        writer.varint(offset)
        writer.varint(UInt64(count))
    }
}

/// A packet that mixes units of a stream's end: from where to where they lie. Their size is that of the mix, the last
/// may be shorter, and which of them are in follows from the number of the packet.
struct MixedHeader: Equatable {
    var stream: StreamID
    var service: Service
    var base: UInt64
    /// Bytes of all units together, and whether the stream ends with them.
    var count: Int
    var isEnd: Bool

    func write(unit: Int, into writer: inout ByteWriter) {
        let bits = (isEnd ? FrameTag.fin : 0) | (service == .scavenger ? FrameTag.scavenger : 0)
        writer.u8(FrameTag.mixed | bits)
        writer.varint(stream.value)
        writer.varint(base)
        writer.varint(UInt64(count))
        writer.varint(UInt64(unit))
    }

    /// What a unit leaves free in a packet for its header: ids below 2^14, offsets below 2^35.
    static let bytes = 14
}

/// The state of one stream as its receiver has it.
struct Progress: Equatable {
    var stream: StreamID
    /// Everything below has come.
    var through: UInt64
    /// How far may be sent.
    var limit: UInt64
    var takesPieces: Bool
    /// The stream is closed there: everything has come, and nothing else is said.
    var isEverything: Bool

    private static let pieces: UInt8 = 1
    private static let everything: UInt8 = 2
    /// The longest that one can be.
    static let bytes = 32

    func write(into writer: inout ByteWriter) {
        writer.u8(FrameTag.progress)
        writer.varint(stream.value)
        writer.u8((takesPieces ? Self.pieces : 0) | (isEverything ? Self.everything : 0))
        guard !isEverything else { return }
        writer.varint(through)
        writer.varint(limit)
    }

    init(stream: StreamID, through: UInt64, limit: UInt64, takesPieces: Bool) {
        self.init(stream: stream, through: through, limit: limit, takesPieces: takesPieces, isEverything: false)
    }

    init(everythingOf stream: StreamID) {
        self.init(stream: stream, through: 0, limit: 0, takesPieces: false, isEverything: true)
    }

    private init(stream: StreamID, through: UInt64, limit: UInt64, takesPieces: Bool, isEverything: Bool) {
        self.stream = stream
        self.through = through
        self.limit = limit
        self.takesPieces = takesPieces
        self.isEverything = isEverything
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        let stream = StreamID(try reader.varint())
        switch try reader.u8() {
        case 0:
            self.init(
                stream: stream, through: try reader.varint(), limit: try reader.varint(), takesPieces: false)
        case Self.pieces:
            self.init(stream: stream, through: try reader.varint(), limit: try reader.varint(), takesPieces: true)
        case Self.everything: self.init(everythingOf: stream)
        default: throw .outOfRange
        }
    }
}

extension Frame {
    init(from reader: inout ByteReader, feedback: inout Feedback) throws(DecodeError) {
        let tag = try reader.u8()
        switch tag {
        case FrameTag.padding:
            try reader.zeros()
            self = .padding
        case FrameTag.datagram:
            guard let priority = Priority(rawValue: try reader.u8()), priority != .urgent else { throw .outOfRange }
            self = .datagram(priority, try reader.place(atMost: Limits.lineDatagramBytes))
        case FrameTag.urgent:
            self = .urgent(try reader.varint(), try reader.place(atMost: Limits.lineDatagramBytes))
        case FrameTag.feedback:
            try feedback.read(from: &reader)
            self = .feedback
        case FrameTag.progress: self = .progress(try Progress(from: &reader))
        case FrameTag.reset:
            self = .reset(StreamID(try reader.varint()), code: try reader.varint(), sent: try reader.varint())
        case FrameTag.ping: self = .ping
        case FrameTag.cadence:
            // Between a millisecond, less would be feedback for every packet, and a second, more would be silence.
            let milliseconds = try reader.varint()
            guard (1...1_000).contains(milliseconds) else { throw .outOfRange }
            self = .cadence(.milliseconds(Int64(milliseconds)))
        case FrameTag.mixed...FrameTag.mixed + 3:
            let header = MixedHeader(
                stream: StreamID(try reader.varint()),
                service: tag & FrameTag.scavenger == 0 ? .normal : .scavenger, base: try reader.varint(),
                count: try reader.count(atMost: Limits.streamWindow), isEnd: tag & FrameTag.fin != 0)
            self = .mixed(header, try reader.place(atMost: Limits.linePacketBytes))
        case FrameTag.stream...FrameTag.stream + 3:
            let header = StreamHeader(
                stream: StreamID(try reader.varint()),
                service: tag & FrameTag.scavenger == 0 ? .normal : .scavenger, offset: try reader.varint(),
                isEnd: tag & FrameTag.fin != 0)
            self = .stream(header, try reader.place(atMost: Limits.linePacketBytes))
        case FrameTag.extensions...:
            let length = try reader.count(atMost: Limits.linePacketBytes)
            _ = try reader.raw(length)
            self = tag & 1 == 0 ? .skipped : .unknown(tag)
        default: self = .unknown(tag)
        }
    }
}

extension ByteReader {
    /// A length and that many bytes, by their place.
    fileprivate mutating func place(atMost limit: Int) throws(DecodeError) -> Range<Int> {
        let length = try slice(atMost: limit).byteCount
        return offset - length..<offset
    }
}
