/// How often something is compared that is mostly the same: every `lively` while there is news, and every `calm` when
/// there was none for `patience`. Told the time, like everything below Host.
package struct Rhythm: Hashable, Sendable {
    package let lively: Interval
    package let calm: Interval
    package let patience: Interval
    package private(set) var lastNews: Instant

    /// A beginning is news.
    package init(lively: Interval, calm: Interval, patience: Interval, at now: Instant) {
        precondition(lively <= calm, "what is calm is not quicker")
        self.lively = lively
        self.calm = calm
        self.patience = patience
        lastNews = now
    }

    package mutating func notice(at now: Instant) { lastNews = max(lastNews, now) }

    /// From now to the next comparison.
    package func interval(at now: Instant) -> Interval { now - lastNews < patience ? lively : calm }
}
