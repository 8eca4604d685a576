package import Base
internal import Text

/// What `marram config check` and `marram config show` print. Both end with exit code 0 when the configuration is
/// complete, and with 1 ("the answer is no") when it was refused; the refusal goes to standard error.
extension ConfigurationReading {
    /// One key, for a table or JSON.
    package struct Row: Hashable, Sendable {
        /// Such as `gossip.interval`.
        package let key: String
        /// As it is written in a file, without quotes; nil for a key that is not set and has no default.
        package let value: String?
        /// `file:line`, or `default`.
        package let origin: String
        package let needsRestart: Bool
    }

    package var rows: [Row] {
        zip(ConfigurationKey.all, origins).map { key, origin in
            Row(
                key: key.path, value: key.value(configuration), origin: origin ?? "default",
                needsRestart: key.needsRestart)
        }
    }

    package var warningRows: [ConfigurationFinding.Row] { warnings.map { $0.row(calling: "warning") } }

    /// The line of `marram config check` when nothing is wrong.
    package var verdict: String {
        let set = origins.filter { $0 != nil }.count
        let files =
            switch fileCount {
            case 0: "no configuration file"
            case 1: "1 file"
            default: "\(fileCount) files"
            }
        return "ok: \(files), \(set) of \(origins.count) keys set, the others at their defaults"
    }

    /// `marram config show`: the whole configuration, in a form that can be saved as a configuration file and means the
    /// same. With `origin`, each line ends with where the value comes from and whether a change needs a restart.
    package func shown(origin isOriginShown: Bool) -> String {
        var lines: [(text: String, comment: String)] = []
        for table in ConfigurationKey.tables {
            if !lines.isEmpty { lines.append(("", "")) }
            lines.append(("[\(table)]", ""))
            let keys = zip(ConfigurationKey.all, rows).filter { $0.0.table == table }
            let width = keys.map { $0.0.name.utf8.count }.max() ?? 0
            for (key, row) in keys {
                let name = key.name + String(repeating: " ", count: width - key.name.utf8.count)
                let text =
                    if let value = row.value { name + " = " + (key.isQuoted ? "\"\(value)\"" : value) } else {
                        "# \(key.name) is not set: \(key.otherwise ?? "nothing") is taken"
                    }
                lines.append((text, "# " + printable(row.origin) + (row.needsRestart ? ", restart needed" : "")))
            }
        }
        guard isOriginShown else { return lines.map { $0.text + "\n" }.joined() }
        let width = lines.map { displayCells(of: $0.text) }.max() ?? 0
        return lines.map { line in
            guard !line.comment.isEmpty else { return line.text + "\n" }
            return line.text + String(repeating: " ", count: width - displayCells(of: line.text))
                + "  \(line.comment)\n"
        }.joined()
    }
}

extension ConfigurationFinding {
    /// One error or warning, for JSON.
    package struct Row: Hashable, Sendable {
        package let path: String
        package let line: Int
        package let column: Int
        package let code: Code
        package let what: String
        package let hint: String?
        /// All of it, with the line and the caret.
        package let text: String

        /// All of it in a line, for the log.
        var sentence: String { "\(path):\(line):\(column): \(code) \(what)" + (hint.map { "; \($0)" } ?? "") }
    }

    func row(calling it: String) -> Row {
        let position = source.position(of: diagnostic.span.start)
        return Row(
            path: source.path, line: position.line, column: position.column, code: diagnostic.code,
            what: diagnostic.what, hint: diagnostic.hint, text: source.rendered(diagnostic, calling: it))
    }
}

extension ConfigurationRefusal {
    package var rows: [ConfigurationFinding.Row] { findings.map { $0.row(calling: "error") } }

    /// All errors with their lines and carets, and the count. `standing` says what holds instead, when that is known:
    /// "the running daemon keeps the configuration of 09:12:44".
    package func rendered(standing: String? = nil) -> String {
        let errors = rows.map { $0.text + "\n" }.joined()
        let count =
            switch findings.count {
            case 1: "1 error"
            case Limits.diagnostics...: "\(findings.count) errors or more"
            default: "\(findings.count) errors"
            }
        return errors + count + ", nothing applied" + (standing.map { "; " + $0 } ?? "") + "\n"
    }
}

/// The manual of the configuration file, from the table of keys.
extension ConfigurationKey {
    /// The default as the manual shows it.
    private var standard: String {
        guard let value = value(Configuration()) else { return otherwise ?? "" }
        return isQuoted ? "\"\(value)\"" : value
    }

    /// For a terminal: two lines a key.
    package static var listing: String {
        tables.map { table in
            let keys = all.filter { $0.table == table }.map { key in
                "  \(key.name) = \(key.standard)\n      \(key.summary)\n      Takes \(key.takes).\n"
            }
            return "[\(table)]\n" + keys.joined()
        }.joined(separator: "\n")
    }

    /// For docs: a Markdown section a table.
    package static var markdown: String {
        tables.map { table in
            let rows = all.filter { $0.table == table }.map { key in
                let standard = key.value(Configuration()) == nil ? key.standard : "`\(key.standard)`"
                let restart = key.needsRestart ? "yes" : "no"
                return "| `\(key.name)` | \(key.summary) | \(key.takes) | \(standard) | \(restart) |\n"
            }
            let head = "| key | what it decides | takes | default | restart needed |\n|---|---|---|---|---|\n"
            return "## [\(table)]\n\n" + head + rows.joined()
        }.joined(separator: "\n")
    }
}
