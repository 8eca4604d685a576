package import Base

/// What the engine remembers over restarts (facts), and its whole state as bytes (for the flight recorder).
extension MembershipEngine {
    static func fact(of member: Member) -> Fact {
        Fact(shelf: Shelf.members, key: member.record.id.value.bytes, value: StoredMember(member).encoded)
    }

    /// Takes a member of an earlier life into the view: known, but not heard of since the start. A fact that does not
    /// read is left where it is; the member will be heard of again.
    mutating func remember(_ fact: Fact, at now: Now) {
        guard members.count < Limits.members, let value = fact.value,
            let stored = try? StoredMember(decoding: value.raw), stored.record.id != me.id,
            members[stored.record.id] == nil
        else { return }
        let record = stored.record
        var member = Member(
            record, record.isLeaving ? .left : .unreachable, record.isLeaving ? .left : .unheard, .notHeardSinceStart,
            at: now)
        member.places = stored.places
        view ^= member.mark.hash
        members[record.id] = member
    }
}

extension MembershipEngine: WireValue {
    package func encode(into writer: inout ByteWriter) {
        settings.encode(into: &writer)
        notary.encode(into: &writer)
        me.encode(into: &writer)
        writer.list(members.values)
        writer.list(seeds)
        writer.list(edges.values)
        writer.varint(pulse)
        writer.varint(UInt64(pulseTimes.count))
        for time in pulseTimes { writer.instant(time) }
        writer.optional(nextBeat) { $0.instant($1) }
        writer.list(news.values)
        newsAllowance.encode(into: &writer)
        writer.varint(UInt64(doubts.count))
        for (id, doubt) in doubts {
            writer.nodeID(id)
            doubt.encode(into: &writer)
        }
        writer.varint(UInt64(searches.count))
        for (id, search) in searches {
            writer.nodeID(id)
            search.encode(into: &writer)
        }
        asking.encode(into: &writer)
        writer.list(answering)
        spending.encode(into: &writer)
        welcomeAllowance.encode(into: &writer)
        writer.nodeID(lastDoor)
        writer.instant(nextKnock)
        writer.varint(UInt64(lonelyKnocks))
        beacons.encode(into: &writer)
        writer.varint(UInt64(lostNeighbours.count))
        for (id, knock) in lostNeighbours {
            writer.nodeID(id)
            writer.instant(knock.next)
            writer.interval(knock.pause)
        }
        writer.optional(deafSince) { $0.instant($1) }
        writer.optional(spokeUp) { $0.instant($1) }
        voice.encode(into: &writer)
        coordinate.encode(into: &writer)
        acquaintances.encode(into: &writer)
        writer.bytes32(random.state)
        writer.u64(mischief.bits)
        writer.bool(isSigning)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        settings = try MembershipSettings(from: &reader)
        notary = try Notary(from: &reader)
        me = try MemberRecord(from: &reader)
        members = SortedMap()
        rings = Rings()
        edges = SortedMap()
        view = 0
        rings.insert(me.id)
        for member in try reader.list(of: Member.self, atMost: Limits.members) {
            try members.append(member, under: member.record.id)
            guard member.record.id != me.id else { throw .outOfRange }
            view ^= member.mark.hash
            if member.isPresent { rings.insert(member.record.id) }
        }
        seeds = try reader.list(of: Address.self, atMost: Limits.seedAddresses)
        for edge in try reader.list(of: Edge.self, atMost: Limits.observers) {
            try edges.append(edge, under: edge.peer)
        }
        guard edges.keys == rings.neighbours(of: me.id, everybodyUpTo: settings.rules.everybodyUpTo) else {
            throw .outOfRange
        }
        pulse = try Life.pulse(from: &reader)
        pulseTimes = []
        for _ in 0..<(try reader.count(atMost: Self.pulsesTimed)) { pulseTimes.append(try reader.instant()) }
        guard pulse >= UInt64(pulseTimes.count) else { throw .outOfRange }
        nextBeat = try reader.bool() ? try reader.instant() : nil
        guard (nextBeat == nil) == (me.isLeaving && me.seal != nil) else { throw .outOfRange }
        news = SortedMap()
        for item in try reader.list(of: News.self, atMost: Limits.newsOnItsWay + 1) {
            try news.append(item, under: item.mark.subject)
            guard item.mark.subject == me.id || members[item.mark.subject] != nil else { throw .outOfRange }
        }
        newsAllowance = try Allowance(from: &reader)
        doubts = SortedMap()
        for _ in 0..<(try reader.count(atMost: Limits.doubts)) {
            let id = try reader.nodeID()
            try doubts.append(try Doubt(from: &reader), under: id)
            guard members[id] != nil else { throw .outOfRange }
        }
        searches = SortedMap()
        for _ in 0..<(try reader.count(atMost: Limits.searches)) {
            let id = try reader.nodeID()
            try searches.append(try Search(from: &reader), under: id)
            guard members[id] != nil else { throw .outOfRange }
        }
        asking = try Asking(from: &reader)
        answering = try reader.list(of: Answering.self, atMost: Limits.answersAtOnce)
        spending = try Allowance(from: &reader)
        welcomeAllowance = try Allowance(from: &reader)
        lastDoor = try reader.nodeID()
        nextKnock = try reader.instant()
        lonelyKnocks = try reader.count(atMost: 1 << 20)
        beacons = try Beacons(from: &reader)
        lostNeighbours = SortedMap()
        for _ in 0..<(try reader.count(atMost: Limits.lostNeighbours)) {
            let id = try reader.nodeID()
            try lostNeighbours.append(try Knock(from: &reader), under: id)
        }
        deafSince = try reader.bool() ? try reader.instant() : nil
        spokeUp = try reader.bool() ? try reader.instant() : nil
        voice = try Voice(from: &reader)
        coordinate = try Coordinate(from: &reader)
        acquaintances = try Acquaintances(from: &reader)
        let state = try reader.bytes32()
        guard state != .zero else { throw .outOfRange }
        random = Random(state: state)
        mischief = Mischief(bits: try reader.u64())
        isSigning = try reader.bool()
        guard !isSigning || me.seal == nil else { throw .outOfRange }
        view ^= myMark.hash
    }
}

extension SortedMap {
    /// Takes the next value of a list that must rise.
    mutating func append(_ value: Value, under key: Key) throws(DecodeError) {
        guard keys.last.map({ $0 < key }) ?? true else { throw .notCanonical }
        self[key] = value
    }
}

extension News: WireValue {
    func encode(into writer: inout ByteWriter) {
        mark.encode(into: &writer)
        writer.instant(born)
        writer.varint(UInt64(tries))
        writer.varint(UInt64(waiting.count))
        for (id, next) in waiting {
            writer.nodeID(id)
            writer.instant(next)
        }
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        mark = try Mark(from: &reader)
        born = try reader.instant()
        tries = try reader.count(atMost: 1 << 20)
        waiting = SortedMap()
        for _ in 0..<(try reader.count(atMost: Limits.observers)) {
            let id = try reader.nodeID()
            try waiting.append(try reader.instant(), under: id)
        }
        guard !waiting.isEmpty else { throw .outOfRange }
    }
}

extension Doubt: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.instant(next)
        writer.varint(UInt64(tries))
        writer.varint(UInt64(needed))
        writer.optional(claim) { $1.encode(into: &$0) }
        writer.optional(teller) { $0.nodeID($1) }
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        next = try reader.instant()
        tries = try reader.count(atMost: 1 << 20)
        needed = try reader.count(atMost: 1 << 20)
        claim = try reader.bool() ? try Claim(from: &reader) : nil
        teller = try reader.bool() ? try reader.nodeID() : nil
    }
}

extension Search: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.varint(UInt64(askers.count))
        for asker in askers { writer.nodeID(asker) }
        writer.instant(next)
        writer.instant(until)
        writer.varint(pulse)
        writer.instant(heard)
        writer.varint(UInt64(pings))
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        askers = []
        for _ in 0..<(try reader.count(atMost: Limits.observers)) { askers.append(try reader.nodeID()) }
        next = try reader.instant()
        until = try reader.instant()
        pulse = try Life.pulse(from: &reader)
        heard = try reader.instant()
        pings = try reader.count(atMost: 1 << 30)
    }
}

extension Asking: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.optional(next) { $0.instant($1) }
        writer.optional(last) { $0.instant($1) }
        writer.optional(partner) { $0.nodeID($1) }
        writer.varint(UInt64(hunger))
        writer.optional(hungryAt) { $0.instant($1) }
        writer.varint(UInt64(fruitless))
        writer.varint(UInt64(brought))
        writer.optional(flowsFrom) { $0.instant($1) }
        writer.u16(UInt16(part))
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        next = try reader.bool() ? try reader.instant() : nil
        last = try reader.bool() ? try reader.instant() : nil
        partner = try reader.bool() ? try reader.nodeID() : nil
        hunger = try reader.count(atMost: Self.fullHunger)
        hungryAt = try reader.bool() ? try reader.instant() : nil
        fruitless = try reader.count(atMost: 1 << 20)
        brought = try reader.count(atMost: 1 << 20)
        flowsFrom = try reader.bool() ? try reader.instant() : nil
        part = Int(try reader.u16())
    }
}

extension Knock: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.instant(next)
        writer.interval(pause)
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        next = try reader.instant()
        pause = try reader.interval()
        guard (.zero...Limits.patience).contains(pause) else { throw .outOfRange }
    }
}

extension Answering: WireValue {
    func encode(into writer: inout ByteWriter) {
        question.encode(into: &writer)
        writer.nodeID(next)
        writer.varint(UInt64(left))
        writer.varint(UInt64(told))
        writer.instant(until)
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        question = try Question(from: &reader)
        next = try reader.nodeID()
        left = try reader.count(atMost: Limits.members)
        told = try reader.count(atMost: Limits.datagramsPerAnswer)
        until = try reader.instant()
    }
}
