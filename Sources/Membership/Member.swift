package import Base

/// One row of the live view: the newest record of another member, and what this node makes of it.
package struct Member: Hashable, Sendable {
    package enum State: UInt8, CaseIterable, Sendable {
        case alive
        /// Silent for longer than is usual; not yet given up.
        case suspect
        /// Silent for so long that nothing should count on it. Never forgotten: it may be back in a year.
        case unreachable
        /// It said goodbye.
        case left
    }

    /// Why a member is in its state: what `explain` will show.
    package enum Reason: Hashable, Sendable {
        case heardDirectly
        case heardThrough(NodeID)
        /// It was alive in an earlier life of this node; nothing was heard since the start.
        case notHeardSinceStart
        case silent(for: Interval)
        case saidGoodbye
    }

    package var record: MemberRecord
    package var state: State
    package var reason: Reason
    /// When it came into this state.
    package var since: Now
    /// When its life last grew, as far as this node heard.
    package var heard: Instant
    /// The fingerprint of its view that it sent last.
    package var view: UInt64?
}

extension Member: WireValue {
    package func encode(into writer: inout ByteWriter) {
        record.encode(into: &writer)
        writer.u8(state.rawValue)
        reason.encode(into: &writer)
        writer.now(since)
        writer.instant(heard)
        writer.bool(view != nil)
        if let view { writer.u64(view) }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        record = try MemberRecord(from: &reader)
        guard let state = State(rawValue: try reader.u8()) else { throw .outOfRange }
        self.state = state
        reason = try Reason(from: &reader)
        since = try reader.now()
        heard = try reader.instant()
        view = try reader.bool() ? try reader.u64() : nil
    }
}

extension Member.Reason: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .heardDirectly: writer.u8(1)
        case .heardThrough(let peer):
            writer.u8(2)
            writer.nodeID(peer)
        case .notHeardSinceStart: writer.u8(3)
        case .silent(let interval):
            writer.u8(4)
            writer.interval(interval)
        case .saidGoodbye: writer.u8(5)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1: self = .heardDirectly
        case 2: self = .heardThrough(try reader.nodeID())
        case 3: self = .notHeardSinceStart
        case 4: self = .silent(for: try reader.interval())
        case 5: self = .saidGoodbye
        default: throw .unknown
        }
    }
}
