internal import Base

/// What the peer says on a stream.
struct ReceiveHalf: Sendable {
    private(set) var ring = ByteRing()
    /// Everything below was read.
    private(set) var consumed: UInt64 = 0
    /// Everything below has come.
    private(set) var through: UInt64 = 0
    /// Nothing has come from here on.
    private(set) var highest: UInt64 = 0
    /// What has come above `through`.
    private(set) var above = RangeSet()
    private(set) var end: UInt64?
    /// How far the peer may send, as it was last told.
    private(set) var granted: UInt64
    private let window: UInt64
    let delivery: Delivery
    /// Said to be readable, and not read since.
    var isAnnounced = false

    init(window: Int, delivery: Delivery) {
        self.window = UInt64(window)
        granted = UInt64(window)
        self.delivery = delivery
    }

    var isComplete: Bool { end == through }
    var isDone: Bool { isComplete && consumed == through }
    var hasBytes: Bool { consumed < through }
    /// Where the peer may send to now.
    var limit: UInt64 { consumed + window }
    /// The peer should hear of room: a quarter of the window has become free since it last did.
    var owesGrant: Bool { end == nil && limit - granted >= window / 4 }

    mutating func grant() { granted = max(granted, limit) }

    /// Checks a stretch against what the peer may say. Answers by how much `highest` grows.
    mutating func admit(_ offset: UInt64, _ count: Int, isEnd: Bool) throws(LineFault) -> UInt64 {
        let (upper, overflow) = offset.addingReportingOverflow(UInt64(count))
        guard !overflow, upper <= granted else { throw .windowOverrun }
        if let end {
            guard upper <= end, !isEnd || upper == end else { throw .badEnd }
        } else if isEnd {
            guard upper >= highest else { throw .badEnd }
            end = upper
        }
        guard upper > highest else { return 0 }
        defer { highest = upper }
        return upper - highest
    }

    /// Takes an admitted stretch; answers how many of its bytes are new. A peer that cuts its bytes into more ranges
    /// than packets can make gets the rest of them forgotten, and has to send them again.
    mutating func take(_ span: RawSpan, at offset: UInt64) -> Int {
        let upper = offset + UInt64(span.byteCount)
        guard upper > through else { return 0 }
        let lower = max(offset, through)
        guard lower == through || above.count < Limits.streamRanges else { return 0 }
        guard !above.covers(lower, upper) else { return 0 }
        if delivery == .ordered {
            // Mixed packets speak of bytes that were read a moment ago, for the sender knows that only later.
            let end = max(upper, highest)
            ring.hold(from: consumed, to: end, held: highest, slack: Int(end - consumed) / 4 + 4_096)
            ring.put(span.extracting(Int(lower - offset)..<span.byteCount), at: lower)
        }
        return enter(lower, upper)
    }

    /// Whether everything of a block came.
    func covers(_ rows: MixedRows) -> Bool {
        let from = max(rows.base, through)
        return from >= rows.end || above.covers(from, rows.end)
    }

    private mutating func enter(_ lower: UInt64, _ upper: UInt64) -> Int {
        let new: Int
        if lower == through, above.isEmpty {
            through = upper
            new = Int(upper - lower)
        } else {
            new = above.insert(lower, upper)
            if let first = above.first, first.lower <= through {
                through = first.upper
                above.removeFirst()
            }
        }
        if delivery == .pieces { consumed += UInt64(new) }
        return new
    }

    /// Hands at most `limit` bytes to `body`.
    mutating func read(atMost limit: Int, _ body: (RawSpan) -> Void) -> Int {
        guard delivery == .ordered, limit > 0 else { return 0 }
        let count = min(through - consumed, UInt64(limit))
        ring.read(from: consumed, to: consumed + count, body)
        consumed += count
        if !hasBytes { isAnnounced = false }
        return Int(count)
    }
}
