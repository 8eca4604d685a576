package import Base
package import Membership

/// What two nodes say to each other to find out about the way between them. No engine takes part: nothing is decided by
/// it, and the flight recorder need not know.
package enum Sounding: Hashable, Sendable {
    /// "Are you there?" The answer carries the same number, and where its sender stands.
    case ping(UInt64)
    case pong(UInt64, Coordinate)
    /// "Your handshakes come over UDP", to a peer that hears no answer there: only this end can know.
    case comesOverUDP
}

extension Sounding: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .ping(let number):
            writer.u8(1)
            writer.u64(number)
        case .pong(let number, let place):
            writer.u8(2)
            writer.u64(number)
            place.encode(into: &writer)
        case .comesOverUDP: writer.u8(3)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1: self = .ping(try reader.u64())
        case 2:
            let number = try reader.u64()
            self = .pong(number, try Coordinate(from: &reader))
        case 3: self = .comesOverUDP
        default: throw .unknown
        }
    }
}

/// How a dialled TCP connection began: what tells a machine without a daemon from one that is off.
package enum DialOutcome: UInt8, Hashable, Sendable {
    /// Its kernel took the connection; whether a process reads from it is another question.
    case taken
    /// Its kernel says that nobody listens there.
    case refused
}
