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
    static let mixed: UInt8 = 7
    /// Four tags: bit 0, these bytes are the stream's last; bit 1, the stream is a scavenger's.
    static let stream: UInt8 = 16
    static let streamMask: UInt8 = 0b1111_1100
    static let fin: UInt8 = 1
    static let scavenger: UInt8 = 2
    /// From here on, a frame has a length behind its tag, so that a build that does not know it can skip an even one.
    static let extensions: UInt8 = 64
}

/// How many bytes a number takes as a varint.
func varintBytes(_ value: UInt64) -> Int { max(1, (70 - value.leadingZeroBitCount) / 7) }
