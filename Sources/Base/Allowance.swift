/// A budget of bytes or of other things: so many a second, and as many saved up as the burst says, or a second's.
package struct Allowance: Hashable, Sendable {
    /// When all that may be saved up will be there, if nothing more is spent. So a new budget is a full one, also where
    /// time begins at zero.
    package private(set) var fullAt: Instant

    package init() { fullAt = .zero }

    private static func time(of amount: Int, perSecond: Int) -> Interval {
        Interval(nanoseconds: 1_000_000_000 / Int64(max(perSecond, 1)) * Int64(amount))
    }

    /// From when on there is something, or rather less or more than nothing by so much.
    package func opens(perSecond: Int, burst: Int? = nil, debt: Int = 0) -> Instant {
        guard perSecond > 0 else { return Instant(nanoseconds: .max) }
        return fullAt - Self.time(of: (burst ?? perSecond) + debt, perSecond: perSecond)
    }

    package func allows(at now: Instant, perSecond: Int, burst: Int? = nil) -> Bool {
        opens(perSecond: perSecond, burst: burst) <= now
    }

    /// What is spent at once may be a little more than is there; it is missing afterwards.
    package mutating func spend(_ amount: Int, perSecond: Int, at now: Instant) {
        fullAt = max(fullAt, now) + Self.time(of: amount, perSecond: perSecond)
    }
}

extension Allowance: WireValue {
    package func encode(into writer: inout ByteWriter) { writer.instant(fullAt) }
    package init(from reader: inout ByteReader) throws(DecodeError) { fullAt = try reader.instant() }
}
