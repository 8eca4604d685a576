internal import Simulation

extension Bench {
    /// Not a rate but a count: what an attacker with everything from the wire got a node to take.
    static let forge = Bench(
        name: "forge", measures: "packets and handshakes changed, cut, replayed, reflected and moved, against a node"
    ) {
        var forgery = Forgery(seed: 1)
        let packets = forgery.tryPackets(10_000_000)
        let handshakes = forgery.tryHandshakes(1_000_000)
        return [
            Figure("tried", Double(packets.tried + handshakes.tried)),
            Figure("accepted", Double(packets.accepted + handshakes.accepted)),
            Figure("state_changes", Double(packets.stateChanges + handshakes.stateChanges)),
            Figure("packets_tried", Double(packets.tried)),
            Figure("handshakes_tried", Double(handshakes.tried)),
        ]
            + packets.refused.map { Figure("packets_\($0)", Double($1)) }
            + handshakes.refused.map { Figure("handshakes_\($0)", Double($1)) }
    }
}
