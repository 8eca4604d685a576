internal import Base
internal import Control
internal import Text

extension Verb {
    static let history = Verb(
        name: "history",
        summary: "show everything that was written to a key",
        about: [
            """
            The newest first, by the clocks of those who wrote; CLOCK tells how far each could be trusted: unknown (it \
            was behind what had passed), floor (not before anything known), peers or synchronised. What everybody has \
            and nobody needs may be forgotten.
            """
        ],
        arguments: [Argument(name: "KEY", summary: "the key")],
        options: [.kind],
        formats: [.table, .wide, .json, .csv],
        examples: [Example(command: "marram history till/tax", what: "who wrote it, when, and what became of it")],
        exits: [ExitMeaning(code: .notFound, meaning: "nothing was ever written to the key")],
        run: { errand throws(Complaint) in
            let envelope = try errand.ask(.history(key: errand.argument(0) ?? "", kind: errand.kind))
            guard case .key(let key) = envelope.reply else { throw errand.unexpected(envelope) }
            errand.present(envelope, as: KeyTables.writes(key.writes, errand))
            if key.omitted > 0 { errand.narrate("and \(Figures.count(key.omitted, "older write"))\n") }
            if key.hasForgotten { errand.narrate(forgotten) }
            return .done
        })

    private static let forgotten = "older writes are forgotten: every member has what took their place\n"

    /// `marram explain key KEY`
    static func tellOfKey(_ name: String, _ errand: inout Errand) throws(Complaint) -> ExitCode {
        let envelope = try errand.ask(.history(key: name, kind: nil))
        guard case .key(let key) = envelope.reply else { throw errand.unexpected(envelope) }
        let table = KeyTables.writes(key.writes, errand)
        let written = key.row.map { errand.moment($0.at) } ?? ""
        errand.present(envelope) { look in
            var text = "\(look.paint(look.clean(name), .strong)) is a \(key.kind.rawValue): \(key.rule)\n"
            if let row = key.row {
                let held = row.value?.brief ?? row.elements.map(\.brief).joined(separator: ", ")
                let word = row.isInConflict ? look.paint("conflict", .bad) : look.paint("holds", .faint)
                text += "\(word)  \(look.clean(row.value == nil && row.isInConflict ? "nothing to act upon" : held))\n"
                text += "by     \(look.clean(row.writer)) at \(written), clock \(row.clock.rawValue)\n"
                if !row.isStored { text += "not on this node's disk yet\n" }
            } else {
                text += "holds  nothing\n"
            }
            text += table.rendered(look, isWide: false)
            if key.omitted > 0 { text += "and \(Figures.count(key.omitted, "older write"))\n" }
            if key.hasForgotten { text += forgotten }
            return text
        }
        return key.row?.isInConflict ?? false ? .no : .done
    }

    static let diff = Verb(
        name: "diff",
        summary: "show which keys hold something else than they did",
        about: [
            """
            Compares what is read now, or at --to, with what would have been read at --at, by the clocks of those who \
            wrote. Prints nothing when nothing differs.
            """
        ],
        arguments: [Argument(name: "PREFIX", summary: "how the keys begin", isOptional: true)],
        options: [
            Option(name: "at", value: "TIME", summary: "the earlier time: 30m ago, or 2026-11-20T14:02:11Z"),
            Option(name: "to", value: "TIME", summary: "the later time (default: now)"),
        ],
        formats: [.table, .json, .csv],
        examples: [Example(command: "marram diff till/ --at 24h", what: "what changed about tills since yesterday")],
        exits: [ExitMeaning(code: .no, meaning: "something differs")],
        run: { errand throws(Complaint) in
            guard let early = try errand.time(of: "at") else {
                throw Complaint(
                    .badArgument, what: "diff needs to know since when", remedy: "marram diff --at 1h, for one")
            }
            let prefix = errand.argument(0) ?? ""
            let then = try errand.keys(prefix, at: early)
            let now = try errand.keys(prefix, at: try errand.time(of: "to"))
            guard case .keys(let before) = then.reply, case .keys(let after) = now.reply else {
                throw errand.unexpected(now)
            }
            let rows = differences(before.rows, after.rows)
            let reply = WriteReply(rows: rows, isTrial: true, sequence: nil)
            let envelope = Envelope(node: now.node, at: now.at, reply: .wrote(reply))
            errand.present(envelope, as: WriteTables.rows(rows))
            return rows.isEmpty ? .done : .no
        })

    /// Both lists are by key; a key of two kinds stands twice.
    private static func differences(_ before: [KeyRow], _ after: [KeyRow]) -> [WriteReply.Row] {
        var rows: [WriteReply.Row] = []
        var (old, new) = (before[...], after[...])
        func precedes(_ left: KeyRow, _ right: KeyRow) -> Bool {
            left.key != right.key ? left.key.utf8.lexicographicallyPrecedes(right.key.utf8) : false
        }
        while let left = old.first ?? new.first {
            let right = new.first ?? left
            if old.isEmpty || (!new.isEmpty && precedes(right, left)) {
                rows.append(row(nil, right))
                new = new.dropFirst()
            } else if new.isEmpty || precedes(left, right) {
                rows.append(row(left, nil))
                old = old.dropFirst()
            } else {
                if left.version != right.version { rows.append(row(left, right)) }
                old = old.dropFirst()
                new = new.dropFirst()
            }
        }
        return rows
    }

    private static func row(_ before: KeyRow?, _ after: KeyRow?) -> WriteReply.Row {
        func text(_ row: KeyRow?) -> String? {
            row.map { $0.value?.whole ?? $0.elements.map(\.whole).joined(separator: ", ") }
        }
        return WriteReply.Row(
            key: before?.key ?? after?.key ?? "", kind: after?.kind ?? before?.kind ?? .register,
            before: text(before), after: text(after), isChanged: true)
    }
}
