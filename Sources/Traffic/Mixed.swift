internal import Base

/// Which units a packet mixes, from its number: each with one chance in two, so that any so many packets replace any so
/// many units, whether few are missing or most. Both ends reckon the same, so nothing of it is on the wire. (Random
/// linear coding over one bit, a relative of RFC 5170's codes. The end of a transfer is short, so elimination will do.)
struct MixPattern: Sendable {
    private let number: UInt64
    private let seed: UInt64
    private let units: Int

    init(number: UInt64, units: Int) {
        self.number = number
        // Mixed twice: neighbouring numbers mixed once leave rows that depend on one another.
        seed = Self.mixed(number)
        self.units = units
    }

    /// The bits of units `64 * index` and following.
    func word(_ index: Int) -> UInt64 {
        var word = Self.mixed(seed &+ UInt64(index) &* 0x9E37_79B9_7F4A_7C15)
        let rest = units - 64 * index
        if rest < 64 { word &= (1 << UInt64(rest)) - 1 }
        if word == 0, units <= 64 { word = 1 << (number % UInt64(units)) }
        return word
    }

    /// Calls `body` with every unit that is in.
    func forEach(_ body: (Int) -> Void) {
        for index in 0..<(units + 63) / 64 {
            var word = word(index)
            while word != 0 {
                body(64 * index + word.trailingZeroBitCount)
                word &= word - 1
            }
        }
    }

    /// SplitMix64's step (Steele, Lea, Flood 2014).
    private static func mixed(_ state: UInt64) -> UInt64 {
        var word = state &+ 0x9E37_79B9_7F4A_7C15
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

/// A block of units of a stream's end while its sender mixes them: how many mixes are on the way, and how many came.
struct Mixing: Sendable {
    let base: UInt64
    let end: UInt64
    let unit: UInt64
    var flying = 0
    var arrived = 0
    /// Units known to be missing, and units on the way, as the latest feedback has it.
    private var lost = 0.0
    private var plain = 0.0

    init(base: UInt64, end: UInt64, unit: UInt64) {
        self.base = base
        self.end = end
        self.unit = unit
    }

    var units: Int { Int((end - base + unit - 1) / unit) }

    mutating func count(_ half: SendHalf) {
        let from = max(base, half.base)
        guard from < end else {
            lost = 0
            plain = 0
            return
        }
        let missing = touched(from: from) { half.lost.part(from: $0, to: end) }
        let unacknowledged = touched(from: from) { half.acknowledged.gap(from: $0, to: end) }
        lost = Double(missing)
        plain = Double(max(0, unacknowledged - missing))
    }

    /// How many units have a part in the stretches that `next` finds one after another. A packet that was cut for
    /// another size lies in two.
    private func touched(from start: UInt64, _ next: (UInt64) -> Stretch?) -> Int {
        var from = start
        var count = 0
        var counted = UInt64.max
        while from < end, let stretch = next(from) {
            let first = (stretch.lower - base) / unit
            let last = (stretch.upper - 1 - base) / unit
            count += Int(last - first) + (first == counted ? 0 : 1)
            counted = last
            from = stretch.upper
        }
        return count
    }

    /// Whether the mixes under way hardly suffice at this loss: so that one block in forty has to wait for the next
    /// feedback; or, where it is generous because the path would be idle otherwise, one in some hundreds.
    func needsMore(loss: Double, isGenerous: Bool) -> Bool {
        let missing = lost + plain * loss
        guard missing > 0.01 else { return false }
        // Everything is told of, and something is missing: the rows that came did not suffice.
        if flying == 0, plain < 0.5, lost > 0 { return true }
        let spread = ((plain + Double(flying)) * loss * (1 - loss)).squareRoot()
        // Each row beyond as many as are missing halves the chance that they do not suffice; a unit alone needs none.
        let rank = units > 1 ? min(isGenerous ? 9 : 5, 4 * missing) : 0
        let deviations = isGenerous ? 3.3 : 2.5
        return Double(arrived) + Double(flying) * (1 - loss) < missing + deviations * spread + rank
    }
}

/// The mixed packets that came of a stream's end, and what they come to together with the units that came plain.
struct MixedRows: Sendable {
    let base: UInt64
    let end: UInt64
    let unit: Int
    private var numbers: [UInt64] = []
    private var bytes: [UInt8] = []

    init(base: UInt64, end: UInt64, unit: Int) {
        self.base = base
        self.end = end
        self.unit = unit
    }

    var units: Int { (Int(end - base) + unit - 1) / unit }

    /// Keeps a packet. More than so many are never needed, and what is not kept does no harm.
    mutating func put(_ number: UInt64, _ row: RawSpan) {
        guard numbers.count < units + 32 else { return }
        numbers.append(number)
        bytes.append(contentsOf: repeatElement(0, count: unit))
        bytes.overwrite(row, at: bytes.count - unit)
    }

    func stretch(of unit: Int) -> Stretch {
        let lower = base + UInt64(unit) * UInt64(self.unit)
        return Stretch(lower: lower, upper: min(end, lower + UInt64(self.unit)))
    }

    /// The units that did not come whole.
    private func missing(in half: ReceiveHalf) -> [Int] {
        var missing: [Int] = []
        var from = max(base, half.through)
        while from < end {
            guard let gap = half.above.gap(from: from, to: end) else { break }
            let first = Int(gap.lower - base) / unit
            let last = Int(gap.upper - 1 - base) / unit
            for unit in first...last where missing.last != unit { missing.append(unit) }
            from = gap.upper
        }
        return missing
    }

    /// Solves for the missing units when there are enough rows: answers them with their bytes one after another.
    func solve(_ half: ReceiveHalf) -> (units: [Int], bytes: [UInt8], places: [Int])? {
        guard base >= half.ring.oldest else { return nil }
        let missing = missing(in: half)
        guard !missing.isEmpty, numbers.count >= missing.count else { return nil }
        var columns = [Int](repeating: -1, count: units)
        for (column, unit) in missing.enumerated() { columns[unit] = column }
        var system = BitSystem(rows: numbers.count, columns: missing.count)
        for (row, number) in numbers.enumerated() {
            MixPattern(number: number, units: units).forEach { unit in
                if columns[unit] >= 0 { system.set(row, columns[unit]) }
            }
        }
        guard let plan = system.eliminate() else { return nil }
        var bytes = bytes
        for (row, number) in numbers.enumerated() {
            MixPattern(number: number, units: units).forEach { unit in
                guard columns[unit] < 0 else { return }
                let known = stretch(of: unit)
                half.ring.mix(from: known.lower, to: known.upper, into: &bytes, at: row * self.unit)
            }
        }
        var row = [UInt8](repeating: 0, count: unit)
        for step in plan.steps {
            row.overwrite(bytes.raw.extracting(step.source * unit..<(step.source + 1) * unit), at: 0)
            bytes.mix(row.raw, at: step.target * unit)
        }
        return (missing, bytes, plan.pivots)
    }
}

/// Equations over one bit: a row for a packet, a column for an unknown.
private struct BitSystem {
    struct Step {
        var target: Int
        var source: Int
    }

    private var bits: [UInt64]
    private let rows: Int
    private let columns: Int
    private let words: Int

    init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        words = (columns + 63) / 64
        bits = [UInt64](repeating: 0, count: rows * words)
    }

    mutating func set(_ row: Int, _ column: Int) { bits[row * words + column / 64] |= 1 << UInt64(column % 64) }

    private func isSet(_ row: Int, _ column: Int) -> Bool {
        bits[row * words + column / 64] & (1 << UInt64(column % 64)) != 0
    }

    /// Which row to add to which, in order, until every unknown stands alone in a row of its own: `pivots`, by column.
    /// Nil when the rows do not suffice.
    mutating func eliminate() -> (steps: [Step], pivots: [Int])? {
        var steps: [Step] = []
        var pivots: [Int] = []
        var isPivot = [Bool](repeating: false, count: rows)
        for column in 0..<columns {
            guard let pivot = (0..<rows).first(where: { !isPivot[$0] && isSet($0, column) }) else { return nil }
            isPivot[pivot] = true
            pivots.append(pivot)
            for row in 0..<rows where row != pivot && isSet(row, column) {
                for word in 0..<words { bits[row * words + word] ^= bits[pivot * words + word] }
                steps.append(Step(target: row, source: pivot))
            }
        }
        return (steps, pivots)
    }
}
