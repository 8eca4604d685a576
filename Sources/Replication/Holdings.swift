internal import Base
internal import Crypto

/// What a replica holds of what another one knows, as words and as a sketch of them. Two that know the same
/// transactions differ in what each has forgotten, and in nothing else; so of one who comes back below the floor of
/// another the two find out by a few cells what it should have forgotten too, however much both hold.
///
/// It is made step by step, out of the replica as it was.
struct Holdings: Sendable {
    private let replica: Replica
    /// Nothing beyond this is looked at.
    private let known: VersionVector
    /// The hash of each of its writers, as far as that goes.
    private let starts: [Sip]
    /// In the order of the slots.
    private(set) var words: [UInt64] = []
    /// Of each word, in which slot its operation is.
    private var places: [UInt32] = []
    private(set) var tally = Tally()
    private(set) var sketch: Sketch
    /// The next slot, and the next word that is not in the sketch yet.
    private var next = 0
    private var mixed = 0

    init(_ replica: Replica, upTo known: VersionVector, cells: Int, seed: UInt32) {
        self.replica = replica
        self.known = known
        starts = known.dots.map { Self.start($0.writer, seed: seed) }
        sketch = Sketch(of: [], cells: cells, seed: seed)
    }

    var isReady: Bool { next == replica.slots.count && mixed == words.count }

    /// One step: looks at some slots, and mixes what was found there.
    mutating func goOn() {
        let end = words.count + Limits.comparedAtOnce
        let slots = replica.slots
        let last = min(next + Limits.comparedAtOnce, slots.count)
        while next < last, words.count < end {
            look(at: slots[next])
            next += 1
        }
        mix(upTo: min(words.count, mixed + Limits.comparedAtOnce))
    }

    private mutating func mix(upTo end: Int) {
        func hashed(_ place: Int) -> (element: UInt64, hash: UInt64) { (words[place], sketch.hash(of: words[place])) }
        while mixed + 1 < end {
            let (one, other) = (hashed(mixed), hashed(mixed + 1))
            sketch.mix(one, other)
            tally.count(one.element, hash: one.hash)
            tally.count(other.element, hash: other.hash)
            mixed += 2
        }
        guard mixed < end else { return }
        sketch.mix(words[mixed])
        tally.count(words[mixed], hash: hashed(mixed).hash)
        mixed += 1
    }

    /// Of what is held only the dots are copied: of the rest each copy would be counted.
    private mutating func look(at slot: borrowing Slot) {
        for index in slot.held.indices {
            let dot = slot.held[index].dot
            guard let place = known.place(of: dot) else { continue }
            words.append(slot.id.word(of: dot, after: starts[place]))
            places.append(UInt32(next))
        }
    }

    /// Begins the sketch anew, with so many cells at least: many more, so that it seldom has to.
    mutating func widen(toHold cells: Int) {
        let count = min(max(cells, 4 * sketch.cells.count), Limits.copyCells)
        sketch = Sketch(of: [], cells: count, seed: sketch.seed)
        tally = Tally()
        mixed = 0
    }

    /// Which operation the word in this place stands for.
    func operation(of place: Int) -> Forgotten? {
        let slot = replica.slots[Int(places[place])]
        let held = slot.held.first { held in
            slot.id.word(of: held.dot, after: Self.start(held.dot.writer, seed: sketch.seed)) == words[place]
        }
        return held.map { Forgotten(slot: slot.id, dot: $0.dot) }
    }

    private static func start(_ writer: Writer, seed: UInt32) -> Sip {
        var state = Sip(seed: seed)
        state.absorb(writer.high)
        state.absorb(writer.low)
        return state
    }
}

/// An operation that a replica holds and should not.
struct Forgotten: Hashable, Sendable {
    var slot: SlotID
    var dot: Dot
}

/// The last transaction of a log, and its id.
struct End: Hashable, Sendable {
    var dot: Dot
    var id: Digest
}

/// A set of words as a few numbers, whatever their order: how many there are, and two sums over them.
struct Tally: Hashable, Sendable {
    private(set) var count = 0
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    mutating func count(_ word: UInt64, hash: UInt64) {
        count += 1
        low &+= word
        high &+= hash
    }

    mutating func discount(_ word: UInt64, hash: UInt64) {
        count -= 1
        low &-= word
        high &-= hash
    }

    /// Vouches for a copy: where each log ends and by which id, and what is held of that which both know. Ids are
    /// chained, so that whoever comes to the same mark has the same transactions, and has forgotten the same of them.
    func mark(_ ends: [End]) -> Digest {
        var writer = ByteWriter(capacity: 32 + 56 * ends.count)
        writer.u64(UInt64(count))
        writer.u64(low)
        writer.u64(high)
        for end in ends {
            end.dot.encode(into: &writer)
            writer.digest(end.id)
        }
        return Digest(hashing: writer.bytes.raw)
    }
}

extension SlotID {
    /// An operation as eight keyed bytes: of which transaction, whose writer is in `start`, and on which slot. What the
    /// transaction says, its id vouches for.
    fileprivate func word(of dot: Dot, after start: Sip) -> UInt64 {
        var state = start
        state.absorb(dot.sequence)
        state.absorb(UInt64(kind) << 32 | UInt64(key.count) << 16 | UInt64(element.count))
        let bytes = state.absorb(key) + state.absorb(element)
        return state.finished(bytes: 32 + bytes)
    }
}

extension Sip {
    /// Bytes as words, the last filled up with zeros. Answers how many bytes that came to.
    fileprivate mutating func absorb(_ bytes: [UInt8]) -> Int {
        let whole = bytes.count & ~7
        for start in stride(from: 0, to: whole, by: 8) {
            var word: UInt64 = 0
            for offset in 0..<8 { word |= UInt64(bytes[start + offset]) &<< UInt64(8 * offset) }
            absorb(word)
        }
        var word: UInt64 = 0
        for offset in 0..<bytes.count - whole { word |= UInt64(bytes[whole + offset]) &<< UInt64(8 * offset) }
        absorb(word)
        return whole + 8
    }
}
