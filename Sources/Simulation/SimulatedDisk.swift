internal import Base

/// What kind of disk the nodes of a scenario have.
package enum DiskKind: Hashable, Sendable {
    /// Facts in memory: fast, and exact about what a crash leaves.
    case memory
    /// A real SQLite on an invented disk whose power goes in the middle of its writes. The facts in memory are kept
    /// beside it as the model that it is held against. Such a disk cannot be wiped, restored or made to lie.
    case sqlite(StorageBug? = nil)
}

/// The disk of one node: what is stored for good, and what waits to be. Writes are stored one after the other, each
/// whole or not at all, as a database with a write-ahead log does it.
struct SimulatedDisk {
    /// What a disk holds. A value, so that a backup is a copy.
    struct Image {
        /// The newest fact of each key, in the order of shelf and key.
        private(set) var facts: [Fact] = []
        /// How often a process was started on this disk.
        var boots = 0

        mutating func store(_ fact: Fact) {
            var place = 0
            var end = facts.count
            while place < end {
                let middle = (place + end) / 2
                if facts[middle].isBefore(fact) { place = middle + 1 } else { end = middle }
            }
            let isKnown = place < facts.count && !fact.isBefore(facts[place])
            switch (isKnown, fact.value == nil) {
            case (true, false): facts[place] = fact
            case (true, true): facts.remove(at: place)
            case (false, false): facts.insert(fact, at: place)
            case (false, true): break
            }
        }
    }

    /// A write that was asked for and is not stored yet.
    private struct Write {
        var ticket: Ticket
        var facts: [Fact]
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
    private var waiting: [Write] = []
    /// The database that stores the facts in earnest, when the kind has one. A class: a copy of the disk is the same.
    let database: SimulatedDatabase?
    /// What the database may be found to hold after a crash, and nothing else.
    private var possible: [Image]
    /// How the database differs from the model, when it does.
    private(set) var trouble: String?

    init(kind: DiskKind, seed: UInt64 = 0) {
        self.kind = kind
        possible = [image]
        database =
            switch kind {
            case .memory: nil
            case .sqlite(let bug): SimulatedDatabase(seed: seed, bug: bug)
            }
    }

    mutating func accept(_ facts: [Fact], _ ticket: Ticket) { waiting.append(Write(ticket: ticket, facts: facts)) }

    /// Begins the next write, if there is one and nothing is in its way; answers how long it takes.
    mutating func begin(usual: Interval) -> Interval? {
        guard !isBusy, !isFull, !waiting.isEmpty else { return nil }
        isBusy = true
        return latency ?? usual
    }

    /// Ends the write that is under way. A disk that filled up meanwhile keeps it waiting and answers nil.
    mutating func finish() -> Ticket? {
        isBusy = false
        guard !isFull else { return nil }
        trouble = database?.store(waiting[0].facts)
        return trouble == nil ? storeFirst() : nil
    }

    private mutating func storeFirst() -> Ticket {
        let first = waiting.remove(at: 0)
        for fact in first.facts { image.store(fact) }
        return first.ticket
    }

    /// The power goes at a moment that the world's chance has drawn: `word`. Answers whether anything that was said to
    /// be stored is lost.
    mutating func crash(_ word: UInt64) -> Bool {
        guard let database else { return crash(surviving: Chance.scaled(word, below: waiting.count + 1)) }
        if database.isOpen {
            let underWay = isBusy && !isFull ? waiting.map(\.facts) : []
            let done = database.losePower(during: underWay, word)
            possible = [image]
            for facts in underWay {
                for fact in facts { image.store(fact) }
                possible.append(image)
            }
            // Nobody was told of those that were done, and yet they are; of the next one nobody knows.
            possible = Array(possible[done...min(done + 1, underWay.count)])
        }
        waiting.removeAll()
        isBusy = false
        return false
    }

    /// A process starts and reads what the disk holds.
    mutating func start(_ word: UInt64) {
        guard let database else { return image.boots += 1 }
        do throws(Complaint) {
            let facts = try database.open(word)
            let boots = image.boots
            guard let place = possible.firstIndex(where: { $0.facts == facts }) else {
                return trouble = "it holds \(facts.count) facts, which are not what was stored"
            }
            if possible.count > 1 { database.count(place == 0 ? .undone : .keptUnsaid) }
            image = possible[place]
            possible = [image]
            image.boots = database.boots
            if database.boots <= boots { trouble = "boot \(database.boots) comes after boot \(boots)" }
        } catch {
            trouble = "it does not open: \(error.what)"
        }
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

extension Fact {
    /// By shelf and key: the order in which facts are loaded.
    fileprivate func isBefore(_ other: Fact) -> Bool {
        if shelf != other.shelf { return shelf < other.shelf }
        let common = min(key.count, other.key.count)
        for index in 0..<common where key[index] != other.key[index] { return key[index] < other.key[index] }
        return key.count < other.key.count
    }
}
