internal import Base
internal import Control

extension Verb {
    static let authority = Verb(
        name: "auth",
        summary: "explain who may do what, and whether an act counts",
        about: [
            """
            explain answers with a yes or a no, the reason, and what it rests on. OP is the beginning of an act's id, \
            as marram audit tail shows it: does it count? Or it is a capability, such as invite.create: may this node \
            do so here and now, or the one that --by names, on what --on names?
            """
        ],
        arguments: [
            Argument(name: "ACTION", summary: "what to do", expects: .words(["explain"])),
            Argument(name: "OP", summary: "the beginning of an act's id, or a capability"),
        ],
        options: [
            Option(name: "by", value: "NODE", summary: "by its name or id (default: this node)"),
            Option(name: "on", value: "OBJECT", summary: "what it would be done to (default: mesh)"),
        ],
        examples: [
            Example(command: "marram auth explain invite.create --by till-02", what: "may till-02 invite?")
        ],
        exits: [ExitMeaning(code: .no, meaning: "it is not allowed, or does not count")],
        run: { errand throws(Complaint) in
            let envelope = try errand.ask(
                try .authority(
                    over: errand.argument(1) ?? "", by: errand.invocation["by"], on: errand.invocation["on"]))
            guard case .authority(let reply) = envelope.reply else { throw errand.unexpected(envelope) }
            errand.present(envelope) { look in
                let mark =
                    reply.isAllowed
                    ? look.paint(look.sign("✓", else: "yes"), .good) : look.paint(look.sign("✗", else: "no"), .bad)
                let grounds = reply.grounds.map { "   \(look.clean($0))\n" }.joined()
                return "\(mark) \(look.clean("\(reply.question): \(reply.why)"))\n\(grounds)"
            }
            return reply.isAllowed ? .done : .no
        })
}
