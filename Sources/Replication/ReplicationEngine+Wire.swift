package import Base
internal import Crypto

/// The whole of it, as a recording starts from it: between conversations. What was asked of peers, or is being given to
/// them, is not written down: it is dropped, as a lost datagram would drop it, and asked for again.
extension ReplicationEngine {
    /// Drops what is not written down, and brings the rest into the order in which it will be read back, so that this
    /// engine and one that is read from its bytes go on alike.
    package mutating func settle() {
        greetings.removeAll()
        chases.removeAll()
        services.removeAll()
        roads.removeAll()
        lastServed = nil
        (inbox, work, answered, waiting) = ([], nil, nil, Waiting())
        (collectCursor, unsettled) = (nil, 0)
        acksTold.removeAll()
        (entry, transfers) = (nil, [])
        (lawful, isKeeper, proposal, epochDue) = ([], false, nil, nil)
        isDue = nil
        standingCache = nil
        replica.settle()
        index = KeyIndex()
        index.catchUp(with: replica)
    }
}

extension ReplicationEngine: WireValue {
    package func encode(into writer: inout ByteWriter) {
        settings.encode(into: &writer)
        replica.encode(into: &writer)
        encodeRest(into: &writer)
    }

    /// What the next steps depend on, as a fingerprint is taken over it: the facts by their trail, conversations by how
    /// many there are.
    package func encodeFingerprint(into writer: inout ByteWriter) {
        replica.me.encode(into: &writer)
        writer.u64(replica.arrivals)
        for count in [greetings.count, chases.count, services.count, roads.count, inbox.count, transfers.count] {
            writer.varint(UInt64(count))
        }
        let flags = [work != nil, answered != nil, waiting.hasReady, entry != nil, isKeeper, proposal != nil]
        for flag in flags { writer.bool(flag) }
        writer.u64(isDue?.nanoseconds ?? 0)
        encodeRest(into: &writer)
    }

    private func encodeRest(into writer: inout ByteWriter) {
        writer.varint(UInt64(contacts.count))
        for contact in contacts { writer.nodeID(contact) }
        writer.bytes32(random.state)
        writer.u64(clock.last.bits)
        writer.u8(quality.rawValue)
        spoken.encode(into: &writer)
        writer.varint(UInt64(spokenEpochs))
        writer.varint(UInt64(dismissed.count))
        for member in dismissed { writer.nodeID(member) }
        writer.bool(knowsEpochs)
        writer.list(unstored)
        writer.u64(tickets)
        writer.list(unsaid)
        writer.u64(trail.value)
        writer.varint(UInt64(factBytes))
        writer.list(writes)
        writer.optional(signing)
        writer.list(written)
        writer.bool(knowsItself)
        writer.bool(isCounted)
        writer.bool(writesBy != nil)
        if let writesBy { writer.instant(writesBy) }
        writer.varint(ackVersion)
        writer.instant(nextRound)
        writer.instant(rhythm.lastNews)
        writer.instant(nextSettling)
        writer.bool(hasNews)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        let settings = try ReplicationSettings(from: &reader)
        let replica = try Replica(from: &reader)
        var contacts: [NodeID] = []
        for _ in 0..<(try reader.count(atMost: Limits.members)) { contacts.append(try reader.nodeID()) }
        let random = Random(state: try reader.bytes32())
        let time = HybridTime(bits: try reader.u64())
        guard time.milliseconds <= Self.lastTime.milliseconds else { throw .outOfRange }
        let start = Now(instant: .zero, wall: WallTime(milliseconds: 0))
        self.init(replica, settings: settings, clock: time, random: random, at: start)
        self.contacts = contacts
        guard let quality = ClockQuality(rawValue: try reader.u8()) else { throw .unknown }
        self.quality = quality
        spoken = try VersionVector(from: &reader)
        spokenEpochs = try reader.count(atMost: replica.epochs.count)
        guard spokenEpochs > 0 else { throw .outOfRange }
        for _ in 0..<(try reader.count(atMost: Limits.members)) { dismissed.append(try reader.nodeID()) }
        knowsEpochs = try reader.bool()
        unstored = try reader.list(of: Unstored.self, atMost: Limits.unstoredBatches)
        tickets = try reader.u64()
        guard tickets <= Limits.counted else { throw .outOfRange }
        for index in unstored.indices {
            guard index == 0 || unstored[index - 1].ticket < unstored[index].ticket else { throw .notCanonical }
            guard unstored[index].ticket.number <= tickets else { throw .outOfRange }
        }
        unsaid = try reader.list(of: Fact.self, atMost: 1)
        trail = TraceHash(value: try reader.u64())
        factBytes = try reader.count(atMost: Limits.databaseBytes)
        try readWrites(from: &reader)
        ackVersion = try reader.varint()
        nextRound = try reader.instant()
        rhythm = settings.rhythm(at: try reader.instant())
        nextSettling = try reader.instant()
        hasNews = try reader.bool()
    }

    private mutating func readWrites(from reader: inout ByteReader) throws(DecodeError) {
        writes = try reader.list(of: PendingWrite.self, atMost: Limits.ownWritesWaiting)
        signing = try reader.optional(Signing.self)
        written = try reader.list(of: Written.self, atMost: Limits.ownWritesWaiting)
        knowsItself = try reader.bool()
        isCounted = try reader.bool()
        writesBy = try reader.bool() ? try reader.instant() : nil
    }
}

extension ReplicationEngine.Unstored: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.u64(ticket.number)
        vector.encode(into: &writer)
        writer.varint(UInt64(epochs))
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        ticket = Ticket(number: try reader.u64())
        vector = try VersionVector(from: &reader)
        epochs = try reader.count(atMost: Limits.epochs)
        guard epochs > 0 else { throw .outOfRange }
    }
}

extension ReplicationEngine.PendingWrite: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.u64(id.number)
        writer.list(changes)
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        id = RequestID(number: try reader.u64())
        changes = try reader.list(of: Change.self, atMost: Limits.operations)
    }
}

extension ReplicationEngine.Signing: WireValue {
    func encode(into writer: inout ByteWriter) {
        write.encode(into: &writer)
        transaction.encode(into: &writer)
        writer.digest(digest)
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        write = try ReplicationEngine.PendingWrite(from: &reader)
        transaction = try Transaction(from: &reader)
        digest = try reader.digest()
    }
}

extension ReplicationEngine.Written: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.u64(id.number)
        dot.encode(into: &writer)
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        id = RequestID(number: try reader.u64())
        dot = try Dot(from: &reader)
    }
}

extension ReplicationSettings: WireValue {
    package func encode(into writer: inout ByteWriter) {
        let intervals = [round, calmRound, calmAfter, eager, patience, selfCheck, transferLife, settling]
        for interval in intervals { writer.interval(interval) }
        for count in [tries, window, answerBytes, fanout, settledAtOnce] { writer.varint(UInt64(count)) }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        func patience(_ reader: inout ByteReader) throws(DecodeError) -> Interval {
            let interval = try reader.interval()
            guard (Interval.milliseconds(1)...Limits.patience).contains(interval) else { throw .outOfRange }
            return interval
        }
        round = try patience(&reader)
        calmRound = try patience(&reader)
        calmAfter = try patience(&reader)
        guard round <= calmRound else { throw .outOfRange }
        eager = try patience(&reader)
        self.patience = try patience(&reader)
        selfCheck = try patience(&reader)
        transferLife = try patience(&reader)
        settling = try patience(&reader)
        tries = try reader.count(atMost: Limits.operations)
        window = try reader.count(atMost: Limits.stagedTransactions)
        answerBytes = try reader.count(atMost: Limits.replicationInboxBytes)
        fanout = try reader.count(atMost: Limits.members)
        settledAtOnce = try reader.count(atMost: Limits.stagedTransactions)
    }
}
