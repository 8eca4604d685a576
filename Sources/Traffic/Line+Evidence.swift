internal import Base

extension Line {
    package var evidence: LineEvidence {
        LineEvidence(
            mode: .start, reason: .room, rate: 0, arrivalRate: 0, ownLoss: 0, recentLoss: 0, shortestRoundTrip: nil,
            roundTrip: nil, queueing: .zero, packetBytes: Limits.datagramBytes, counts: evidenceCounts)
    }

    /// The loss by which copies are reckoned: never less than what a good path shows on a bad day.
    var lossForCopies: Double { 0.05 }
}
