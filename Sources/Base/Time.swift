/// A length of time in whole nanoseconds, signed. 292 years fit.
package struct Interval: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    @inlinable package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let zero = Interval(nanoseconds: 0)
    @inlinable package static func nanoseconds(_ count: Int64) -> Interval { Interval(nanoseconds: count) }
    @inlinable package static func microseconds(_ count: Int64) -> Interval { Interval(nanoseconds: count * 1_000) }
    @inlinable package static func milliseconds(_ count: Int64) -> Interval { Interval(nanoseconds: count * 1_000_000) }
    @inlinable package static func seconds(_ count: Int64) -> Interval { Interval(nanoseconds: count * 1_000_000_000) }
    @inlinable package static func minutes(_ count: Int64) -> Interval { .seconds(count * 60) }
    @inlinable package static func hours(_ count: Int64) -> Interval { .seconds(count * 3_600) }
    @inlinable package static func days(_ count: Int64) -> Interval { .seconds(count * 86_400) }

    @inlinable package var milliseconds: Int64 { nanoseconds / 1_000_000 }
    @inlinable package var seconds: Int64 { nanoseconds / 1_000_000_000 }

    @inlinable package static func < (left: Interval, right: Interval) -> Bool { left.nanoseconds < right.nanoseconds }
    @inlinable package static func + (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds + right.nanoseconds)
    }
    @inlinable package static func - (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds - right.nanoseconds)
    }
    @inlinable package static func * (left: Interval, right: Int64) -> Interval {
        Interval(nanoseconds: left.nanoseconds * right)
    }
    @inlinable package static func / (left: Interval, right: Int64) -> Interval {
        Interval(nanoseconds: left.nanoseconds / right)
    }
}

/// A point on a clock that only goes forward: nanoseconds since this machine booted, suspend included
/// (`CLOCK_BOOTTIME`). Two machines' instants have nothing to do with each other.
package struct Instant: Hashable, Comparable, Sendable {
    package var nanoseconds: UInt64

    @inlinable package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    package static let zero = Instant(nanoseconds: 0)

    /// The earlier of two moments, of which either may never come.
    @inlinable package static func earlier(_ one: Instant?, _ other: Instant?) -> Instant? {
        guard let one, let other else { return one ?? other }
        return one < other ? one : other
    }

    @inlinable package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Saturates at both ends: a deadline computed from a peer's number must not trap.
    @inlinable package static func + (left: Instant, right: Interval) -> Instant {
        if right.nanoseconds >= 0 {
            let (sum, overflow) = left.nanoseconds.addingReportingOverflow(UInt64(right.nanoseconds))
            return Instant(nanoseconds: overflow ? .max : sum)
        }
        let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(right.nanoseconds.magnitude)
        return Instant(nanoseconds: overflow ? 0 : difference)
    }

    @inlinable package static func - (left: Instant, right: Interval) -> Instant {
        left + Interval(nanoseconds: right.nanoseconds == .min ? .max : -right.nanoseconds)
    }

    /// The time from `right` to `left`, saturated to what an `Interval` holds.
    @inlinable package static func - (left: Instant, right: Instant) -> Interval {
        if left >= right {
            return Interval(nanoseconds: Int64(clamping: left.nanoseconds - right.nanoseconds))
        }
        return Interval(nanoseconds: -Int64(clamping: right.nanoseconds - left.nanoseconds))
    }
}

/// What the wall clock says: milliseconds since 1970. It may be wrong by decades; nothing correct may rest on it.
package struct WallTime: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    @inlinable package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    @inlinable package static func < (left: WallTime, right: WallTime) -> Bool {
        left.milliseconds < right.milliseconds
    }
    /// Saturates at both ends: a clock gone mad must not turn a far future into a past.
    @inlinable package static func + (left: WallTime, right: Interval) -> WallTime {
        let (sum, overflow) = left.milliseconds.addingReportingOverflow(right.milliseconds)
        return WallTime(milliseconds: overflow ? (right.milliseconds < 0 ? .min : .max) : sum)
    }
}

/// Both clocks, read once by the world and handed to every door.
package struct Now: Hashable, Sendable {
    package var instant: Instant
    package var wall: WallTime

    @inlinable package init(instant: Instant, wall: WallTime) {
        self.instant = instant
        self.wall = wall
    }
}
