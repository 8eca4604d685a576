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

    /// Between the words of a key.
    static let slash = UInt8(ascii: "/")

    static func short(_ writer: Writer, seed: UInt32) -> UInt32 {
        UInt32(truncatingIfNeeded: Sip.hash(writer.high, writer.low, seed: seed))
    }
}

/// What cannot be packed smaller, and what can.
private struct Columns {
    var plain = ByteWriter(capacity: 512)
    var packed = ByteWriter(capacity: 4_096)
    /// Where in what can be packed something of another kind begins.
    var cuts: [Int] = []

    mutating func cut() { cuts.append(packed.count) }

    /// Numbers of one kind, all their lowest bytes first: what is alike in them lies together. Signs stand in the
    /// highest bits, so that they cost nothing where all are alike.
    mutating func planes(_ numbers: [Int64]) {
        let width = numbers.reduce(0) { max($0, (72 - ($1 < 0 ? ~$1 : $1).leadingZeroBitCount) / 8) }
        packed.u8(UInt8(width))
        for plane in 0..<width {
            cut()
            for number in numbers { packed.u8(UInt8(truncatingIfNeeded: number >> Int64(8 * plane))) }
        }
        cut()
    }
}

/// What writers are called in one pack: by their place in its table.
struct WriterTable {
    private(set) var writers: [Writer] = []
    private var places: [Writer: Int] = [:]

    var heads: KnownHeads { KnownHeads(count: writers.count) }

    mutating func place(of writer: Writer) -> Int {
        if let place = places[writer] { return place }
        add(writer)
        return writers.count - 1
    }

    mutating func add(_ writer: Writer) {
        places[writer] = writers.count
        writers.append(writer)
    }
}

/// How far each writer of a table is known to have come, while a pack is written or read: what is named next is near.
struct KnownHeads {
    private var sequences: [UInt64]

    init(count: Int) { sequences = [UInt64](repeating: 0, count: count) }

    mutating func know(_ place: Int, _ sequence: UInt64) { sequences[place] = sequence }

    /// From the last one named to the next.
    mutating func difference(_ place: Int, to sequence: UInt64) -> Int64 {
        defer { sequences[place] = sequence }
        return Int64(bitPattern: sequence &- sequences[place])
    }

    mutating func sequence(_ place: Int, difference: Int64) throws(DecodeError) -> UInt64 {
        sequences[place] = try Self.checked(sequences[place] &+ UInt64(bitPattern: difference))
        return sequences[place]
    }

    /// Back from what is known.
    func distance(_ place: Int, to sequence: UInt64) -> Int64 { Int64(bitPattern: sequences[place] &- sequence) }

    func sequence(_ place: Int, distance: Int64) throws(DecodeError) -> UInt64 {
        try Self.checked(sequences[place] &- UInt64(bitPattern: distance))
    }

    private static func checked(_ sequence: UInt64) throws(DecodeError) -> UInt64 {
        guard (1...Limits.counted).contains(sequence) else { throw .outOfRange }
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
        let small = Zstd.compress(packed.raw, effort: .thorough, cuts: writer.columns.cuts)
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
                columns.packed.u8(Pack.Naming.short.rawValue)
                columns.plain.u32(Pack.short(writer, seed: seed))
            } else if let name = names[writer] {
                columns.packed.u8(Pack.Naming.name.rawValue)
                name.encode(into: &columns.plain)
            } else {
                columns.packed.u8(Pack.Naming.writer.rawValue)
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
        columns.planes(
            transactions.map { transaction in
                defer { milliseconds = transaction.time.milliseconds }
                return Int64(bitPattern: transaction.time.milliseconds &- milliseconds)
            })
        for transaction in transactions { columns.packed.varint(UInt64(transaction.time.counter)) }
        for transaction in transactions { columns.packed.varint(UInt64(transaction.operations.count)) }
        writeDependencies()
    }

    private mutating func writeOperations() {
        for operation in operations { columns.packed.u8(operation.kind) }
        for operation in operations { columns.packed.bool(operation.isRemoval) }
        writeKeys()
        for operation in operations { columns.packed.varint(UInt64(operation.element.count)) }
        for operation in operations { columns.packed.raw(operation.element) }
        for operation in operations { columns.packed.varint(UInt64(operation.value.count)) }
        columns.cut()
        for operation in operations { columns.packed.raw(operation.value) }
        columns.cut()
        writeContexts()
    }

    /// Each key once, in order; then of each operation which. A key is a path: it is told by how many of its words it
    /// shares with the key before, and by the words after these.
    private mutating func writeKeys() {
        var keys = operations.map(\.key)
        keys.sort { $0.lexicographicallyPrecedes($1) }
        var places: [[UInt8]: Int] = [:]
        var paths: [[ArraySlice<UInt8>]] = []
        for key in keys where places[key] == nil {
            places[key] = paths.count
            paths.append(key.split(separator: Pack.slash, omittingEmptySubsequences: false))
        }
        columns.packed.varint(UInt64(paths.count))
        var rests: [ArraySlice<ArraySlice<UInt8>>] = []
        for (index, path) in paths.enumerated() {
            // Of two keys one may begin the other, but never is a key nothing more than the one before.
            let shared = index == 0 ? 0 : zip(paths[index - 1], path.dropLast()).prefix { $0 == $1 }.count
            columns.packed.varint(UInt64(shared))
            rests.append(path[shared...])
        }
        for rest in rests { columns.packed.varint(UInt64(rest.count)) }
        writeWords(rests.flatMap(\.self))
        for operation in operations { columns.packed.varint(UInt64(places[operation.key] ?? 0)) }
    }

    /// A word that was there before by its place, a new one as what it does not share with the new one before it.
    private mutating func writeWords(_ words: [ArraySlice<UInt8>]) {
        var places: [ArraySlice<UInt8>: Int] = [:]
        var fresh: [ArraySlice<UInt8>] = []
        for word in words {
            columns.packed.varint(UInt64((places[word] ?? -1) + 1))
            guard places[word] == nil else { continue }
            places[word] = fresh.count
            fresh.append(word)
        }
        var previous: ArraySlice<UInt8> = []
        let shared = fresh.map { word in
            defer { previous = word }
            return zip(previous, word).prefix { $0 == $1 }.count
        }
        for count in shared { columns.packed.varint(UInt64(count)) }
        for (word, count) in zip(fresh, shared) { columns.packed.varint(UInt64(word.count - count)) }
        columns.cut()
        for (word, count) in zip(fresh, shared) { columns.packed.raw(Array(word.dropFirst(count))) }
        columns.cut()
    }

    private mutating func writeDependencies() {
        writePlaces(transactions.map(\.dependencies))
        var heads = table.heads
        columns.planes(
            transactions.flatMap { transaction in
                transaction.dependencies.map { heads.difference(table.place(of: $0.writer), to: $0.sequence) }
            })
    }

    /// What a key last came to is seldom long ago: each is told by how far it lies behind what its transaction knew.
    private mutating func writeContexts() {
        writePlaces(operations.map(\.context.dots))
        var heads = table.heads
        var distances: [Int64] = []
        for run in runs {
            let own = table.place(of: Writer(run.name))
            for (offset, entry) in run.entries.enumerated() {
                guard case .transaction(let transaction, _) = entry else { continue }
                heads.know(own, run.first + UInt64(offset))
                for dot in transaction.dependencies { heads.know(table.place(of: dot.writer), dot.sequence) }
                for dot in transaction.operations.lazy.flatMap(\.context.dots) {
                    distances.append(heads.distance(table.place(of: dot.writer), to: dot.sequence))
                }
            }
        }
        columns.planes(distances)
    }

    private mutating func writePlaces(_ lists: [[Dot]]) {
        for list in lists { columns.packed.varint(UInt64(list.count)) }
        columns.cut()
        for list in lists { for dot in list { columns.packed.varint(UInt64(table.place(of: dot.writer))) } }
    }
}
