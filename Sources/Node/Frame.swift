package import Base
package import Membership
package import Registry
package import Replication
internal import Traffic
package import Vitals

/// What stands inside a sealed datagram, or behind its length on a stream: one engine's message behind the tag of that
/// engine. The table of tags is in docs/wire.md; a number is never used again for something else.
package enum Frame: Hashable, Sendable {
    case membership(MembershipMessage)
    case registry(RegistryMessage)
    case replication(ReplicationMessage)
    case vitals(VitalsMessage)
    case sounding(Sounding)
}

extension Frame {
    /// What goes first when not everything can.
    var priority: Priority {
        switch self {
        case .membership, .sounding: .pulse
        case .registry(.start), .registry(.records), .registry(.piece), .registry(.redeem), .registry(.declined):
            .change
        case .registry(.summary), .registry(.parts), .registry(.list), .registry(.want), .registry(.askClock),
            .registry(.clock), .registry(.askLease), .registry(.leased):
            .comparison
        case .replication(let message): message.isQuestionOfEquality ? .comparison : .fact
        case .vitals: .comparison
        }
    }

    /// Whether it must not overtake the one before it.
    var isPartOfMany: Bool {
        if case .replication(let message) = self { message.isPartOfMany } else { false }
    }
}

extension Frame: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .membership(let message):
            writer.u8(1)
            message.encode(into: &writer)
        case .registry(let message):
            writer.u8(2)
            message.encode(into: &writer)
        case .replication(let message):
            writer.u8(3)
            message.encode(into: &writer)
        case .vitals(let message):
            writer.u8(4)
            message.encode(into: &writer)
        case .sounding(let sounding):
            writer.u8(8)
            sounding.encode(into: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1: self = .membership(try MembershipMessage(from: &reader))
        case 2: self = .registry(try RegistryMessage(from: &reader))
        case 3: self = .replication(try ReplicationMessage(from: &reader))
        case 4: self = .vitals(try VitalsMessage(from: &reader))
        case 8: self = .sounding(try Sounding(from: &reader))
        default: throw .unknown
        }
    }
}
