internal import Base
internal import Control
internal import Membership

/// What is known here of one peer, as plain values: the membership engine's own state, what the link remembers, and who
/// else fell silent. The cause follows from it and from nothing else.
struct PeerEvidence: Hashable {
    enum Word: Hashable {
        case fine
        /// Somebody who hears it says so.
        case vouched
        case leftMesh
        case gone
    }

    var word = Word.fine
    /// How long ago it was last heard, or heard of; and whether it was ever heard here in this life.
    var silence = Interval.zero
    var isAcquainted = false
    /// This node's own health: it says itself that it is cut off; or those that fell silent with the peer, and those
    /// that are still heard.
    var isDeaf = false
    var silentWithIt = 0
    var stillHeard = 0
    /// The time between two of its beats as it means them to come, and as they do.
    var interval = Interval.seconds(1)
    var pace: Interval?
    /// How many of its last beats named no newer beat of this node.
    var unechoed = 0
    /// How often it came back within the last minutes.
    var returns = 0
    var isOverTCP = false
    /// Its handshakes come over UDP; this node's do at its end.
    var comesOverUDP = false
    var arrivesOverUDP = false
    /// What its machine said to a TCP connection since it was last heard.
    var dial: DialOutcome?

    /// Silences up to this are part of a usual day.
    static let breath = Interval.seconds(6)
    /// A process that is run too seldom is back within this.
    static let longestGasp = Interval.seconds(12)
    /// So many beats in a row without an echo are no accident: at 60 % loss one in a thousand.
    static let echoesMissed = 8
    /// By so many hundredths beats must come slower than usual to be called slow: they are jittered by a tenth.
    static let slowPercent: Int64 = 130

    var isSilent: Bool { silence > max(Self.breath, interval * 4, (pace ?? .zero) * 3) }
    /// It may be a process that is run too seldom, and not one that is gone.
    var isGasping: Bool { silence <= max(Self.longestGasp, interval * 8) && dial != .refused }
    var isSlow: Bool { pace.map { $0 > interval / 100 * Self.slowPercent } ?? false }
}

/// The cause that explains the evidence, and how sure that is. The order is the argument: who said goodbye needs no
/// other reason; a deaf node cannot judge others; what is heard cannot be dead; and only then comes what silence means.
func cause(of evidence: PeerEvidence) -> (cause: PeerReply.Cause, confidence: PeerReply.Confidence) {
    if evidence.word == .leftMesh { return (.left, .high) }
    if evidence.isSilent || evidence.word == .gone {
        if evidence.isDeaf { return (.isolatedHere, .high) }
        if evidence.silentWithIt > 0, evidence.stillHeard <= evidence.silentWithIt { return (.isolatedHere, .medium) }
    }
    if evidence.isOverTCP, !evidence.isSilent {
        if evidence.comesOverUDP { return (.udpFromHereDropped, .high) }
        if evidence.arrivesOverUDP { return (.udpFromThereDropped, .high) }
        return (.udpDropped, .high)
    }
    if evidence.isGasping, evidence.isAcquainted {
        if evidence.isSlow { return (.overloaded, evidence.returns > 0 ? .high : .medium) }
        if evidence.returns > 1 { return (.overloaded, .medium) }
    }
    if !evidence.isSilent, evidence.word != .gone {
        if evidence.unechoed >= PeerEvidence.echoesMissed { return (.udpFromHereDropped, .medium) }
        if evidence.word == .fine { return (.fine, .high) }
    }
    if evidence.word == .vouched {
        return evidence.arrivesOverUDP ? (.udpFromThereDropped, .medium) : (.throughVoucher, .high)
    }
    switch evidence.dial {
    case .refused: return (.killed, .high)
    case .taken: return (.stopped, .high)
    case nil: return evidence.isAcquainted ? (.hostSilent, .medium) : (.neverHeard, .high)
    }
}
