internal import Base
internal import Control

extension Verb {
    static let explain = Verb(
        name: "explain",
        summary: "tell why something is as it is, and what to do about it",
        about: [
            """
            link shows how the way to a peer is doing now, what happened to it lately, what speaks for one cause or \
            another, and what is wrong with it. NAME is a member's name, its id or the first eight digits of it, or an \
            address; its port may be left out when only one peer is there.
            """,
            """
            key shows what a key holds, who wrote it, by what rule writes at the same time are joined, and what became \
            of every other write that is still known.
            """,
            """
            Only this node is asked. A firewall, a peer that is down and a peer of another mesh are equally silent, \
            and what cannot be told apart from here is not guessed; the last lines then say where to look.
            """,
        ],
        arguments: [
            Argument(name: "WHAT", summary: "what to explain", expects: .words(["link", "key"])),
            Argument(name: "NAME", summary: "of a link the peer: a name, an id or an address; else the key"),
        ],
        examples: [
            Example(command: "marram explain link till-07", what: "why till-07 is slow, or not reached"),
            Example(command: "marram explain link 10.9.0.17:7946", what: "why nobody answers at a seed address"),
            Example(command: "marram explain key till/tax", what: "why the key holds what it holds"),
        ],
        exits: [
            ExitMeaning(code: .no, meaning: "something is wrong with the link, or the key is in conflict"),
            ExitMeaning(code: .notFound, meaning: "no such peer is known, or nothing was ever written to the key"),
        ],
        run: { errand throws(Complaint) in
            if errand.argument(0) == "key" { return try tellOfKey(errand.argument(1) ?? "", &errand) }
            let envelope = try errand.ask(try .explanation(ofLinkTo: errand.argument(1) ?? ""))
            guard case .link(let link) = envelope.reply else { throw errand.unexpected(envelope) }
            let place = errand.moment(envelope.at).split(separator: " ").last.map(String.init) ?? ""
            let today = errand.moment(envelope.at).prefix(10)
            let events = link.events.map { event in
                let moment = errand.moment(event.at)
                return (moment.hasPrefix(today) ? errand.clock(event.at) : String(moment.prefix(19)), event)
            }
            errand.present(envelope) { look in
                LinkScreen(reply: link, look: look, events: events, timeZone: place).text
            }
            return link.problems.isEmpty ? .done : .no
        })
}

/// The screen of `marram explain link`: how it is, what happened, what speaks for what, what is wrong.
private struct LinkScreen {
    let reply: LinkReply
    let look: Look
    /// Each with its time as a person reads it.
    let events: [(time: String, event: LinkReply.Event)]
    let timeZone: String

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
        text += history
        if !reply.clues.isEmpty {
            text += "clues\n"
            let mark = look.sign("•", else: "-")
            for clue in reply.clues { text += "  \(mark) \(paragraph(clue, indent: 4))" }
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

    private var history: String {
        guard !events.isEmpty else { return "events    none lately\n" }
        var text = "events (\(timeZone))\n"
        let widest = events.map(\.time.count).max() ?? 0
        for (time, event) in events {
            var what = event.what
            if event.count > 1 {
                what += " (\(Figures.count(event.count)) times in \(Figures.elapsed(event.firstAge - event.age)))"
            }
            let padding = String(repeating: " ", count: widest - time.count + 2)
            text += "  \(look.paint(time, .faint))\(padding)\(paragraph(what, indent: widest + 4))"
        }
        return text
    }

    /// Somebody else's sentence, broken into lines behind what already stands on the first.
    private func paragraph(_ text: String, indent: Int) -> String {
        String(wrapped(look.clean(text), indent: indent).dropFirst(indent))
    }
}
