internal import Base

/// One budget for all that this node says, whatever it is for: so no second of it is worse than that, be it on the
/// morning on which five hundred are switched on or in the minute in which half of them are cut off. Beats are counted
/// and wait for nobody; of the rest those wait first that can wait longest.
enum Urgency: Int {
    /// Rosters compared: they never keep back a verdict.
    case comparison = -1
    /// News, accusations, and questions to scouts: they are repeated anyway.
    case news = 0
    /// Answers to those, and to first words: whoever gets none asks again.
    case testimony = 1
    /// Pings and their answers: without them the living would be taken for the dead.
    case ping = 2
}

extension MembershipEngine {
    mutating func spend(_ bytes: Int, at now: Now) {
        spending.spend(bytes + Limits.membershipOverhead, perSecond: rules.bytesPerSecond, at: now.instant)
    }

    /// From when on there is enough: the more urgent may leave a debt, which the others then wait for.
    func mayStart(_ urgency: Urgency) -> Instant {
        spending.opens(
            perSecond: rules.bytesPerSecond, burst: rules.burstBytes, debt: rules.reservedBytes * urgency.rawValue)
    }

    func maySay(_ urgency: Urgency, at now: Now) -> Bool { mayStart(urgency) <= now.instant }

    /// When to try again what the budget does not allow now.
    func retry(_ urgency: Urgency, at now: Now) -> Instant { max(mayStart(urgency), now.instant + .milliseconds(1)) }

    /// Says a word of a few bytes: by itself, or as one of several that were begun together.
    mutating func say(_ word: MembershipMessage, to peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        guard members[peer] != nil else { return }
        spend(word.encoded.count, at: now)
        send(word, to: peer, into: &outbox)
    }

    /// The same if the budget allows it; whether it did.
    @discardableResult
    mutating func say(
        _ word: MembershipMessage, _ urgency: Urgency, to peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) -> Bool {
        guard maySay(urgency, at: now) else { return false }
        say(word, to: peer, at: now, into: &outbox)
        return true
    }
}
