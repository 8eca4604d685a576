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
struct WriterTable {
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
