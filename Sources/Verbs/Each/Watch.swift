internal import Base
internal import Control
internal import Text

extension Verb {
    static let watch = Verb(
        name: "watch",
        summary: "print the moves of members as they come, with their reasons",
        about: [
            """
            One line for each move of a member into a state, until the tool is interrupted. The daemon keeps the last \
            \(Limits.movesKept) moves and numbers them from its start: --since tells after which number to begin, so \
            that nothing is missed between two runs. Without it only new moves are shown.
            """,
            "With --json each line is an object; its number is what to give --since later.",
        ],
        options: [
            Option(name: "since", value: "CURSOR", summary: "begin after this move; 0 for all that are kept"),
            Option(name: "count", letter: "n", value: "N", summary: "end after so many moves"),
            Option(name: "for", value: "TIME", summary: "end after so long: 30s, 15m, 24h"),
        ],
        examples: [
            Example(command: "marram watch", what: "what happens from now on"),
            Example(command: "marram watch --since 0 --for 1s", what: "what happened lately, and then end"),
            Example(command: "marram watch --since 41 --json", what: "go on after move 41, for a program"),
        ],
        run: { errand throws(Complaint) in
            var watch = Watch(
                cursor: errand.invocation["since"] == nil ? nil : try errand.number("since", default: 0),
                left: errand.invocation["count"] == nil ? .max : try errand.number("count", default: 1),
                time: try errand.invocation["for"].map { text throws(Complaint) in
                    try Settings.time(text, of: "for")
                })
            while try watch.look(&errand) { errand.world.pause(Watch.pause) }
            return .done
        })
}

/// Asks for new moves again and again.
private struct Watch {
    /// Between two looks: short for a person, and cheap for the daemon.
    static let pause = Interval.milliseconds(500)

    var cursor: Int?
    var left: Int
    /// How much of it is to come; nil for as long as nobody interrupts.
    var time: Interval?

    /// Prints what is new; answers whether to look again.
    mutating func look(_ errand: inout Errand) throws(Complaint) -> Bool {
        // Where to begin: at the end, which an answer to an impossible question tells.
        let isFirst = cursor == nil
        let since = cursor ?? Int(Limits.counted)
        let envelope = try errand.ask(.moves(since: since))
        guard case .moves(let reply) = envelope.reply else { throw errand.unexpected(envelope) }
        if !isFirst, reply.cursor < since {
            errand.narrate("the daemon was started again, and counts its moves from 1\n")
            cursor = 0
            return true
        }
        if !isFirst, reply.missed > 0 {
            errand.narrate("\(Figures.count(reply.missed, "move")) after \(since) are no longer kept\n")
        }
        for move in reply.moves.prefix(left) { try show(move, envelope, errand) }
        left -= min(left, reply.moves.count)
        cursor = reply.cursor
        guard left > 0, let time else { return left > 0 }
        self.time = time - Self.pause
        return time > Self.pause
    }

    private func show(_ move: MovesReply.Move, _ envelope: Envelope, _ errand: Errand) throws(Complaint) {
        let look = errand.look
        guard errand.settings.format != .json else {
            let line = Envelope.json(
                schema: MovesReply.Move.schema, node: envelope.node, at: envelope.at, view: envelope.view,
                body: JSONMember("data", move.json))
            return try errand.world.writeOutput(String(decoding: line.encoded(ascii: look.ascii), as: UTF8.self) + "\n")
        }
        let lead = "\(errand.clock(move.at))  "
        let what = "\(look.clean(move.name)) is \(look.state(move.to)): \(look.clean(move.why))"
        let line = look.paragraph(what, indent: lead.count)
        try errand.world.writeOutput(look.paint(lead, .faint) + line)
    }
}
