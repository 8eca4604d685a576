package import Base

/// One operation as a slot holds it, with all that reading it needs.
package struct Held: Hashable, Sendable {
    package var dot: Dot
    package var time: HybridTime
    package var operation: Operation
    // The short ones last: there is one of these for every key.
    package var quality: ClockQuality
    /// Of no effect: its writer was evicted before, has forked, or had no right to write here.
    package var isVoid: Bool

    package init(
        dot: Dot, time: HybridTime, quality: ClockQuality, operation: Operation, isVoid: Bool = false
    ) {
        self.dot = dot
        self.time = time
        self.quality = quality
        self.operation = operation
        self.isVoid = isVoid
    }

    /// An operation that claims to have seen itself, or what its own log comes to later, has seen nothing.
    var claimsItself: Bool { operation.context[dot.writer] >= dot.sequence }
    package var counts: Bool { !isVoid && !claimsItself }
}

/// What the operations on one slot come to. A pure function of the set of operations that it holds: the order in which
/// they came, and how often, leave no mark.
package struct Slot: Hashable, Sendable {
    package let id: SlotID
    /// By dot. What has been superseded stays until everybody is known to have what superseded it.
    package private(set) var held: [Held] = []
    /// Everything whose place the counting operations take by their contexts.
    private var covered = VersionVector()

    package init(_ id: SlotID) { self.id = id }

    /// Whether a removal that nothing has taken the place of shows: a flag that is off, an element that stays out
    /// though it was added at the same time, a dispute. Such a one is a value, and is not forgotten.
    var showsRemovals: Bool {
        switch kind {
        case .guarded, .latest, .removeWins, .enableWins, .disableWins: true
        case .register, .addWins, .growing, .counter, .maximum, .minimum, .escrow, .report, .log, nil: false
        }
    }

    package var kind: Kind? { Kind(rawValue: id.kind) }
    package var isEmpty: Bool { held.isEmpty }

    private func place(of dot: Dot) -> (index: Int, found: Bool) {
        var low = 0
        var high = held.count
        while low < high {
            let middle = (low + high) / 2
            if held[middle].dot < dot { low = middle + 1 } else { high = middle }
        }
        return (low, low < held.count && held[low].dot == dot)
    }

    package func holds(_ dot: Dot) -> Bool { place(of: dot).found }

    /// Takes an operation in. One that is held already changes nothing.
    package mutating func take(_ operation: Held) {
        let (index, found) = place(of: operation.dot)
        guard !found else { return }
        held.insert(operation, at: index)
        if operation.counts { covered.join(reach(of: operation)) }
    }

    /// What an operation may take the place of by its context: in a log nobody closes what others wrote.
    private func reach(of operation: Held) -> VersionVector {
        guard rule == .closing else { return operation.operation.context }
        var own = VersionVector()
        own[operation.dot.writer] = operation.operation.context[operation.dot.writer]
        return own
    }

    package mutating func forget(_ dot: Dot) {
        let (index, found) = place(of: dot)
        guard found else { return }
        held.remove(at: index)
        reckon()
    }

    /// Says anew of each operation whether it is void.
    package mutating func judge(_ isVoid: (Held) -> Bool) {
        for index in held.indices { held[index].isVoid = isVoid(held[index]) }
        reckon()
    }

    private mutating func reckon() {
        covered = VersionVector()
        for operation in held where operation.counts { covered.join(reach(of: operation)) }
    }

    /// The union of two slots' operations.
    package mutating func merge(_ other: Slot) {
        precondition(other.id == id, "only what was written to one slot is merged into it")
        for operation in other.held { take(operation) }
    }

    /// Whether `left` takes the place of `right`.
    package func supersedes(_ left: Held, _ right: Held) -> Bool {
        guard left.counts, left.dot != right.dot else { return false }
        switch rule {
        case .context, .closing: return reach(of: left).covers(right.dot)
        case .ledger: return left.dot.writer == right.dot.writer && left.dot.sequence > right.dot.sequence
        case .larger, .smaller:
            let (mine, other) = (Number(left.operation.value), Number(right.operation.value))
            return mine != other ? (mine > other) == (rule == .larger) : left.dot > right.dot
        case .none: return false
        }
    }

    /// Operations that no forgetting takes away.
    var lasting: Int { live.count { !$0.operation.isRemoval } }

    /// The counting operations whose place no other has taken, by dot.
    package var live: [Held] {
        switch rule {
        case .context, .closing: return held.filter { $0.counts && !covered.covers($0.dot) }
        case .ledger:
            let counting = held.filter(\.counts)
            return counting.indices.filter { index in
                index + 1 == counting.count || counting[index + 1].dot.writer != counting[index].dot.writer
            }.map { counting[$0] }
        case .larger, .smaller:
            var best: Held?
            for operation in held where operation.counts {
                if best.map({ supersedes(operation, $0) }) ?? true { best = operation }
            }
            return best.map { [$0] } ?? []
        case .none: return held.filter(\.counts)
        }
    }

    /// The dots that a new operation here has to name: everything that it takes the place of, also by way of others.
    package var context: VersionVector {
        var context = VersionVector()
        guard rule == .context else { return context }
        for operation in held where operation.counts {
            context.join(operation.operation.context)
            context.raise(to: operation.dot)
        }
        return context
    }
}

/// Where each slot stands in the list of all. A `Dictionary` would hold every id a second time, and twice as many
/// places as there are; this holds four bytes a place. Looked up, never walked through: its order is one of hashes.
struct SlotPlaces: Sendable {
    /// The place of a slot, and one, at the hash of its id or behind; zero where there is none. Its size is a power of
    /// two.
    private var table = [UInt32](repeating: 0, count: 16)
    private var count = 0

    init() {}

    init(of slots: [Slot]) {
        for index in slots.indices { add(index, of: slots) }
    }

    func place(of id: SlotID, in slots: [Slot]) -> Int? {
        var index = start(id)
        while table[index] > 0 {
            let place = Int(table[index]) - 1
            if slots[place].id == id { return place }
            index = (index + 1) & (table.count - 1)
        }
        return nil
    }

    /// Takes in a slot that is not there yet.
    mutating func add(_ place: Int, of slots: [Slot]) {
        if 4 * (count + 1) > 3 * table.count {
            let old = table
            table = [UInt32](repeating: 0, count: 2 * old.count)
            for entry in old where entry > 0 { set(entry, slots) }
        }
        count += 1
        set(UInt32(place + 1), slots)
    }

    private mutating func set(_ entry: UInt32, _ slots: [Slot]) {
        var index = start(slots[Int(entry) - 1].id)
        while table[index] > 0 { index = (index + 1) & (table.count - 1) }
        table[index] = entry
    }

    private func start(_ id: SlotID) -> Int {
        Int(truncatingIfNeeded: UInt(bitPattern: id.hashValue)) & (table.count - 1)
    }
}

/// By what one operation takes the place of another.
enum Succession {
    /// By having seen it.
    case context
    /// By coming later in the same log: each writer carries on its own account.
    case ledger
    case larger, smaller
    /// By closing it: each writer says up to which of its own entries the rest may go.
    case closing
    /// Everything stays.
    case none
}

extension Slot {
    var rule: Succession {
        switch kind {
        case .guarded, .register, .latest, .addWins, .removeWins, .enableWins, .disableWins, nil: .context
        case .counter, .escrow, .report: .ledger
        case .maximum: .larger
        case .minimum: .smaller
        case .log: .closing
        case .growing: .none
        }
    }
}

/// A signed number as an operation's value spells it: zigzag, eight bytes or fewer. Whatever does not spell one is
/// zero, the same everywhere.
package struct Number: Hashable, Comparable, Sendable {
    package var value: Int64

    package init(value: Int64) { self.value = value }

    package init(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes.raw)
        guard let word = try? reader.varint(), reader.remaining == 0 else {
            value = 0
            return
        }
        value = Self.unzigzag(word)
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 10)
        writer.varint(Self.zigzag(value))
        return writer.bytes
    }

    package static func < (left: Number, right: Number) -> Bool { left.value < right.value }
}
