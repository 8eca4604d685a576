package import Base

/// SipHash-2-4 of words (Aumasson and Bernstein, 2012). Its key is drawn anew for every comparison, so that nobody
/// can choose names or values that are hard to tell apart.
struct Sip {
    var v0: UInt64
    var v1: UInt64
    var v2: UInt64
    var v3: UInt64

    init(seed: UInt32) {
        let key = (UInt64(seed) &* 0x9E37_79B9_7F4A_7C15, UInt64(seed) ^ 0x6D61_7272_616D_2F31)
        v0 = key.0 ^ 0x736F_6D65_7073_6575
        v1 = key.1 ^ 0x646F_7261_6E64_6F6D
        v2 = key.0 ^ 0x6C79_6765_6E65_7261
        v3 = key.1 ^ 0x7465_6462_7974_6573
    }

    static func hash(_ first: UInt64, _ second: UInt64, seed: UInt32) -> UInt64 {
        var state = Sip(seed: seed)
        state.absorb(first)
        state.absorb(second)
        return state.finished(bytes: 16)
    }

    /// The hash of all words that were absorbed, which came to so many bytes.
    consuming func finished(bytes: Int) -> UInt64 {
        absorb(UInt64(bytes) << 56)
        v2 ^= 0xFF
        for _ in 0..<4 { turn() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    /// Inlined, and with shifts that need no check: the hottest lines of every comparison.
    @inline(__always)
    mutating func absorb(_ word: UInt64) {
        v3 ^= word
        turn()
        turn()
        v0 ^= word
    }

    @inline(__always)
    private mutating func turn() {
        v0 &+= v1
        v1 = Self.left(v1, 13) ^ v0
        v0 = Self.left(v0, 32)
        v2 &+= v3
        v3 = Self.left(v3, 16) ^ v2
        v0 &+= v3
        v3 = Self.left(v3, 21) ^ v0
        v2 &+= v1
        v1 = Self.left(v1, 17) ^ v2
        v2 = Self.left(v2, 32)
    }

    @inline(__always)
    private static func left(_ word: UInt64, _ count: UInt64) -> UInt64 { word &<< count | word &>> (64 - count) }
}

/// A set of words as a few cells from which somebody who has nearly the same set finds out what differs: a rateless
/// invertible Bloom lookup table (Yang, Gilad and Alizadeh, "Practical Rateless Set Reconciliation", 2024). Some 1.4
/// cells a difference are enough, whatever the size of the sets.
///
/// A cell has no count of its elements: which side has an element is looked up on this side.
package struct Sketch: Hashable, Sendable {
    package struct Cell: Hashable, Sendable {
        var sum: UInt64 = 0
        var check: UInt32 = 0
    }

    package let seed: UInt32
    package private(set) var cells: [Cell]

    package init(of elements: [UInt64], cells count: Int, seed: UInt32) {
        self.seed = seed
        cells = [Cell](repeating: Cell(), count: count)
        for element in elements { mix(element) }
    }

    /// What is left of as many first cells of another sketch when what this one has in its own is taken out.
    init(_ others: [Cell], without mine: Sketch) {
        precondition(others.count <= mine.cells.count, "whoever compares has as many cells of its own")
        seed = mine.seed
        cells = zip(others, mine.cells).map { Cell(sum: $0.sum ^ $1.sum, check: $0.check ^ $1.check) }
    }

    /// Of which half is the check in a cell.
    func hash(of element: UInt64) -> UInt64 { Sip.hash(element, 1, seed: seed) }
    fileprivate func check(_ element: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash(of: element)) }

    /// Mixes an element into its cells, or out of them.
    mutating func mix(_ element: UInt64) { mix(element, hash: hash(of: element)) }

    private mutating func mix(_ element: UInt64, hash: UInt64) {
        var places = Places(element, seed: seed)
        while places.index < cells.count { put(element, hash, &places) }
    }

    /// Two at once, in turn: from each place to the next is a long calculation, and a processor does two side by side.
    mutating func mix(_ one: (element: UInt64, hash: UInt64), _ other: (element: UInt64, hash: UInt64)) {
        var left = Places(one.element, seed: seed)
        var right = Places(other.element, seed: seed)
        while left.index < cells.count, right.index < cells.count {
            put(one.element, one.hash, &left)
            put(other.element, other.hash, &right)
        }
        while left.index < cells.count { put(one.element, one.hash, &left) }
        while right.index < cells.count { put(other.element, other.hash, &right) }
    }

    @inline(__always)
    private mutating func put(_ element: UInt64, _ hash: UInt64, _ places: inout Places) {
        cells[places.index].sum ^= element
        cells[places.index].check ^= UInt32(truncatingIfNeeded: hash)
        places.advance()
    }

    /// What is in one of both sets and not in the other, if the cells are enough to say so: this sketch is another's,
    /// `mine` this side's elements.
    package func difference(from mine: [UInt64]) -> [UInt64]? {
        var peeling = Peeling(Sketch(cells, without: Sketch(of: mine, cells: cells.count, seed: seed)))
        var tries = Self.pairsTried
        while true {
            guard peeling.goOn(.max) else { return nil }
            guard let pair = peeling.rest.nextPair(of: mine, &tries) else { break }
            peeling.take(pair.0)
            peeling.take(pair.1)
        }
        return peeling.isWhole ? peeling.found : nil
    }

    /// Cells that are tried for pairs: each costs two hashes an element of this side's.
    private static var pairsTried: Int { 4 }

    /// The two words of a cell that holds the old and the new head of one log. They begin with the same name, so of
    /// that nothing is left in their sum; which they are is found by trying all of this side's.
    fileprivate func nextPair(of own: [UInt64], _ tries: inout Int) -> (UInt64, UInt64)? {
        for cell in cells where cell.sum != 0 && cell.sum >> 32 == 0 {
            guard tries > 0 else { return nil }
            tries -= 1
            for word in own where check(word) ^ check(word ^ cell.sum) == cell.check { return (word, word ^ cell.sum) }
        }
        return nil
    }

    /// In which cells an element is: in the first, and then ever more seldom, so that any number of first cells makes a
    /// sketch (the paper's section 4.2).
    fileprivate struct Places {
        var index = 0
        private var state: UInt64

        init(_ element: UInt64, seed: UInt32) { state = Sip.hash(element, 2, seed: seed) }

        mutating func advance() {
            state = state &* 0xD120_2E63_0BC4_4E4D &+ 0x9E37_79B9_7F4A_7C15
            // In (0, 1].
            let chance = (Double(state >> 32) + 1) / 4_294_967_296
            let gap = min((Double(index) + 1.5) * (1 / chance.squareRoot() - 1), 1_000_000_000)
            // Rounded up. The processor's own way to do that is not on every one, and else is a call.
            let whole = Int(gap)
            index += max(1, Double(whole) < gap ? whole + 1 : whole)
        }
    }
}

/// Telling the elements of a sketch, one from another: a cell with one element in it tells that, and without it the
/// element's other cells may tell the next.
struct Peeling {
    /// What is not told yet.
    fileprivate(set) var rest: Sketch
    private(set) var found: [UInt64] = []
    private var pending: [Int]

    init(_ sketch: Sketch) {
        rest = sketch
        pending = Array(sketch.cells.indices.reversed())
    }

    /// Whether no cell is left to look at.
    var isOver: Bool { pending.isEmpty }
    /// Whether every element was told.
    var isWhole: Bool { rest.cells.allSatisfy { $0 == Sketch.Cell() } }

    /// Looks at so many cells. False when there are more elements than the cells can tell apart: somebody made them up.
    mutating func goOn(_ count: Int) -> Bool {
        var left = count
        while left > 0, let index = pending.popLast() {
            left -= 1
            let cell = rest.cells[index]
            guard cell != Sketch.Cell(), cell.check == rest.check(cell.sum) else { continue }
            guard found.count < 2 * rest.cells.count else { return false }
            take(cell.sum)
        }
        return true
    }

    /// An element was told: takes it out of its cells, each of which may tell the next.
    mutating func take(_ element: UInt64) {
        found.append(element)
        rest.mix(element)
        var places = Sketch.Places(element, seed: rest.seed)
        while places.index < rest.cells.count {
            pending.append(places.index)
            places.advance()
        }
    }
}

extension Sketch.Cell: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u64(sum)
        writer.u32(check)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        sum = try reader.u64()
        check = try reader.u32()
    }
}

extension Sketch: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u32(seed)
        writer.list(cells)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        seed = try reader.u32()
        cells = try reader.list(of: Cell.self, atMost: Limits.sketchCells)
    }
}
