internal import Base

/// How long a packet that others overtook is waited for. Packets of most paths keep their order; where one that was
/// believed lost had only been late, patience grows (RFC 8985 does so, too).
struct RepairPatience: Sendable {
    /// A packet is lost when one sent so many later arrived…
    private(set) var packets: UInt64 = 3
    /// …or one sent so much later, in fourths of the round trip.
    private(set) var fourths: Int64 = 1

    func isLost(
        _ number: UInt64, _ packet: SentPacket, newest: UInt64, _ newestSent: Instant, roundTrip: Interval
    ) -> Bool {
        newest - number >= packets || newestSent - packet.sent >= roundTrip / 4 * fourths
    }

    /// Lost packets arrived. Answers whether there is more patience from now on.
    mutating func wasWrong(by distance: UInt64) -> Bool {
        guard packets < 1_024 else { return false }
        packets = min(1_024, max(packets * 2, distance))
        fourths = min(8, fourths + 1)
        return true
    }
}
