package import Base

/// What the engine remembers over restarts (facts), and its whole state as bytes (for the flight recorder).
extension MembershipEngine {
    static func fact(of record: MemberRecord) -> Fact {
        Fact(shelf: Shelf.members, key: record.id.value.bytes, value: record.encoded)
    }

    /// Takes a member of an earlier life into the view: known, but not heard of since the start. A fact that does not
    /// read is left where it is; the member will be heard of again.
    mutating func remember(_ fact: Fact, at now: Now) {
        guard members.count < Limits.members, let value = fact.value,
            let record = try? MemberRecord(decoding: value.raw), record.id != me.id
        else { return }
        members[record.id] = Member(
            record: record, state: record.isLeaving ? .left : .unreachable, reason: .notHeardSinceStart, since: now,
            heard: now.instant)
    }
}

extension MembershipEngine: WireValue {
    package func encode(into writer: inout ByteWriter) {
        settings.encode(into: &writer)
        me.encode(into: &writer)
        writer.list(members.values)
        writer.list(seeds)
        writer.varint(UInt64(rumours.count))
        for (id, copies) in rumours {
            writer.nodeID(id)
            writer.varint(UInt64(copies))
        }
        writer.nodeID(cursor)
        writer.bool(nextRound != nil)
        if let nextRound { writer.instant(nextRound) }
        writer.varint(rounds)
        writer.bytes32(random.state)
        writer.u64(mischief.bits)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        settings = try MembershipSettings(from: &reader)
        me = try MemberRecord(from: &reader)
        guard me.life.beat <= Limits.counted else { throw .outOfRange }
        members = SortedMap()
        patience = DeadlineHeap()
        for member in try reader.list(of: Member.self, atMost: Limits.members) {
            guard members.keys.last.map({ $0 < member.record.id }) ?? true else { throw .notCanonical }
            guard member.record.id != me.id else { throw .outOfRange }
            members[member.record.id] = member
            patience[member.record.id] = member.patienceEnd(settings)
        }
        seeds = try reader.list(of: Address.self, atMost: Limits.seedAddresses)
        rumours = SortedMap()
        for _ in 0..<(try reader.count(atMost: Limits.members)) {
            let id = try reader.nodeID()
            guard rumours.keys.last.map({ $0 < id }) ?? true else { throw .notCanonical }
            let copies = try reader.count(atMost: Limits.rumourCopies)
            guard copies > 0 else { throw .outOfRange }
            rumours[id] = copies
        }
        cursor = try reader.nodeID()
        nextRound = try reader.bool() ? try reader.instant() : nil
        rounds = try reader.varint()
        guard rounds <= Limits.counted else { throw .outOfRange }
        let state = try reader.bytes32()
        guard state != .zero else { throw .outOfRange }
        random = Random(state: state)
        mischief = Mischief(bits: try reader.u64())
    }
}

extension Member {
    /// When the next step from alive to suspect to unreachable is due.
    fileprivate func patienceEnd(_ settings: MembershipSettings) -> Instant? {
        switch state {
        case .alive: heard + settings.suspectAfter
        case .suspect: heard + settings.unreachableAfter
        case .unreachable, .left: nil
        }
    }
}
