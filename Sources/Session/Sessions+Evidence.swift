package import Base
package import Traffic

/// What can be asked about the sessions.
extension Sessions {
    /// A fingerprint of all that this node believes of its peers. No packet that is refused may change it; handshakes
    /// that nobody confirmed are not part of it, for they are not believed.
    package var fingerprint: UInt64 {
        var hash = TraceHash()
        for peer in peers.values {
            hash.absorb(peer.node)
            hash.absorb(peer.beginnings)
            for conversation in [peer.conversation, peer.fading?.conversation] {
                hash.absorb(conversation?.fingerprint ?? 0)
            }
        }
        for attempt in attempts.values { hash.absorb(UInt64(attempt.index)) }
        hash.absorb(UInt64(nodes.count))
        return hash.value
    }

    /// What is known of the way to `node`; nil when there is no session.
    package func evidence(of node: NodeID) -> LinkEvidence? {
        guard let conversation = peers[node]?.conversation else { return nil }
        return LinkEvidence(
            path: conversation.path, isMine: conversation.isMine, born: conversation.born,
            heard: conversation.heard, keysBorn: conversation.keys.born, phase: conversation.keys.phase,
            line: conversation.line.evidence)
    }

    /// Whom there is a session with, in the order of their ids.
    package var connected: [NodeID] { peers.values.filter { $0.conversation != nil }.map(\.node) }
}

/// Why the way to a peer is as it is: what `marram links` shows.
package struct LinkEvidence: Sendable {
    package let path: Path
    /// Whether this node began the conversation.
    package let isMine: Bool
    package let born: Instant
    package let heard: Instant
    package let keysBorn: Instant
    /// How many successors the sealing key has had.
    package let phase: UInt8
    package let line: LineEvidence
}

extension Conversation {
    fileprivate var fingerprint: UInt64 {
        var hash = TraceHash()
        hash.absorb(UInt64(keys.index) << 32 | UInt64(keys.remoteIndex))
        hash.absorb(UInt64(formerKeys?.index ?? 0))
        hash.absorb(keys.fingerprint)
        hash.absorb(path.encoded.raw)
        hash.absorb(heard.nanoseconds)
        hash.absorb(life)
        return hash.value
    }
}
