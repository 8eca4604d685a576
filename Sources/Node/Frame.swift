package import Base
package import Membership
internal import Traffic

/// What stands inside a sealed datagram: one engine's message behind the tag of that engine. The table of tags is in
/// docs/wire.md; a number is never used again for something else.
package enum Frame: Hashable, Sendable {
    case membership(MembershipMessage)
    case sounding(Sounding)
}

extension Frame {
    /// What goes first when not everything can.
    var priority: Priority {
        switch self {
        case .membership, .sounding: .pulse
        }
    }
}

extension Frame: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .membership(let message):
            writer.u8(1)
            message.encode(into: &writer)
        case .sounding(let sounding):
            writer.u8(8)
            sounding.encode(into: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1: self = .membership(try MembershipMessage(from: &reader))
        case 8: self = .sounding(try Sounding(from: &reader))
        default: throw .unknown
        }
    }
}
