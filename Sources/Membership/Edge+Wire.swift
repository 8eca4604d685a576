package import Base

extension Edge: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.nodeID(peer)
        for time in [born, heard, pulseAt] { writer.instant(time) }
        writer.bool(wasHeard)
        writer.bool(isDeaf)
        writer.varint(boot)
        writer.varint(pulse)
        writer.varint(UInt64(loss))
        writer.varint(UInt64(lossThere.map { $0 + 1 } ?? 0))
        writer.varint(UInt64(beats))
        writer.u64(lately)
        writer.interval(gap)
        writer.interval(roundTrip ?? Interval(nanoseconds: -1))
        writer.interval(interval ?? .zero)
        writer.optional(root) { $0.u64($1) }
        writer.optional(differsSince) { $0.instant($1) }
        writer.optional(vainRoot) { $0.u64($1) }
        writer.optional(trial) { $1.encode(into: &$0) }
        writer.varint(UInt64(accusers.count))
        for (id, accuser) in accusers {
            writer.nodeID(id)
            accuser.encode(into: &writer)
        }
        writer.varint(UInt64(witnesses.count))
        for (id, said) in witnesses {
            writer.nodeID(id)
            writer.instant(said)
        }
        writer.varint(latest)
        writer.instant(latestAt)
        writer.optional(vouch) { $1.encode(into: &$0) }
        newsAllowance.encode(into: &writer)
        writer.optional(refutation) { $1.encode(into: &$0) }
        deafness.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        peer = try reader.nodeID()
        born = try reader.instant()
        heard = try reader.instant()
        pulseAt = try reader.instant()
        wasHeard = try reader.bool()
        isDeaf = try reader.bool()
        boot = try reader.varint()
        pulse = try reader.varint()
        loss = try reader.count(atMost: MembershipRules.whole - 1)
        let there = try reader.count(atMost: MembershipRules.whole)
        lossThere = there == 0 ? nil : there - 1
        beats = try reader.count(atMost: 1 << 20)
        lately = try reader.u64()
        gap = try reader.interval()
        guard (.zero...Limits.patience).contains(gap) else { throw .outOfRange }
        let trip = try reader.interval()
        guard trip >= Interval(nanoseconds: -1), trip <= .minutes(1) else { throw .outOfRange }
        roundTrip = trip < .zero ? nil : trip
        let said = try reader.interval()
        interval = said == .zero ? nil : said
        guard said == .zero || MembershipSettings.intervals.contains(said) else { throw .outOfRange }
        root = try reader.bool() ? try reader.u64() : nil
        differsSince = try reader.bool() ? try reader.instant() : nil
        vainRoot = try reader.bool() ? try reader.u64() : nil
        trial = try reader.bool() ? try Trial(from: &reader) : nil
        accusers = SortedMap()
        for _ in 0..<(try reader.count(atMost: Limits.observers)) {
            let id = try reader.nodeID()
            guard accusers.keys.last.map({ $0 < id }) ?? true else { throw .notCanonical }
            accusers[id] = try Accuser(from: &reader)
        }
        witnesses = SortedMap()
        for _ in 0..<(try reader.count(atMost: Limits.observers)) {
            let id = try reader.nodeID()
            guard witnesses.keys.last.map({ $0 < id }) ?? true else { throw .notCanonical }
            witnesses[id] = try reader.instant()
        }
        latest = try Life.pulse(from: &reader)
        latestAt = try reader.instant()
        vouch = try reader.bool() ? try Vouch(from: &reader) : nil
        newsAllowance = try Allowance(from: &reader)
        refutation = try reader.bool() ? try Refutation(from: &reader) : nil
        deafness = try Deafness(from: &reader)
    }
}

extension Vouch: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.optional(by) { $0.nodeID($1) }
        writer.varint(pulse)
        writer.instant(at)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        by = try reader.bool() ? try reader.nodeID() : nil
        pulse = try Life.pulse(from: &reader)
        at = try reader.instant()
    }
}

extension Refutation: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.nodeID(by)
        writer.instant(at)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        by = try reader.nodeID()
        at = try reader.instant()
    }
}

extension Accuser: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.instant(at)
        word.encode(into: &writer)
        writer.bool(isProven)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        at = try reader.instant()
        word = try SignedCharge(from: &reader)
        isProven = try reader.bool()
    }
}

extension Trial: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.instant(began)
        writer.varint(UInt64(pings))
        writer.instant(nextPing)
        writer.optional(accusedSince) { $0.instant($1) }
        writer.instant(nextQuestion)
        writer.varint(UInt64(scouts.count))
        for scout in scouts { writer.nodeID(scout) }
        writer.instant(scoutsDrawn)
        writer.varint(UInt64(questions))
        writer.varint(UInt64(deniers.count))
        for denier in deniers { writer.nodeID(denier) }
        writer.optional(word) { $1.encode(into: &$0) }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        began = try reader.instant()
        pings = try reader.count(atMost: 1 << 30)
        nextPing = try reader.instant()
        accusedSince = try reader.bool() ? try reader.instant() : nil
        nextQuestion = try reader.instant()
        scouts = []
        for _ in 0..<(try reader.count(atMost: Limits.observers)) { scouts.append(try reader.nodeID()) }
        scoutsDrawn = try reader.instant()
        questions = try reader.count(atMost: 1 << 30)
        deniers = []
        for _ in 0..<(try reader.count(atMost: Limits.deniers)) { deniers.append(try reader.nodeID()) }
        word = try reader.bool() ? try SignedCharge(from: &reader) : nil
    }
}

extension ByteWriter {
    /// Whether it is there, and the value.
    mutating func optional<Value>(_ value: Value?, _ write: (inout ByteWriter, Value) -> Void) {
        bool(value != nil)
        if let value { write(&self, value) }
    }
}
