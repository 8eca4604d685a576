package import Base

extension Member: WireValue {
    package func encode(into writer: inout ByteWriter) {
        record.encode(into: &writer)
        writer.u8(state.rawValue)
        writer.u8(standing.rawValue)
        reason.encode(into: &writer)
        writer.now(since)
        writer.instant(heard)
        writer.optional(view) { $0.u64($1) }
        writer.varint(lostPulse)
        proof.encode(into: &writer)
        writer.optional(habit) {
            $0.varint(UInt64($1.loss))
            $0.interval($1.gap)
        }
        writer.optional(pace) { $1.encode(into: &$0) }
        writer.optional(coordinate) { $1.encode(into: &$0) }
        writer.list(places)
        writer.optional(placesNoted) { $0.instant($1) }
        writer.optional(reminded) { $0.instant($1) }
        writer.optional(caught) {
            $0.varint(UInt64($1.count))
            $0.now($1.at)
            $0.nodeID($1.about)
        }
        writer.list(history)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        record = try MemberRecord(from: &reader)
        guard let state = State(rawValue: try reader.u8()), let standing = Standing(rawValue: try reader.u8()) else {
            throw .outOfRange
        }
        let standings: [Standing] =
            switch state {
            case .alive, .suspect: [.here]
            case .unreachable: [.unheard, .down]
            case .left: [.left]
            }
        guard standings.contains(standing), (standing == .left) == record.isLeaving else { throw .outOfRange }
        self.state = state
        self.standing = standing
        reason = try Reason(from: &reader)
        since = try reader.now()
        heard = try reader.instant()
        view = try reader.bool() ? try reader.u64() : nil
        lostPulse = try Life.pulse(from: &reader)
        proof = try Proof(from: &reader)
        habit = nil
        if try reader.bool() {
            let loss = try reader.count(atMost: MembershipRules.whole - 1)
            let gap = try reader.interval()
            guard (.zero...Limits.patience).contains(gap) else { throw .outOfRange }
            habit = Habit(loss: loss, gap: gap)
        }
        pace = try reader.bool() ? try Pace(from: &reader) : nil
        coordinate = try reader.bool() ? try Coordinate(from: &reader) : nil
        places = try reader.list(of: Place.self, atMost: Limits.placesPerMember)
        placesNoted = try reader.bool() ? try reader.instant() : nil
        reminded = try reader.bool() ? try reader.instant() : nil
        caught = nil
        if try reader.bool() {
            caught = Caught(count: try reader.count(atMost: 1 << 30), at: try reader.now(), about: try reader.nodeID())
        }
        history = try reader.list(of: Move.self, atMost: Limits.movesPerMember)
    }
}

extension Member.Move: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.now(at)
        writer.u8(state.rawValue)
        reason.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        at = try reader.now()
        guard let state = Member.State(rawValue: try reader.u8()) else { throw .outOfRange }
        self.state = state
        reason = try Member.Reason(from: &reader)
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
        case .silent(let finding):
            writer.u8(4)
            finding.encode(into: &writer)
        case .saidGoodbye: writer.u8(5)
        case .vouched(let peer, let finding):
            writer.u8(6)
            writer.nodeID(peer)
            finding.encode(into: &writer)
        case .givenUp(let finding):
            writer.u8(7)
            finding.encode(into: &writer)
        case .toldGone(let peer, let accusers):
            writer.u8(8)
            writer.nodeID(peer)
            writer.ids(accusers)
        case .notHeardByTheDeaf(let finding):
            writer.u8(9)
            finding.encode(into: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1: self = .heardDirectly
        case 2: self = .heardThrough(try reader.nodeID())
        case 3: self = .notHeardSinceStart
        case 4: self = .silent(try Finding(from: &reader))
        case 5: self = .saidGoodbye
        case 6: self = .vouched(by: try reader.nodeID(), try Finding(from: &reader))
        case 7: self = .givenUp(try Finding(from: &reader))
        case 8: self = .toldGone(by: try reader.nodeID(), accusers: try Finding.ids(from: &reader))
        case 9: self = .notHeardByTheDeaf(try Finding(from: &reader))
        default: throw .unknown
        }
    }
}

extension Finding: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.interval(silence)
        writer.interval(gap)
        writer.varint(UInt64(loss))
        writer.varint(UInt64(pings))
        writer.varint(UInt64(observers))
        writer.ids(accusers)
        writer.ids(vouchers)
        writer.varint(UInt64(silentEdges))
        writer.varint(UInt64(edges))
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        silence = try reader.interval()
        gap = try reader.interval()
        loss = try reader.count(atMost: MembershipRules.whole)
        pings = try reader.count(atMost: 1 << 30)
        observers = try reader.count(atMost: Limits.members)
        accusers = try Finding.ids(from: &reader)
        vouchers = try Finding.ids(from: &reader)
        silentEdges = try reader.count(atMost: Limits.members)
        edges = try reader.count(atMost: Limits.members)
    }
}

extension ByteWriter {
    mutating func ids(_ ids: [NodeID]) {
        varint(UInt64(ids.count))
        for id in ids { nodeID(id) }
    }
}

extension Finding {
    /// As `ByteWriter.ids` writes them.
    static func ids(from reader: inout ByteReader) throws(DecodeError) -> [NodeID] {
        var ids: [NodeID] = []
        for _ in 0..<(try reader.count(atMost: Limits.observers)) { ids.append(try reader.nodeID()) }
        return ids
    }
}
