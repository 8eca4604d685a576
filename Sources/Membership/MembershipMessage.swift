package import Base

/// What members tell each other.
package enum MembershipMessage: Hashable, Sendable {
    /// "Here I am, tell me who is here": answered with gossip.
    case hello(MemberRecord)
    /// "These I know of", the sender first; and the fingerprint of all that it knows.
    case gossip([MemberRecord], view: UInt64)
}

extension MembershipMessage: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .hello(let record):
            writer.u8(1)
            record.encode(into: &writer)
        case .gossip(let records, let view):
            writer.u8(2)
            writer.u64(view)
            writer.list(records)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1: self = .hello(try MemberRecord(from: &reader))
        case 2:
            let view = try reader.u64()
            self = .gossip(try reader.list(of: MemberRecord.self, atMost: Limits.recordsPerGossip), view: view)
        default: throw .unknown
        }
    }
}

extension MembershipMessage {
    /// The message with the sender's own record completed: a node that listens on every address does not know which of
    /// them others reach, so the host that its datagram came from stands in.
    package func located(at source: Address, saidBy peer: NodeID) -> MembershipMessage {
        func located(_ record: MemberRecord) -> MemberRecord {
            guard record.id == peer, record.address.isUnspecified else { return record }
            var record = record
            record.address = Address(high: source.high, low: source.low, port: record.address.port)
            return record
        }
        switch self {
        case .hello(let record): return .hello(located(record))
        case .gossip(let records, let view): return .gossip(records.map(located), view: view)
        }
    }
}
