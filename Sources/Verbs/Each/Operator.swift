internal import Base
internal import Control
internal import Host
internal import Text
internal import Trust

extension Verb {
    static let operators = Verb(
        name: "operator",
        summary: "show and change who governs the mesh; make keys for it",
        about: [
            """
            list shows the operators, the recovery shares, and how many of them it takes to change who they are. Each \
            operator alone grants and revokes nodes.
            """,
            """
            keygen NAME FILE makes a key in a new file that only its owner may read, and beside it FILE.pub with its \
            card: the public half, a word that its owner sends to an operator. With --protect the key is sealed with \
            a passphrase, which is asked for. Keep the file where the daemon is not: the daemon never needs it.
            """,
            """
            add CARD makes somebody an operator, or with --share a recovery share, which signs such changes and does \
            nothing else. remove NAME takes an operator away; what it did until now stands. threshold N says how many \
            it takes from now on; with add and remove, --threshold says so in the same change. A mesh of one operator \
            becomes one of many by one such command.
            """,
            """
            Where it takes several, name the others with --with, and a file with --out: the change is written there. \
            Each of them runs sign FILE, on any machine and without a daemon, and sees first what it does; submit FILE \
            hands it in when all have signed. Several keys at one table: --operator FILE,FILE.
            """,
        ],
        arguments: [
            Argument(
                name: "ACTION", summary: "what to do",
                expects: .words(["list", "keygen", "add", "remove", "threshold", "sign", "submit"])),
            Argument(
                name: "WHO", summary: "a NAME, a CARD or a file with one, a number, or the file of a change",
                expects: .file, isOptional: true),
            Argument(
                name: "FILE", summary: "of keygen the file to write; it must not exist", expects: .file,
                isOptional: true),
        ],
        options: [
            .protect, .operatorKey,
            Option(name: "threshold", value: "N", summary: "how many it takes from now on to change the operators"),
            Option(name: "share", summary: "what is added is a recovery share, a key in a safe"),
            .with, .out,
        ],
        formats: OutputFormat.allCases,
        examples: [
            Example(command: "marram operator keygen bob ./bob.key --protect", what: "a key with a passphrase"),
            Example(
                command: "marram operator add ./bob.key.pub --threshold 2",
                what: "bob governs too, and from now on it takes both to change that"),
            Example(
                command: "marram operator remove ada --with bob --out ./change", what: "a change that bob has to sign"),
        ],
        run: { errand throws(Complaint) in
            switch (errand.argument(0), errand.argument(1), errand.argument(2)) {
            case ("list", nil, nil): try list(&errand)
            case ("keygen", let name?, let file?): try makeKey(&errand, name, file)
            case ("add", let who?, nil): try addOperator(&errand, who)
            case ("remove", let name?, nil): try removeOperator(&errand, name)
            case ("threshold", let number?, nil): try changeRoot(&errand, [.setThreshold(try threshold(number))])
            case ("sign", let file?, nil): try signChange(&errand, file)
            case ("submit", let file?, nil): try submitChange(&errand, file)
            case (let action, _, _):
                throw Complaint(
                    .badArgument, what: "\(action ?? "this") takes other words behind it",
                    remedy: "marram help operator")
            }
            return .done
        })

    private static func list(_ errand: inout Errand) throws(Complaint) {
        let envelope = try errand.ask(.operators)
        guard case .operators(let reply) = envelope.reply else { throw errand.unexpected(envelope) }
        let rows = reply.operators.map { row in
            [
                Table.Cell(row.name), .init(row.standing.rawValue, row.standing == .suspended ? .doubtful : nil),
                .init(row.keys.joined(separator: ", ")),
            ]
        }
        let columns = ["NAME", "STANDING", "KEY"].map { Table.Column(title: $0) }
        errand.present(
            envelope, as: Table(columns: columns, rows: rows),
            then: "it takes \(reply.threshold) of \(reply.operators.count) to change the operators\n")
    }

    private static func makeKey(_ errand: inout Errand, _ name: String, _ file: String) throws(Complaint) {
        let passphrase = try newPassphrase(errand)
        let card = try errand.world.makeOperatorKey(name, file, passphrase)
        let data: JSONValue = [
            "name": .text(name), "key": .text(hexadecimal(card.person.keys[0].encoded)), "card": .text(card.text),
            "path": .text(file),
        ]
        errand.present(schema: "marram.operator/1", data, node: nil) { look in
            "\(look.paint(look.sign("✓", else: "ok"), .good)) \(card.text)\n"
        }
    }

    // MARK: Keys

    /// The passphrase of a new key, typed twice; nil when none is wanted.
    static func newPassphrase(_ errand: Errand) throws(Complaint) -> String? {
        guard errand.invocation["protect"] != nil else { return nil }
        errand.narrate("Passphrase of the operator's key: ")
        let first = errand.world.readSecret()
        errand.narrate("\nOnce more: ")
        let second = errand.world.readSecret()
        errand.narrate("\n")
        guard let first, !first.isEmpty, first == second else {
            throw Complaint(
                .badArgument, what: "the passphrase is empty, or the two are not the same; nothing was done",
                remedy: "try again")
        }
        return first
    }
}

extension Errand {
    /// The files of the keys that sign here.
    var operatorKeys: [String] {
        let named = names("operator")
        return named.isEmpty ? ["\(settings.directory)/operator"] : named
    }

    /// The words of a list that an option gives, commas between them.
    func names(_ option: String) -> [String] {
        (invocation[option] ?? "").split(separator: ",").map(String.init)
    }

    /// Asks for the passphrase of the key in a file.
    var passphrase: (String) -> String? {
        let (world, narrate) = (world, narrate)
        return { file in
            narrate("Passphrase of \(file): ")
            return world.readSecret()
        }
    }
}

extension Verb.Option {
    static let protect = Verb.Option(name: "protect", summary: "seal the operator's key with a passphrase")
    static let operatorKey = Verb.Option(
        name: "operator", value: "FILE", expects: .file, summary: "the operator's key (default: DIR/operator)")
    static let with = Verb.Option(name: "with", value: "NAMES", summary: "who else is to sign, elsewhere")
    static let out = Verb.Option(
        name: "out", value: "FILE", expects: .file, summary: "a new file for a change that others are to sign")
}
