internal import Base

/// What kind of disk the nodes of a scenario have.
package enum DiskKind: Hashable, Sendable {
    /// Facts in memory: fast, and exact about what a crash leaves.
    case memory
}

/// The disk of one node: what is stored for good, and what waits to be. Writes are stored one after the other, each
/// whole or not at all, as a database with a write-ahead log does it.
struct SimulatedDisk {
    /// What a disk holds. A value, so that a backup is a copy.
    struct Image {
        var facts = SortedMap<FactKey, [UInt8]>()
        /// How often a process was started on this disk.
        var boots = 0

        mutating func store(_ fact: Fact) { facts[FactKey(shelf: fact.shelf, key: fact.key)] = fact.value }

        var list: [Fact] { facts.map { Fact(shelf: $0.0.shelf, key: $0.0.key, value: $0.1) } }
    }

    let kind: DiskKind
    var image = Image()
    /// What is really on the platters while the disk only says that it stores.
    var honest: Image?
    var isFull = false
    /// How long a write takes while the disk is slow.
    var latency: Interval?
    /// A write is under way.
    private(set) var isBusy = false
    private var waiting: [(ticket: Ticket, facts: [Fact])] = []
    private(set) var written: UInt64 = 0

    init(kind: DiskKind) { self.kind = kind }

    mutating func accept(_ facts: [Fact], _ ticket: Ticket) { waiting.append((ticket, facts)) }

    /// Begins the next write, if there is one and nothing is in its way.
    mutating func begin() -> Bool {
        guard !isBusy, !isFull, !waiting.isEmpty else { return false }
        isBusy = true
        return true
    }

    /// Ends the write that is under way. A disk that filled up meanwhile keeps it waiting and answers nil.
    mutating func finish() -> Ticket? {
        isBusy = false
        guard !isFull else { return nil }
        return storeFirst()
    }

    private mutating func storeFirst() -> Ticket {
        let first = waiting.removeFirst()
        for fact in first.facts { image.store(fact) }
        written += 1
        return first.ticket
    }

    /// The power goes. Of what was waiting, the first `surviving` reached the disk all the same, only nobody was told:
    /// a write without an answer is indeterminate. Answers whether anything that was said to be stored is lost.
    mutating func crash(surviving: Int) -> Bool {
        if !isFull { for _ in 0..<min(surviving, waiting.count) { _ = storeFirst() } }
        waiting.removeAll()
        isBusy = false
        guard let honest else { return false }
        image = honest
        return true
    }

    var waitingCount: Int { waiting.count }
}

/// Shelf and key of a fact, in the order in which facts are loaded.
struct FactKey: Comparable {
    var shelf: UInt8
    var key: [UInt8]

    static func < (left: FactKey, right: FactKey) -> Bool {
        left.shelf == right.shelf ? left.key.lexicographicallyPrecedes(right.key) : left.shelf < right.shelf
    }
}
