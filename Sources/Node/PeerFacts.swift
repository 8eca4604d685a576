internal import Base
internal import Control
internal import Membership
internal import Session
internal import Traffic

/// All that this node knows of one member at one moment: the evidence for its cause, and the words for it.
struct PeerFacts {
    let member: Member
    let edge: Edge?
    let session: LinkEvidence?
    let story: LinkMemory.Story?
    let observers: [NodeID]
    /// How many neighbours are silent, and how many there are.
    let health: (silent: Int, edges: Int)
    let evidence: PeerEvidence
    let now: Now

    /// Members that fell silent within this of each other fell silent together.
    private static let together = Interval.seconds(30)
    /// How long a word about what passes over UDP counts: some rounds of probing, in which a few may be lost.
    private static let wordOfUDP = Interval.minutes(10)
    /// Coming back and going again within this is one trouble.
    private static let flapping = Interval.minutes(2)

    init(_ id: NodeID, _ member: Member, in node: borrowing MarramNode, at now: Now) {
        let membership = node.switchboard.membership
        self.member = member
        self.now = now
        edge = membership.edges[id]
        session = node.sessions.evidence(of: id)
        story = node.links[.node(id)]
        observers = membership.whoObserves(id)
        health = membership.health
        var evidence = PeerEvidence()
        evidence.word = member.word
        evidence.silence = Self.silence(of: member, edge, at: now.instant) ?? .zero
        evidence.isAcquainted = member.pace != nil || session != nil
        evidence.isDeaf = membership.isDeaf
        for other in membership.members.values where other.record.id != id && other.pace != nil {
            let silence = Self.silence(of: other, membership.edges[other.record.id], at: now.instant)
            guard other.state != .left, let silence else { continue }
            if silence <= max(PeerEvidence.breath, (other.pace?.interval ?? .zero) * 4) {
                evidence.stillHeard += 1
            } else if max(other.heard, member.heard) - min(other.heard, member.heard) <= Self.together {
                evidence.silentWithIt += 1
            }
        }
        evidence.interval = member.pace?.interval ?? membership.interval(of: id)
        evidence.pace = member.pace?.between
        evidence.unechoed = member.pace?.unechoed ?? 0
        evidence.returns = member.returns(since: now.instant - Self.flapping)
        evidence.isOverTCP = session?.path.carrier == .tcp
        if let heard = story?.comesOverUDP { evidence.comesOverUDP = now.instant - heard.instant < Self.wordOfUDP }
        if let told = story?.arrivesOverUDP { evidence.arrivesOverUDP = now.instant - told.instant < Self.wordOfUDP }
        if let dial = story?.dial, dial.at.instant > member.heard { evidence.dial = dial.outcome }
        self.evidence = evidence
    }

    /// How long nothing was heard of it; nil for one that is alive and does not speak to this node.
    private static func silence(of member: Member, _ edge: Edge?, at now: Instant) -> Interval? {
        if let edge { return now - (edge.wasHeard ? member.heard : edge.born) }
        return member.state == .alive ? nil : now - member.heard
    }
}

extension Member {
    fileprivate var word: PeerEvidence.Word {
        switch (state, reason) {
        case (.left, _): .leftMesh
        case (.suspect, .vouched): .vouched
        case (.suspect, _), (.unreachable, _): .gone
        case (.alive, _): .fine
        }
    }

    /// How often it came back since then.
    fileprivate func returns(since moment: Instant) -> Int {
        history.indices.dropFirst().count { place in
            history[place].state == .alive && history[place - 1].state != .alive
                && history[place].at.instant >= moment
        }
    }
}

extension LinkMemory.Story {
    /// When a handshake of the peer last came over UDP though it hears no answer there.
    var comesOverUDP: Now? {
        events.last { if case .comesOverUDP = $0.note { true } else { false } }?.last
    }
}
