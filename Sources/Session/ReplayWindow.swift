internal import Base

/// Which numbers of a peer's packets were seen: the highest, and one bit for each of the thousand and more below it, in
/// a ring of words (RFC 6479). A number is entered after the packet's seal proved true; entering what a stranger made
/// up would let strangers move the window.
package struct ReplayWindow: Sendable {
    /// One past the highest number seen.
    private var end: UInt64 = 0
    /// The bit of a number is bit `number % 64` of word `number / 64 % words`.
    private var ring = InlineArray<16, UInt64>(repeating: 0)

    private static let words: UInt64 = 16
    /// How far below the highest a number may lie. One word is always being overwritten.
    package static let width = (words - 1) * 64

    package init() {}

    package func isFresh(_ number: UInt64) -> Bool {
        guard number < end else { return true }
        return end - number <= Self.width && ring[slot(number)] & bit(number) == 0
    }

    package mutating func enter(_ number: UInt64) {
        precondition(isFresh(number), "only a number that the window called fresh is entered")
        precondition(number < .max, "the seal reserves the last number, so no packet that opened has it")
        if number >= end {
            let oldWord = end == 0 ? 0 : (end - 1) / 64
            let cleared = min(number / 64 - oldWord, Self.words)
            for step in 0..<cleared { ring[Int((oldWord + 1 + step) % Self.words)] = 0 }
            end = number + 1
        }
        ring[slot(number)] |= bit(number)
    }

    var fingerprint: UInt64 {
        var hash = TraceHash()
        hash.absorb(end)
        for index in ring.indices { hash.absorb(ring[index]) }
        return hash.value
    }

    private func slot(_ number: UInt64) -> Int { Int(number / 64 % Self.words) }
    private func bit(_ number: UInt64) -> UInt64 { 1 << (number % 64) }
}
