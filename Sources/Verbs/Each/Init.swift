internal import Base
internal import Control
internal import Host
internal import Text

extension Verb {
    static let initialise = Verb(
        name: "init",
        summary: "found a mesh: make this data directory its first node",
        about: [
            """
            Makes the node's identity and writes it into the data directory, which is created when it does not exist. \
            Nothing runs yet: marramd does that. A directory that already holds a node is left as it is.
            """,
            """
            The mesh is called NAME for people; what tells meshes apart is the hash of its first record. The key of \
            its operator lies beside the node's, in DIR/operator: whoever has it can throw nodes out. Carry it away to \
            a safe place, or seal it with --protect.
            """,
            """
            With --operators several found it together, and no such key is made. Each is named by the file of a key \
            or of its card (marram operator keygen); as many keys as --threshold says have to be here, for their \
            owners sign the mesh's first record. One operator now and more later does as well: marram operator add.
            """,
        ],
        arguments: [Argument(name: "NAME", summary: "what to call the mesh")],
        options: [
            .name, .site, .listen, .protect,
            Option(name: "operators", value: "FILES", summary: "who founds it together: files of keys or cards"),
            Option(name: "shares", value: "FILES", summary: "recovery shares among them: keys in a safe"),
            Option(name: "threshold", value: "N", summary: "how many it takes from now on to change the operators"),
        ],
        examples: [
            Example(
                command: "marram init store-0412", what: "found the mesh store-0412 with this machine as its first node"
            ),
            Example(
                command: "marram init demo --data ./a --name till-01 --listen 127.0.0.1:7946",
                what: "a node for trying things out, in a directory of your own"),
            Example(
                command: "marram init store-0412 --operators ./ada.key,./bob.key,./cy.key.pub --threshold 2",
                what: "a mesh of three operators, of whom it takes two to change that"),
        ],
        run: { errand throws(Complaint) in
            let (initialise, ask) = (errand.world.initialise, errand.passphrase)
            let several = try founders(errand)
            let passphrase = several == nil ? try newPassphrase(errand) : nil
            return try settle(&errand, passphrase, invites: true) { new throws(Complaint) in
                var new = new
                if let several { (new.operators, new.shares, new.threshold) = several }
                return try initialise(new, ask)
            }
        })

    /// Who founds a mesh together; nil when its operator is made with it.
    private static func founders(_ errand: Errand) throws(Complaint) -> ([String], [String], Int)? {
        let (operators, shares) = (errand.names("operators"), errand.names("shares"))
        guard !operators.isEmpty else {
            guard shares.isEmpty, errand.invocation["threshold"] == nil else {
                throw Complaint(
                    .badArgument, what: "--shares and --threshold go with --operators", remedy: "marram help init")
            }
            return nil
        }
        guard errand.invocation["protect"] == nil else {
            throw Complaint(
                .badArgument, what: "--protect seals a key that is made, and with --operators none is",
                remedy: "marram operator keygen NAME FILE --protect")
        }
        return (operators, shares, try errand.number("threshold", default: 1))
    }

    /// What the line says of a node that is to be.
    static func newNode(_ errand: Errand, _ passphrase: String? = nil) throws(Complaint) -> NewNode {
        var listen: Address?
        if let text = errand.invocation["listen"] {
            listen = Address(text)
            guard listen != nil else {
                throw Complaint(
                    .badArgument, what: "--listen takes an address and a port, not \(quoted(text))",
                    remedy: "write it like 0.0.0.0:7946 or [::]:7946")
            }
        }
        return NewNode(
            directory: errand.settings.directory, key: errand.argument(0) ?? "", name: errand.invocation["name"],
            site: errand.invocation["site"], listen: listen, passphrase: passphrase)
    }

    /// What `init` and `join` have in common: a node settles in a directory, and the person learns what to do next.
    static func settle(
        _ errand: inout Errand, _ passphrase: String?, invites: Bool, _ found: (NewNode) throws(Complaint) -> Founding
    ) throws(Complaint) -> ExitCode {
        let founding = try found(try newNode(errand, passphrase))
        let data: JSONValue = [
            "mesh": .text(founding.mesh), "name": .text(founding.name), "id": .text(founding.id.description),
            "path": .text(founding.path),
        ]
        errand.present(schema: "marram.node/1", data, node: founding.name) { look in
            let done = look.paint(look.sign("✓", else: "ok"), .good)
            let entries = [
                ("node", "\(founding.name)  \(founding.id.short)  \(founding.path)"), ("mesh", founding.mesh),
            ]
            return entries.map { "\(done) \($0)    \(look.clean($1))\n" }.joined()
        }
        guard errand.settings.format == .table else { return .done }
        errand.narrate("Next: marramd\(errand.dataOption)          run the node\n")
        if invites { errand.narrate("      marram invite\(errand.dataOption)    show a token for the next node\n") }
        return .done
    }
}

extension Verb.Option {
    static let name = Verb.Option(
        name: "name", value: "NODE", summary: "what to call the node (default: this machine's host name)")
    static let site = Verb.Option(
        name: "site", value: "SITE", summary: "the place it stands at; nodes of one site are close to each other")
    static let listen = Verb.Option(
        name: "listen", value: "ADDR:PORT", summary: "where it listens for its peers (default: [::]:7946)")
}
