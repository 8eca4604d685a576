internal import Base
internal import Compression
internal import Crypto

/// Reading a pack: column after column, each as long as the ones before it say.
extension Pack {
    /// The most that a pack's columns may become: what is a run short of full, a run, and what columns add.
    private static let columnBytes = 2 * Limits.runBytes + 2 * Limits.transactionBytes

    /// A writer, and if its log is known or its name was told, that.
    typealias Named = (writer: Writer, name: WriterName?)

    /// The runs, if every short name is known. `resolve` answers the writer and, if its log is known, its name.
    func runs(resolve: (UInt32) -> Named?) throws(DecodeError) -> [Run] {
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
        var first = ByteReader(plain.raw)
        var second = ByteReader(packed.raw)
        var table: [Named] = []
        for _ in 0..<(try first.count(atMost: Limits.writers)) {
            table.append(try Self.writer(&first, &second, resolve))
        }
        let runs = try Self.runs(&first, &second, table)
        try first.finish()
        try second.finish()
        return runs
    }

    private static func writer(
        _ plain: inout ByteReader, _ packed: inout ByteReader, _ resolve: (UInt32) -> Named?
    ) throws(DecodeError) -> Named {
        switch Naming(rawValue: try packed.u8()) {
        case .short:
            guard let known = resolve(try plain.u32()) else { throw .unknown }
            return known
        case .writer: return (try Writer(from: &plain), nil)
        case .name:
            let name = try WriterName(from: &plain)
            return (Writer(name), name)
        case nil: throw .unknown
        }
    }

    private static func runs(
        _ plain: inout ByteReader, _ packed: inout ByteReader, _ table: [Named]
    ) throws(DecodeError) -> [Run] {
        var runs: [Run] = []
        /// Of each entry of all runs, what it is.
        var places: [Place] = []
        var counts: [Int] = []
        for _ in 0..<(try plain.count(atMost: Limits.operations)) {
            let place = try packed.count(atMost: max(table.count - 1, 0))
            guard place < table.count, let name = table[place].name else { throw .unknown }
            let first = try packed.varint()
            guard (1...Limits.counted).contains(first) else { throw .outOfRange }
            let count = try packed.count(atMost: Limits.operations)
            guard count > 0 else { throw .outOfRange }
            // A run may be a whole step long when it alone is one transaction more than fits.
            guard places.count + count <= 2 * Limits.operations else { throw .tooLong }
            places += (0..<UInt64(count)).map { Place(writer: place, sequence: first + $0) }
            counts.append(count)
            let previous = try packed.bool() ? try plain.digest() : nil
            runs.append(
                Run(name: name, first: first, previous: previous, entries: [], signature: try Signature(from: &plain)))
        }
        var entries = try self.entries(&plain, &packed, count: places.count)
        let held = entries.indices.filter { !entries[$0].isPruned }
        let transactions = try self.transactions(&packed, table, held.map { places[$0] })
        for (index, transaction) in zip(held, transactions) {
            guard case .transaction(_, let dropped) = entries[index] else { continue }
            guard dropped.allSatisfy({ $0 < transaction.operations.count }) else { throw .outOfRange }
            entries[index] = .transaction(transaction, dropped: dropped)
        }
        var rest = entries[...]
        for index in runs.indices {
            runs[index].entries = Array(rest.prefix(counts[index]))
            rest = rest.dropFirst(counts[index])
        }
        return runs
    }

    /// A transaction, its writer by the table.
    private struct Place {
        var writer: Int
        var sequence: UInt64
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
        _ packed: inout ByteReader, _ table: [Named], _ places: [Place]
    ) throws(DecodeError) -> [Transaction] {
        let count = places.count
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
        for difference in try planes(&packed, count: count) {
            last &+= UInt64(bitPattern: difference)
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
        let known = try readDependencies(&packed, table, into: &transactions)
        var operations = try self.operations(&packed, count: counts.reduce(0, +))[...]
        for index in transactions.indices {
            transactions[index].operations = Array(operations.prefix(counts[index]))
            operations = operations.dropFirst(counts[index])
        }
        try readContexts(&packed, table, places, known, into: &transactions)
        for transaction in transactions { try transaction.check() }
        return transactions
    }

    private static func operations(
        _ packed: inout ByteReader, count: Int
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
        for index in operations.indices {
            operations[index].element = elements[index]
            operations[index].value = values[index]
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
        let count = try packed.count(atMost: 2 * Limits.operations)
        var shared: [Int] = []
        for _ in 0..<count { shared.append(try packed.count(atMost: Limits.keyBytes)) }
        var counts: [Int] = []
        for _ in 0..<count { counts.append(try packed.count(atMost: Limits.keyBytes + 1)) }
        var words = try self.words(&packed, count: counts.reduce(0, +))[...]
        var keys: [[UInt8]] = []
        var previous: [[UInt8]] = []
        for index in 0..<count {
            guard shared[index] <= previous.count else { throw .outOfRange }
            let path = previous[..<shared[index]] + words.prefix(counts[index])
            words = words.dropFirst(counts[index])
            let size = path.reduce(path.count - 1) { $0 + $1.count }
            guard (1...Limits.keyBytes).contains(size) else { throw .outOfRange }
            keys.append(Array(path.joined(separator: [slash])))
            previous = Array(path)
        }
        return keys
    }

    private static func words(_ packed: inout ByteReader, count: Int) throws(DecodeError) -> [[UInt8]] {
        var choices: [Int] = []
        var freshCount = 0
        for _ in 0..<count {
            let place = try packed.count(atMost: freshCount)
            if place == 0 { freshCount += 1 }
            choices.append(place == 0 ? freshCount : place)
        }
        var shared: [Int] = []
        for _ in 0..<freshCount { shared.append(try packed.count(atMost: Limits.keyBytes)) }
        let rests = try texts(&packed, count: freshCount, atMost: Limits.keyBytes)
        var fresh: [[UInt8]] = []
        for (index, rest) in rests.enumerated() {
            let previous = fresh.last ?? []
            guard shared[index] <= previous.count, shared[index] + rest.count <= Limits.keyBytes else {
                throw .outOfRange
            }
            fresh.append(previous[..<shared[index]] + rest)
        }
        return choices.map { fresh[$0 - 1] }
    }

    /// Answers the places of the writers that each transaction rests on.
    private static func readDependencies(
        _ packed: inout ByteReader, _ table: [Named], into transactions: inout [Transaction]
    ) throws(DecodeError) -> [[Int]] {
        let lists = try places(&packed, table, lists: transactions.count, atMost: Limits.dependencies)
        var differences = try planes(&packed, count: lists.reduce(0) { $0 + $1.count })[...]
        var heads = KnownHeads(count: table.count)
        for (index, list) in lists.enumerated() {
            for place in list {
                let sequence = try heads.sequence(place, difference: differences.removeFirst())
                transactions[index].dependencies.append(Dot(table[place].writer, sequence))
            }
        }
        return lists
    }

    private static func readContexts(
        _ packed: inout ByteReader, _ table: [Named], _ own: [Place], _ dependencies: [[Int]],
        into transactions: inout [Transaction]
    ) throws(DecodeError) {
        let count = transactions.reduce(0) { $0 + $1.operations.count }
        let lists = try places(&packed, table, lists: count, atMost: Limits.contextWriters)
        var distances = try planes(&packed, count: lists.reduce(0) { $0 + $1.count })[...]
        var rest = lists[...]
        var heads = KnownHeads(count: table.count)
        for index in transactions.indices {
            heads.know(own[index].writer, own[index].sequence)
            for (place, dot) in zip(dependencies[index], transactions[index].dependencies) {
                heads.know(place, dot.sequence)
            }
            for number in transactions[index].operations.indices {
                var dots: [Dot] = []
                for place in rest.removeFirst() {
                    let sequence = try heads.sequence(place, distance: distances.removeFirst())
                    dots.append(Dot(table[place].writer, sequence))
                }
                transactions[index].operations[number].context = try VersionVector(rising: dots)
            }
        }
    }

    /// Writers by their places in the table, list by list.
    private static func places(
        _ packed: inout ByteReader, _ table: [Named], lists count: Int, atMost limit: Int
    ) throws(DecodeError) -> [[Int]] {
        var counts: [Int] = []
        for _ in 0..<count { counts.append(try packed.count(atMost: limit)) }
        var lists: [[Int]] = []
        for count in counts {
            var list: [Int] = []
            for _ in 0..<count {
                let place = try packed.varint()
                guard place < UInt64(table.count) else { throw .outOfRange }
                list.append(Int(place))
            }
            lists.append(list)
        }
        return lists
    }

    /// What `planes` wrote of so many numbers.
    private static func planes(_ packed: inout ByteReader, count: Int) throws(DecodeError) -> [Int64] {
        let width = Int64(try packed.u8())
        guard width <= 8 else { throw .outOfRange }
        var numbers = [Int64](repeating: 0, count: count)
        for plane in 0..<width {
            for index in numbers.indices {
                let byte = try packed.u8()
                // The sign is that of the highest byte.
                let part = plane == width - 1 ? Int64(Int8(bitPattern: byte)) : Int64(byte)
                numbers[index] |= part << (8 * plane)
            }
        }
        return numbers
    }
}

extension Run.Entry {
    var isPruned: Bool {
        if case .pruned = self { return true }
        return false
    }
}
