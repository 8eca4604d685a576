internal import Base

/// How long packets wait in the queues of the path: their way's time less the shortest of late. Both clocks run at
/// their own pace and from their own beginning, so only differences mean anything, and the shortest is forgotten after
/// twenty seconds.
struct DelayGauge: Sendable {
    /// The shortest way's time in the current ten seconds, and in those before.
    private var current = Int64.max
    private var former = Int64.max
    private var began: Instant?
    /// The shortest since the last feedback, and since the one before.
    private var fresh = Int64.max
    private var last = Int64.max
    private static let span = Interval.seconds(10)

    private var base: Int64 { min(current, former) }

    /// One packet's way took so long, in nanoseconds by two clocks.
    mutating func enter(_ way: Int64, at now: Instant, holds: Bool) {
        if let start = began, now - start >= Self.span, !holds {
            former = current
            current = way
            began = now
        } else if began == nil {
            began = now
        }
        current = min(current, way)
        fresh = min(fresh, way)
    }

    /// The waiting time as the latest feedback shows it; the better of two, because single packets are delayed by more
    /// than queues.
    mutating func conclude() -> Double {
        defer {
            if fresh < .max { last = fresh }
            fresh = .max
        }
        let best = min(fresh, last)
        return best < .max && base < .max ? Double(max(0, best - base)) / 1e9 : 0
    }

    func queueing(_ way: Int64) -> Double { base < .max ? Double(max(0, way - base)) / 1e9 : 0 }
}
