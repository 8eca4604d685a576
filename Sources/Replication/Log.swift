internal import Base
internal import Crypto

/// One writer's log as a replica holds it. What everybody has and nobody needs is cut off at its beginning; between
/// what is still needed, collected transactions leave the hashes of their contents.
struct Log: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        case held(Transaction)
        case pruned(Digest)
    }

    struct Entry: Hashable, Sendable {
        var id: Digest
        var content: Content
        var signature: Signature?
        /// The bytes of its transaction, encoded.
        var size: UInt32 = 0
        /// The how-many-th transaction of all logs it was to come here: nothing came before what it rests on.
        var arrival: UInt64 = 0

        /// How much work it is.
        var weight: Int {
            switch content {
            case .held(let transaction): transaction.operations.count
            case .pruned: 1
            }
        }
    }

    let name: WriterName
    let writer: Writer
    /// The last transaction that was cut off, and its id.
    var base: UInt64 = 0
    var baseID = Chain.root
    var entries: [Entry] = []

    init(_ name: WriterName) {
        self.name = name
        writer = Writer(name)
    }

    var head: UInt64 { base + UInt64(entries.count) }
    var headID: Digest { entries.last?.id ?? baseID }

    /// The place of a transaction in `entries`; nil when it is cut off or not known.
    func index(of sequence: UInt64) -> Int? {
        sequence > base && sequence <= head ? Int(sequence - base - 1) : nil
    }

    func arrival(of sequence: UInt64) -> UInt64 { index(of: sequence).map { entries[$0].arrival } ?? 0 }

    /// The id of a transaction or of the base.
    func id(of sequence: UInt64) -> Digest? {
        sequence == base ? baseID : index(of: sequence).map { entries[$0].id }
    }

    func transaction(_ sequence: UInt64) -> Transaction? {
        guard let index = index(of: sequence), case .held(let transaction) = entries[index].content else { return nil }
        return transaction
    }

    /// Cuts collected transactions off the beginning, but never the last entry: by its signature the head is proved.
    mutating func trim() -> ClosedRange<UInt64>? {
        var count = 0
        while count + 1 < entries.count, case .pruned = entries[count].content { count += 1 }
        guard count > 0 else { return nil }
        let first = base + 1
        baseID = entries[count - 1].id
        base += UInt64(count)
        entries.removeFirst(count)
        return first...base
    }

    /// The index of the last entry of a run that begins at `start`: the furthest signed one within the weight of a
    /// step, or else the next signed one. Nil when nothing signed follows.
    func end(from start: Int, weight limit: Int, before end: Int = .max) -> Int? {
        var weight = 0
        var size = 0
        var best: Int?
        for index in start..<min(entries.count, max(start, end)) {
            weight += entries[index].weight
            size += Int(entries[index].size)
            if weight > limit || size > Limits.runBytes, best != nil { break }
            if index - start >= Limits.operations { break }
            if entries[index].signature != nil { best = index }
        }
        return best
    }

    /// Content hashes for a proof: from `sequence` to the next signature.
    func branch(at sequence: UInt64) -> ForkProof.Branch? {
        guard let start = index(of: sequence), let previous = id(of: sequence - 1),
            let end = entries[start...].firstIndex(where: { $0.signature != nil }), end - start < Limits.operations,
            let signature = entries[end].signature
        else { return nil }
        let contents = entries[start...end].map { entry in
            switch entry.content {
            case .held(let transaction): Digest(hashing: transaction.encoded.raw)
            case .pruned(let content): content
            }
        }
        return ForkProof.Branch(first: sequence, previous: previous, contents: contents, signature: signature)
    }
}

/// All logs, by writer. Written out rather than a `SortedMap`, whose generic code would run unspecialised in the
/// hottest loop of the room.
struct Logs: Hashable, Sendable {
    private(set) var writers: [Writer] = []
    private(set) var logs: [Log] = []

    var count: Int { logs.count }

    func index(of writer: Writer) -> Int? {
        let place = place(of: writer)
        return place < writers.count && writers[place] == writer ? place : nil
    }

    private func place(of writer: Writer) -> Int {
        var low = 0
        var high = writers.count
        while low < high {
            let middle = (low + high) / 2
            if writers[middle] < writer { low = middle + 1 } else { high = middle }
        }
        return low
    }

    subscript(writer: Writer) -> Log? { index(of: writer).map { logs[$0] } }

    /// The place of a log; makes an empty one first when there is none.
    mutating func made(_ name: WriterName) -> Int {
        let log = Log(name)
        let place = place(of: log.writer)
        if place == writers.count || writers[place] != log.writer {
            writers.insert(log.writer, at: place)
            logs.insert(log, at: place)
        }
        return place
    }

    mutating func change<Result>(_ index: Int, _ body: (inout Log) -> Result) -> Result { body(&logs[index]) }
}
