internal import Base
internal import Control
internal import Membership
internal import Session

/// `ping` and `rtt`: requests that are answered when the members asked have answered, or too much time has passed.
extension MarramNode {
    /// Begins what `request` asks to be measured; false when it asks for something else.
    mutating func beginSounding(_ request: Request, _ id: RequestID, at now: Now) throws(Complaint) -> Bool {
        var peers: [NodeID] = []
        let (purpose, count): (Soundings.Purpose, Int)
        switch request {
        case .ping(let peer, let times):
            peers = [try member(named: peer).record.id]
            (purpose, count) = (.ping, times)
        case .roundTrip(let one, let other):
            for word in [one, other].compactMap({ $0 }) where word != configuration.name {
                peers.append(try member(named: word).record.id)
            }
            guard let first = peers.first, peers.count == 1 || peers[1] != first else {
                throw Complaint(.linkWithItself, what: "a round trip leads to another node")
            }
            (purpose, count) = (.roundTrip, 3)
        case .status, .members, .links, .topology, .moves, .explainLink, .explainPeer, .invite, .nodes, .node,
            .operators, .root, .submit, .acts, .explainAuthority, .writeLaw, .writeAnswer, .saveRecording, .epoch,
            .evict, .returned, .settleReturned, .vitals, .setVital, .version, .leave, .store:
            return false
        }
        guard soundings.hasRoom else { throw Complaint(.tooManyPings) }
        soundings.begin(purpose, peers, count: count, for: id, at: now.instant)
        return true
    }

    /// Says the pings that are due, and answers whoever has waited for those that are done.
    mutating func sound(at now: Now, into world: inout NodeOutbox) {
        guard let due = soundings.deadline, due <= now.instant else { return }
        let (pings, done) = soundings.wake(at: now.instant)
        for (peer, number) in pings {
            guard let member = others[peer] else { continue }
            let address = sessions.evidence(of: peer)?.path.address ?? member.record.address
            say(.sounding(.ping(number)), to: Contact(peer, at: address), at: now, into: &world)
        }
        for errand in done {
            let reply: Reply =
                switch errand.purpose {
                case .ping: .ping(ping(errand))
                case .roundTrip: .roundTrip(roundTrip(errand))
                }
            world.put(.reply(errand.id, envelope(reply, at: now)))
        }
    }

    private func ping(_ errand: Soundings.Errand) -> PingReply {
        let probe = errand.probes[0]
        let path = sessions.evidence(of: probe.peer)?.path
        return PingReply(
            name: name(of: probe.peer), id: probe.peer, address: path?.address ?? others[probe.peer]?.record.address,
            carrier: path?.carrier, sent: probe.sent.count, trips: probe.trips)
    }

    /// Between this node and a member the pings say it, and the coordinates beside them how good they are; between two
    /// others the coordinates alone.
    private func roundTrip(_ errand: Soundings.Errand) -> RoundTripReply {
        let own = switchboard.membership.coordinate
        let one = errand.probes[0]
        let places = errand.probes.count == 1 ? [own, one.place] : errand.probes.map(\.place)
        var estimated: Interval?
        var percent: Int?
        if let first = places[0], let second = places[1] {
            estimated = first.roundTrip(to: second)
            percent = first.errorPercent(to: second)
        }
        let silent = errand.probes.filter { $0.trips.isEmpty }.map { name(of: $0.peer) }
        return RoundTripReply(
            from: errand.probes.count == 1 ? configuration.name : name(of: one.peer),
            to: name(of: errand.probes[errand.probes.count - 1].peer),
            measured: errand.probes.count == 1 ? one.trips.min() : nil, estimated: estimated, errorPercent: percent,
            silent: silent)
    }
}
