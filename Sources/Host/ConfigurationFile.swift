internal import Base
package import Text

/// Reads a node's configuration from the texts of its files: `DIR/marram.toml`, or `/etc/marram/marram.toml` and then
/// `/etc/marram/conf.d/*.toml` in the order of their names. A later file overrides an earlier one key by key. Finding
/// and opening the files is the caller's; here is no disk.
///
/// Nothing is applied when anything is wrong: the answer is either a complete configuration, or everything that was
/// found wrong in all of the files, in their order.
package enum ConfigurationFile {
    package static func read(_ sources: [SourceText]) -> Result<ConfigurationReading, ConfigurationRefusal> {
        var reader = ConfigurationReader(sources: sources)
        for index in sources.indices.prefix(Limits.configurationFiles) { reader.read(index) }
        if sources.count > Limits.configurationFiles { reader.refuseFile(Limits.configurationFiles) }
        reader.compare()
        guard reader.findings.isEmpty else {
            return .failure(ConfigurationRefusal(sources: sources, findings: reader.findings))
        }
        return .success(
            ConfigurationReading(
                configuration: reader.configuration, origins: reader.origins.map { $0.map(reader.place) },
                fileCount: sources.count))
    }
}

/// A complete configuration, and where each of its values comes from.
package struct ConfigurationReading: Sendable {
    package let configuration: Configuration
    /// For each row of `ConfigurationKey.all`: `file:line`, or nil for the default.
    let origins: [String?]
    let fileCount: Int
}

/// Why a configuration was not taken.
package struct ConfigurationRefusal: Error {
    package struct Finding: Sendable {
        /// Which of the sources.
        package let source: Int
        package let diagnostic: Diagnostic
    }

    package let sources: [SourceText]
    /// At least one; at most `Limits.diagnostics`.
    package let findings: [Finding]
}

/// The configuration as far as it is read.
private struct ConfigurationReader {
    /// Which source, and where in it.
    typealias Origin = (source: Int, span: SourceSpan)

    let sources: [SourceText]
    var configuration = Configuration()
    /// The places that set the keys, in the order of the table.
    var origins = [Origin?](repeating: nil, count: ConfigurationKey.all.count)
    /// Keys with a value that was refused: comparing them with others would only confuse.
    private var isRefused = [Bool](repeating: false, count: ConfigurationKey.all.count)
    private(set) var findings: [ConfigurationRefusal.Finding] = []

    init(sources: [SourceText]) { self.sources = sources }

    func place(_ origin: Origin) -> String {
        "\(sources[origin.source].path):\(sources[origin.source].line(of: origin.span.start))"
    }

    mutating func read(_ source: Int) {
        let document = TOMLDocument(reading: sources[source].bytes)
        var problems = document.problems
        for entry in document.root.entries { read(entry, of: source, into: &problems) }
        // By place in the text; sorting is stable, so two complaints about one place keep their order.
        for problem in problems.sorted(by: { $0.span.start < $1.span.start }) { note(problem, in: source) }
    }

    mutating func refuseFile(_ source: Int) {
        let what = "a node's configuration is spread over at most \(Limits.configurationFiles) files"
        note(Diagnostic(.documentTooLarge, at: SourceSpan(start: 0, end: 0), what), in: source)
    }

    private mutating func note(_ diagnostic: Diagnostic, in source: Int) {
        guard findings.count < Limits.diagnostics else { return }
        findings.append(ConfigurationRefusal.Finding(source: source, diagnostic: diagnostic))
    }

    /// What stands at the top of a file: a table of keys.
    private mutating func read(_ entry: TOMLEntry, of source: Int, into problems: inout [Diagnostic]) {
        let keys = ConfigurationKey.all.indices.filter { entry.key.spells(ConfigurationKey.all[$0].table) }
        guard !keys.isEmpty else { return problems.append(unknownAtTop(entry)) }
        guard case .table(let table) = entry.value.kind else {
            let what = "[\(entry.key.text)] is a table, not \(entry.value.noun)"
            let hint = "write [\(entry.key.text)] on a line of its own, its keys below"
            return problems.append(Diagnostic(.wrongKind, at: entry.value.span, what, hint: hint))
        }
        for inner in table.entries {
            guard let key = keys.first(where: { inner.key.spells(ConfigurationKey.all[$0].name) }) else {
                problems.append(unknown(inner, in: entry.key.text))
                continue
            }
            do {
                try ConfigurationKey.all[key].set(inner.value, &configuration)
                origins[key] = (source, inner.key.span)
            } catch {
                isRefused[key] = true
                problems.append(Diagnostic(error.code, at: inner.value.span, error.what, hint: error.hint))
            }
        }
    }

    private func unknownAtTop(_ entry: TOMLEntry) -> Diagnostic {
        let name = entry.key.text
        let owners = ConfigurationKey.all.filter { entry.key.spells($0.name) }
        if case .table = entry.value.kind {
            let near = nearest(to: name, among: ConfigurationKey.tables).map { "did you mean [\($0)]?" }
            return Diagnostic(.unknownKey, at: entry.key.span, "unknown table \(quoted(name))", hint: near)
        }
        let hint = owners.first.map { "it belongs in [\($0.table)]" }
        return Diagnostic(
            .unknownKey, at: entry.key.span, "unknown key \(quoted(name)) outside of any table", hint: hint)
    }

    private func unknown(_ entry: TOMLEntry, in table: String) -> Diagnostic {
        let names = ConfigurationKey.all.filter { $0.table == table }.map(\.name)
        let owner = ConfigurationKey.all.first { entry.key.spells($0.name) }
        let hint =
            if let owner { "it belongs in [\(owner.table)]" } else {
                nearest(to: entry.key.text, among: names).map { "did you mean \"\($0)\"?" }
            }
        let what = "unknown key \(quoted(entry.key.text)) in [\(table)]"
        return Diagnostic(.unknownKey, at: entry.key.span, what, hint: hint)
    }

    /// Looks at the keys that must rise from one to the other. The complaint points at a line that a person wrote.
    mutating func compare() {
        for order in ConfigurationOrder.all where !order.holds(configuration) {
            let pair = [order.greater, order.lesser].compactMap { path in
                ConfigurationKey.all.firstIndex { $0.path == path }
            }
            precondition(pair.count == 2, "an order speaks of a key that is not in the table")
            guard !isRefused[pair[0]], !isRefused[pair[1]] else { continue }
            let (here, there) = origins[pair[0]] != nil ? (pair[0], pair[1]) : (pair[1], pair[0])
            guard let origin = origins[here] else { preconditionFailure("the defaults contradict each other") }
            let relation = here == pair[0] ? "more" : "less"
            let (mine, other) = (ConfigurationKey.all[here], ConfigurationKey.all[there])
            let what =
                "\(mine.name) is \(mine.value(configuration) ?? ""), and must be \(relation) than \(other.name)"
            let hint =
                "\(other.name) is \(other.value(configuration) ?? ""), \(origins[there].map(place) ?? "its default")"
            note(Diagnostic(.settingsContradict, at: origin.span, what, hint: hint), in: origin.source)
        }
    }
}

extension ConfigurationKey {
    /// The names of the tables, in the order of the rows.
    static let tables: [String] = all.reduce(into: []) { if $0.last != $1.table { $0.append($1.table) } }
}
