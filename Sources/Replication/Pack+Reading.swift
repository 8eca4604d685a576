internal import Base
internal import Compression
internal import Crypto

/// Reading a pack: column after column, each as long as the ones before it say.
extension Pack {
    /// The most that a pack's columns may become: what is a run short of full, a run, and what columns add.
    private static let columnBytes = 2 * Limits.runBytes + 2 * Limits.transactionBytes

    /// The runs, if every short name is known. `resolve` answers the writer and, if its log is known, its name.
    func runs(resolve: (UInt32) -> (writer: Writer, name: WriterName?)?) throws(DecodeError) -> [Run] {
        var reader = ByteReader(bytes.raw)
        let isSmaller = try reader.bool()
        let plain = [UInt8](copying: try reader.slice(atMost: Limits.replicationMessageBytes))
        let rest = [UInt8](copying: try reader.raw(reader.remaining))
        var packed = rest
        if isSmaller {
            do { packed = try Zstd.decompress(rest.raw, atMost: Self.columnBytes) } catch {
                throw error == .tooLong ? .tooLong : .outOfRange
            }
        }
        guard packed.count <= Self.columnBytes else { throw .tooLong }
        var table = WriterTable()
        var names: [WriterName?] = []
        var first = ByteReader(plain.raw)
        for _ in 0..<(try first.count(atMost: Limits.writers)) {
            let (writer, name) = try Self.writer(&first, resolve)
            table.add(writer)
            names.append(name)
        }
        var second = ByteReader(packed.raw)
        let runs = try Self.runs(&first, &second, &table, names)
        try first.finish()
        try second.finish()
        return runs
    }

    private static func writer(
        _ reader: inout ByteReader, _ resolve: (UInt32) -> (writer: Writer, name: WriterName?)?
    ) throws(DecodeError) -> (Writer, WriterName?) {
        switch Naming(rawValue: try reader.u8()) {
        case .short:
            guard let known = resolve(try reader.u32()) else { throw .unknown }
            return (known.writer, known.name)
        case .writer: return (try Writer(from: &reader), nil)
        case .name:
            let name = try WriterName(from: &reader)
            return (Writer(name), name)
        case nil: throw .unknown
        }
    }

    private static func runs(
        _ plain: inout ByteReader, _ packed: inout ByteReader, _ table: inout WriterTable, _ names: [WriterName?]
    ) throws(DecodeError) -> [Run] {
        var runs: [Run] = []
        var counts: [Int] = []
        for _ in 0..<(try plain.count(atMost: Limits.operations)) {
            let place = try packed.count(atMost: max(names.count - 1, 0))
            guard place < names.count, let name = names[place] else { throw .unknown }
            let first = try packed.varint()
            guard (1...Limits.counted).contains(first) else { throw .outOfRange }
            counts.append(try packed.count(atMost: Limits.operations))
            guard let count = counts.last, count > 0 else { throw .outOfRange }
            let previous = try packed.bool() ? try plain.digest() : nil
            runs.append(
                Run(name: name, first: first, previous: previous, entries: [], signature: try Signature(from: &plain)))
        }
        // A run may be a whole step long when it alone is one transaction more than fits.
        guard counts.reduce(0, +) <= 2 * Limits.operations else { throw .tooLong }
        var entries = try self.entries(&plain, &packed, count: counts.reduce(0, +))
        var transactions = try self.transactions(&packed, &table, count: entries.count { !$0.isPruned })[...]
        for index in entries.indices {
            guard case .transaction(_, let dropped) = entries[index], let next = transactions.popFirst() else {
                continue
            }
            guard dropped.allSatisfy({ $0 < next.operations.count }) else { throw .outOfRange }
            entries[index] = .transaction(next, dropped: dropped)
        }
        var rest = entries[...]
        for index in runs.indices {
            runs[index].entries = Array(rest.prefix(counts[index]))
            rest = rest.dropFirst(counts[index])
        }
        return runs
    }

    /// Entries whose transactions are still to be read.
    private static func entries(
        _ plain: inout ByteReader, _ packed: inout ByteReader, count: Int
    ) throws(DecodeError) -> [Run.Entry] {
        let blank = Transaction(epoch: 0, time: HybridTime(bits: 0), quality: .unknown, operations: [])
        var entries: [Run.Entry] = []
        var torn: [Int] = []
        for _ in 0..<count {
            switch try packed.u8() {
            case 0: entries.append(.pruned(try plain.digest()))
            case 1: entries.append(.transaction(blank, dropped: []))
            case 2:
                torn.append(entries.count)
                entries.append(.transaction(blank, dropped: []))
            default: throw .notCanonical
            }
        }
        for index in torn {
            var dropped: [Int] = []
            for _ in 0..<(try packed.count(atMost: Limits.operations)) {
                let number = try packed.count(atMost: Limits.operations)
                guard dropped.last.map({ $0 < number }) ?? true else { throw .notCanonical }
                dropped.append(number)
            }
            guard !dropped.isEmpty else { throw .notCanonical }
            entries[index] = .transaction(blank, dropped: dropped)
        }
        return entries
    }

    private static func transactions(
        _ packed: inout ByteReader, _ table: inout WriterTable, count: Int
    ) throws(DecodeError) -> [Transaction] {
        var transactions = [Transaction](
            repeating: Transaction(epoch: 0, time: HybridTime(bits: 0), quality: .unknown, operations: []),
            count: count)
        var last: UInt64 = 0
        for index in transactions.indices {
            last &+= UInt64(bitPattern: Number.unzigzag(try packed.varint()))
            transactions[index].epoch = last
        }
        last = 0
        for index in transactions.indices {
            last &+= UInt64(bitPattern: Number.unzigzag(try packed.varint()))
            transactions[index].schema = last
        }
        for index in transactions.indices {
            guard let quality = ClockQuality(rawValue: try packed.u8()) else { throw .unknown }
            transactions[index].quality = quality
        }
        var times: [UInt64] = []
        last = 0
        for _ in transactions.indices {
            last &+= UInt64(bitPattern: Number.unzigzag(try packed.varint()))
            guard last < 1 << 48 else { throw .outOfRange }
            times.append(last)
        }
        for index in transactions.indices {
            guard let counter = UInt16(exactly: try packed.varint()) else { throw .outOfRange }
            transactions[index].time = HybridTime(milliseconds: times[index], counter: counter)
        }
        var counts: [Int] = []
        for _ in transactions.indices { counts.append(try packed.count(atMost: Limits.operations)) }
        guard counts.reduce(0, +) <= 2 * Limits.operations else { throw .tooLong }
        let dependencies = try dots(&packed, &table, lists: count, atMost: Limits.dependencies)
        for index in transactions.indices { transactions[index].dependencies = dependencies[index] }
        var operations = try self.operations(&packed, &table, count: counts.reduce(0, +))[...]
        for index in transactions.indices {
            transactions[index].operations = Array(operations.prefix(counts[index]))
            operations = operations.dropFirst(counts[index])
            try transactions[index].check()
        }
        return transactions
    }

    private static func operations(
        _ packed: inout ByteReader, _ table: inout WriterTable, count: Int
    ) throws(DecodeError) -> [Operation] {
        var operations = [Operation](
            repeating: Operation(rawKind: 0, key: [], element: [], value: [], isRemoval: false, context: .init()),
            count: count)
        for index in operations.indices { operations[index].kind = try packed.u8() }
        for index in operations.indices { operations[index].isRemoval = try packed.bool() }
        let keys = try self.keys(&packed)
        for index in operations.indices {
            let place = try packed.varint()
            guard place < UInt64(keys.count) else { throw .outOfRange }
            operations[index].key = keys[Int(place)]
        }
        let elements = try texts(&packed, count: count, atMost: Limits.keyBytes)
        let values = try texts(&packed, count: count, atMost: Limits.transactionBytes)
        let contexts = try dots(&packed, &table, lists: count, atMost: Limits.contextWriters)
        for index in operations.indices {
            operations[index].element = elements[index]
            operations[index].value = values[index]
            operations[index].context = try VersionVector(rising: contexts[index])
        }
        return operations
    }

    private static func texts(
        _ packed: inout ByteReader, count: Int, atMost limit: Int
    ) throws(DecodeError) -> [[UInt8]] {
        var lengths: [Int] = []
        for _ in 0..<count { lengths.append(try packed.count(atMost: limit)) }
        var texts: [[UInt8]] = []
        for length in lengths { texts.append([UInt8](copying: try packed.raw(length))) }
        return texts
    }

    private static func keys(_ packed: inout ByteReader) throws(DecodeError) -> [[UInt8]] {
        var shared: [Int] = []
        for _ in 0..<(try packed.count(atMost: 2 * Limits.operations)) {
            shared.append(try packed.count(atMost: Limits.keyBytes))
        }
        let rests = try texts(&packed, count: shared.count, atMost: Limits.keyBytes)
        var keys: [[UInt8]] = []
        for (index, rest) in rests.enumerated() {
            let previous = keys.last ?? []
            guard shared[index] <= previous.count, (1...Limits.keyBytes).contains(shared[index] + rest.count) else {
                throw .outOfRange
            }
            keys.append(Array(previous.prefix(shared[index])) + rest)
        }
        return keys
    }

    private static func dots(
        _ packed: inout ByteReader, _ table: inout WriterTable, lists count: Int, atMost limit: Int
    ) throws(DecodeError) -> [[Dot]] {
        var counts: [Int] = []
        for _ in 0..<count { counts.append(try packed.count(atMost: limit)) }
        var places: [Int] = []
        for _ in 0..<counts.reduce(0, +) {
            let place = try packed.varint()
            guard place < UInt64(table.writers.count) else { throw .outOfRange }
            places.append(Int(place))
        }
        var rest = places[...]
        var lists: [[Dot]] = []
        for count in counts {
            var list: [Dot] = []
            for place in rest.prefix(count) {
                list.append(Dot(table.writers[place], try table.sequence(place, try packed.varint())))
            }
            rest = rest.dropFirst(count)
            lists.append(list)
        }
        return lists
    }
}

extension Run.Entry {
    var isPruned: Bool {
        if case .pruned = self { return true }
        return false
    }
}
