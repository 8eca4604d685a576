internal import Base
internal import Control
internal import Host
internal import Text
internal import Trust

extension Verb {
    static let role = Verb(
        name: "role",
        summary: "show the roles of the mesh; give them to nodes and take them back",
        about: [
            """
            list shows the table of roles, which marram policy apply changes. grant NODE ROLE gives a node what the \
            role says now: it is signed here with an operator's key, which the daemon never sees. A role that is \
            changed later changes nothing of what was granted by it.
            """,
            """
            revoke NODE ROLE takes back what was granted just so. What the node did with it until now stands.
            """,
        ],
        arguments: [
            Argument(name: "ACTION", summary: "what to do", expects: .words(["list", "grant", "revoke"])),
            Argument(name: "NODE", summary: "which node, by its name or id; list takes none", isOptional: true),
            Argument(name: "ROLE", summary: "which role", isOptional: true),
        ],
        options: [.operatorKey],
        formats: OutputFormat.allCases,
        examples: [Example(command: "marram role grant till-02 pricing", what: "till-02 may do what pricing says")],
        run: { errand throws(Complaint) in
            switch (errand.argument(0), errand.argument(1), errand.argument(2)) {
            case ("list", nil, nil): try listRoles(&errand)
            case ("grant", let node?, let role?): try grantRole(&errand, node, role)
            case ("revoke", let node?, let role?): try revokeRole(&errand, node, role)
            case (let action, _, _):
                throw Complaint(
                    .badArgument, what: action == "list" ? "list takes no NODE" : "\(action ?? "this") takes NODE ROLE",
                    remedy: "marram help role")
            }
            return .done
        })

    private static func listRoles(_ errand: inout Errand) throws(Complaint) {
        let (envelope, reply) = try root(&errand, without: nil)
        let roles = try state(of: reply).roles
        let columns = ["ROLE", "CAN", "SCOPE", "HANDS"].map { Table.Column(title: $0) }
        let rows = roles.map { role in
            [
                Table.Cell(role.name), .init(role.can.map(\.name).joined(separator: ", ")),
                .init(role.scope.patterns.map(\.text).joined(separator: ", ")), .init("\(role.delegate)"),
            ]
        }
        errand.present(envelope, as: Table(columns: columns, rows: rows))
    }

    private static func role(named name: String, _ errand: inout Errand) throws(Complaint) -> Role {
        let roles = try state(of: try root(&errand, without: nil).1).roles
        if let role = roles.first(where: { $0.name == name }) { return role }
        let near = nearest(to: name, among: roles.map(\.name)).map { "did you mean \($0)? marram role list" }
        throw Complaint(.unknownRole, what: "no role is called \(quoted(name))", remedy: near)
    }

    private static func grantRole(_ errand: inout Errand, _ node: String, _ name: String) throws(Complaint) {
        let role = try role(named: name, &errand)
        let (envelope, reply) = try find(node, &errand)
        guard reply.node.standing != .revoked else {
            throw Complaint(.alreadyRevoked, what: "\(reply.node.name) was revoked before")
        }
        let terms = role.terms(at: reply.node.site.isEmpty ? nil : reply.node.site)
        guard reply.grants.contains(where: { $0.terms == terms }) else {
            try handIn(
                OperatorDesk.Order(mesh: reply.mesh, head: reply.head, .grant(keys: reply.keys, terms)), &errand)
            guard try find(reply.node.id.description, &errand).1.grants.contains(where: { $0.terms == terms }) else {
                throw Complaint(.recordsNotTaken, what: "the node took what was signed, and it changes nothing")
            }
            return tellRole(&errand, envelope, "granted \(name) to", reply.node)
        }
        tellRole(&errand, envelope, "granted before: \(name) to", reply.node)
    }

    private static func revokeRole(_ errand: inout Errand, _ node: String, _ name: String) throws(Complaint) {
        let role = try role(named: name, &errand)
        let (envelope, reply) = try find(node, &errand)
        let held = reply.grants.filter { row in
            row.terms.can == role.can && row.terms.scope == role.scope && row.terms.delegate == role.delegate
        }
        guard !held.isEmpty else {
            throw Complaint(.roleNotHeld, what: "\(reply.node.name) does not hold \(name)")
        }
        for grant in held {
            try handIn(
                OperatorDesk.Order(mesh: reply.mesh, head: reply.head, .takeBack(grant: grant.id, cuts: reply.cuts)),
                &errand)
        }
        let after = try find(reply.node.id.description, &errand).1.grants
        guard !after.contains(where: { row in held.contains { $0.id == row.id } }) else {
            throw Complaint(.recordsNotTaken, what: "the node took what was signed, and it changes nothing")
        }
        tellRole(&errand, envelope, "took \(name) back from", reply.node)
    }

    private static func tellRole(_ errand: inout Errand, _ envelope: Envelope, _ words: String, _ node: NodeRow) {
        errand.present(envelope) { look in
            let done = look.paint(look.sign("✓", else: "ok"), .good)
            return "\(done) \(look.clean(words)) \(look.clean(node.name))  \(node.id.short)\n"
        }
    }
}

extension Role {
    /// What is granted by it to a node of a site.
    func terms(at site: String?) -> Grant.Terms {
        Grant.Terms(site: site, can: can, scope: scope, delegate: delegate)
    }
}
