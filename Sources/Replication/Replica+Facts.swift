package import Base
internal import Crypto

/// What a replica keeps on the disk, as facts: it comes back from them as it was.
extension Replica {
    /// In the order in which they are loaded.
    enum FactKind: UInt8 {
        case me = 1
        case epoch = 2
        case fork = 3
        case base = 4
        case entry = 5
        case floor = 6
        case returned = 7
    }

    private func start(_ kind: FactKind) -> ByteWriter {
        var writer = ByteWriter(capacity: 41)
        namespace.encode(into: &writer)
        writer.u8(kind.rawValue)
        return writer
    }

    func key(_ kind: FactKind, _ number: UInt64) -> [UInt8] {
        var key = start(kind)
        key.u64(number.byteSwapped)
        return key.bytes
    }

    func key(_ kind: FactKind, _ writer: Writer, _ sequence: UInt64? = nil) -> [UInt8] {
        var key = start(kind)
        writer.encode(into: &key)
        if let sequence { key.u64(sequence.byteSwapped) }
        return key.bytes
    }

    /// The facts since they were taken last, in the order in which they came to be.
    package mutating func takeFacts() -> [Fact] {
        defer { facts.removeAll() }
        return facts
    }

    private static func bytes(of entry: Log.Entry, body: [UInt8]? = nil, dropped: [Int]) -> [UInt8] {
        var writer = ByteWriter(capacity: 80 + Int(entry.size))
        writer.bool(entry.signature != nil)
        entry.signature?.encode(into: &writer)
        switch entry.content {
        case .pruned(let content):
            writer.bool(false)
            writer.digest(content)
        case .held(let transaction):
            writer.bool(true)
            writer.varint(UInt64(dropped.count))
            for number in dropped { writer.varint(UInt64(number)) }
            if let body { writer.raw(body) } else { transaction.encode(into: &writer) }
        }
        return writer.bytes
    }

    mutating func store(_ dot: Dot, _ entry: Log.Entry, body: [UInt8]? = nil, dropped: [Int]) {
        if dot.sequence == 1, let place = logs.index(of: dot.writer) { storeBase(place) }
        let value = Self.bytes(of: entry, body: body, dropped: dropped)
        facts.append(Fact(shelf: Shelf.replication, key: key(.entry, dot.writer, dot.sequence), value: value))
    }

    mutating func storeBase(_ place: Int) {
        let log = logs.logs[place]
        facts.append(Fact(shelf: Shelf.replication, key: key(.base, log.writer), value: Self.bytes(ofBase: log)))
    }

    private static func bytes(ofBase log: Log) -> [UInt8] {
        var writer = ByteWriter(capacity: 82)
        log.name.encode(into: &writer)
        writer.varint(log.base)
        writer.digest(log.baseID)
        return writer.bytes
    }

    mutating func raiseFloor(to dot: Dot) {
        floor.raise(to: dot)
        var writer = ByteWriter()
        writer.varint(dot.sequence)
        facts.append(Fact(shelf: Shelf.replication, key: key(.floor, dot.writer), value: writer.bytes))
    }

    /// Writes under another name from now on. `instance` was drawn by chance.
    package mutating func rename(instance: UInt64) {
        me.instance = instance
        my = Writer(me)
        facts.append(Fact(shelf: Shelf.replication, key: start(.me).bytes, value: me.encoded))
    }

    /// Everything as facts: what the disk holds when all that was asked has been stored.
    package var allFacts: [Fact] {
        var all = [Fact(shelf: Shelf.replication, key: start(.me).bytes, value: me.encoded)]
        func add(_ key: [UInt8], _ value: [UInt8]) {
            all.append(Fact(shelf: Shelf.replication, key: key, value: value))
        }
        for epoch in epochs.dropFirst() { add(key(.epoch, epoch.number), epoch.encoded) }
        for (writer, fork) in forks { add(key(.fork, writer), fork.proof.encoded) }
        for log in logs.logs { add(key(.base, log.writer), Self.bytes(ofBase: log)) }
        for log in logs.logs {
            for (offset, entry) in log.entries.enumerated() {
                let dot = Dot(log.writer, log.base + 1 + UInt64(offset))
                var dropped: [Int] = []
                if case .held(let transaction) = entry.content { dropped = self.dropped(of: transaction, dot) }
                add(key(.entry, dot.writer, dot.sequence), Self.bytes(of: entry, dropped: dropped))
            }
        }
        for dot in floor.dots {
            var writer = ByteWriter()
            writer.varint(dot.sequence)
            add(key(.floor, dot.writer), writer.bytes)
        }
        for (dot, transaction) in returned {
            add(key(.returned, dot.writer, dot.sequence), transaction.encoded)
        }
        for dot in decided { add(key(.returned, dot.writer, dot.sequence), []) }
        return all
    }

    /// A hash of everything that the disk should hold.
    package var stateHash: Digest {
        var writer = ByteWriter(capacity: 4_096)
        writer.list(allFacts)
        return Digest(hashing: writer.bytes.raw)
    }

    // MARK: Coming back

    /// Takes up what an earlier life stored; the facts in the order of their keys. What does not fit together is not
    /// taken, and counted: the peers have it.
    package mutating func load(_ stored: [Fact]) -> Int {
        var misfits = 0
        let prefix = namespace.encoded
        for fact in stored where fact.shelf == Shelf.replication && fact.key.starts(with: prefix) {
            guard let value = fact.value, fact.key.count > prefix.count,
                let kind = FactKind(rawValue: fact.key[prefix.count]),
                (try? load(kind, rest: Array(fact.key.dropFirst(prefix.count + 1)), value)) != nil
            else {
                misfits += 1
                continue
            }
        }
        facts.removeAll()
        judgeAll()
        settleFrontier()
        return misfits
    }

    private mutating func load(_ kind: FactKind, rest: [UInt8], _ value: [UInt8]) throws(DecodeError) {
        switch kind {
        case .me:
            me = try WriterName(decoding: value.raw)
            my = Writer(me)
        case .epoch:
            let epoch = try Epoch(decoding: value.raw)
            guard learn([epoch]) != nil else { throw .outOfRange }
        case .fork: _ = learn(try ForkProof(decoding: value.raw))
        case .base:
            var reader = ByteReader(value.raw)
            let index = logs.made(try WriterName(from: &reader))
            let (base, id) = (try reader.varint(), try reader.digest())
            try reader.finish()
            guard base <= Limits.counted else { throw .outOfRange }
            logs.change(index) { log in
                log.base = base
                log.baseID = id
            }
            if base > 0 { vector.raise(to: Dot(logs.writers[index], base)) }
        case .entry: try loadEntry(try dot(rest), value)
        case .returned where value.isEmpty: decided = (decided + [try dot(rest)]).risingOnce
        case .returned: returned[try dot(rest)] = try Transaction(decoding: value.raw)
        case .floor:
            var key = ByteReader(rest.raw)
            var reader = ByteReader(value.raw)
            floor.raise(to: Dot(try Writer(from: &key), try reader.varint()))
        }
    }

    private func dot(_ key: [UInt8]) throws(DecodeError) -> Dot {
        var reader = ByteReader(key.raw)
        let dot = Dot(try Writer(from: &reader), try reader.u64().byteSwapped)
        try reader.finish()
        return dot
    }

    private mutating func loadEntry(_ dot: Dot, _ value: [UInt8]) throws(DecodeError) {
        guard let index = logs.index(of: dot.writer), logs.logs[index].head + 1 == dot.sequence else {
            throw .outOfRange
        }
        var reader = ByteReader(value.raw)
        let signature = try reader.bool() ? try Signature(from: &reader) : nil
        let isHeld = try reader.bool()
        let (name, previous) = (logs.logs[index].name, logs.logs[index].headID)
        if isHeld {
            var dropped: [Int] = []
            for _ in 0..<(try reader.count(atMost: Limits.operations)) {
                dropped.append(try reader.count(atMost: Limits.operations))
            }
            let transaction = try Transaction(from: &reader)
            try reader.finish()
            let body = transaction.encoded
            let content = Digest(hashing: body.raw)
            let id = Chain.id(namespace, name, dot.sequence, after: previous, content: content)
            append(transaction, id: id, body: body, signature: signature, dropped: dropped, to: index)
        } else {
            let content = try reader.digest()
            try reader.finish()
            let id = Chain.id(namespace, name, dot.sequence, after: previous, content: content)
            appendPruned(content, id: id, signature: signature, to: index)
        }
    }

    /// The heads that nothing rests on, found anew from all transactions.
    private mutating func settleFrontier() {
        var rested = VersionVector()
        for log in logs.logs {
            for entry in log.entries {
                guard case .held(let transaction) = entry.content else { continue }
                for dot in transaction.dependencies { rested.raise(to: dot) }
            }
        }
        frontier = vector.dots.filter { !rested.covers($0) }
    }
}
