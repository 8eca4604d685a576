internal import Base

/// The two clocks of one node, both wrong in their own way. The monotonic one starts anywhere and runs a few parts per
/// million too fast or too slow; the wall clock runs with it and is set forward and back besides.
struct SimulatedClock {
    /// What the monotonic clock shows at `since`, and what the wall clock shows, in nanoseconds and milliseconds.
    private var instant: UInt64
    private var wall: Int64
    /// The world's time when drift or wall were changed last.
    private var since: Int64 = 0
    /// Parts per million that this clock is too fast.
    private var drift: Int64 = 0

    /// The wall time at which every world begins: 1 July 2026, 00:00 UTC.
    static let epoch: Int64 = 1_782_864_000_000

    init(instant: UInt64) {
        self.instant = instant
        wall = Self.epoch
    }

    func now(_ time: Int64) -> Now {
        let elapsed = local(time - since)
        return Now(
            instant: Instant(nanoseconds: instant + UInt64(elapsed)),
            wall: WallTime(milliseconds: wall + elapsed / 1_000_000))
    }

    /// How far this clock goes while the world goes on by `elapsed`. In two parts, so that years do not overflow.
    @inline(__always)
    private func local(_ elapsed: Int64) -> Int64 {
        if drift == 0 { return elapsed }
        let (millions, rest) = elapsed.quotientAndRemainder(dividingBy: 1_000_000)
        return elapsed + millions * drift + rest * drift / 1_000_000
    }

    /// The first moment of the world at which this clock has reached `deadline`; `.max` when that is beyond all worlds.
    func time(of deadline: Instant) -> Int64 {
        guard deadline.nanoseconds > instant else { return since }
        let wanted = deadline.nanoseconds - instant
        // Sixteen years: no world is that old, and the arithmetic below stays far from its ends.
        guard wanted < 1 << 59 else { return .max }
        if drift == 0 { return since + Int64(wanted) }
        let pace = 1_000_000 + drift
        let (millions, rest) = Int64(wanted).quotientAndRemainder(dividingBy: pace)
        var elapsed = millions * 1_000_000 + rest * 1_000_000 / pace
        // Rounding leaves it a few nanoseconds off; step to the exact moment.
        while local(elapsed) < Int64(wanted) { elapsed += 1 }
        while elapsed > 0, local(elapsed - 1) >= Int64(wanted) { elapsed -= 1 }
        return since + elapsed
    }

    /// Sets the wall clock forward by `jump` and the pace to `drift`, from `time` on.
    mutating func set(jump: Interval, drift: Int, at time: Int64) {
        let before = now(time)
        instant = before.instant.nanoseconds
        wall = before.wall.milliseconds + jump.milliseconds
        since = time
        self.drift = Int64(drift)
    }
}
