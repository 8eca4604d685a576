package import Base

/// What a key comes to as one kind of value: one slot, or of a set or a log one for each element.
package struct KeyReading: Hashable, Sendable {
    package let key: [UInt8]
    package let kind: Kind
    /// By element. Never empty.
    package let slots: [Slot]

    /// What a reader is shown.
    package enum Shown: Hashable, Sendable {
        case nothing
        case value(Held)
        /// A guarded value that nobody is to act upon.
        case disputed
        /// Of a set those that are in, by their bytes.
        case elements([[UInt8]])
        case state(Bool)
        case number(Int64)
        /// Of a log in the order of time, of reports one a writer.
        case entries([Held])
    }

    package var shown: Shown {
        switch kind {
        case .register: slots[0].values.first.map { .value($0) } ?? .nothing
        case .latest: slots[0].latest.map { .value($0) } ?? .nothing
        case .guarded: slots[0].undisputed.map { .value($0) } ?? (slots[0].values.isEmpty ? .nothing : .disputed)
        case .addWins, .removeWins, .growing: elements
        case .enableWins, .disableWins: slots[0].live.isEmpty ? .nothing : .state(slots[0].isPresent)
        case .counter, .maximum, .minimum, .escrow:
            slots[0].live.isEmpty ? .nothing : .number(slots[0].number ?? 0)
        case .report: slots[0].values.isEmpty ? .nothing : .entries(slots[0].live.filter { !$0.operation.isRemoval })
        case .log: entries
        }
    }

    private var elements: Shown {
        let present = slots.filter(\.isPresent).map(\.id.element)
        return present.isEmpty ? .nothing : .elements(present)
    }

    private var entries: Shown {
        let all = slots.flatMap(\.entries).sorted { left, right in
            left.time != right.time ? left.time < right.time : left.dot < right.dot
        }
        return all.isEmpty ? .nothing : .entries(all)
    }

    /// Whether a person has something to decide: several values of a register that did not know of each other.
    package var isInConflict: Bool {
        [.guarded, .register].contains(kind) && slots[0].isInConflict && !slots[0].values.isEmpty
    }

    /// Whether something has seen what is no longer here: it was forgotten, since every member had what took its place.
    package var hasForgotten: Bool {
        slots.contains { slot in
            slot.held.contains { held in held.operation.context.dots.contains { !slot.holds($0) } }
        }
    }

    package var live: [Held] { slots.flatMap(\.live) }

    /// Changes whenever what counts here does; for who writes only if nobody wrote since.
    package var version: UInt64 {
        var hash = TraceHash()
        // Other removals may be forgotten.
        for slot in slots {
            for held in slot.live where !held.operation.isRemoval || slot.showsRemovals {
                hash.absorb(held.dot.writer.high)
                hash.absorb(held.dot.writer.low)
                hash.absorb(held.dot.sequence)
            }
        }
        return hash.value
    }

    /// As it would be read had nothing been written after `time`, by the clocks of the writers.
    package func asOf(_ time: HybridTime) -> KeyReading {
        let slots = slots.map { slot in
            var past = Slot(slot.id)
            for held in slot.held where held.time <= time { past.take(held) }
            return past
        }
        return KeyReading(key: key, kind: kind, slots: slots)
    }
}

/// The slots of a replica by key. Their places never change, so what is new is what is behind.
struct KeyIndex: Sendable {
    /// Places in the replica's slots, by the slots' ids.
    private var order: [UInt32] = []
    var count: Int { order.count }

    func place(at position: Int) -> Int { Int(order[position]) }

    /// Takes in the slots that are new, in one pass over the old ones however many there are.
    mutating func catchUp(with replica: Replica) {
        let slots = replica.slots
        guard slots.count > order.count else { return }
        var fresh = [UInt32](UInt32(order.count)..<UInt32(slots.count))
        fresh.sort { slots[Int($0)].id < slots[Int($1)].id }
        guard !order.isEmpty else { return order = fresh }
        var merged: [UInt32] = []
        merged.reserveCapacity(slots.count)
        var start = 0
        for place in fresh {
            let position = first(in: slots) { $0 >= slots[Int(place)].id }
            merged += order[start..<position]
            merged.append(place)
            start = position
        }
        order = merged + order[start...]
    }

    /// The first position whose slot's id is as asked; what is asked must hold for all behind it too.
    func first(in slots: [Slot], where holds: (SlotID) -> Bool) -> Int {
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if holds(slots[place(at: middle)].id) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension ReplicationEngine {
    /// The readings of all keys that begin with `prefix`, from `start` on, by key and kind, as long as `take` wants
    /// more.
    package func read(prefix: [UInt8], from start: [UInt8] = [], _ take: (KeyReading) -> Bool) {
        let slots = replica.slots
        let begin = start.lexicographicallyPrecedes(prefix) ? prefix : start
        var position = index.first(in: slots) { !$0.key.lexicographicallyPrecedes(begin) }
        while position < index.count {
            let id = slots[index.place(at: position)].id
            guard id.key.starts(with: prefix) else { return }
            var parts: [Slot] = []
            while position < index.count {
                let slot = slots[index.place(at: position)]
                guard slot.id.key == id.key, slot.id.kind == id.kind else { break }
                if !slot.isEmpty { parts.append(slot) }
                position += 1
            }
            guard let kind = Kind(rawValue: id.kind), !parts.isEmpty else { continue }
            if !take(KeyReading(key: id.key, kind: kind, slots: parts)) { return }
        }
    }

    /// The readings of one key, by kind.
    package func readings(of key: [UInt8]) -> [KeyReading] {
        var found: [KeyReading] = []
        read(prefix: key) { reading in
            guard reading.key == key else { return false }
            found.append(reading)
            return true
        }
        return found
    }

    package func author(of writer: Writer) -> NodeID? { replica.logs[writer]?.name.author }
}
