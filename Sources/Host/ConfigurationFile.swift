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
            return .failure(ConfigurationRefusal(findings: reader.findings))
        }
        return .success(
            ConfigurationReading(
                configuration: reader.configuration, origins: reader.origins.map { $0.map(reader.place) },
                fileCount: sources.count, warnings: reader.warnings))
    }
}

/// A complete configuration, and where each of its values comes from.
package struct ConfigurationReading: Sendable {
    package let configuration: Configuration
    /// For each row of `ConfigurationKey.all`: `file:line`, or nil for the default.
    let origins: [String?]
    let fileCount: Int
    /// What a person should know and need not act upon; at most `Limits.diagnostics`.
    package let warnings: [ConfigurationFinding]
}

/// Something that was found in one of the files.
package struct ConfigurationFinding: Sendable {
    package let source: SourceText
    package let diagnostic: Diagnostic
}

/// Why a configuration was not taken.
package struct ConfigurationRefusal: Error {
    /// At least one; at most `Limits.diagnostics`.
    package let findings: [ConfigurationFinding]
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
    private(set) var findings: [ConfigurationFinding] = []
    private(set) var warnings: [ConfigurationFinding] = []

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
        findings.append(ConfigurationFinding(source: sources[source], diagnostic: diagnostic))
    }

    private mutating func warn(of former: FormerKey, at span: SourceSpan, in source: Int) {
        guard warnings.count < Limits.diagnostics else { return }
        let what = "\(former.name) means nothing any more"
        let diagnostic = Diagnostic(.keyGone, at: span, what, hint: former.instead)
        warnings.append(ConfigurationFinding(source: sources[source], diagnostic: diagnostic))
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
                let former = FormerKey.all.first { entry.key.spells($0.table) && inner.key.spells($0.name) }
                if let former {
                    warn(of: former, at: inner.key.span, in: source)
                } else {
                    problems.append(unknown(inner, in: entry.key.text))
                }
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

    /// Whoever sets both budget and interval says twice how often there is a beat, and must not say two things.
    mutating func compare() {
        let pair = ["gossip.interval", "gossip.budget"].compactMap { path in
            ConfigurationKey.all.firstIndex { $0.path == path }
        }
        precondition(pair.count == 2, "both keys are in the table")
        let gossip = configuration.gossip
        guard let here = origins[pair[0]], let there = origins[pair[1]], gossip.beat < gossip.paidFor,
            !isRefused[pair[0]], !isRefused[pair[1]]
        else { return }
        let (interval, budget) = (ConfigurationKey.all[pair[0]], ConfigurationKey.all[pair[1]])
        let paidFor = Units.time.text(of: gossip.paidFor.nanoseconds)
        let what = "interval is \(interval.value(configuration) ?? ""), and budget pays for \(paidFor)"
        let hint = "budget is \(budget.value(configuration) ?? ""), \(place(there)); leave out one of the two"
        note(Diagnostic(.settingsContradict, at: here.span, what, hint: hint), in: here.source)
    }
}

extension ConfigurationKey {
    /// The names of the tables, in the order of the rows.
    static let tables: [String] = all.reduce(into: []) { if $0.last != $1.table { $0.append($1.table) } }
}
