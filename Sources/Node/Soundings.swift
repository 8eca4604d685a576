internal import Base
internal import Control
internal import Membership

/// Pings that somebody at the control socket waits for: each errand asks one or two members some times, and is done
/// when all have answered or its patience is over.
struct Soundings {
    struct Errand {
        let id: RequestID
        let purpose: Purpose
        let count: Int
        var probes: [Probe]
        var next: Instant
        /// When it is done, whoever has not answered by then.
        var end: Instant?
    }

    enum Purpose {
        case ping
        /// How long a round trip is between this node and one member, or between two.
        case roundTrip
    }

    struct Probe {
        let peer: NodeID
        /// When each was said; nil once it was answered.
        var sent: [Instant?] = []
        var trips: [Interval] = []
        var place: Coordinate?
    }

    /// Between two pings of an errand.
    static let spacing = Interval.milliseconds(200)
    /// How long the last of them is waited for: a satellite and a queue.
    static let patience = Interval.seconds(2)
    /// A ping's number: the errand above, the probe and the ping in sixteen bits each below.
    private static let errandShift: UInt64 = 32

    private(set) var errands: SortedMap<UInt64, Errand> = SortedMap()
    private var last: UInt64 = 0

    var deadline: Instant? { errands.values.map { $0.end ?? $0.next }.min() }
    var hasRoom: Bool { errands.count < Limits.pingErrands }

    mutating func begin(_ purpose: Purpose, _ peers: [NodeID], count: Int, for id: RequestID, at now: Instant) {
        last += 1
        errands[last] = Errand(
            id: id, purpose: purpose, count: count, probes: peers.map { Probe(peer: $0) }, next: now, end: nil)
    }

    /// What is to be said now, and which errands are done.
    mutating func wake(at now: Instant) -> (pings: [(peer: NodeID, number: UInt64)], done: [Errand]) {
        var pings: [(peer: NodeID, number: UInt64)] = []
        var done: [Errand] = []
        for key in errands.keys {
            guard var errand = errands[key] else { continue }
            if let end = errand.end {
                if end <= now { done.append(errand) }
                errands[key] = end <= now ? nil : errand
                continue
            }
            guard errand.next <= now else { continue }
            for place in errand.probes.indices {
                let number = key << Self.errandShift | UInt64(place) << 16 | UInt64(errand.probes[place].sent.count)
                errand.probes[place].sent.append(now)
                pings.append((errand.probes[place].peer, number))
            }
            errand.next = now + Self.spacing
            if errand.probes.allSatisfy({ $0.sent.count >= errand.count }) { errand.end = now + Self.patience }
            errands[key] = errand
        }
        return (pings, done)
    }

    /// A member answered. Each ping is answered once: what comes again was doubled on the way, or is made up.
    mutating func hear(_ number: UInt64, from peer: NodeID, place there: Coordinate?, at now: Instant) {
        let (key, place, index) = (number >> Self.errandShift, Int(number >> 16 & 0xFFFF), Int(number & 0xFFFF))
        guard var errand = errands[key], errand.probes.indices.contains(place) else { return }
        guard errand.probes[place].peer == peer, errand.probes[place].sent.indices.contains(index),
            let sent = errand.probes[place].sent[index]
        else { return }
        errand.probes[place].trips.append(now - sent)
        errand.probes[place].sent[index] = nil
        errand.probes[place].place = there ?? errand.probes[place].place
        if errand.end != nil, errand.probes.allSatisfy({ $0.trips.count >= errand.count }) { errand.end = now }
        errands[key] = errand
    }
}
