internal import Base

/// Finding out where this node stands.
extension MembershipEngine {
    /// A place is some thirteen bytes and changes slowly: it is said with the first beat, the second, the fourth, and
    /// every eighth.
    var tellsPlace: Bool { pulse % 8 == 0 || [1, 2, 4].contains(pulse) }

    /// The round trip to a neighbour that said where it stands was measured anew.
    mutating func locate(by peer: NodeID) {
        guard let trip = edges[peer]?.roundTrip, let there = members[peer]?.coordinate else { return }
        var salt = TraceHash()
        salt.absorb(me.id)
        salt.absorb(peer)
        coordinate.learn(trip, to: there, salt: salt.value)
    }
}
