/// A point in hybrid time: 48 bits of wall milliseconds and a 16-bit counter (Kulkarni et al., "Logical Physical
/// Clocks", 2014). It orders what one node did and breaks ties between nodes; nothing correct rests on it, because a
/// clock at a site may start in 1970.
package struct HybridTime: Hashable, Comparable, Sendable {
    package var bits: UInt64

    package init(bits: UInt64) { self.bits = bits }
    package init(milliseconds: UInt64, counter: UInt16) { bits = milliseconds << 16 | UInt64(counter) }

    package var milliseconds: UInt64 { bits >> 16 }
    package var counter: UInt16 { UInt16(truncatingIfNeeded: bits) }

    package static func < (left: HybridTime, right: HybridTime) -> Bool { left.bits < right.bits }
}

/// Hands out hybrid times that only rise, across restarts too when it is started from the last one that was stored.
package struct HybridClock: Hashable, Sendable {
    package private(set) var last: HybridTime

    /// `floor` is the highest of: the last time stored, the build time, anything else known to have passed.
    package init(floor: HybridTime) { last = floor }

    /// A new time, above every earlier one and not below the wall clock.
    package mutating func tick(at now: Now) -> HybridTime {
        last = max(HybridTime(bits: last.bits + 1), HybridTime(milliseconds: Self.clamped(now.wall), counter: 0))
        return last
    }

    /// Takes a peer's time into account, but only within `reach` of the local wall clock: a poisoned time far ahead
    /// must not carry this clock away. Answers whether it was absorbed.
    @discardableResult
    package mutating func observe(_ remote: HybridTime, at now: Now, reach: Interval) -> Bool {
        let limit = Self.clamped(now.wall + reach)
        guard remote.milliseconds <= limit else { return false }
        last = max(last, remote)
        return true
    }

    private static func clamped(_ wall: WallTime) -> UInt64 {
        // One short of 2^48 milliseconds (the year 10889), so that a tick above it still has room.
        UInt64(clamping: wall.milliseconds.clamped(to: 0...(1 << 48) - 2))
    }
}

extension Comparable {
    /// The value itself, or the end of `range` that it lies beyond.
    @inlinable package func clamped(to range: ClosedRange<Self>) -> Self {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
