/// A stretch of a stream, or of packet numbers: from `lower` up to, not including, `upper`.
struct Stretch: Equatable, Sendable {
    var lower: UInt64
    var upper: UInt64

    var count: Int { Int(upper - lower) }
}

/// A set of numbers as stretches that neither touch nor overlap, lowest first.
struct RangeSet: Equatable, Sendable {
    private(set) var stretches: [Stretch] = []
    var isEmpty: Bool { stretches.isEmpty }
    var count: Int { stretches.count }
    var first: Stretch? { stretches.first }
    var last: Stretch? { stretches.last }
    subscript(index: Int) -> Stretch { stretches[index] }

    /// The first stretch that ends at `number` or later: the one that `number` lies in or touches, if any does.
    private func position(endingFrom number: UInt64) -> Int {
        var low = 0
        var high = stretches.count
        while low < high {
            let middle = (low + high) / 2
            if stretches[middle].upper < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Adds a stretch. Answers how many of its numbers are new.
    @discardableResult
    mutating func insert(_ lower: UInt64, _ upper: UInt64) -> Int {
        guard lower < upper else { return 0 }
        // What comes usually continues what came last.
        if let end = stretches.last?.upper, lower >= end {
            if lower == end {
                stretches[stretches.count - 1].upper = upper
            } else {
                stretches.append(Stretch(lower: lower, upper: upper))
            }
            return Int(upper - lower)
        }
        let from = position(endingFrom: lower)
        var to = from
        var merged = Stretch(lower: lower, upper: upper)
        var known = 0
        while to < stretches.count, stretches[to].lower <= upper {
            let overlap = min(upper, stretches[to].upper)
            if overlap > max(lower, stretches[to].lower) { known += Int(overlap - max(lower, stretches[to].lower)) }
            merged.lower = min(merged.lower, stretches[to].lower)
            merged.upper = max(merged.upper, stretches[to].upper)
            to += 1
        }
        replace(from..<to, with: merged)
        return Int(upper - lower) - known
    }

    private mutating func replace(_ range: Range<Int>, with stretch: Stretch) {
        if range.isEmpty {
            stretches.insert(stretch, at: range.lowerBound)
        } else {
            stretches[range.lowerBound] = stretch
            if range.count > 1 { stretches.removeSubrange(range.lowerBound + 1..<range.upperBound) }
        }
    }

    mutating func remove(_ lower: UInt64, _ upper: UInt64) {
        guard lower < upper else { return }
        var index = position(endingFrom: lower)
        while index < stretches.count, stretches[index].lower < upper {
            let old = stretches[index]
            guard old.upper > lower else {
                index += 1
                continue
            }
            switch (old.lower < lower, old.upper > upper) {
            case (false, false): stretches.remove(at: index)
            case (true, false):
                stretches[index].upper = lower
                index += 1
            case (false, true):
                stretches[index].lower = upper
                return
            case (true, true):
                stretches[index].upper = lower
                stretches.insert(Stretch(lower: upper, upper: old.upper), at: index + 1)
                return
            }
        }
    }

    mutating func removeFirst(_ count: Int = 1) { stretches.removeFirst(count) }

    func contains(_ number: UInt64) -> Bool { covers(number, number + 1) }

    /// Whether all of a stretch is in.
    func covers(_ lower: UInt64, _ upper: UInt64) -> Bool {
        let index = position(endingFrom: lower + 1)
        return index < stretches.count && stretches[index].lower <= lower && stretches[index].upper >= upper
    }

    /// The first part from `number` on that is in, up to `end`.
    func part(from number: UInt64, to end: UInt64) -> Stretch? {
        let index = position(endingFrom: number + 1)
        guard index < stretches.count, stretches[index].lower < end else { return nil }
        return Stretch(lower: max(number, stretches[index].lower), upper: min(end, stretches[index].upper))
    }

    /// The first stretch from `number` on that is not in, up to `end`; nil when all is in.
    func gap(from number: UInt64, to end: UInt64) -> Stretch? {
        guard number < end else { return nil }
        var index = position(endingFrom: number + 1)
        var lower = number
        if index < stretches.count, stretches[index].lower <= number {
            lower = stretches[index].upper
            index += 1
        }
        guard lower < end else { return nil }
        return Stretch(lower: lower, upper: index < stretches.count ? min(end, stretches[index].lower) : end)
    }
}
