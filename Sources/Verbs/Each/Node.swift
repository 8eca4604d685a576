internal import Base
internal import Control
internal import Host
internal import Text
internal import Trust

extension Verb {
    static let node = Verb(
        name: "node",
        summary: "show who belongs to the mesh by its law; confirm and revoke",
        about: [
            """
            list shows every node that the law knows: full, on probation (it came with an invitation, and nobody has \
            vouched for it yet) or revoked. show tells more of one.
            """,
            "confirm is an operator's word that a node on probation is the one that was meant.",
            """
            revoke throws a node out, for ever: it is signed here with the operator's key, which the daemon never \
            sees, and handed to the daemon, which spreads it. Every node that hears of it ends its session with the \
            revoked one at once. What the node did until now stands. A node is named by its name or the beginning of \
            its id.
            """,
            "revoke asks for the node's name first, unless --yes is given.",
        ],
        arguments: [
            Argument(name: "ACTION", summary: "what to do", expects: .words(["list", "show", "confirm", "revoke"])),
            Argument(name: "NAME", summary: "which node; list takes none", isOptional: true),
        ],
        options: [
            Option(name: "stolen", summary: "say in the revocation that the node was stolen"),
            .operatorKey,
        ],
        formats: OutputFormat.allCases,
        examples: [
            Example(command: "marram node list", what: "who belongs to the mesh"),
            Example(command: "marram node revoke till-07 --stolen", what: "throw out a node that was carried off"),
        ],
        run: { errand throws(Complaint) in
            switch (errand.argument(0), errand.argument(1)) {
            case ("list", nil):
                let envelope = try errand.ask(.nodes)
                guard case .nodes(let reply) = envelope.reply else { throw errand.unexpected(envelope) }
                errand.present(envelope, as: table(reply.nodes))
            case ("show", let name?):
                let (envelope, reply) = try find(name, &errand)
                errand.present(envelope, as: table([reply.node]))
            case ("confirm", let name?): try confirm(try find(name, &errand).1, &errand)
            case ("revoke", let name?): try revoke(try find(name, &errand).1, &errand)
            case (let action, let name):
                throw Complaint(
                    .badArgument,
                    what: name == nil ? "\(action ?? "this") takes a NAME" : "list takes no NAME",
                    remedy: "marram help node")
            }
            return .done
        })

    private static func table(_ rows: [NodeRow]) -> Table {
        Table(
            columns: [
                .init(title: "NAME"), .init(title: "STANDING"), .init(title: "SITE"), .init(title: "ID"),
                .init(title: "KEY", isWide: true),
            ],
            rows: rows.map { row in
                [
                    .init(row.name),
                    .init(row.standing.rawValue, row.standing == .revoked ? .bad : nil, raw: row.standing.rawValue),
                    .init(row.site.isEmpty ? "-" : row.site, raw: row.site), .init(row.id.description),
                    .init(row.key),
                ]
            })
    }

    private static func find(_ name: String, _ errand: inout Errand) throws(Complaint) -> (Envelope, NodeReply) {
        let envelope = try errand.ask(try .node(named: name))
        guard case .node(let reply) = envelope.reply else { throw errand.unexpected(envelope) }
        return (envelope, reply)
    }

    private static func revoke(_ reply: NodeReply, _ errand: inout Errand) throws(Complaint) {
        let row = reply.node
        guard row.standing != .revoked else {
            throw Complaint(.alreadyRevoked, what: "\(row.name) was revoked before")
        }
        if !errand.settings.isConfirmed { try askWhetherMeant(row.name, errand) }
        let reason: Revocation.Reason = errand.invocation["stolen"] == nil ? .left : .stolen
        try signAndHandIn(
            .revoke(key: row.key, cuts: reply.cuts, reason: reason), about: reply, &errand, until: .revoked)
    }

    private static func confirm(_ reply: NodeReply, _ errand: inout Errand) throws(Complaint) {
        let row = reply.node
        guard row.standing == .probation, !reply.redemption.isEmpty else {
            throw Complaint(.nothingToConfirm, what: "\(row.name) is \(row.standing.rawValue), not on probation")
        }
        try signAndHandIn(.confirm(redemption: reply.redemption), about: reply, &errand, until: .full)
    }

    /// The operator's key signs here; the daemon takes the records, and has to come to what they are meant for.
    private static func signAndHandIn(
        _ deed: OperatorDesk.Order.Deed, about reply: NodeReply, _ errand: inout Errand,
        until standing: NodeRow.Standing
    ) throws(Complaint) {
        let (row, file, ask) = (reply.node, errand.operatorKeys[0], errand.passphrase)
        let order = OperatorDesk.Order(mesh: reply.mesh, head: reply.head, deed)
        let records = try errand.world.sign(order, file) { ask(file) }
        let envelope = try errand.ask(try .submission(of: records))
        guard case .submitted(let submitted) = envelope.reply else { throw errand.unexpected(envelope) }
        guard submitted.held == submitted.records else { throw Complaint(.recordsNotTaken) }
        guard try find(row.id.description, &errand).1.node.standing == standing else {
            throw Complaint(
                .recordsNotTaken, what: "the node took what was signed, and it changes nothing",
                because:
                    "the key is no operator's of this mesh, or more nodes came with the invitation than it has uses")
        }
        errand.present(envelope) { look in
            let done = look.paint(look.sign("✓", else: "ok"), .good)
            let word = standing == .revoked ? "revoked" : "confirmed"
            return "\(done) \(word) \(look.clean(row.name))  \(row.id.short)\n"
        }
    }

    private static func askWhetherMeant(_ name: String, _ errand: Errand) throws(Complaint) {
        guard errand.world.inputIsTerminal else { throw Complaint(.confirmationMissing) }
        errand.narrate("\(errand.narrationLook.clean(name)) will be thrown out for ever. Type its name to confirm: ")
        guard errand.world.readLine() == name else {
            throw Complaint(.confirmationMissing, what: "the name typed is not the node's; nothing was done")
        }
    }
}
