internal import Base
internal import Control
internal import Membership
internal import Session
internal import Traffic

/// All that a node knows of one link at one moment, put together from sessions, membership and memory, and what follows
/// from it: the state, the reason in a few words, clues, and what is wrong.
///
/// One end of a link sees little when nothing comes back. A firewall, a peer that is down and a peer of another mesh
/// are equally silent, because whoever does not have our keys gets no answer; so nothing here guesses between them.
/// What tells them apart is said as a clue when it is there: others hear the peer, or packets came that did not fit.
struct LinkFacts {
    let subject: LinkMemory.Subject
    let attempt: AttemptEvidence?
    let session: LinkEvidence?
    let story: LinkMemory.Story?
    let refusals: LinkMemory.Refusals?
    let member: Member?
    let now: Now

    init(_ subject: LinkMemory.Subject, _ attempt: AttemptEvidence?, in node: borrowing MarramNode, at now: Now) {
        self.subject = subject
        self.attempt = attempt
        self.now = now
        story = node.links[subject]
        switch subject {
        case .node(let id):
            session = node.sessions.evidence(of: id)
            member = node.others[id]
            refusals = story?.refusals
        case .place(let address):
            session = nil
            member = nil
            refusals = story?.refusals ?? node.links.refusals(ofStranger: address)
        }
    }

    /// From so much on, in packets per million, loss is a problem of its own: one in ten.
    static let heavyLoss = 100_000
    /// Fewer packets than this do not make a rate of loss.
    static let enoughPackets = 50
    /// A handshake that was said this often without an answer is news: on a path that loses one packet in ten it
    /// happens once in a thousand times.
    static let manyTries = 4

    var address: Address? {
        switch subject {
        case .place(let address): address
        case .node:
            session?.path.address ?? attempt?.contact.address ?? story?.address ?? member?.record.address
        }
    }

    var state: LinkRow.State {
        if let session { return session.isSilent(at: now.instant) ? .silent : .up }
        return attempt == nil ? .none : .handshaking
    }

    var sessionRow: LinkRow.Session? {
        guard let session else { return nil }
        let line = session.line
        return LinkRow.Session(
            carrier: session.path.carrier, age: now.instant - session.born, isMine: session.isMine,
            heard: now.instant - session.heard, roundTrip: line.roundTrip, shortestRoundTrip: line.shortestRoundTrip,
            queueing: line.queueing, loss: line.recentLoss, ownLoss: line.ownLoss, rate: line.rate,
            packetBytes: line.packetBytes, keysAge: now.instant - session.keysBorn, keyPhase: Int(session.phase),
            mode: line.mode.word, reason: line.reason.word, packetsSent: line.counts.packetsSent,
            packetsLost: line.counts.packetsLost)
    }

    /// The reason for the state, in a few words.
    var why: String {
        if let session {
            guard session.isSilent(at: now.instant) else {
                return "\(session.line.mode.phrase): \(session.line.reason.phrase)"
            }
            return "spoken to and not heard for \((now.instant - session.heard).seconds) s"
        }
        if let attempt {
            if isProofWanted { return "a proof is asked for, \(tries(attempt.tries))" }
            return "no answer, \(tries(attempt.tries)) since \((now.instant - attempt.began).seconds) s"
        }
        if isGivenUp { return "no answer; this node tries again when there is more to say" }
        if let ending = lastEnding { return ending.words }
        if story == nil { return member == nil ? "never tried from here" : "nothing had to be said to it yet" }
        return "no session any more"
    }

    private func tries(_ count: Int) -> String { count == 1 ? "1 try" : "\(count) tries" }
}
