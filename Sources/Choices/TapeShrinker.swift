/// Makes a failing tape smaller: shorter first, then with smaller numbers from the front (the "shortlex" order, as in
/// Hypothesis: MacIver and Donaldson, "Test-Case Reduction via Test-Case Generation", 2020). It knows nothing of what
/// the numbers mean; it edits, plays the edited tape to the property, and keeps the edit when the property still fails.
/// Every kept tape is strictly smaller than the one before, so shrinking ends; a bound on the attempts ends it sooner.
struct TapeShrinker {
    /// Plays a tape: the choices that the run used when it failed again, or nil when it passed.
    let fails: ([UInt64]) -> [UInt64]?
    /// How many more runs are allowed.
    private(set) var attemptsLeft: Int
    /// The smallest failing tape so far.
    private(set) var best: [UInt64]

    init(_ failing: [UInt64], attempts: Int, fails: @escaping ([UInt64]) -> [UInt64]?) {
        best = failing
        attemptsLeft = attempts
        self.fails = fails
    }

    /// Runs all passes until none of them helps.
    mutating func shrink() {
        var before: [UInt64]
        repeat {
            before = best
            deleteBlocks()
            deleteBehindLowered()
            zeroBlocks()
            lowerEach()
            lowerEqualsTogether()
        } while best != before && attemptsLeft > 0
    }

    /// Plays `candidate` if it is smaller than the best; answers whether it became the best.
    private mutating func accept(_ candidate: [UInt64]) -> Bool {
        guard attemptsLeft > 0, Self.isSmaller(candidate, than: best) else { return false }
        attemptsLeft -= 1
        guard let used = fails(candidate), Self.isSmaller(used, than: best) else { return false }
        best = used
        return true
    }

    static func isSmaller(_ left: [UInt64], than right: [UInt64]) -> Bool {
        left.count == right.count ? left.lexicographicallyPrecedes(right) : left.count < right.count
    }

    /// Cuts runs of choices out, long runs first, from the end: what was drawn late depends on what was drawn early.
    private mutating func deleteBlocks() {
        var length = best.count / 2
        while length > 0, attemptsLeft > 0 {
            var end = best.count
            while end >= length, end > 0, attemptsLeft > 0 {
                var candidate = best
                candidate.removeSubrange(end - length..<min(end, candidate.count))
                // After success the tape has moved under us: try again at the same place.
                end = accept(candidate) ? min(end, best.count) : end - 1
            }
            length = length > 8 ? length / 2 : length - 1
        }
    }

    /// Lowers a choice by one and cuts a few choices behind it: a count, and what it counted.
    private mutating func deleteBehindLowered() {
        for length in 1...4 {
            var index = best.count - length - 1
            while index >= 0, attemptsLeft > 0 {
                if index + length < best.count, best[index] > 0 {
                    var candidate = best
                    candidate[index] -= 1
                    candidate.removeSubrange(index + 1...index + length)
                    _ = accept(candidate)
                }
                index -= 1
            }
        }
    }

    private mutating func zeroBlocks() {
        for length in [16, 8, 4, 2] {
            var start = 0
            while start + length <= best.count, attemptsLeft > 0 {
                let block = start..<start + length
                if best[block].contains(where: { $0 != 0 }) {
                    var candidate = best
                    candidate.replaceSubrange(block, with: repeatElement(0, count: length))
                    _ = accept(candidate)
                }
                start += length
            }
        }
    }

    private mutating func lowerEach() {
        var index = 0
        while index < best.count, attemptsLeft > 0 {
            lower { $0 == index }
            index += 1
        }
    }

    /// Lowers equal numbers in one go: two clocks that must agree for the property to fail can only fall together.
    private mutating func lowerEqualsTogether() {
        var seen = 0
        while seen < best.count, attemptsLeft > 0 {
            let value = best[seen]
            let places = best.indices.filter { best[$0] == value }
            if value > 0, places.count > 1, places.first == seen { lower(places.contains) }
            seen += 1
        }
    }

    /// Binary search for the least value that still fails at all indices that `chosen` picks out; they share one value.
    private mutating func lower(_ chosen: (Int) -> Bool) {
        guard let first = best.indices.first(where: chosen), best[first] > 0 else { return }
        func replaced(_ value: UInt64) -> [UInt64] {
            best.indices.map { chosen($0) ? value : best[$0] }
        }
        if accept(replaced(0)) { return }
        // `passing` is known not to fail; the value in the best tape is known to fail.
        var passing: UInt64 = 0
        while first < best.count, best[first] > passing + 1, attemptsLeft > 0 {
            let middle = passing + (best[first] - passing) / 2
            if !accept(replaced(middle)) { passing = middle }
        }
    }
}
