package import Base

/// One node's word on what time it is, asked for by another: the nonce shows that it is not an old word.
package struct TimeVote: Hashable, Sendable {
    package let node: SignerKey
    package let nonce: UInt64
    package let time: WallTime

    package init(node: SignerKey, nonce: UInt64, time: WallTime) {
        self.node = node
        self.nonce = nonce
        self.time = time
    }
}

extension TimeVote: WireValue {
    package func encode(into writer: inout ByteWriter) {
        node.encode(into: &writer)
        writer.u64(nonce)
        writer.wallTime(time)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        node = try SignerKey(from: &reader)
        nonce = try reader.u64()
        time = try reader.wallTime()
    }
}

/// Between what moments the true time must lie, as far as this node can know. The lower one is the median of several
/// signed clocks and only rises; the upper one follows it at the pace of a clock that nobody can set.
///
/// Nothing correct rests on it: what a bracket judges is flagged or renewed, never lost.
package struct TimeBracket: Hashable, Sendable {
    /// What the floor was when it last rose. It outlives restarts.
    package private(set) var floor: WallTime
    /// When that was, on this boot's own clock.
    private var since: Instant
    /// How wrong a median of signed clocks may be, and how fast a quartz may run.
    package let slack: Interval

    /// What ordinary clocks that somebody sets are wrong by at most.
    package static let usualSlack = Interval.seconds(60)

    package init(storedFloor: WallTime, slack: Interval = usualSlack, at now: Now) {
        floor = storedFloor
        since = now.instant
        self.slack = slack
    }

    /// The latest that it may be, if the floor was true when it rose. After a restart nobody knows for how long the
    /// machine was off, so until peers have spoken there is no ceiling.
    package private(set) var hasCeiling = false

    package func ceiling(at now: Now) -> WallTime? { hasCeiling ? estimate(at: now) + slack : nil }

    /// What time it is, if the floor was true when it rose.
    package func estimate(at now: Now) -> WallTime { floor + (now.instant - since) }

    /// Hears signed clocks that answer `nonce`. Nothing moves unless at least `quorum` different nodes spoke, of which
    /// the local clock is not one; then their median does, upwards. Answers whether it rose.
    @discardableResult
    package mutating func hear(_ votes: [Verified], nonce: UInt64, quorum: Int, at now: Now) -> Bool {
        var clocks = SortedMap<SignerKey, WallTime>()
        for vote in votes.prefix(Limits.timeVotes) {
            guard case .time(let word) = vote.statement, word.nonce == nonce else { continue }
            // A node that speaks twice is heard once, and its earlier word counts.
            clocks.update(word.node, default: word.time) { $0 = min($0, word.time) }
        }
        guard clocks.count >= max(quorum, 1) else { return false }
        // The lower median: with an even number of clocks, half of them cannot pull it up alone.
        let median = clocks.values.sorted()[(clocks.count - 1) / 2]
        if median < floor {
            // The floor is past the present: either it was poisoned or the clocks are. It stays, and the ceiling goes
            // on from it.
            hasCeiling = true
            return false
        }
        floor = median
        since = now.instant
        hasCeiling = true
        return true
    }

    package enum Clock: Hashable, Sendable {
        case plausible
        case behind(Interval)
        case ahead(Interval)
    }

    /// What to think of the local clock.
    package func judge(_ now: Now) -> Clock {
        if now.wall < floor { return .behind(distance(from: now.wall, to: floor)) }
        if let ceiling = ceiling(at: now), now.wall > ceiling { return .ahead(distance(from: ceiling, to: now.wall)) }
        return .plausible
    }

    /// Whether `moment` has passed, as far as can be known. The local clock decides only between floor and ceiling; a
    /// clock that is plainly wrong decides nothing.
    package func hasPassed(_ moment: WallTime, at now: Now) -> Bool? {
        if moment < floor { return true }
        if let ceiling = ceiling(at: now), ceiling < moment { return false }
        return judge(now) == .plausible ? moment < now.wall : nil
    }

    private func distance(from early: WallTime, to late: WallTime) -> Interval {
        let (difference, overflow) = late.milliseconds.subtractingReportingOverflow(early.milliseconds)
        let (nanoseconds, more) = difference.multipliedReportingOverflow(by: 1_000_000)
        return Interval(nanoseconds: overflow || more ? .max : nanoseconds)
    }
}

extension TimeBracket: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.wallTime(floor)
        writer.instant(since)
        writer.u64(UInt64(bitPattern: slack.nanoseconds))
        writer.bool(hasCeiling)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        floor = try reader.wallTime()
        since = try reader.instant()
        slack = Interval(nanoseconds: Int64(bitPattern: try reader.u64()))
        guard slack >= .zero, slack <= .days(1) else { throw .outOfRange }
        hasCeiling = try reader.bool()
    }
}
