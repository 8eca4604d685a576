internal import Base
internal import Control
internal import Membership
internal import Session
internal import Traffic

/// What follows from the facts: clues, and what is wrong as far as it can be told from this end.
extension LinkFacts {
    // MARK: What happened

    /// The last event for which `isMeant` says so, and its place among the events.
    private func last(_ isMeant: (SessionNote) -> Bool) -> (place: Int, event: LinkMemory.Event)? {
        guard let events = story?.events, let place = events.lastIndex(where: { isMeant($0.note) }) else { return nil }
        return (place, events[place])
    }

    private var lastSession: Int {
        let found = last { note in
            switch note {
            case .established, .renewed: true
            case .refused, .began, .unanswered, .ended, .moved, .fellBack, .comesOverUDP, .answeredByOther,
                .proofAsked, .cookieAsked, .freshAsked, .dropped, .line:
                false
            }
        }
        return found?.place ?? -1
    }

    /// When the last handshake was given up, if there was no session since.
    private var givenUp: Instant? {
        let found = last { if case .unanswered = $0 { true } else { false } }
        guard let found, found.place > lastSession, session == nil else { return nil }
        return found.event.last.instant
    }

    var isGivenUp: Bool { givenUp != nil }

    var lastEnding: SessionNote.Ending? {
        guard case .ended(_, let ending)? = last({ if case .ended = $0 { true } else { false } })?.event.note else {
            return nil
        }
        return ending
    }

    private var otherNode: NodeID? {
        let found = last { if case .answeredByOther = $0 { true } else { false } }
        guard let found, found.place > lastSession, case .answeredByOther(_, let other, _) = found.event.note else {
            return nil
        }
        return other
    }

    /// Whether the peer has asked for a proof of this node's address since the handshake began.
    var isProofWanted: Bool {
        guard let attempt else { return false }
        let found = last { if case .proofAsked(_, .address) = $0 { true } else { false } }
        return found.map { $0.event.last.instant >= attempt.began } ?? false
    }

    /// Whether an observer says that it hears the peer, which this node does not.
    private var isHeardByOthers: Bool {
        guard let member, member.state == .suspect, case .vouched = member.reason else { return false }
        return true
    }

    private var strangerPackets: Int {
        guard let refusals else { return 0 }
        return Refusal.allCases.filter(\.speaksOfStranger).map { refusals[$0] }.reduce(0, +)
    }

    // MARK: Clues

    var clues: [String] {
        var clues: [String] = []
        if let refusals {
            for refusal in Refusal.allCases where refusals[refusal] > 0 {
                clues.append(
                    "packets from there were refused, \(refusals[refusal]) as \(refusal.name): "
                        + refusal.meaning)
            }
            let age = (now.instant - refusals.last.instant).seconds
            clues.append("the last refusal was \(age) s ago; an address can be forged, so take these as hints")
        } else if session == nil, lastSession < 0, let first = story?.events.map(\.first.instant).min() {
            clues.append("not one packet came from there in the \((now.instant - first).seconds) s since the first try")
        }
        if attempt?.triesTCP == true { clues.append("TCP is tried beside UDP and is as silent") }
        if let member, state != .up { clues.append(word(of: member)) }
        return clues
    }

    /// What the mesh knows of a peer that this node does not hear.
    private func word(of member: Member) -> String {
        let age = (now.instant - member.heard).seconds
        switch member.state {
        case .left: return "it said goodbye"
        case .suspect where isHeardByOthers:
            return "others hear it: it runs, and the way from here is broken"
        case .alive, .suspect, .unreachable:
            return
                "no member that this node hears has heard of it for \(age) s: it is down, or cut off from all of them"
        }
    }

    // MARK: Problems

    /// What is wrong, the likeliest first; `title` is what the peer is called.
    func problems(calling title: String, _ name: (NodeID) -> String) -> [Complaint] {
        if member?.state == .left, state != .up { return [] }
        if session != nil { return problemsOfSession(title) }
        let place = address.map { " at \($0)" } ?? ""
        var problems: [Complaint] = []
        if (refusals?[.reflected] ?? 0) > 0 {
            problems.append(
                Complaint(
                    .otherNodeAtAddress, what: "this node itself answers\(place)",
                    because: "the address is one of this node's own",
                    remedy: "take it out of the seed addresses: marram config show --origin tells who set them"))
        }
        if let otherNode {
            problems.append(Complaint(.otherNodeAtAddress, what: "\(name(otherNode)) answers\(place), not \(title)"))
        }
        if strangerPackets > 0 {
            problems.append(
                Complaint(
                    .strangerAtAddress,
                    what: "\(strangerPackets == 1 ? "1 packet" : "\(strangerPackets) packets")\(place) came that "
                        + "\(strangerPackets == 1 ? "does" : "do") not fit this mesh"))
        }
        guard isGivenUp || (attempt?.tries ?? 0) >= Self.manyTries else { return problems }
        if isProofWanted {
            problems.append(Complaint(.proofWanted, what: "\(title) is there and asks for proofs of addresses"))
        } else if isHeardByOthers {
            problems.append(Complaint(.peerOutOfReach, what: "\(title) lives, and nothing comes back from it\(place)"))
        } else if problems.isEmpty {
            problems.append(
                Complaint(
                    .nobodyAnswers, what: place.isEmpty ? "nobody answers for \(title)" : "nobody answers\(place)",
                    remedy: "on the peer: marram status. No daemon: start it. bad-code grows: the meshes differ. "
                        + "Packets received do not grow: the way is blocked"))
        }
        return problems
    }

    private func problemsOfSession(_ title: String) -> [Complaint] {
        guard let session else { return [] }
        let line = session.line
        var problems: [Complaint] = []
        if session.isSilent(at: now.instant) {
            let age = (now.instant - session.heard).seconds
            problems.append(
                isHeardByOthers
                    ? Complaint(.peerOutOfReach, what: "\(title) lives, and nothing came from it for \(age) s")
                    : Complaint(.linkSilent, what: "\(title) is silent for \(age) s although it was spoken to"))
        }
        if session.path.carrier == .tcp {
            problems.append(
                Complaint(
                    .udpBlocked, what: "UDP between this node and \(title) is blocked: the session runs over TCP"))
        }
        // Of a silent peer nothing is known but that it is silent: all that was said since counts as lost.
        if state == .up, line.recentLoss >= Self.heavyLoss, line.counts.packetsSent >= Self.enoughPackets {
            problems.append(
                Complaint(
                    .heavyLoss,
                    what: "\(percent(line.recentLoss)) of the packets to \(title) are lost lately, "
                        + "\(percent(line.ownLoss)) is the path's own"))
        }
        if line.counts.blackHoles > 0, line.packetBytes <= Limits.datagramBytes {
            problems.append(
                Complaint(
                    .smallPacketsOnly, what: "the path to \(title) carries packets of \(line.packetBytes) bytes at most"
                ))
        }
        return problems
    }

    private func percent(_ ppm: Int) -> String { "\(ppm / 10_000).\(ppm / 1_000 % 10) %" }
}
