/// Which numbers of a peer's packets were seen: the highest, and one bit for each of the 64 below it (RFC 6479 has the
/// larger form). A number is asked about before the packet is opened and entered after its seal proved true; entering
/// what a stranger made up would let strangers close the window.
package struct ReplayWindow: Hashable, Sendable {
    private var highest: UInt64
    /// Bit n: `highest - n` was seen.
    private var seen: UInt64

    /// A window that has seen `first`.
    package init(first: UInt64) {
        highest = first
        seen = 1
    }

    package static let width: UInt64 = 64

    package func isFresh(_ number: UInt64) -> Bool {
        if number > highest { return true }
        let distance = highest - number
        return distance < Self.width && seen & (1 << distance) == 0
    }

    package mutating func enter(_ number: UInt64) {
        precondition(isFresh(number), "only a number that the window called fresh is entered")
        if number > highest {
            let step = number - highest
            seen = step < Self.width ? seen << step | 1 : 1
            highest = number
        } else {
            seen |= 1 << (highest - number)
        }
    }
}
