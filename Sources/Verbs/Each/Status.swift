internal import Base
internal import Control

extension Verb {
    static let status = Verb(
        name: "status",
        summary: "show on one screen how this node and its mesh are doing",
        about: [
            """
            Shows whom the node sees and in which state, what crossed the wire, what was ignored and why, and what is \
            wrong, each with what to do about it. The last line says how many peers agree with this view.
            """
        ],
        formats: [.table, .wide, .json],
        examples: [
            Example(command: "marram status", what: "the one screen to look at first"),
            Example(command: "marram status -o wide", what: "with the node's id and the counters that are zero"),
        ],
        exits: [ExitMeaning(code: .no, meaning: "the node answers, and something is wrong: see the problems")],
        run: { errand throws(Complaint) in
            let envelope = try errand.ask(.status)
            guard case .status(let status) = envelope.reply else { throw errand.unexpected(envelope) }
            let isWide = errand.settings.format == .wide
            errand.present(envelope) { look in
                StatusScreen(status: status, look: look, isWide: isWide).text + look.line(envelope.view)
            }
            return status.isHealthy ? .done : .no
        })
}

/// The one screen of `marram status`: a heading, then a line or two for each thing, then the problems.
private struct StatusScreen {
    let status: StatusReply
    let look: Look
    let isWide: Bool

    var text: String {
        var text = [
            look.paint(look.clean(status.mesh), .strong), "this node \(look.clean(status.node))",
            status.isHealthy ? look.paint("healthy", .good) : look.paint("DEGRADED", .bad),
        ].joined(separator: look.between)
        text += "\n"
        text += line("members", members)
        text += line("node", node)
        text += line("traffic", traffic)
        text += counters
        text += problems
        return text
    }

    private func line(_ title: String, _ text: String) -> String {
        let padding = String(repeating: " ", count: 10 - title.count)
        return look.paint(title, .faint) + padding + text + "\n"
    }

    private var members: String {
        let counts = MemberRow.State.allCases.compactMap { state in
            status.members[state] > 0 ? look.state(state, count: status.members[state]) : nil
        }
        return "\(status.members.all): " + counts.joined(separator: look.sign("  ", else: ", "))
    }

    private var node: String {
        var parts = ["up \(Figures.elapsed(status.uptime))"]
        if let address = status.address { parts.append("listens on \(address.description)") }
        if !status.site.isEmpty { parts.append("site \(look.clean(status.site))") }
        parts.append("version \(look.clean(status.version)), protocol \(status.wireProtocol)")
        if isWide { parts.append("id \(status.id)") }
        return parts.joined(separator: look.between)
    }

    private var traffic: String {
        let traffic = status.traffic
        let sent = "\(Figures.count(traffic.sentPackets, "packet")) (\(Figures.bytes(traffic.sentBytes)))"
        let received = "\(Figures.count(traffic.receivedPackets, "packet")) (\(Figures.bytes(traffic.receivedBytes)))"
        return "sent \(sent)\(look.between)received \(received)"
    }

    private var counters: String {
        let shown = status.counters.filter { isWide || $0.value > 0 }
        guard !shown.isEmpty else { return "" }
        // A counter must not be torn from its figure at the end of a line.
        let words = shown.map { "\(look.clean($0.name))\u{A0}\(Figures.count($0.value))" }
        let lines = wrapped(words.joined(separator: " "), indent: 10).dropFirst(10)
        let spaced = String(lines.map { $0 == "\u{A0}" ? " " : $0 })
        return line("counters", String(spaced.dropLast()))
    }

    private var problems: String {
        guard !status.problems.isEmpty else { return "" }
        var text = "problems (\(status.problems.count))\n"
        for problem in status.problems {
            let mark = look.paint(look.sign("‼", else: "-"), .bad)
            text += "  \(mark) \(problem.code) \(look.clean(problem.what))\n"
            text += "      try  \(look.clean(problem.remedy))\n"
        }
        return text
    }
}
