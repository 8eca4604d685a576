internal import Base
internal import Control

extension Verb {
    static let vitals = Verb(
        name: "vitals",
        summary: "show what nodes say of themselves for a while; add to it",
        about: [
            """
            A node may say of itself what is true now and soon no more: how full its disk is, what its service feels \
            like, what it is busy with. All nodes hear of it, mostly within a tenth of a second, and none writes it on \
            its disk. What is to stay belongs in a key: marram help set.
            """,
            """
            list shows what all nodes said, or what NODE said, and how long ago: of a node that is gone until what it \
            said has ended, ten minutes later or, in large meshes, some hours. What a node said is gone when it starts \
            anew.
            """,
            """
            set KEY VALUE says it of the node that this machine runs, and nobody can say it of another. A node may \
            change four times in a row; after that it has to wait for its turn, which with fifty nodes comes once a \
            minute. The newest value is what counts.
            """,
        ],
        arguments: [
            Argument(
                name: "ACTION", summary: "what to do (default: list)", expects: .words(["list", "set", "del"]),
                isOptional: true),
            Argument(name: "NAME", summary: "of list a node; of set and del the key, such as disk", isOptional: true),
            Argument(name: "VALUE", summary: "of set the value, @FILE, or - for standard input", isOptional: true),
        ],
        formats: OutputFormat.allCases,
        examples: [
            Example(command: "marram vitals", what: "what all nodes say of themselves"),
            Example(command: "marram vitals list till-07", what: "what one of them says"),
            Example(command: "marram vitals set disk 82%", what: "say how full the disk is"),
            Example(command: "marram vitals del disk", what: "say so no more"),
        ],
        run: { errand throws(Complaint) in
            switch (errand.argument(0) ?? "list", errand.argument(1), errand.argument(2)) {
            case ("list", let node, nil): try showVitals(of: node, &errand)
            case ("set", let key?, let word?):
                try setVital(key, try errand.value(word), &errand)
            case ("del", let key?, nil): try setVital(key, nil, &errand)
            case (let action, _, _):
                let takes = ["list": "list takes a NODE or nothing", "set": "set takes KEY VALUE"]
                throw Complaint(
                    .badArgument, what: takes[action] ?? "\(action) takes a KEY", remedy: "marram help vitals")
            }
            return .done
        })

    private static func showVitals(of node: String?, _ errand: inout Errand) throws(Complaint) {
        var rows: [VitalsReply.Row] = []
        var from: NodeID?
        while true {
            var envelope = try errand.ask(try .vitals(of: node, from: from))
            guard case .vitals(let reply) = envelope.reply else { throw errand.unexpected(envelope) }
            rows += reply.rows
            guard let next = reply.next, from.map({ $0 < next }) ?? true else {
                rows.sort { ($0.name, $0.id, $0.key) < ($1.name, $1.id, $1.key) }
                envelope.reply = .vitals(VitalsReply(rows: rows))
                return errand.present(envelope, as: table(rows, errand))
            }
            from = next
        }
    }

    private static func setVital(_ key: String, _ value: ValueBytes?, _ errand: inout Errand) throws(Complaint) {
        let envelope = try errand.ask(try .vital(key, value))
        guard case .vitals(let reply) = envelope.reply else { throw errand.unexpected(envelope) }
        let isSaid = reply.rows.first { $0.key == key }?.value == value
        let what = value.map { " = \($0.brief)" } ?? " is said no more"
        let later = isSaid ? "" : "    (told as soon as it is this node's turn)"
        errand.present(envelope) { look in
            "\(look.paint(look.sign("✓", else: "ok"), .good)) \(look.clean(key + what))\(later)\n"
        }
    }

    private static func table(_ rows: [VitalsReply.Row], _ errand: Errand) -> Table {
        Table(
            columns: [
                .init(title: "NODE"), .init(title: "KEY"), .init(title: "VALUE"), .init(title: "AGE"),
                .init(title: "STATE"), .init(title: "ENDS", isWide: true), .init(title: "ID", isWide: true),
            ],
            rows: rows.map { row in
                [
                    .init(row.name), .init(row.key), .init(row.value.brief, raw: row.value.whole),
                    .init(Figures.elapsed(row.age), raw: "\(row.age.seconds)"),
                    .init(errand.look.state(row.state), errand.look.tone(row.state), raw: row.state.rawValue),
                    .init(Figures.elapsed(row.left), raw: "\(row.left.seconds)"),
                    .init(row.id.description),
                ]
            })
    }
}
