internal import Base
internal import Control
internal import Text

extension Verb {
    static let apply = Verb(
        name: "apply",
        summary: "write all keys of a file at once",
        about: [
            """
            FILE is TOML: the names of tables and keys joined by slashes are the key, so [till] and tax = "7.5" write \
            till/tax. Text is taken as it is, numbers and truth values as they are spelled, and an array makes a set \
            hold just its elements. Keys that the file does not name are left alone.
            """,
            """
            All of it becomes one transaction: every member sees all of it or nothing. What holds the value already is \
            not written, so applying a file twice changes nothing. If anything is wrong with the file, every mistake \
            is shown with its line, and nothing is written.
            """,
        ],
        arguments: [Argument(name: "FILE", summary: "the file, or - for standard input", expects: .file)],
        options: [.dryRun],
        examples: [
            Example(command: "marram apply site.toml --dry-run", what: "what would change"),
            Example(command: "marram apply site.toml", what: "all of it, or nothing"),
        ],
        exits: [ExitMeaning(code: .no, meaning: "something is wrong with the file, or with one of its keys")],
        run: { errand throws(Complaint) in
            let name = errand.argument(0) ?? ""
            let path = name == "-" ? nil : name
            let bytes = try errand.world.readBytes(path, Limits.configurationBytes)
            let source = SourceText(path: path ?? "standard input", bytes: bytes)
            let sheet = KeySheet(reading: source)
            guard let first = sheet.problems.first else {
                guard !sheet.assignments.isEmpty else {
                    throw Complaint(.fileRefused, what: "\(source.path) names no key")
                }
                return try errand.write(sheet.assignments)
            }
            for problem in sheet.problems {
                errand.narrate(errand.narrationLook.clean(lines: source.rendered(problem) + "\n"))
            }
            let place = source.position(of: first.span.start)
            throw Complaint(
                .fileRefused,
                what: "\(source.path) has \(Figures.count(sheet.problems.count, "error")); nothing was written",
                because: "\(source.path):\(place.line):\(place.column): \(first.code) \(first.what)",
                remedy: "mend the file, then: marram apply \(name) --dry-run")
        })
}

/// The keys that a TOML document names, or what is wrong with it.
private struct KeySheet {
    private(set) var assignments: [Assignment] = []
    private(set) var problems: [Diagnostic]
    private let source: SourceText

    init(reading source: SourceText) {
        self.source = source
        let document = TOMLDocument(reading: source.bytes)
        problems = document.problems
        take(document.root, below: "")
        if assignments.count > Limits.operations, problems.isEmpty {
            let what = "\(assignments.count) keys, and one transaction has at most \(Limits.operations)"
            problems = [Diagnostic(.writeTooLarge, at: SourceSpan(start: 0, end: 0), what, hint: "split the file")]
        }
    }

    private mutating func take(_ table: TOMLTable, below prefix: String) {
        for entry in table.entries where problems.count < Limits.diagnostics {
            let key = prefix.isEmpty ? entry.key.text : "\(prefix)/\(entry.key.text)"
            switch entry.value.kind {
            case .table(let inner): take(inner, below: key)
            case .array(let values): takeList(values, entry, key)
            case .string, .integer, .float, .boolean, .dateTime:
                add(key, .put(value(entry.value)), [entry.value], entry)
            }
        }
    }

    private mutating func takeList(_ values: [TOMLValue], _ entry: TOMLEntry, _ key: String) {
        for value in values {
            switch value.kind {
            case .array, .table:
                let what = "an element of a set is one value, not \(value.noun)"
                problems.append(Diagnostic(.wrongKind, at: value.span, what, hint: "name a key for it"))
                return
            case .string, .integer, .float, .boolean, .dateTime: continue
            }
        }
        add(key, .become(values.map { self.value($0) }), values, entry)
    }

    /// Text as it is meant, anything else as it is spelled.
    private func value(_ value: TOMLValue) -> ValueBytes {
        if case .string(let text) = value.kind { return ValueBytes(text) }
        return ValueBytes(Array(source.bytes[value.span.start..<value.span.end]))
    }

    private mutating func add(_ key: String, _ deed: Assignment.Deed, _ values: [TOMLValue], _ entry: TOMLEntry) {
        do throws(Complaint) {
            try KeyRules.check(key)
        } catch {
            return problems.append(Diagnostic(error.code, at: entry.key.span, error.what))
        }
        for value in values {
            do throws(Complaint) {
                try KeyRules.check(self.value(value))
            } catch {
                return problems.append(Diagnostic(error.code, at: value.span, error.what))
            }
        }
        guard !assignments.contains(where: { $0.key == key }) else {
            return problems.append(Diagnostic(.definedTwice, at: entry.key.span, "\(quoted(key)) is named twice"))
        }
        assignments.append(Assignment(key: key, deed))
    }
}
