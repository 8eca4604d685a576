/// Faults inside the code, not only at its edge: places where an engine may lawfully do the rarer thing (send a short
/// batch, give up early, keep a tiny queue), and does so when the simulator turns the point on for a seed.
///
/// The site runs the same code with `.none`: one test of one bit, so that what was simulated is what runs.
package struct Mischief: Hashable, Sendable {
    /// The places. Each names what happens there when it is on.
    package enum Point: UInt8, CaseIterable, Sendable {
        /// A gossip round reaches one peer instead of several.
        case narrowRound
        /// A datagram carries one record instead of all that fit.
        case shortBatch
        /// A timer fires at the earliest moment its jitter allows.
        case earlyTimer
        /// A full exchange is answered with nothing, as if the answer had been lost.
        case skippedReply
    }

    package private(set) var bits: UInt64

    package init(bits: UInt64) { self.bits = bits }
    package static let none = Mischief(bits: 0)

    package init(_ points: [Point]) { bits = points.reduce(0) { $0 | 1 << UInt64($1.rawValue) } }

    @inline(__always)
    package func strikes(_ point: Point) -> Bool { bits & (1 << UInt64(point.rawValue)) != 0 }

    /// True one time in four while the point is on: for what an engine survives now and then, and not always.
    @inline(__always)
    package func strikes(_ point: Point, by random: inout Random) -> Bool { strikes(point) && random.below(4) == 0 }

    package var points: [Point] { Point.allCases.filter(strikes) }
}
