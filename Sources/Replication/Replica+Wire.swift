package import Base

/// A replica as a recording holds it: its facts, and what does not follow from them.
extension Replica {
    /// Orders the slots by their ids instead of by when they were first written to, and forgets those that hold
    /// nothing.
    mutating func settle() {
        slots = sortedSlots
        places = SlotPlaces(of: slots)
    }
}

extension Replica: WireValue {
    package func encode(into writer: inout ByteWriter) {
        namespace.encode(into: &writer)
        me.encode(into: &writer)
        epochs[0].encode(into: &writer)
        writer.bool(authority != nil)
        writer.list(allFacts)
        writer.list(facts)
        writer.bool(hasEpochConflict)
        writer.list(frontier)
        writer.varint(arrivals)
        for log in logs.logs { for entry in log.entries { writer.varint(entry.arrival) } }
        writer.varint(UInt64(acks.count))
        for (member, ack) in acks {
            writer.nodeID(member)
            writer.varint(ack.epoch)
            ack.vector.encode(into: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        let namespace = try Namespace(from: &reader)
        let me = try WriterName(from: &reader)
        let genesis = try Epoch(from: &reader)
        guard genesis.number == 0 else { throw .outOfRange }
        // What it says follows from the records of the mesh.
        let isUnderLaw = try reader.bool()
        self.init(namespace: namespace, me: me, genesis: genesis, authority: isUnderLaw ? Authority() : nil)
        let facts = try reader.list(of: Fact.self, atMost: Limits.stagedTransactions)
        guard load(facts) == 0, allFacts == facts else { throw .notCanonical }
        self.facts = try reader.list(of: Fact.self, atMost: Limits.stagedTransactions)
        hasEpochConflict = try reader.bool()
        frontier = try reader.list(of: Dot.self, atMost: Limits.writers)
        for index in frontier.indices.dropFirst() where frontier[index - 1].writer >= frontier[index].writer {
            throw .notCanonical
        }
        try readArrivals(from: &reader)
        try readAcks(from: &reader)
        settle()
    }

    private mutating func readArrivals(from reader: inout ByteReader) throws(DecodeError) {
        arrivals = try reader.varint()
        guard arrivals <= Limits.counted else { throw .outOfRange }
        for index in 0..<logs.count {
            for entry in logs.logs[index].entries.indices {
                let arrival = try reader.varint()
                guard arrival <= arrivals else { throw .outOfRange }
                logs.change(index) { $0.entries[entry].arrival = arrival }
            }
        }
    }

    private mutating func readAcks(from reader: inout ByteReader) throws(DecodeError) {
        for _ in 0..<(try reader.count(atMost: Limits.members)) {
            let member = try reader.nodeID()
            guard acks.keys.last.map({ $0 < member }) ?? true else { throw .notCanonical }
            let epoch = try reader.varint()
            acks[member] = Ack(epoch: epoch, vector: try VersionVector(from: &reader))
        }
    }
}
