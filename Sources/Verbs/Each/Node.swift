internal import Base
internal import Control
internal import Host
internal import Text
internal import Trust

extension Verb {
    static let node = Verb(
        name: "node",
        summary: "show who belongs to the mesh by its law; admit, confirm, revoke",
        about: [
            """
            list shows every node that the law knows: full, on probation (it came with an invitation, and nobody has \
            vouched for it yet) or revoked. show tells more of one.
            """,
            """
            admit FILE lets in the node that asked with marram join --request, and writes with --out the answer that it \
            is to be brought. It may be run again for another copy. Compare the id with the one that the machine showed.
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
            Argument(
                name: "ACTION", summary: "what to do", expects: .words(["list", "show", "admit", "confirm", "revoke"])),
            Argument(
                name: "NAME", summary: "which node; of admit the file of its request; list takes none",
                expects: .file, isOptional: true),
        ],
        options: [
            Option(name: "stolen", summary: "say in the revocation that the node was stolen"),
            .operatorKey,
            Option(name: "out", value: "FILE", expects: .file, summary: "of admit the new file for the answer"),
        ],
        formats: OutputFormat.allCases,
        examples: [
            Example(command: "marram node list", what: "who belongs to the mesh"),
            Example(command: "marram node admit ./till-09 --out ./till-09.answer", what: "let in a node that asked"),
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
                let grants = reply.grants.map { "holds \($0.id.prefix(8)): \($0.terms.words)\n" }.joined()
                errand.present(envelope, as: table([reply.node]), then: errand.look.clean(lines: grants))
            case ("admit", let file?): try admit(file, &errand)
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

    static func find(_ name: String, _ errand: inout Errand) throws(Complaint) -> (Envelope, NodeReply) {
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

    private static func admit(_ file: String, _ errand: inout Errand) throws(Complaint) {
        guard let out = errand.invocation["out"] else {
            throw Complaint(
                .badArgument, what: "admit needs --out FILE, for the answer that the node is to be brought",
                remedy: "marram help node")
        }
        let request = try errand.world.readRequest(try errand.world.readBytes(file, Limits.requestFileBytes))
        let id = request.keys.id.description
        var known: NodeRow.Standing?
        do throws(Complaint) {
            known = try find(id, &errand).1.node.standing
        } catch {
            guard error.code == .unknownNode else { throw error }
        }
        switch known {
        case .revoked:
            throw Complaint(.alreadyRevoked, what: "\(request.name) \(request.keys.id.short) was revoked before")
        case .full, .probation: break
        case nil: try letIn(request, &errand)
        }
        let path = out.hasPrefix("/") ? out : "\(errand.world.currentDirectory())/\(out)"
        let envelope = try errand.ask(try .answer(to: id, at: path))
        guard case .lawFile(let written) = envelope.reply else { throw errand.unexpected(envelope) }
        errand.present(envelope) { look in
            let done = look.paint(look.sign("✓", else: "ok"), .good)
            return
                "\(done) admitted \(look.clean(request.name))  \(request.keys.id.short)  \(look.clean(written.path))\n"
        }
    }

    private static func letIn(_ request: JoinRequest, _ errand: inout Errand) throws(Complaint) {
        let envelope = try errand.ask(.root(leaving: nil))
        guard case .root(let root) = envelope.reply, let genesis = root.chain.first, let head = root.chain.last else {
            throw errand.unexpected(envelope)
        }
        let order = OperatorDesk.Order(
            mesh: genesis.id.description, head: head.id.description, .admit(request.keys))
        try handIn(order, &errand)
        guard try find(request.keys.id.description, &errand).1.node.standing == .full else {
            throw Complaint(.recordsNotTaken, what: "the node took what was signed, and it changes nothing")
        }
    }

    /// Signed and handed in, it has to come to what it is meant for.
    private static func signAndHandIn(
        _ deed: OperatorDesk.Order.Deed, about reply: NodeReply, _ errand: inout Errand,
        until standing: NodeRow.Standing
    ) throws(Complaint) {
        let row = reply.node
        let envelope = try handIn(OperatorDesk.Order(mesh: reply.mesh, head: reply.head, deed), &errand)
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

    @discardableResult
    static func handIn(_ order: OperatorDesk.Order, _ errand: inout Errand) throws(Complaint) -> Envelope {
        let (file, ask) = (errand.operatorKeys[0], errand.passphrase)
        let records = try errand.world.sign(order, file) { ask(file) }
        let envelope = try errand.ask(try .submission(of: records))
        guard case .submitted(let submitted) = envelope.reply else { throw errand.unexpected(envelope) }
        guard submitted.held == submitted.records else { throw Complaint(.recordsNotTaken) }
        return envelope
    }

    private static func askWhetherMeant(_ name: String, _ errand: Errand) throws(Complaint) {
        guard errand.world.inputIsTerminal else { throw Complaint(.confirmationMissing) }
        errand.narrate("\(errand.narrationLook.clean(name)) will be thrown out for ever. Type its name to confirm: ")
        guard errand.world.readLine() == name else {
            throw Complaint(.confirmationMissing, what: "the name typed is not the node's; nothing was done")
        }
    }
}
