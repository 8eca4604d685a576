internal import Base
internal import Control

extension Verb {
    static let explain = Verb(
        name: "explain",
        summary: "tell why something is as it is, and what to do about it",
        about: [
            """
            peer names the likeliest cause of a member's state, how sure that is, what it rests on, what happened \
            lately, what others say, and what to do. NAME is a member's name, its id or the first eight digits of it, \
            or its address.
            """,
            """
            link shows how the way to a peer is doing now, what happened to it lately, what speaks for one cause or \
            another, and what is wrong with it. Here NAME may also be an address at which nobody is known; its port \
            may be left out when only one peer is there.
            """,
            """
            key shows what a key holds, who wrote it, by what rule writes at the same time are joined, and what became \
            of every other write that is still known. NAME is the key.
            """,
            """
            Only this node is asked. What cannot be told apart from here is not guessed: a firewall that swallows \
            everything and a machine that is off are equally silent. The last lines then say where to look.
            """,
        ],
        arguments: [
            Argument(name: "WHAT", summary: "what to explain", expects: .words(["peer", "link", "key"])),
            Argument(
                name: "NAME", summary: "which member, or whose link: a name, an id or an address; or which key"),
        ],
        examples: [
            Example(command: "marram explain peer till-07", what: "why till-07 is suspect, unreachable or slow"),
            Example(command: "marram explain link 10.9.0.17:7946", what: "why nobody answers at a seed address"),
            Example(
                command: "marram explain peer till-07 --json", what: "for programs; data.cause is one of twelve words"),
            Example(command: "marram explain key till/tax", what: "why the key holds what it holds"),
        ],
        exits: [
            ExitMeaning(code: .no, meaning: "something is wrong with the peer or the link, or the key is in conflict"),
            ExitMeaning(code: .notFound, meaning: "no such peer is known, or nothing was ever written to the key"),
        ],
        run: { errand throws(Complaint) in
            let peer = errand.argument(1) ?? ""
            if errand.argument(0) == "key" { return try tellOfKey(peer, &errand) }
            let isLink = errand.argument(0) == "link"
            let envelope = try errand.ask(isLink ? .explanation(ofLinkTo: peer) : .explanation(of: peer))
            switch envelope.reply {
            case .link(let link) where isLink:
                let history = errand.history(link.events, at: envelope.at)
                errand.present(envelope) { LinkScreen(reply: link, look: $0, history: history).text }
                return link.problems.isEmpty ? .done : .no
            case .peer(let peer) where !isLink:
                let history = errand.history(peer.events, at: envelope.at)
                let since = errand.moment(peer.member.since)
                errand.present(envelope) { look in
                    PeerScreen(reply: peer, look: look, history: history, since: since).text + look.line(envelope.view)
                }
                return peer.isWell ? .done : .no
            default: throw errand.unexpected(envelope)
            }
        })
}

/// The screen of `marram explain link`: how it is, what happened, what speaks for what, what is wrong.
private struct LinkScreen {
    let reply: LinkReply
    let look: Look
    let history: EventLines

    var text: String {
        let link = reply.link
        var text = [
            look.paint(look.clean(link.title), .strong), look.paint(look.state(link.state), look.tone(link.state)),
            look.clean(link.why),
        ].joined(separator: look.between)
        text += "\n"
        text += line("path", path)
        if let session = link.session {
            text += line("quality", quality(of: session))
            text += line("loss", loss(of: session))
            text += line(
                "rate", "\(Figures.bytes(session.rate))/s in packets of \(Figures.count(session.packetBytes)) B")
            text += line("session", age(of: session))
        }
        if let attempt = link.attempt { text += line("attempt", words(attempt)) }
        text += history.text(look)
        if !reply.clues.isEmpty {
            text += "clues\n"
            let mark = look.sign("•", else: "-")
            for clue in reply.clues { text += "  \(mark) \(look.paragraph(clue, indent: 4))" }
        }
        return text + reply.problems.map(look.lines).joined()
    }

    private func line(_ title: String, _ text: String) -> String {
        let padding = String(repeating: " ", count: 10 - title.count)
        return look.paint(title, .faint) + padding + text + "\n"
    }

    private var path: String {
        let place = reply.link.address?.description ?? "no address is known"
        guard let session = reply.link.session else { return place }
        return "\(session.carrierNote)\(look.between)\(place)"
    }

    private func quality(of session: LinkRow.Session) -> String {
        var parts: [String] = []
        if let roundTrip = session.roundTrip {
            let shortest = session.shortestRoundTrip.map { " (shortest \(Figures.brief($0)))" } ?? ""
            parts.append("RTT \(Figures.brief(roundTrip))\(shortest)")
        }
        parts.append("queue \(Figures.brief(session.queueing))")
        return parts.joined(separator: look.between)
    }

    private func loss(of session: LinkRow.Session) -> String {
        let counted = "\(Figures.count(session.packetsLost)) of \(Figures.count(session.packetsSent)) packets"
        return [
            "\(Figures.percent(session.loss)) lately", "\(Figures.percent(session.ownLoss)) the path's own",
            "\(counted) since the session began",
        ].joined(separator: look.between)
    }

    private func age(of session: LinkRow.Session) -> String {
        [
            "\(Figures.elapsed(session.age)) old", "begun by \(session.isMine ? "this node" : "the peer")",
            "heard \(Figures.age(session.heard)) ago",
            "keys \(Figures.elapsed(session.keysAge)) old, phase \(session.keyPhase)",
        ].joined(separator: look.between)
    }

    private func words(_ attempt: LinkRow.Attempt) -> String {
        let tries = attempt.tries == 1 ? "1 try" : "\(Figures.count(attempt.tries)) tries"
        return "\(tries) in \(Figures.elapsed(attempt.age)) over \(attempt.triesTCP ? "UDP and TCP" : "UDP")"
    }
}
