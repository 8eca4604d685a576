internal import Base

extension Line {
    package var evidence: LineEvidence {
        LineEvidence(
            mode: controller.mode, reason: controller.reason, rate: Int(controller.rate),
            arrivalRate: Int(min(controller.arrivalRate, 1e15)), ownLoss: Int(controller.own.rate * 1e6),
            recentLoss: Int(controller.recent.rate * 1e6), shortestRoundTrip: controller.shortest,
            roundTrip: controller.smoothed, queueing: Interval(seconds: controller.queueing),
            packetBytes: size.bytes, counts: counts)
    }

    /// The loss by which copies are reckoned: never less than what a good path shows on a bad day, and a middling one
    /// while nothing is known.
    var lossForCopies: Double { controller.recent.sent >= 20 ? max(0.01, min(0.95, controller.loss)) : 0.05 }
}
