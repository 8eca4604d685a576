/// Seeded chance: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), filled
/// from one number by SplitMix64. An engine owns one; two engines never share one, they `split` it.
/// Key material never comes from here.
package struct Random: RandomNumberGenerator, Hashable, Sendable {
    package private(set) var state: Bytes32

    package init(seed: UInt64) {
        var mixer = seed
        func splitMix() -> UInt64 {
            mixer &+= 0x9E37_79B9_7F4A_7C15
            var word = mixer
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
        state = Bytes32(splitMix(), splitMix(), splitMix(), splitMix())
    }

    /// Goes on where a saved generator stopped. A state read from a file is checked by its decoder first.
    package init(state: Bytes32) {
        precondition(state != .zero, "xoshiro never leaves the all-zero state, and no seed leads into it")
        self.state = state
    }

    package mutating func next() -> UInt64 {
        func rotated(_ word: UInt64, by count: UInt64) -> UInt64 { word << count | word >> (64 - count) }
        let result = rotated(state.w1 &* 5, by: 7) &* 9
        let shifted = state.w1 << 17
        state.w2 ^= state.w0
        state.w3 ^= state.w1
        state.w1 ^= state.w2
        state.w0 ^= state.w3
        state.w2 ^= shifted
        state.w3 = rotated(state.w3, by: 45)
        return result
    }

    /// A generator of its own for `purpose`, the same for the same parent state and purpose.
    package mutating func split(_ purpose: StaticString) -> Random {
        var hash = TraceHash()
        hash.absorb(text: purpose)
        return Random(seed: next() ^ hash.value)
    }

    /// A number in `0..<bound`, each equally likely (Lemire's multiplication, 2019). `bound` is our own, never a
    /// peer's.
    package mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "a choice among nothing: the caller must have checked for emptiness")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// True `perMillion` times in a million.
    package mutating func strikes(perMillion: Int) -> Bool {
        perMillion > 0 && below(1_000_000) < perMillion
    }

    /// A time in `range`, to the nanosecond.
    package mutating func interval(in range: ClosedRange<Interval>) -> Interval {
        let width = range.upperBound.nanoseconds - range.lowerBound.nanoseconds
        return Interval(nanoseconds: range.lowerBound.nanoseconds + Int64(below(Int(width) + 1)))
    }

    /// `interval`, moved by up to `percent` of itself to either side.
    package mutating func jittered(_ interval: Interval, percent: Int64) -> Interval {
        let reach = Interval(nanoseconds: interval.nanoseconds / 100 * percent)
        return self.interval(in: interval - reach...interval + reach)
    }

    /// One of `elements`, or nil when there are none.
    package mutating func pick<Elements: RandomAccessCollection>(_ elements: Elements) -> Elements.Element? {
        guard !elements.isEmpty else { return nil }
        return elements[elements.index(elements.startIndex, offsetBy: below(elements.count))]
    }

    /// Fisher–Yates, written out because the standard library does not promise which algorithm `shuffle` uses.
    package mutating func shuffle<Element>(_ elements: inout [Element]) {
        guard elements.count > 1 else { return }
        for index in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(index, below(index + 1))
        }
    }
}
