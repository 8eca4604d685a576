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
            heard: conversation.heard, unansweredSince: conversation.unansweredSince,
            keysBorn: conversation.keys.born, phase: conversation.keys.phase, line: conversation.line.evidence)
    }

    /// The handshakes that this node has begun and nobody has finished, in the order of whom they are meant for.
    package var attempted: [AttemptEvidence] {
        attempts.values.map { attempt in
            AttemptEvidence(
                contact: contact(of: attempt), began: attempt.began, tries: attempt.patience.tries,
                isProbe: attempt.isProbe,
                triesTCP: settings.hasTCP && !attempt.isProbe && attempt.patience.tries > Timing.silentTries)
        }
    }

    /// How much there is of everything that others can make grow.
    package var load: SessionLoad {
        SessionLoad(
            attempts: attempts.count, candidates: candidatesByEphemeral.count, indices: holders.count,
            peers: peers.count, addresses: nodes.count)
    }

    /// Whom there is a session with, in the order of their ids.
    package var connected: [NodeID] { peers.values.filter { $0.conversation != nil }.map(\.node) }
}

/// Counts of what the sessions hold.
package struct SessionLoad: Equatable, Sendable {
    /// Handshakes that this node has begun and nobody has finished.
    package let attempts: Int
    /// Handshakes that others have begun and not confirmed.
    package let candidates: Int
    package let indices: Int
    package let peers: Int
    package let addresses: Int
}

/// Why the way to a peer is as it is: what `marram links` shows.
package struct LinkEvidence: Sendable {
    package let path: Path
    /// Whether this node began the conversation.
    package let isMine: Bool
    package let born: Instant
    package let heard: Instant
    /// When the first packet was sent that nothing was heard after; nil when the peer has been heard since.
    package let unansweredSince: Instant?
    package let keysBorn: Instant
    /// How many successors the sealing key has had.
    package let phase: UInt8
    package let line: LineEvidence

    /// Whether the peer owes a sign of life: whoever hears something says within some seconds that it is here, so two
    /// such words are missing.
    package func isSilent(at now: Instant) -> Bool {
        unansweredSince.map { now - $0 >= Timing.word * 2 } ?? false
    }
}

/// How far a handshake has come that this node has begun.
package struct AttemptEvidence: Sendable {
    package let contact: Contact
    package let began: Instant
    /// How often its message was said.
    package let tries: Int
    /// Whether it only asks if UDP passes again.
    package let isProbe: Bool
    /// Whether it is said over TCP too by now.
    package let triesTCP: Bool
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
