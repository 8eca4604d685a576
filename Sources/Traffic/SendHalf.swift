internal import Base

/// What our side says on a stream. The end counts as one more byte behind the last, which takes no room: so what was
/// sent, acknowledged and lost is said in stretches alone, the end included.
struct SendHalf: Sendable {
    private(set) var ring = ByteRing()
    /// Everything below is acknowledged and forgotten.
    private(set) var base: UInt64 = 0
    /// Everything from here on was never sent.
    private(set) var fresh: UInt64 = 0
    /// What was written ends here.
    private(set) var end: UInt64 = 0
    private(set) var isFinished = false
    /// How far the peer lets us send.
    private(set) var limit: UInt64
    /// Acknowledged above `base`.
    private(set) var acknowledged = RangeSet()
    /// Sent, lost, and not sent again.
    private(set) var lost = RangeSet()
    /// Fresh bytes are cut at multiples of `unit` from `origin` on, so that mixed packets can speak of whole units.
    private(set) var origin: UInt64 = 0
    private(set) var unit: UInt64 = 0
    /// The writer got less taken than it gave.
    private(set) var isWaited = false
    /// The peer takes pieces, so it cannot rebuild any from mixed packets.
    var takesPieces = false

    init(window: Int) { limit = UInt64(window) }

    /// The end of the sequence, the end's own place included.
    private var last: UInt64 { isFinished ? end + 1 : end }
    var isDone: Bool { isFinished && base == end + 1 }
    /// Everything that was written went out at least once.
    var isAllSent: Bool { fresh == last }
    var hasUnacknowledged: Bool { base < fresh }
    var unacknowledged: Int { Int(end - min(base, end)) }

    mutating func write(_ span: RawSpan) -> Int {
        guard !isFinished else { return 0 }
        let room = min(
            Limits.streamSendBytes - Int(end - min(base, end)), Limits.streamAheadBytes - Int(end - min(fresh, end)))
        let taken = max(0, min(room, span.byteCount))
        isWaited = taken < span.byteCount
        ring.hold(from: base, to: end + UInt64(taken), held: end)
        ring.put(span.extracting(0..<taken), at: end)
        end += UInt64(taken)
        return taken
    }

    mutating func finish() { isFinished = true }

    /// The peer reads on. Windows never shrink: an older word that comes late changes nothing.
    mutating func open(to limit: UInt64) { self.limit = max(self.limit, limit) }

    /// Whether fresh bytes wait for the peer's window.
    var isBlocked: Bool { lost.isEmpty && fresh < end && fresh >= limit }
    var hasFresh: Bool { fresh < min(end, limit) || isFinished && fresh == end && end <= limit }

    /// The next stretch to send of what is lost or fresh, at most a unit.
    func next(fresh wantsFresh: Bool, unit size: Int) -> Stretch? {
        if !wantsFresh {
            guard let stretch = lost.first else { return nil }
            return Stretch(lower: stretch.lower, upper: min(stretch.upper, cut(after: stretch.lower, size)))
        }
        guard hasFresh else { return nil }
        let most = min(cut(after: fresh, size), limit)
        return Stretch(lower: fresh, upper: most >= end ? last : most)
    }

    /// The oldest stretch that nobody acknowledged, at most a unit.
    func oldest(unit size: Int) -> Stretch? {
        guard let gap = acknowledged.gap(from: base, to: fresh) else { return nil }
        return Stretch(lower: gap.lower, upper: min(gap.upper, gap.lower + UInt64(size)))
    }

    /// Where the unit ends in which `offset` lies.
    private func cut(after offset: UInt64, _ size: Int) -> UInt64 {
        let isOld = unit != UInt64(size)
        let origin = isOld ? fresh : origin
        guard offset >= origin else { return offset + UInt64(size) }
        return origin + ((offset - origin) / UInt64(size) + 1) * UInt64(size)
    }

    /// Writes the bytes of a stretch; answers whether it ends the stream.
    func write(_ stretch: Stretch, into writer: inout ByteWriter) {
        ring.write(from: stretch.lower, to: min(stretch.upper, end), into: &writer)
    }

    func isEnd(_ stretch: Stretch) -> Bool { stretch.upper > end }
    func byteCount(_ stretch: Stretch) -> Int { Int(min(stretch.upper, end) - min(stretch.lower, end)) }

    /// A stretch went out.
    mutating func sent(_ stretch: Stretch, unit size: Int) {
        if unit != UInt64(size) {
            unit = UInt64(size)
            origin = fresh
        }
        if stretch.lower == fresh { fresh = stretch.upper } else { lost.remove(stretch.lower, stretch.upper) }
    }

    mutating func acknowledge(_ lower: UInt64, _ upper: UInt64) {
        guard upper > base, upper <= fresh else { return }
        let lower = max(lower, base)
        if !lost.isEmpty { lost.remove(lower, upper) }
        if lower > base {
            acknowledged.insert(lower, upper)
            return
        }
        base = upper
        while let stretch = acknowledged.first, stretch.lower <= base {
            base = max(base, stretch.upper)
            acknowledged.removeFirst()
        }
    }

    /// A stretch did not arrive: what of it is not acknowledged by another packet is to be sent again.
    mutating func lose(_ stretch: Stretch) {
        var from = max(stretch.lower, base)
        while let gap = acknowledged.gap(from: from, to: stretch.upper) {
            lost.insert(gap.lower, gap.upper)
            from = gap.upper
        }
    }

    /// Whether a writer that waits may be told that there is room: so much
    /// that it is not told for every packet.
    mutating func takeWritable() -> Bool {
        guard isWaited, Int(end - min(base, end)) <= Limits.streamSendBytes * 3 / 4,
            Int(end - min(fresh, end)) <= Limits.streamAheadBytes / 2
        else { return false }
        isWaited = false
        return true
    }
}
