/// The world's dice: chance by number instead of by sequence. The fate of a node's 17th packet is a function of the
/// seed, the node and 17, whatever else happens in the world. So a shrinker that takes one fault out of a script leaves
/// the luck of everybody else as it was, and what failed before mostly fails again.
struct Chance {
    let seed: UInt64

    /// 64 even bits for the `number`th time `who` needs some. The mixing is SplitMix64's, twice.
    @inline(__always)
    func word(_ who: Int, _ number: UInt64) -> UInt64 {
        Self.mixed(Self.mixed(seed &+ UInt64(truncatingIfNeeded: who) &* 0x9E37_79B9_7F4A_7C15) &+ number)
    }

    @inline(__always)
    static func mixed(_ word: UInt64) -> UInt64 {
        var word = word &+ 0x9E37_79B9_7F4A_7C15
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// `word` brought down to `0..<bound`.
    @inline(__always)
    static func scaled(_ word: UInt64, below bound: Int) -> Int {
        Int(word.multipliedFullWidth(by: UInt64(bound)).high)
    }
}
