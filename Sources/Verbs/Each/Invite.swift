internal import Base
internal import Control
internal import Text

extension Verb {
    static let invite = Verb(
        name: "invite",
        summary: "make a token that lets new nodes into the mesh",
        about: [
            """
            The token is all that a new node needs for marram join. It opens nothing by itself: whoever has it can \
            come as often and as long as the options say, is seen, and can be thrown out again. The mesh's first node \
            invites; any node lets in. It admits at most \(Limits.invitationUses) nodes and lives for at most \
            \(Limits.invitationLifetime.seconds / 86_400) days.
            """,
            """
            A terminal that has room for it, and may show colours, shows the token as a QR code too. A pipe gets the \
            token alone.
            """,
        ],
        options: [
            Option(name: "uses", value: "N", summary: "how many nodes it admits (default: 1)"),
            Option(name: "expires", value: "TIME", summary: "how long it is valid: 30m, 24h, 7d (default: 24h)"),
        ],
        formats: [.table, .json, .name],
        examples: [
            Example(command: "marram invite --uses 20 --expires 24h", what: "a token for a delivery of twenty nodes"),
            Example(command: "marram invite -o name", what: "the bare token, for a script"),
        ],
        run: { errand throws(Complaint) in
            let spelled = errand.invocation["uses"] ?? "1"
            guard let uses = Int(spelled) else {
                throw Complaint(
                    .badArgument, what: "--uses takes a number, not \(quoted(spelled))", remedy: "marram help invite")
            }
            let lifetime = try Settings.time(errand.invocation["expires"] ?? "24h", of: "expires")
            let envelope = try errand.ask(try .invitation(uses: uses, lifetime: lifetime))
            guard case .invitation(let invitation) = envelope.reply else { throw errand.unexpected(envelope) }
            let format = errand.settings.format
            let allowed = "\(Figures.count(invitation.uses, "use")), until \(errand.moment(invitation.expires))\n"
            let code = format == .table ? errand.code(of: invitation.token) : nil
            // Whoever takes what comes out of a pipe for the token is right.
            let isPipe = !errand.world.outputIsTerminal
            if isPipe, format == .table { errand.narrate(allowed) }
            errand.present(envelope) { look in
                let token = look.clean(invitation.token)
                guard format != .name, !isPipe else { return "\(token)\n" }
                return "\(look.paint(token, .strong))    \(allowed)" + (code ?? "")
            }
            return .done
        })
}

extension Errand {
    /// The token for a camera, where the terminal can show all of it above the next prompt; else says how large it
    /// would have to be. Without the hyphens between groups, which help nobody but people, it is a sixth shorter.
    fileprivate func code(of token: String) -> String? {
        let parts = token.split(separator: "-")
        guard let size = world.outputSize(), let prefix = parts.first,
            let lines = QRCode("\(prefix)-\(parts.dropFirst().joined())")?.lines, let code = look.onPaper(lines)
        else { return nil }
        let (columns, rows) = (lines[0].count, lines.count + 1)
        guard columns <= size.columns, rows <= size.rows else {
            narrate(
                """
                a QR code of the token takes \(columns) columns and \(rows) rows; this terminal has \(size.columns) \
                and \(size.rows)\n
                """)
            return nil
        }
        return code
    }
}
