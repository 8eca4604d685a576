internal import Base
internal import Control
internal import Membership
internal import Session
internal import Traffic

/// The words for what is known of a member.
extension PeerFacts {
    // MARK: What the cause rests on

    func sentences() -> [String] {
        var sentences: [String] = []
        if evidence.isAcquainted {
            let carrier = session.map { " over \($0.path.carrier.word)" } ?? ""
            sentences.append("last heard \(seconds(now.instant - member.heard)) ago\(carrier)")
        }
        if let pace = evidence.pace, evidence.isSlow {
            sentences.append(
                "it beats every \(seconds(pace)) by its own count, every \(seconds(evidence.interval)) is usual")
        }
        if evidence.returns > 0 {
            sentences.append("it was given up and came back \(times(evidence.returns)) in two minutes")
        }
        if evidence.unechoed >= PeerEvidence.echoesMissed {
            sentences.append("its last \(evidence.unechoed) beats name no newer beat of this node: they do not arrive")
        }
        if let edge, edge.wasHeard {
            let there = edge.lossThere.map { ", and \(percent($0)) of this node's there" } ?? ""
            sentences.append(
                "\(percent(edge.loss)) of its beats are lost\(there); longest silence borne \(seconds(edge.gap))")
        }
        if evidence.isOverTCP { sentences.append("the session runs over TCP, because UDP stayed silent") }
        if evidence.comesOverUDP { sentences.append("its handshakes come over UDP, and it hears no answer there") }
        if evidence.arrivesOverUDP { sentences.append("it says that this node's handshakes come over UDP") }
        if let dial = evidence.dial, let at = story?.dial?.at {
            sentences.append("\(dial.sentence), \(seconds(now.instant - at.instant)) ago")
        }
        let with =
            evidence.silentWithIt + evidence.stillHeard == 0
            ? "" : "; \(evidence.silentWithIt) fell silent with it, \(evidence.stillHeard) are still heard"
        sentences.append("own health: \(health.silent) of \(health.edges) neighbours are silent\(with)")
        return sentences
    }

    // MARK: What happened

    /// The last moves of the member and what its link went through, oldest first.
    func events(_ name: (NodeID) -> String) -> [LinkReply.Event] {
        var events = member.history.map { move in
            LinkReply.Event(
                name: "member.\(move.state)", at: move.at.wall, age: now.instant - move.at.instant, count: 1,
                firstAge: now.instant - move.at.instant, what: "\(move.state): \(move.reason.sentence(name))")
        }
        events += (story?.events ?? []).filter(\.note.tellsOfPeer).map { $0.reply(at: now.instant, name) }
        if let dial = story?.dial {
            events.append(
                LinkReply.Event(
                    name: "tcp.\(dial.outcome)", at: dial.at.wall, age: now.instant - dial.at.instant, count: 1,
                    firstAge: now.instant - dial.at.instant, what: dial.outcome.sentence))
        }
        let order = events.indices.sorted { (events[$1].age, $0) < (events[$0].age, $1) }
        return order.map { events[$0] }
    }

    // MARK: What others see

    func others(_ name: (NodeID) -> String) -> [String] {
        func names(_ ids: [NodeID]) -> String { ids.map(name).sorted().joined(separator: ", ") }
        var sentences: [String] = []
        if let finding = member.reason.finding {
            let voucher = edge?.vouch?.by
            let vouchers = (voucher.map { [$0] } ?? []) + finding.vouchers.filter { $0 != voucher }
            let accusers = (edge?.accusers.keys ?? []) + finding.accusers
            let deaf = accusers.indices.filter { accusers.firstIndex(of: accusers[$0]) == $0 }.map { accusers[$0] }
            if !vouchers.isEmpty { sentences.append("heard by \(names(vouchers))") }
            if !deaf.isEmpty { sentences.append("not heard by \(names(deaf))") }
        }
        if case .toldGone(let teller, let accusers) = member.reason {
            sentences.append("given up by \(names(accusers)), as \(name(teller)) told")
        }
        if sentences.isEmpty, !observers.isEmpty { sentences.append("observed by \(names(observers))") }
        return sentences
    }
}

extension PeerReply.Cause {
    func sentence(of name: String) -> String {
        switch self {
        case .fine: "\(name) is heard, and hears this node"
        case .udpDropped: "UDP between this node and \(name) is dropped both ways, the node itself runs"
        case .udpFromHereDropped: "UDP from this node to \(name) is dropped, UDP from there arrives"
        case .udpFromThereDropped: "UDP from \(name) to this node is dropped, UDP from here arrives"
        case .stopped: "the daemon of \(name) stands still, its machine runs"
        case .killed: "no daemon runs on the machine of \(name), the machine itself does"
        case .overloaded: "\(name) lives, but is run too seldom: its machine is overloaded"
        case .throughVoucher: "\(name) runs, but no way leads there from here: others hear it"
        case .isolatedHere: "this node is cut off, not \(name)"
        case .hostSilent: "nothing comes from the machine of \(name): it is off, or cut off from all of us"
        case .neverHeard: "\(name) was never heard since this node started"
        case .left: "\(name) said goodbye"
        }
    }

    /// What to do, with the member's name and address.
    func remedies(_ name: String, _ address: Address, own: Address) -> [String] {
        switch self {
        case .fine, .left: []
        case .udpDropped:
            [
                "allow UDP at both ends and between, such as: ufw allow \(address.port)/udp",
                "marram explain link \(name)",
            ]
        case .udpFromHereDropped:
            ["on \(name): allow UDP to come in, such as: ufw allow \(address.port)/udp", "marram explain link \(name)"]
        case .udpFromThereDropped:
            ["here: allow UDP to come in, such as: ufw allow \(own.port)/udp", "marram explain link \(name)"]
        case .stopped: ["on \(name): look whether marramd is stopped (state T or D), and go on or restart it"]
        case .killed: ["on \(name): start marramd, and read the last lines of its log"]
        case .overloaded: ["on \(name): look at its load, memory and disk", "marram watch"]
        case .throughVoucher:
            ["look at the firewalls and routes between \(own) and \(address)", "marram explain link \(name)"]
        case .isolatedHere: ["look at this machine's cable, radio, routes and firewall", "marram links"]
        case .hostSilent: ["look at its power and its network", "ask where others stand: marram explain peer \(name)"]
        case .neverHeard: ["look whether it runs, and whether \(address) is still its address", "marram links"]
        }
    }
}

extension DialOutcome {
    fileprivate var sentence: String {
        switch self {
        case .taken: "its machine took a TCP connection, and nobody spoke on it"
        case .refused: "its machine refused a TCP connection: nobody listens there"
        }
    }
}

extension LinkMemory.Event {
    func reply(at now: Instant, _ name: (NodeID) -> String) -> LinkReply.Event {
        LinkReply.Event(
            name: note.name, at: last.wall, age: now - last.instant, count: count, firstAge: now - first.instant,
            what: note.sentence(name))
    }
}

extension SessionNote {
    /// The peer whose words over UDP it speaks of: that they come, or that the session does without.
    var concernsUDP: NodeID? {
        switch self {
        case .comesOverUDP(let node), .fellBack(let node, _): node
        case .established(let node, let path, _), .renewed(let node, let path), .moved(let node, _, let path):
            path.carrier == .tcp ? node : nil
        case .refused, .began, .unanswered, .ended, .answeredByOther, .proofAsked, .cookieAsked, .freshAsked, .dropped,
            .line:
            nil
        }
    }

    /// Whether it speaks for one cause of a peer's state or another, and not of its line only.
    fileprivate var tellsOfPeer: Bool {
        switch self {
        case .began(_, let reason): reason == .silence
        case .unanswered, .established, .ended, .moved, .fellBack, .comesOverUDP, .answeredByOther: true
        case .refused, .renewed, .proofAsked, .cookieAsked, .freshAsked, .dropped, .line: false
        }
    }
}

extension Member.Reason {
    var finding: Finding? {
        switch self {
        case .silent(let finding), .vouched(_, let finding), .givenUp(let finding), .notHeardByTheDeaf(let finding):
            finding
        case .heardDirectly, .heardThrough, .notHeardSinceStart, .toldGone, .saidGoodbye: nil
        }
    }

    /// The reason with all that was on the table.
    func sentence(_ name: (NodeID) -> String) -> String {
        func names(_ ids: [NodeID]) -> String { ids.isEmpty ? "nobody" : ids.map(name).joined(separator: ", ") }
        switch self {
        case .heardDirectly: return "heard directly"
        case .heardThrough(let peer): return "heard of through \(name(peer))"
        case .notHeardSinceStart: return "known from an earlier life, and not heard since this node started"
        case .saidGoodbye: return "it said goodbye"
        case .silent(let finding): return finding.sentence
        case .vouched(let voucher, let finding): return "\(finding.sentence); \(name(voucher)) hears it"
        case .givenUp(let finding):
            return "\(finding.sentence); \(finding.accusers.count) of \(finding.observers) observers that answer do "
                + "not hear it: \(names(finding.accusers))"
        case .toldGone(let teller, let accusers):
            return "\(names(accusers)) gave it up, as \(name(teller)) told"
        case .notHeardByTheDeaf(let finding): return "\(finding.sentence); this node is cut off and tells nobody"
        }
    }
}

extension Finding {
    fileprivate var sentence: String {
        "silent for \(seconds(silence)), longest before \(seconds(gap)); \(pings) pings in vain; its path used to lose "
            + "\(percent(loss)); \(silentEdges) of \(edges) neighbours silent here"
    }
}

private func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

/// Of a share in 65,536ths.
private func percent(_ share: Int) -> String { "\(share * 100 / MembershipRules.whole) %" }

/// With a tenth while it says something.
private func seconds(_ interval: Interval) -> String {
    let tenths = max(interval.milliseconds, 0) / 100
    return tenths < 600 ? "\(tenths / 10).\(tenths % 10) s" : "\(tenths / 600) min"
}
