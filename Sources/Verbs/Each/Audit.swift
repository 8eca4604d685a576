internal import Base
internal import Control
internal import Host
internal import Text

extension Verb {
    static let audit = Verb(
        name: "audit",
        summary: "show, save and check who did what by the mesh's law",
        about: [
            """
            Grants, revocations, invitations redeemed: every act of the law is a signed record that every member \
            keeps. tail shows the newest. export writes all of them to a new file; proof only those that the verdict \
            on one act rests on. The daemon writes the file.
            """,
            """
            verify checks such a file, with no daemon and on any machine: every signature, every chain, and from them \
            what counts. It names what does not, and feeds in which two entries bear one number: there a key was used \
            in two places.
            """,
        ],
        arguments: [
            Argument(name: "ACTION", summary: "what to do", expects: .words(["tail", "export", "proof", "verify"])),
            Argument(name: "WHAT", summary: "the FILE; of proof the act's id, or its beginning", isOptional: true),
            Argument(name: "FILE", summary: "of proof the file to write", expects: .file, isOptional: true),
        ],
        options: [Option(name: "count", letter: "n", value: "N", summary: "how many acts tail shows (default: 20)")],
        formats: OutputFormat.allCases,
        examples: [
            Example(command: "marram audit tail", what: "what was done lately"),
            Example(command: "marram audit export ./store.law", what: "all of it, for a stick"),
            Example(command: "marram audit verify ./store.law", what: "check it elsewhere"),
        ],
        exits: [ExitMeaning(code: .no, meaning: "the file is no law whose every record is true")],
        run: { errand throws(Complaint) in
            switch (errand.argument(0), errand.argument(1), errand.argument(2)) {
            case ("tail", nil, nil): try tail(&errand)
            case ("export", let file?, nil): try export(&errand, to: file, about: nil)
            case ("proof", let record?, let file?): try export(&errand, to: file, about: record)
            case ("verify", let file?, nil): try verify(&errand, file)
            case (let action, _, _):
                throw Complaint(
                    .badArgument, what: "\(action ?? "this") takes other words behind it", remedy: "marram help audit")
            }
            return .done
        })

    private static func tail(_ errand: inout Errand) throws(Complaint) {
        let envelope = try errand.ask(try .newestActs(errand.number("count", default: 20)))
        guard case .acts(let reply) = envelope.reply else { throw errand.unexpected(envelope) }
        // A mesh is founded by no clock.
        let times = reply.rows.map { $0.at.milliseconds == 0 ? "the beginning" : errand.moment($0.at) }
        let rows = zip(reply.rows, times).map { row, time in
            [
                Table.Cell(String(row.record.prefix(12)), raw: row.record), .init(time, .faint, raw: row.at.rfc3339),
                .init(row.actor), .init(row.act),
                .init(row.isValid ? "counts" : "void: \(row.why)", row.isValid ? nil : .bad),
            ]
        }
        let columns = ["ID", "TIME", "ACTOR", "ACT", "VERDICT"].map { Table.Column(title: $0) }
        errand.present(envelope, as: Table(columns: columns, rows: rows))
    }

    private static func export(
        _ errand: inout Errand, to file: String, about record: String?
    ) throws(Complaint) {
        let path = file.hasPrefix("/") ? file : "\(errand.world.currentDirectory())/\(file)"
        let envelope = try errand.ask(try .exportLaw(to: path, about: record))
        guard case .lawFile(let reply) = envelope.reply else { throw errand.unexpected(envelope) }
        errand.present(envelope) { look in
            let done = look.paint(look.sign("✓", else: "ok"), .good)
            let size = "\(Figures.count(reply.records, "record")), \(Figures.bytes(reply.bytes))"
            return "\(done) \(look.clean(reply.path))    \(size)\n"
        }
    }

    private static func verify(_ errand: inout Errand, _ file: String) throws(Complaint) {
        let report = try errand.world.checkLaw(try errand.world.readBytes(file, Limits.lawFileBytes))
        let data: JSONValue = [
            "mesh": .text(report.mesh), "name": .text(report.name), "records": .integer(Int64(report.records)),
            "acts": .integer(Int64(report.acts)), "void": .array(report.voids.map { .text($0) }),
            "forked": .array(report.forked.map { .text($0) }), "waiting": .integer(Int64(report.waiting)),
        ]
        errand.present(schema: "marram.audit/1", data) { look in
            let done = look.paint(look.sign("✓", else: "ok"), .good)
            var text =
                "\(done) \(look.clean(report.name))  mesh \(report.mesh.prefix(8)): every signature of "
                + "\(Figures.count(report.records, "record")) is true\n"
            text += "   \(Figures.count(report.acts, "act")), \(report.voids.count) void\n"
            for line in report.voids { text += "   void: \(look.clean(line))\n" }
            for owner in report.forked { text += "   a feed of \(look.clean(owner)) is forked\n" }
            if report.waiting > 0 {
                text += "   \(Figures.count(report.waiting, "act")) waiting for one that is not here\n"
            }
            return text
        }
    }
}
