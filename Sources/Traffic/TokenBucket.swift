internal import Base

/// So many bytes a second, and so many at once.
struct TokenBucket: Sendable {
    let rate: Double
    let burst: Double
    private var level: Double
    private var filled: Instant

    init(rate: Int, burst: Int, at now: Instant) {
        precondition(rate > 0 && burst > 0, "a bucket that never fills is not a rate but a closed door")
        self.rate = Double(rate)
        self.burst = Double(burst)
        level = Double(burst)
        filled = now
    }

    mutating func fill(at now: Instant) {
        guard now > filled else { return }
        level = min(burst, level + rate * (now - filled).inSeconds)
        filled = now
    }

    /// Whether something may go. The last one may overdraw the bucket; it is paid before the next.
    var isOpen: Bool { level > 0 }

    mutating func take(_ bytes: Int) { level -= Double(bytes) }

    /// When it is open again.
    var opening: Instant {
        isOpen ? filled : filled + Interval(nanoseconds: Int64((-level + 1) / rate * 1e9) + 1)
    }
}

extension Interval {
    var inSeconds: Double { Double(nanoseconds) / 1e9 }

    /// Whole nanoseconds of a number of seconds that our own arithmetic made, at most a year.
    init(seconds: Double) { self.init(nanoseconds: Int64(max(0, min(seconds, 3.2e7)) * 1e9)) }
}
