package import Base

/// How a replication engine paces itself.
package struct ReplicationSettings: Hashable, Sendable {
    /// Between two greetings as long as there is news, and when there was none for `calmAfter`. News is said at once
    /// besides; this is for what got lost.
    package var round = Interval.seconds(2)
    package var calmRound = Interval.seconds(8)
    package var calmAfter = Interval.seconds(15)
    /// From news to the next greeting.
    package var eager = Interval.milliseconds(50)
    /// Contacts that are greeted at once when there is news.
    package var fanout = 16
    /// How long an answer may take before the question is asked again.
    package var patience = Interval.milliseconds(400)
    /// How often one question is asked.
    package var tries = 8
    /// Transactions that answer one question, in steps of at most 256 operations.
    package var window = 16_384
    /// Bytes that answer one question, and one batch more.
    package var answerBytes = 1 << 20
    /// How long a first write waits to hear from a peer how far the own log really goes.
    package var selfCheck = Interval.seconds(2)
    /// How long a copy is kept for a peer that takes over a live set and does not go on asking.
    package var transferLife = Interval.minutes(1)
    /// An epoch that only settles is an act of the law, which is kept for ever: so much that waits to be forgotten is
    /// worth one, and after so long any.
    package var settledAtOnce = 16_384
    package var settling = Interval.hours(24)

    package init() {}

    func rhythm(at now: Instant) -> Rhythm {
        Rhythm(lively: round, calm: calmRound, patience: calmAfter, at: now)
    }
}
