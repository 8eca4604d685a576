internal import Base
internal import Control
internal import Text

extension Verb {
    static let set = Verb(
        name: "set",
        summary: "write a value to a key",
        about: [
            """
            What that means follows from the key's kind: a register, guarded or latest key gets the value; a set, \
            strict-set or growing-set the element; a flag or brake is switched on or off; to a counter or escrow +N is \
            added, or -N; a maximum or minimum is moved to N if N is beyond it; a report or log gets an entry. A new \
            key is what --kind says, else what the key schema/PREFIX says of keys below PREFIX, else a register.
            """,
            """
            A log grows for ever, unless the key retain/PREFIX says how many entries of its own each node keeps of the \
            logs below PREFIX. With the next entry that it writes a node closes its oldest ones; nobody closes those of \
            another.
            """,
            """
            When it is done, the value is on this node's disk. VALUE is text of at most \
            \(Limits.valueBytes >> 10) KiB; @FILE takes it from a file, - from standard input, and @@ stands for one @ \
            at the beginning.
            """,
        ],
        arguments: [
            Argument(name: "KEY", summary: "the key, such as till/tax"),
            Argument(name: "VALUE", summary: "the value, @FILE, or - for standard input"),
        ],
        options: [
            .kind,
            Option(name: "if", value: "VERSION", summary: "only while the key is as it was at this version"), .dryRun,
        ],
        examples: [
            Example(command: "marram set till/tax 7.5", what: "a value"),
            Example(command: "marram set rollout/pos 1.4.2 --kind guarded", what: "one that chance must not decide"),
            Example(command: "marram set stock/apples +12 --kind counter", what: "twelve more, whoever else counts"),
            Example(command: "marram set schema/rollout guarded", what: "all keys below rollout/ are guarded"),
            Example(command: "marram set retain/audit 1000", what: "each node keeps 1000 entries of its own"),
        ],
        exits: [ExitMeaning(code: .notPermitted, meaning: "this node may not write that")],
        run: { errand throws(Complaint) in
            let value = try errand.value(errand.argument(1) ?? "")
            return try errand.write([
                Assignment(
                    key: errand.argument(0) ?? "", kind: errand.kind, .put(value), version: errand.invocation["if"])
            ])
        })

    static let delete = Verb(
        name: "del",
        summary: "delete what a key holds",
        about: [
            """
            Of a set the element, or all of them. A deletion is a write like any other: it takes the place of what \
            this node has seen, and of nothing that was written elsewhere meanwhile. Counters, bounds, reports, logs \
            and growing sets keep what was written. Deleting what is not there is no mistake.
            """
        ],
        arguments: [
            Argument(name: "KEY", summary: "the key"),
            Argument(name: "ELEMENT", summary: "of a set the element to take out", isOptional: true),
        ],
        options: [
            .kind,
            Option(name: "if", value: "VERSION", summary: "only while the key is as it was at this version"), .dryRun,
        ],
        examples: [
            Example(command: "marram del till/tax", what: "the value"),
            Example(command: "marram del tills/closed till-07", what: "one element of a set"),
        ],
        run: { errand throws(Complaint) in
            let element = try errand.argument(1).map { word throws(Complaint) in try errand.value(word) }
            return try errand.write([
                Assignment(
                    key: errand.argument(0) ?? "", kind: errand.kind, .remove(element),
                    version: errand.invocation["if"])
            ])
        })

    static let resolve = Verb(
        name: "resolve",
        summary: "decide a key that is in conflict",
        about: [
            """
            Writes VALUE, or with --take the value that NODE wrote, in place of all that stand beside each other. If \
            somebody has written since they were read, nothing is decided, and the values are to be looked at anew.
            """
        ],
        arguments: [
            Argument(name: "KEY", summary: "the key"),
            Argument(name: "VALUE", summary: "the value, @FILE, or - for standard input", isOptional: true),
        ],
        options: [Option(name: "take", value: "NODE", summary: "the value that this node wrote"), .dryRun],
        examples: [
            Example(command: "marram resolve rollout/pos --take till-01", what: "what till-01 wrote stands"),
            Example(command: "marram resolve rollout/pos 1.4.3", what: "something else than anybody wrote"),
        ],
        exits: [
            ExitMeaning(code: .notFound, meaning: "the key holds nothing, or NODE wrote none of its values"),
            ExitMeaning(code: .no, meaning: "somebody has written since"),
        ],
        run: { errand throws(Complaint) in
            let name = errand.argument(0) ?? ""
            let envelope = try errand.ask(.get(key: name, kind: nil, at: nil))
            guard case .key(let key) = envelope.reply, let row = key.row else { throw errand.unexpected(envelope) }
            let value = try choice(of: key, &errand)
            return try errand.write([
                Assignment(key: name, kind: row.kind, .put(value), version: row.version, resolves: true)
            ])
        })

    private static func choice(of key: KeyReply, _ errand: inout Errand) throws(Complaint) -> ValueBytes {
        guard (errand.argument(1) == nil) != (errand.invocation["take"] == nil) else {
            throw Complaint(
                .badArgument, what: "resolve takes a VALUE or --take NODE, one of the two",
                remedy: "marram get \(errand.argument(0) ?? "KEY") -o wide shows who wrote what")
        }
        if let word = errand.argument(1) { return try errand.value(word) }
        let node = errand.invocation["take"] ?? ""
        let written = key.writes.filter { $0.writer == node || $0.node.description == node }
        guard written.count == 1, let value = written[0].value else {
            let writers = key.writes.map(\.writer).joined(separator: ", ")
            let key = errand.argument(0) ?? ""
            throw Complaint(
                .keyNotFound, what: "\(quoted(node)) wrote no value of \(key); there are: \(writers)",
                remedy: "name one of them, or give the value itself")
        }
        return value
    }
}

extension Errand {
    /// What a word on the command line stands for.
    func value(_ word: String) throws(Complaint) -> ValueBytes {
        if word == "-" { return ValueBytes(try world.readBytes(nil, Limits.valueBytes)) }
        if word.hasPrefix("@@") { return ValueBytes(String(word.dropFirst())) }
        if word.hasPrefix("@") { return ValueBytes(try world.readBytes(String(word.dropFirst()), Limits.valueBytes)) }
        return ValueBytes(word)
    }

    /// Has all of it written in one transaction, and says what came of it.
    mutating func write(_ assignments: [Assignment]) throws(Complaint) -> ExitCode {
        let envelope = try ask(.write(assignments, isTrial: invocation["dry-run"] != nil))
        guard case .wrote(let write) = envelope.reply else { throw unexpected(envelope) }
        present(envelope) { look in WriteTables.text(write, look) }
        return .done
    }
}

/// How what came of a write is shown.
enum WriteTables {
    static func text(_ write: WriteReply, _ look: Look) -> String {
        let changed = write.rows.filter(\.isChanged)
        let done = look.paint(look.sign("✓", else: "ok"), .good)
        var text = ""
        if write.rows.count == 1 {
            text += line(write.rows[0], write, done, look)
        } else {
            if !changed.isEmpty { text += rows(changed).rendered(look, isWide: false) }
            let verdict = write.isTrial ? "would change" : "changed"
            text += "\(done) \(Figures.count(changed.count, "key")) \(verdict), "
            text += "\(Figures.count(write.rows.count - changed.count)) as they should be\n"
        }
        return text
    }

    private static func line(_ row: WriteReply.Row, _ write: WriteReply, _ done: String, _ look: Look) -> String {
        let after = row.after.map { "= \(ValueBytes($0).brief)" } ?? "holds nothing"
        guard row.isChanged else { return "\(done) \(look.clean("\(row.key) \(after)")) already\n" }
        let before = row.before.map { "was \(ValueBytes($0).brief)" } ?? "was nothing"
        let verdict = write.isTrial ? "would be written: " : ""
        return "\(done) \(verdict)\(look.clean("\(row.key) \(after)"))    \(look.clean("(\(before))"))\n"
    }

    static func rows(_ rows: [WriteReply.Row]) -> Table {
        Table(
            columns: [.init(title: "KEY"), .init(title: "KIND"), .init(title: "BEFORE"), .init(title: "AFTER")],
            rows: rows.map { row in
                [
                    .init(row.key), .init(row.kind.rawValue), cell(row.before, .bad), cell(row.after, .good),
                ]
            })
    }

    private static func cell(_ text: String?, _ tone: Look.Tone) -> Table.Cell {
        text.map { Table.Cell(ValueBytes($0).brief, tone, raw: $0) } ?? Table.Cell("-", raw: "")
    }
}
