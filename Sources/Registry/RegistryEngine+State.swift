package import Base
internal import Trust

/// The whole state as bytes, for the flight recorder. What follows from the records is worked out again.
extension RegistryEngine: WireValue {
    package func encode(into writer: inout ByteWriter) {
        encodeOrigin(into: &writer)
        writer.list(book.records)
        encodeCourse(into: &writer)
    }

    /// What the hash of the state is taken over: of the records, only the hash of their ids.
    package func encodeFingerprint(into writer: inout ByteWriter) {
        encodeOrigin(into: &writer)
        writer.digest(summary.everything)
        encodeCourse(into: &writer)
    }

    private func encodeOrigin(into writer: inout ByteWriter) {
        me.encode(into: &writer)
        writer.digest(book.mesh)
        feed.certificate.encode(into: &writer)
        writer.bool(feed.last != nil)
        if let last = feed.last {
            writer.digest(last.id)
            writer.varint(last.sequence)
        }
        writer.bool(feed.isClosed)
        writer.bool(isInvited)
    }

    private func encodeCourse(into writer: inout ByteWriter) {
        writer.varint(UInt64(judgedRecords))
        writer.varint(UInt64(book.records.count))
        writer.instant(judged)
        writer.list(book.early.map(\.record))
        writer.list(spreading)
        writer.bool(nextSpread != nil)
        if let nextSpread { writer.instant(nextSpread) }
        writer.instant(nextAnswer)
        writer.instant(nextComparison)
        writer.instant(rhythm.lastNews)
        writer.instant(nextTurn)
        writer.varint(UInt64(inquiries.count))
        for (node, inquiry) in inquiries {
            writer.nodeID(node)
            writer.instant(inquiry.due)
            writer.varint(UInt64(inquiry.triesLeft))
        }
        for nodes in [strangersShown, sponsors] {
            writer.varint(UInt64(nodes.count))
            for node in nodes { writer.nodeID(node) }
        }
        writer.varint(UInt64(asksLeft))
        writer.instant(nextAsk)
        writer.varint(UInt64(againLeft))
        for due in [nextKeyTurn, nextCosigning] {
            writer.bool(due != nil)
            if let due { writer.instant(due) }
        }
        writer.list(assemblies)
        time.encode(into: &writer)
        writer.varint(UInt64(clocksHeard))
        writer.bool(clockRound != nil)
        clockRound?.encode(into: &writer)
        writer.instant(nextClocks)
        writer.varint(UInt64(clockAnswersLeft))
        writer.optional(lease?.record)
        writer.instant(leaseKnown)
        writer.optional(leaseRound)
        writer.instant(nextLease)
        writer.varint(UInt64(leasesLeft))
        writer.varint(UInt64(starts.count))
        for (node, known) in starts {
            writer.nodeID(node)
            known.encode(into: &writer)
        }
        writer.varint(UInt64(twins.count))
        for (node, heard) in twins {
            writer.nodeID(node)
            writer.instant(heard)
        }
        writer.u8(lastDecline?.rawValue ?? 0)
        writer.u64(clock.last.bits)
        writer.bytes32(random.state)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        me = try NodeKeys(from: &reader)
        book = RecordBook(mesh: try reader.digest())
        feed = OwnFeed(certificate: try FeedCertificate(from: &reader))
        if try reader.bool() {
            let id = try reader.digest()
            feed.last = (id, try reader.ordinal())
        }
        feed.isClosed = try reader.bool()
        isInvited = try reader.bool()
        summary = RegistryMessage.Summary(warnings: Digest(.zero), everything: Digest(.zero))
        let records = try reader.list(of: Record.self, atMost: Limits.records)
        let judgedRecords = try reader.count(atMost: records.count)
        guard try reader.count(atMost: records.count) == records.count else { throw .outOfRange }
        judged = try reader.instant()
        let early = try reader.list(of: Record.self, atMost: Limits.earlyRecords)
        spreading = try reader.list(of: Spreading.self, atMost: Limits.recordsSpreading)
        nextSpread = try reader.bool() ? try reader.instant() : nil
        nextAnswer = try reader.instant()
        nextComparison = try reader.instant()
        rhythm = Pace.rhythm(at: try reader.instant())
        nextTurn = try reader.instant()
        for _ in 0..<(try reader.count(atMost: Limits.members)) {
            let node = try reader.nodeID()
            guard inquiries.keys.last.map({ $0 < node }) ?? true else { throw .notCanonical }
            inquiries[node] = Inquiry(due: try reader.instant(), triesLeft: try reader.count(atMost: Pace.tries))
        }
        for _ in 0..<(try reader.count(atMost: Limits.strangersShown)) { strangersShown.append(try reader.nodeID()) }
        for _ in 0..<(try reader.count(atMost: Limits.sponsorsMet)) { sponsors.append(try reader.nodeID()) }
        asksLeft = try reader.count(atMost: Limits.sponsorsMet)
        nextAsk = try reader.instant()
        againLeft = try reader.count(atMost: Limits.askedAgain)
        nextKeyTurn = try reader.bool() ? try reader.instant() : nil
        nextCosigning = try reader.bool() ? try reader.instant() : nil
        assemblies = try reader.list(of: Assembly.self, atMost: Limits.assemblies)
        time = try TimeBracket(from: &reader)
        clocksHeard = try reader.count(atMost: Limits.clocksAsked)
        clockRound = try reader.bool() ? try ClockRound(from: &reader) : nil
        nextClocks = try reader.instant()
        clockAnswersLeft = try reader.count(atMost: Limits.clocksTold)
        if let record = try reader.optional(Record.self) {
            guard let lease = try? Verified(stored: record), case .lease = lease.statement else { throw .outOfRange }
            self.lease = lease
        }
        leaseKnown = try reader.instant()
        leaseRound = try reader.optional(LeaseRound.self)
        nextLease = try reader.instant()
        leasesLeft = try reader.count(atMost: Limits.leasesSigned)
        bug = nil
        for _ in 0..<(try reader.count(atMost: Limits.members)) {
            let node = try reader.nodeID()
            guard starts.keys.last.map({ $0 < node }) ?? true else { throw .notCanonical }
            starts[node] = try Starts(from: &reader)
        }
        for _ in 0..<(try reader.count(atMost: Limits.members)) {
            let node = try reader.nodeID()
            guard twins.keys.last.map({ $0 < node }) ?? true else { throw .notCanonical }
            twins[node] = try reader.instant()
        }
        let decline = try reader.u8()
        lastDecline = RegistryMessage.Decline(rawValue: decline)
        guard decline == lastDecline?.rawValue ?? 0 else { throw .unknown }
        let time = try reader.u64()
        // Half of all hybrid times are left to be counted on from it.
        guard time <= .max / 2 else { throw .outOfRange }
        clock = HybridClock(floor: HybridTime(bits: time))
        let state = try reader.bytes32()
        guard state != .zero else { throw .outOfRange }
        random = Random(state: state)
        // What came since the last judgement is no part of it here either.
        book.restore(Array(records.prefix(judgedRecords)))
        judge()
        book.restore(Array(records.dropFirst(judgedRecords)))
        guard book.records.map(\.id) == records.map(\.id) else { throw .outOfRange }
        book.restoreEarly(early)
        guard book.early.count == early.count else { throw .outOfRange }
    }
}

extension RegistryEngine.Spreading: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.digest(record)
        writer.varint(UInt64(roundsLeft))
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        record = try reader.digest()
        roundsLeft = try reader.count(atMost: 64)
    }
}

extension RegistryEngine.Assembly: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.digest(record)
        writer.varint(UInt64(pieces.count))
        for piece in pieces { writer.bytes(piece) }
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        record = try reader.digest()
        pieces = []
        for _ in 0..<(try reader.count(atMost: RegistryMessage.Piece.count(of: Limits.recordBytes))) {
            pieces.append(try reader.bytes(atMost: Limits.pieceBytes))
        }
        guard !pieces.isEmpty else { throw .outOfRange }
    }
}
