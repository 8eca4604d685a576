package import Base
package import Traffic

/// One end sends a stream of bytes to the other over a simulated path, perhaps beside a rival.
package struct TransferPlan: Sendable {
    package var there: LinkModel
    package var back: LinkModel
    package var bytes: Int
    package var service = Service.normal
    package var delivery = Delivery.ordered
    package var seed: UInt64 = 1
    /// A TCP flow on the same link, and when it begins.
    package var rival: RivalKind?
    package var rivalBegins = Interval.zero
    package var lineBegins = Interval.zero
    /// From when on the path carries no packet above 1,300 bytes any more.
    package var narrowsAt: Interval?
    /// When the run ends, whether or not everything came.
    package var longest = Interval.seconds(300)
    /// Whether every byte is compared; else only their number.
    package var compares = true
    package var traces = false

    package init(there: LinkModel, back: LinkModel, bytes: Int) {
        self.there = there
        self.back = back
        self.bytes = bytes
    }

    /// The same in both directions: `megabits` a second, a round trip, a queue of so many bytes (a fifth of a second's
    /// when left out), random loss each way in percent.
    package init(
        megabits: Double, roundTrip: Interval, queueBytes: Int? = nil, lossPercent: Double, bytes: Int
    ) {
        let rate = megabits * 125_000
        let link = LinkModel(
            bytesPerSecond: rate, delay: roundTrip / 2, queueBytes: queueBytes ?? Int(rate / 5),
            loss: Int(lossPercent * 10_000))
        self.init(there: link, back: link, bytes: bytes)
    }
}

/// What came of it.
package struct TransferResult: Sendable {
    /// From the first packet to the last byte in the receiver's hands; nil when it did not come to that.
    package var seconds: Double?
    /// Bytes in the receiver's hands, and bytes of the rival, at the end.
    package var received = 0
    package var rivalReceived = 0
    /// Whether what came was what was sent, once and in order.
    package var isExact = true
    package var fault: LineFault?
    package var sender: LineEvidence
    package var receiver: LineEvidence
    package var notes: [String] = []
    package var dropped = 0
    package var longestQueue = Interval.zero
    /// How long the run lasted.
    package var lasted = 0.0
}
