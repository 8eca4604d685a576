internal import Base
internal import Compression
internal import Crypto

/// Runs as they cross a wire: column by column, so that like lies beside like, and zstd over that. What has no pattern
/// (signatures, hashes, names) stands before it as it is.
///
/// Writers are named once in a table, by four keyed bytes where the reader knows them. A name that was read wrongly
/// makes another transaction, whose id nobody signed.
package struct Pack: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// How a writer is named to a reader who knows it, and to one who does not.
    enum Naming: UInt8 {
        case short = 0
        case writer = 1
        case name = 2
    }

    static func short(_ writer: Writer, seed: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: Sip.hash(writer.high, writer.low, seed: seed))
    }
}

/// What cannot be packed smaller, and what can.
private struct Columns {
    var plain = ByteWriter(capacity: 512)
    var packed = ByteWriter(capacity: 4_096)
}

/// What writers are called in one pack: by their place in its table. Of each the sequence that was named last, since
/// the next is often near.
private struct WriterTable {
    private(set) var writers: [Writer] = []
    private var places: [Writer: Int] = [:]
    private var last: [UInt64] = []

    mutating func place(of writer: Writer) -> Int {
        if let place = places[writer] { return place }
        add(writer)
        return writers.count - 1
    }

    mutating func add(_ writer: Writer) {
        places[writer] = writers.count
        writers.append(writer)
        last.append(0)
    }

    mutating func difference(_ place: Int, to sequence: UInt64) -> UInt64 {
        defer { last[place] = sequence }
        return Number.zigzag(Int64(bitPattern: sequence &- last[place]))
    }

    mutating func sequence(_ place: Int, _ difference: UInt64) throws(DecodeError) -> UInt64 {
        let sequence = last[place] &+ UInt64(bitPattern: Number.unzigzag(difference))
        guard (1...Limits.counted).contains(sequence) else { throw .outOfRange }
        last[place] = sequence
        return sequence
    }
}

extension Number {
    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
    static func unzigzag(_ word: UInt64) -> Int64 { Int64(bitPattern: word >> 1) ^ -Int64(bitPattern: word & 1) }
}

// MARK: Writing

extension Pack {
    /// `knows` says whether the reader knows a writer.
    init(_ runs: [Run], seed: UInt32, knows: (Writer) -> Bool) {
        var writer = PackWriter(runs)
        writer.write(seed: seed, knows: knows)
        let packed = writer.columns.packed.bytes
        let small = Zstd.compress(packed.raw, effort: .thorough)
        var result = ByteWriter(capacity: writer.columns.plain.count + small.count + 8)
        let isSmaller = small.count < packed.count
        result.bool(isSmaller)
        result.slice(writer.columns.plain.bytes.raw)
        result.raw(isSmaller ? small : packed)
        bytes = result.bytes
    }
}

private struct PackWriter {
    let runs: [Run]
    let entries: [Run.Entry]
    let transactions: [Transaction]
    let operations: [Operation]
    var columns = Columns()
    var table = WriterTable()

    init(_ runs: [Run]) {
        self.runs = runs
        entries = runs.flatMap(\.entries)
        transactions = entries.compactMap { entry in
            guard case .transaction(let transaction, _) = entry else { return nil }
            return transaction
        }
        operations = transactions.flatMap(\.operations)
    }

    mutating func write(seed: UInt32, knows: (Writer) -> Bool) {
        writeTable(seed, knows)
        writeRuns()
        writeTransactions()
        writeOperations()
    }

    private mutating func writeTable(_ seed: UInt32, _ knows: (Writer) -> Bool) {
        var names: [Writer: WriterName] = [:]
        for run in runs {
            let writer = Writer(run.name)
            names[writer] = run.name
            _ = table.place(of: writer)
        }
        for transaction in transactions {
            for dot in transaction.dependencies { _ = table.place(of: dot.writer) }
        }
        for operation in operations { for dot in operation.context.dots { _ = table.place(of: dot.writer) } }
        columns.plain.varint(UInt64(table.writers.count))
        for writer in table.writers {
            if knows(writer) {
                columns.plain.u8(Pack.Naming.short.rawValue)
                columns.plain.u32(Pack.short(writer, seed: seed))
            } else if let name = names[writer] {
                columns.plain.u8(Pack.Naming.name.rawValue)
                name.encode(into: &columns.plain)
            } else {
                columns.plain.u8(Pack.Naming.writer.rawValue)
                writer.encode(into: &columns.plain)
            }
        }
    }

    private mutating func writeRuns() {
        columns.plain.varint(UInt64(runs.count))
        for run in runs {
            columns.packed.varint(UInt64(table.place(of: Writer(run.name))))
            columns.packed.varint(run.first)
            columns.packed.varint(UInt64(run.entries.count))
            columns.packed.bool(run.previous != nil)
            if let previous = run.previous { columns.plain.digest(previous) }
            run.signature.encode(into: &columns.plain)
        }
        for entry in entries {
            switch entry {
            case .pruned(let content):
                columns.packed.u8(0)
                columns.plain.digest(content)
            case .transaction(_, let dropped):
                columns.packed.u8(dropped.isEmpty ? 1 : 2)
            }
        }
        for case .transaction(_, let dropped) in entries where !dropped.isEmpty {
            columns.packed.varint(UInt64(dropped.count))
            for number in dropped { columns.packed.varint(UInt64(number)) }
        }
    }

    private mutating func writeTransactions() {
        var (epoch, schema) = (UInt64(0), UInt64(0))
        for transaction in transactions {
            columns.packed.varint(Number.zigzag(Int64(bitPattern: transaction.epoch &- epoch)))
            epoch = transaction.epoch
        }
        for transaction in transactions {
            columns.packed.varint(Number.zigzag(Int64(bitPattern: transaction.schema &- schema)))
            schema = transaction.schema
        }
        for transaction in transactions { columns.packed.u8(transaction.quality.rawValue) }
        var milliseconds: UInt64 = 0
        for transaction in transactions {
            columns.packed.varint(Number.zigzag(Int64(bitPattern: transaction.time.milliseconds &- milliseconds)))
            milliseconds = transaction.time.milliseconds
        }
        for transaction in transactions { columns.packed.varint(UInt64(transaction.time.counter)) }
        for transaction in transactions { columns.packed.varint(UInt64(transaction.operations.count)) }
        writeDots(transactions.map(\.dependencies))
    }

    private mutating func writeOperations() {
        for operation in operations { columns.packed.u8(operation.kind) }
        for operation in operations { columns.packed.bool(operation.isRemoval) }
        writeKeys()
        for operation in operations { columns.packed.varint(UInt64(operation.element.count)) }
        for operation in operations { columns.packed.raw(operation.element) }
        for operation in operations { columns.packed.varint(UInt64(operation.value.count)) }
        for operation in operations { columns.packed.raw(operation.value) }
        writeDots(operations.map(\.context.dots))
    }

    /// Each key once, without what it shares with the one before it; then of each operation which.
    private mutating func writeKeys() {
        var keys = operations.map(\.key)
        keys.sort { $0.lexicographicallyPrecedes($1) }
        var places: [[UInt8]: Int] = [:]
        var unique: [[UInt8]] = []
        for key in keys where unique.last != key {
            places[key] = unique.count
            unique.append(key)
        }
        columns.packed.varint(UInt64(unique.count))
        var previous: [UInt8] = []
        var rests: [ArraySlice<UInt8>] = []
        for key in unique {
            let shared = zip(previous, key).prefix { $0 == $1 }.count
            columns.packed.varint(UInt64(shared))
            rests.append(key.dropFirst(shared))
            previous = key
        }
        for rest in rests { columns.packed.varint(UInt64(rest.count)) }
        for rest in rests { columns.packed.raw(Array(rest)) }
        for operation in operations { columns.packed.varint(UInt64(places[operation.key] ?? 0)) }
    }

    private mutating func writeDots(_ lists: [[Dot]]) {
        for list in lists { columns.packed.varint(UInt64(list.count)) }
        for list in lists { for dot in list { columns.packed.varint(UInt64(table.place(of: dot.writer))) } }
        for list in lists {
            for dot in list { columns.packed.varint(table.difference(table.place(of: dot.writer), to: dot.sequence)) }
        }
    }
}

// MARK: Reading

extension Pack {
    /// The most that a pack's columns may become: a run and the largest transaction behind it.
    private static let columnBytes = Limits.runBytes + 2 * Limits.transactionBytes

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
