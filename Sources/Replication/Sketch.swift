package import Base

/// SipHash-2-4 of two words (Aumasson and Bernstein, 2012). Its key is drawn anew for every comparison, so that nobody
/// can choose names or values that are hard to tell apart.
struct Sip {
    var v0: UInt64
    var v1: UInt64
    var v2: UInt64
    var v3: UInt64

    static func hash(_ first: UInt64, _ second: UInt64, seed: UInt32) -> UInt64 {
        let key = (UInt64(seed) &* 0x9E37_79B9_7F4A_7C15, UInt64(seed) ^ 0x6D61_7272_616D_2F31)
        var state = Sip(
            v0: key.0 ^ 0x736F_6D65_7073_6575, v1: key.1 ^ 0x646F_7261_6E64_6F6D, v2: key.0 ^ 0x6C79_6765_6E65_7261,
            v3: key.1 ^ 0x7465_6462_7974_6573)
        state.absorb(first)
        state.absorb(second)
        state.absorb(16 << 56)
        state.v2 ^= 0xFF
        for _ in 0..<4 { state.turn() }
        return state.v0 ^ state.v1 ^ state.v2 ^ state.v3
    }

    private mutating func absorb(_ word: UInt64) {
        v3 ^= word
        turn()
        turn()
        v0 ^= word
    }

    private mutating func turn() {
        func left(_ word: UInt64, _ count: UInt64) -> UInt64 { word << count | word >> (64 - count) }
        v0 &+= v1
        v1 = left(v1, 13) ^ v0
        v0 = left(v0, 32)
        v2 &+= v3
        v3 = left(v3, 16) ^ v2
        v0 &+= v3
        v3 = left(v3, 21) ^ v0
        v2 &+= v1
        v1 = left(v1, 17) ^ v2
        v2 = left(v2, 32)
    }
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

    private func check(_ element: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: Sip.hash(element, 1, seed: seed)) }

    /// Mixes an element into its cells, or out of them.
    private mutating func mix(_ element: UInt64) {
        let check = check(element)
        var places = Places(element, seed: seed)
        while places.index < cells.count {
            cells[places.index].sum ^= element
            cells[places.index].check ^= check
            places.advance()
        }
    }

    /// What is in one of both sets and not in the other, if the cells are enough to say so: this sketch is another's,
    /// `mine` this side's elements.
    package func difference(from mine: [UInt64]) -> [UInt64]? {
        var rest = Sketch(of: mine, cells: cells.count, seed: seed)
        for index in cells.indices {
            rest.cells[index].sum ^= cells[index].sum
            rest.cells[index].check ^= cells[index].check
        }
        return rest.peeled(mine)
    }

    private consuming func peeled(_ own: [UInt64]) -> [UInt64]? {
        var found: [UInt64] = []
        var pending = Array(cells.indices.reversed())
        var tries = Self.pairsTried
        while true {
            while let index = pending.popLast() {
                let cell = cells[index]
                guard cell != Cell(), cell.check == check(cell.sum) else { continue }
                // More than the cells can tell apart: somebody made them up.
                guard found.count < 2 * cells.count else { return nil }
                take(cell.sum, into: &found, &pending)
            }
            guard let pair = nextPair(of: own, &tries) else { break }
            take(pair.0, into: &found, &pending)
            take(pair.1, into: &found, &pending)
        }
        return cells.allSatisfy { $0 == Cell() } ? found : nil
    }

    /// An element was told: takes it out of its cells, each of which may tell the next.
    private mutating func take(_ element: UInt64, into found: inout [UInt64], _ pending: inout [Int]) {
        found.append(element)
        mix(element)
        var places = Places(element, seed: seed)
        while places.index < cells.count {
            pending.append(places.index)
            places.advance()
        }
    }

    /// Cells that are tried for pairs: each costs two hashes an element of this side's.
    private static var pairsTried: Int { 4 }

    /// The two words of a cell that holds the old and the new head of one log. They begin with the same name, so of
    /// that nothing is left in their sum; which they are is found by trying all of this side's.
    private func nextPair(of own: [UInt64], _ tries: inout Int) -> (UInt64, UInt64)? {
        for cell in cells where cell.sum != 0 && cell.sum >> 32 == 0 {
            guard tries > 0 else { return nil }
            tries -= 1
            for word in own where check(word) ^ check(word ^ cell.sum) == cell.check { return (word, word ^ cell.sum) }
        }
        return nil
    }

    /// In which cells an element is: in the first, and then ever more seldom, so that any number of first cells makes a
    /// sketch (the paper's section 4.2).
    private struct Places {
        var index = 0
        private var state: UInt64

        init(_ element: UInt64, seed: UInt32) { state = Sip.hash(element, 2, seed: seed) }

        mutating func advance() {
            state = state &* 0xD120_2E63_0BC4_4E4D &+ 0x9E37_79B9_7F4A_7C15
            // In (0, 1].
            let chance = (Double(state >> 32) + 1) / 4_294_967_296
            let gap = ((Double(index) + 1.5) * (1 / chance.squareRoot() - 1)).rounded(.up)
            index += max(1, Int(min(gap, 1_000_000_000)))
        }
    }
}

extension Sketch: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u32(seed)
        writer.varint(UInt64(cells.count))
        for cell in cells {
            writer.u64(cell.sum)
            writer.u32(cell.check)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        seed = try reader.u32()
        cells = []
        for _ in 0..<(try reader.count(atMost: Limits.sketchCells)) {
            cells.append(Cell(sum: try reader.u64(), check: try reader.u32()))
        }
    }
}
