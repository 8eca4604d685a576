package import Base

/// One row of the live view: the newest record of another member, and what this node makes of it.
package struct Member: Hashable, Sendable {
    package enum State: UInt8, CaseIterable, Sendable {
        case alive
        /// It answers nothing, and this node says so to its other observers; not yet given up.
        case suspect
        /// Nothing should count on it. Never forgotten: it may be back in a year.
        case unreachable
        /// It said goodbye.
        case left
    }

    /// Why a member is in its state: what `explain` will show.
    package enum Reason: Hashable, Sendable {
        case heardDirectly
        case heardThrough(NodeID)
        /// It was alive in an earlier life of this node; nothing was heard since the start.
        case notHeardSinceStart
        /// It answers nothing.
        case silent(Finding)
        /// Not heard here, but by that observer.
        case vouched(by: NodeID, Finding)
        /// Its observers agreed that it is gone, this node being one.
        case givenUp(Finding)
        /// The same, as that member says.
        case toldGone(by: NodeID, accusers: [NodeID])
        /// This node hears hardly anybody, so it says nothing of the others but that it does not hear them.
        case notHeardByTheDeaf(Finding)
        case saidGoodbye
    }

    /// How it came into a state.
    package struct Move: Hashable, Sendable {
        package var at: Now
        package var state: State
        package var reason: Reason
    }

    /// Records without their subject's signature, told by a member: how many, and the last.
    package struct Caught: Hashable, Sendable {
        package var count: Int
        package var at: Now
        package var about: NodeID
    }

    /// What an edge that is no more has learnt.
    package struct Habit: Hashable, Sendable {
        package var loss: Int
        package var gap: Interval
    }

    package internal(set) var record: MemberRecord
    package internal(set) var state: State
    /// How certain the roster is of it.
    package internal(set) var standing: Standing
    package internal(set) var reason: Reason
    /// When it came into this state.
    package internal(set) var since: Now
    /// When it was last heard, or heard of as newly alive.
    package internal(set) var heard: Instant
    /// The fingerprint of its roster, as long as it is a neighbour.
    package internal(set) var view: UInt64?
    /// The beat with which it came; and once it is down, the last of its beats that anybody heard. Only a later one
    /// brings it back in the same life.
    var lostPulse: UInt64
    /// Who gave it up, and what can be shown of that.
    package internal(set) var proof: Proof
    var habit: Habit?
    /// How its beats come, as long as it has been a neighbour in this life of ours.
    package internal(set) var pace: Pace?
    /// Where it stands, by its own word.
    package internal(set) var coordinate: Coordinate?
    /// Where it was heard, the latest first, and when that was last written down.
    package internal(set) var places: [Place]
    var placesNoted: Instant?
    /// When it was last told that it is held for gone.
    var reminded: Instant?
    /// What it told of others that they never said.
    package internal(set) var caught: Caught?
    /// How it came to where it is, the oldest first.
    package internal(set) var history: [Move]

    init(_ record: MemberRecord, _ state: State, _ standing: Standing, _ reason: Reason, at now: Now) {
        self.record = record
        self.state = state
        self.standing = standing
        self.reason = reason
        since = now
        heard = now.instant
        lostPulse = 0
        proof = Proof()
        places = []
        history = []
    }
}

/// What was on the table when somebody was suspected or given up.
package struct Finding: Hashable, Sendable {
    package var silence: Interval
    /// The longest silence that had ended before.
    package var gap: Interval
    /// The share of its beats that used to be lost, in 65,536ths.
    package var loss: Int
    package var pings: Int
    /// Of so many observers that could be asked, these did not hear it any more, and those did.
    package var observers: Int
    package var accusers: [NodeID]
    package var vouchers: [NodeID]
    /// This node's own health: how many of its edges were silent.
    package var silentEdges: Int
    package var edges: Int
}

extension Member {
    var mark: Mark { Mark(subject: record.id, life: record.life, standing: standing) }
    var isPresent: Bool { standing == .here }

    var claim: Claim { Claim(record, standing, standing == .down ? proof.accusations : []) }

    mutating func move(to state: State, because reason: Reason, at now: Now) {
        if history.count >= Limits.movesPerMember { history.removeFirst() }
        history.append(Move(at: now, state: state, reason: reason))
        self.state = state
        self.reason = reason
        since = now
    }
}
