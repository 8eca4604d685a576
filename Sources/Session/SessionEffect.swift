package import Base
package import Traffic

/// What the sessions want done.
package enum SessionEffect: Hashable, Sendable {
    /// Send the bytes of the outbox's arena in this range.
    case send(Range<Int>, to: Path)
    /// A peer said a datagram: it lies, opened, in this range of the packet that was received.
    case said(NodeID, Priority, Range<Int>, from: Path)
    /// Something happened to a stream.
    case stream(NodeID, StreamEvent)
    case note(SessionNote)
}

/// What happens to a stream, as its user sees it.
package enum StreamEvent: Hashable, Sendable {
    case opened(StreamID, Service)
    case readable(StreamID)
    case writable(StreamID)
    /// Out-of-order bytes: their offset, and where they lie in the packet that was received.
    case piece(StreamID, offset: UInt64, Range<Int>)
    case finished(StreamID)
    case closed(StreamID)
    case reset(StreamID, code: UInt64)
    /// The line that all streams with this peer ran on is gone.
    case lost
}

/// What the sessions decided or saw, with its reason: for counters, evidence and the log.
package enum SessionNote: Hashable, Sendable {
    case refused(Refusal, from: Path)
    /// A handshake was begun, and why.
    case began(Contact, Beginnings)
    /// Nobody answered so many tries on any carrier.
    case unanswered(Contact, tries: Int)
    /// A session is there.
    case established(NodeID, Path, isMine: Bool)
    /// The session goes on under new keys.
    case renewed(NodeID, Path)
    /// The line with a peer ended.
    case ended(NodeID, Ending)
    case moved(NodeID, from: Path, to: Path)
    /// UDP was silent for so many tries and TCP answered.
    case fellBack(NodeID, silentTries: Int)
    /// A handshake of a peer came over UDP although the peer hears no answer there: it asks over TCP as well, or its
    /// session runs over TCP.
    case comesOverUDP(NodeID)
    /// At a node's last address another one lives: the node that was meant, and the one that answered.
    case answeredByOther(NodeID, NodeID, Path)
    /// A peer does not work on this node's handshake before it has a proof.
    case proofAsked(Contact, Proof)
    case cookieAsked(Path)
    case freshAsked(Path)
    /// A datagram that waited for a session went for a newer one, or the session never came.
    case dropped(Contact, count: Int)
    case line(NodeID, LineNote)

    package enum Beginnings: UInt8, CaseIterable, Sendable {
        /// There is something to say and no session.
        case firstWord
        /// The session's keys have sealed enough.
        case wornOut
        /// The peer was spoken to and is silent: it may have lost its keys.
        case silence
        /// The session runs over TCP: perhaps UDP passes again.
        case backToUDP
    }

    package enum Proof: UInt8, CaseIterable, Sendable {
        /// That this node receives at its address. Only a member of the mesh can ask for it: the question is sealed.
        case address
        /// That the handshake is not an old one, said again.
        case fresh
    }

    package enum Ending: UInt8, CaseIterable, Sendable {
        /// The peer's process is another one now.
        case peerRestarted
        /// Both began at one time; the other line goes on.
        case lostRace
        /// Unused for hours.
        case idle
        /// The least used of too many.
        case evicted
        /// The peer broke the rules of the line.
        case fault
        /// The peer no longer knew the line.
        case forgotten
        /// The law threw the peer out of the mesh.
        case barred
    }
}
