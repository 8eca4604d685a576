internal import Base
internal import Control
internal import Text

extension Verb {
    static let get = Verb(
        name: "get",
        summary: "print what a key holds",
        about: [
            """
            Prints the value alone, so that a script can take it; of a set or a log one element a line. What is not \
            text is printed as hexadecimal. This node answers from what it has: it waits for nobody.
            """,
            """
            With --at it prints what would have been read at that time, by the clocks of those who wrote. TIME is a \
            length of time before now, such as 30m, or a moment, such as 2026-11-20T14:02:11Z.
            """,
        ],
        arguments: [Argument(name: "KEY", summary: "the key, such as till/tax")],
        options: [.kind, .at],
        formats: [.table, .wide, .json],
        examples: [
            Example(command: "marram get till/tax", what: "the value"),
            Example(command: "marram get till/tax -o wide", what: "with who wrote it, and when"),
            Example(command: "marram get till/tax --at 2h", what: "what it was two hours ago"),
        ],
        exits: [
            ExitMeaning(code: .notFound, meaning: "the key holds nothing"),
            ExitMeaning(code: .no, meaning: "the key is guarded and in conflict, so it has no value to act upon"),
        ],
        run: { errand throws(Complaint) in
            let name = errand.argument(0) ?? ""
            let envelope = try errand.ask(.get(key: name, kind: errand.kind, at: try errand.time(of: "at")))
            guard case .key(let key) = envelope.reply, let row = key.row else { throw errand.unexpected(envelope) }
            if errand.settings.format == .wide {
                errand.present(envelope, as: KeyTables.writes(key.writes, errand))
            } else {
                let values = row.value.map { [$0] } ?? row.elements
                errand.present(envelope) { look in
                    values.map { look.clean(lines: $0.whole) }.joined()
                }
            }
            guard row.isInConflict else { return .done }
            let many = Figures.count(key.writes.count, "write")
            errand.warn("\(name) is in conflict: \(many) did not know of each other; marram resolve \(name)")
            return row.value == nil ? .no : .done
        })

    static let list = Verb(
        name: "list",
        summary: "show the keys and what they hold",
        about: [
            """
            One line for each key that begins with PREFIX, or for each key there is. A key that was written in several \
            places at once and not decided since is marked; marram conflicts lists only those.
            """
        ],
        arguments: [Argument(name: "PREFIX", summary: "how the keys begin", isOptional: true)],
        options: [.at],
        formats: OutputFormat.allCases,
        examples: [
            Example(command: "marram list till/", what: "everything about tills"),
            Example(command: "marram list -o name", what: "one key a line, for a loop in a shell"),
            Example(command: "marram list --at 2026-11-20T14:00:00Z", what: "as it was then"),
        ],
        run: { errand throws(Complaint) in
            let envelope = try errand.keys(errand.argument(0) ?? "", at: try errand.time(of: "at"))
            guard case .keys(let keys) = envelope.reply else { throw errand.unexpected(envelope) }
            errand.present(envelope, as: KeyTables.keys(keys.rows, errand))
            return .done
        })

    static let conflicts = Verb(
        name: "conflicts",
        summary: "show the keys that somebody has to decide",
        about: [
            """
            A key is in conflict when it was written in several places by nodes that did not know of each other's \
            write. All values are kept. A register shows one of them meanwhile, a guarded key none. marram resolve \
            decides; so does any later write to a register.
            """
        ],
        arguments: [Argument(name: "PREFIX", summary: "how the keys begin", isOptional: true)],
        formats: OutputFormat.allCases,
        examples: [Example(command: "marram conflicts", what: "what to decide")],
        exits: [ExitMeaning(code: .no, meaning: "there are conflicts")],
        run: { errand throws(Complaint) in
            let envelope = try errand.keys(errand.argument(0) ?? "", onlyConflicts: true)
            guard case .keys(let keys) = envelope.reply else { throw errand.unexpected(envelope) }
            if keys.rows.isEmpty, errand.settings.format == .table {
                errand.present(envelope) { look in "\(look.paint(look.sign("✓", else: "ok"), .good)) no conflicts\n" }
            } else {
                errand.present(envelope, as: KeyTables.keys(keys.rows, errand))
            }
            return keys.rows.isEmpty ? .done : .no
        })
}

extension Verb.Option {
    static let kind = Verb.Option(
        name: "kind", value: "KIND", expects: .words(ValueKind.names),
        summary: "how writes at the same time are joined")
    static let at = Verb.Option(name: "at", value: "TIME", summary: "read the past: 30m ago, or 2026-11-20T14:02:11Z")
    static let dryRun = Verb.Option(name: "dry-run", summary: "show what would change, and change nothing")
}

extension Errand {
    var kind: ValueKind? { invocation["kind"].flatMap { ValueKind(rawValue: $0) } }

    /// A moment, or how long ago it was.
    func time(of option: String) throws(Complaint) -> WallTime? {
        guard let text = invocation[option] else { return nil }
        let upper = text.uppercased()
        let moment = upper.hasSuffix("Z") && !upper.contains(".") ? "\(upper.dropLast()).000Z" : upper
        if let time = WallTime(rfc3339: moment) { return time }
        do throws(Complaint) {
            let ago = try Settings.time(text, of: option)
            return world.now() - ago
        } catch {
            throw Complaint(
                .badArgument, what: "--\(option) takes a moment or a length of time before now, not \(quoted(text))",
                remedy: "write it like 2026-11-20T14:02:11Z, or like 30s, 15m, 24h, 7d")
        }
    }

    /// All keys that begin so, however many answers it takes.
    mutating func keys(
        _ prefix: String, at time: WallTime? = nil, onlyConflicts: Bool = false
    ) throws(Complaint) -> Envelope {
        var rows: [KeyRow] = []
        var from = ""
        while true {
            var envelope = try ask(.list(prefix: prefix, from: from, at: time, onlyConflicts: onlyConflicts))
            guard case .keys(let keys) = envelope.reply else { throw unexpected(envelope) }
            rows += keys.rows
            guard let next = keys.next, from.utf8.lexicographicallyPrecedes(next.utf8) else {
                envelope.reply = .keys(KeysReply(rows: rows, next: nil))
                return envelope
            }
            from = next
        }
    }

    func warn(_ text: String) {
        let mark = narrationLook.paint(narrationLook.sign("‼", else: "warning"), .doubtful)
        narrate("\(mark) \(narrationLook.clean(text))\n")
    }
}

extension WallTime {
    fileprivate static func - (left: WallTime, right: Interval) -> WallTime {
        left + Interval(nanoseconds: -right.nanoseconds)
    }
}

extension ValueBytes {
    /// All of it, for whoever wants the value and nothing else.
    var whole: String { text ?? "0x\(hexadecimal(bytes))" }

    /// So much of it as fits a table.
    var brief: String {
        let line = whole.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        let cut = String(line.prefix(60))
        return cut.utf8.count < whole.utf8.count ? "\(cut)… (\(Figures.bytes(bytes.count)))" : cut
    }
}

/// The tables in which keys and writes are shown.
enum KeyTables {
    static func keys(_ rows: [KeyRow], _ errand: Errand) -> Table {
        Table(
            columns: [
                .init(title: "KEY"), .init(title: "VALUE"), .init(title: "KIND"), .init(title: "BY"),
                .init(title: "WRITTEN"), .init(title: "CLOCK", isWide: true), .init(title: "VERSION", isWide: true),
                .init(title: "STATE"),
            ],
            rows: rows.map { row in
                let whole = row.value?.whole ?? row.elements.map(\.whole).joined(separator: ", ")
                let brief = row.value?.brief ?? elements(row.elements)
                return [
                    .init(row.key), .init(row.isInConflict && row.value == nil ? "?" : brief, raw: whole),
                    .init(row.kind.rawValue), .init(row.writer),
                    .init(errand.moment(row.at), raw: row.at.rfc3339), .init(row.clock.rawValue),
                    .init(row.version), state(of: row),
                ]
            })
    }

    private static func elements(_ elements: [ValueBytes]) -> String {
        let shown = elements.prefix(4).map(\.brief).joined(separator: ", ")
        return elements.count > 4 ? "\(shown), … (\(Figures.count(elements.count)))" : shown
    }

    private static func state(of row: KeyRow) -> Table.Cell {
        if row.isInConflict { return .init("conflict", .bad) }
        return row.isStored ? .init("") : .init("not on the disk yet", .doubtful)
    }

    static func writes(_ rows: [WriteRow], _ errand: Errand) -> Table {
        Table(
            columns: [
                .init(title: "WRITTEN"), .init(title: "BY"), .init(title: "WHAT"), .init(title: "STATE"),
                .init(title: "CLOCK"), .init(title: "SEQUENCE", isWide: true), .init(title: "ID", isWide: true),
                .init(title: "WHY"),
            ],
            rows: rows.map { row in
                [
                    .init(errand.moment(row.at), raw: row.at.rfc3339), .init(row.writer), .init(row.what),
                    .init(row.state.rawValue, tone(row.state)), .init(row.clock.rawValue), .init("\(row.sequence)"),
                    .init(row.node.description), .init(row.why),
                ]
            })
    }

    private static func tone(_ state: WriteRow.State) -> Look.Tone {
        switch state {
        case .live: .good
        case .conflicting: .bad
        case .superseded: .faint
        case .void: .doubtful
        }
    }
}

extension WriteRow {
    var what: String {
        let subject = [element?.brief, value?.brief].compactMap { $0 }.joined(separator: " = ")
        if isRemoval, value == nil { return "deleted\(subject.isEmpty ? "" : " \(subject)")" }
        return subject
    }
}
