internal import Base
internal import Control
internal import Host
internal import Text
internal import Trust

extension Verb {
    static let join = Verb(
        name: "join",
        summary: "make this data directory a node of an existing mesh",
        about: [
            """
            Takes a token from marram invite, makes the node's identity and writes both into the data directory, which \
            is created when it does not exist. The node shows its invitation when marramd starts. The same token again \
            changes nothing.
            """,
            """
            Without a token, and without a line: --request FILE writes a request, which is no secret, to be brought to \
            an operator; marram node admit there answers with a file, and join takes that file in place of a token. \
            The key of the node never leaves this machine.
            """,
            "--check looks at the token and nothing else: what it says, and whether it is whole, signed and not ended.",
        ],
        arguments: [
            Argument(
                name: "TOKEN", summary: "an invitation, as marram invite prints it; or the file of an answer",
                expects: .file, isOptional: true)
        ],
        options: [
            .name, .site, .listen, Option(name: "check", summary: "only look at the token; nothing is written"),
            Option(
                name: "request", value: "FILE", expects: .file,
                summary: "ask to be let in: write a request to a new file"
            ),
        ],
        examples: [
            Example(command: "marram join MARRAM3-AH7K2", what: "become a node of the mesh that made the token"),
            Example(command: "marram join --request /mnt/stick/till-09 --name till-09", what: "ask, by way of a stick"),
            Example(command: "marram join /mnt/stick/till-09.answer", what: "come in with what came back"),
        ],
        run: { errand throws(Complaint) in
            switch (errand.argument(0), errand.invocation["request"]) {
            case (nil, let file?): return try ask(&errand, file)
            case (let word?, nil) where isToken(word):
                guard errand.invocation["check"] == nil else { return try checkToken(&errand) }
                return try settle(&errand, nil, invites: false, errand.world.join)
            case (let file?, nil): return try take(&errand, file)
            case (_?, _?), (nil, nil):
                throw Complaint(
                    .badArgument, what: "join takes a TOKEN, or --request FILE", remedy: "marram help join")
            }
        })

    /// Whether a word is meant for a token, however damaged: no file is looked for then.
    private static func isToken(_ word: String) -> Bool { word.uppercased().hasPrefix("MARRAM") }

    private static func checkToken(_ errand: inout Errand) throws(Complaint) -> ExitCode {
        let report = try errand.world.checkToken(errand.argument(0) ?? "")
        let data: JSONValue = [
            "mesh": .text(report.mesh), "uses": .integer(Int64(report.uses)), "expires": .text(report.expires.rfc3339),
            "addresses": .array(report.addresses.map { .text($0.description) }),
        ]
        let until = errand.moment(report.expires)
        errand.present(schema: "marram.token/1", data, node: nil) { look in
            let done = look.paint(look.sign("✓", else: "ok"), .good)
            let addresses = report.addresses.map(\.description).joined(separator: ", ")
            return "\(done) mesh \(report.mesh.prefix(8)), \(Figures.count(report.uses, "use")), until \(until)\n"
                + "   \(addresses)\n"
        }
        return .done
    }

    // MARK: By files alone

    private static func ask(_ errand: inout Errand, _ file: String) throws(Complaint) -> ExitCode {
        guard errand.invocation["check"] == nil else {
            throw Complaint(.badArgument, what: "--check looks at a token", remedy: "marram help join")
        }
        let request = try errand.world.requestToJoin(try newNode(errand))
        try errand.world.writeFile(file, request.encoded, true)
        let data: JSONValue = [
            "name": .text(request.name), "id": .text(request.keys.id.description), "path": .text(file),
        ]
        errand.present(schema: "marram.request_to_join/1", data, node: request.name) { look in
            let done = look.paint(look.sign("✓", else: "ok"), .good)
            return "\(done) \(look.clean(request.name)) asks to be let in  \(request.keys.id.short)\n"
        }
        guard errand.settings.format == .table else { return .done }
        errand.narrate("Next: marram node admit \(file) --out ANSWER    where an operator sits\n")
        errand.narrate("      marram join ANSWER\(errand.dataOption)    here\n")
        return .done
    }

    private static func take(_ errand: inout Errand, _ file: String) throws(Complaint) -> ExitCode {
        guard errand.invocation["check"] == nil else {
            throw Complaint(.badArgument, what: "--check looks at a token, not at a file", remedy: "marram help join")
        }
        let bytes = try errand.world.readBytes(file, Limits.lawFileBytes)
        let join = errand.world.joinByAnswer
        return try settle(&errand, nil, invites: false) { new throws(Complaint) in try join(new, bytes) }
    }
}
