internal import Base

/// One thing that can be said to Marram: its name, what it takes, what it does, and everything that can be told about
/// it. Help, manual pages, completions for three shells and docs/cli.md are all written from this value, so none of
/// them can know a verb that the others do not. A new verb is one file with such a value, and one line in `Verb.all`.
package struct Verb: Sendable {
    package let name: String
    /// What it does, in a few words that follow the name in a list.
    let summary: String
    /// The paragraphs of its help; one string each.
    let about: [String]
    var arguments: [Argument] = []
    var options: [Option] = []
    var formats: [OutputFormat] = [.table, .json]
    var examples: [Example] = []
    /// What its exit codes mean where they mean more than everywhere.
    var exits: [ExitMeaning] = []
    /// What its help at a terminal ends with: a list too long for the other papers.
    var appendix: (title: String, text: String)?
    let run: @Sendable (inout Errand) throws(Complaint) -> ExitCode

    /// What may be written for a value, so that a shell can complete it.
    enum Expectation: Sendable, Hashable {
        case anything
        case file
        case directory
        case words([String])
        /// A verb's name.
        case verb
    }

    /// A word without dashes, by its place.
    struct Argument: Sendable, Hashable {
        /// In capitals, as it stands in the usage line.
        let name: String
        let summary: String
        var expects = Expectation.anything
        var isOptional = false
    }

    /// A word with dashes, anywhere on the line.
    struct Option: Sendable, Hashable {
        /// Without its two dashes.
        let name: String
        var letter: Character?
        /// The name of its value in capitals; nil for an option that is there or not.
        var value: String?
        var expects = Expectation.anything
        let summary: String
    }

    struct Example: Sendable, Hashable {
        let command: String
        let what: String
    }

    struct ExitMeaning: Sendable, Hashable {
        let code: ExitCode
        let meaning: String
    }
}

extension Verb {
    /// Every verb there is, in the order in which a newcomer meets them.
    package static let all: [Verb] = [
        .initialise,
        .join,
        .invite,
        .leave,
        .node,
        .operators,
        .policy,
        .role,
        .authority,
        .audit,
        .epoch,
        .status,
        .members,
        .links,
        .topology,
        .ping,
        .roundTrip,
        .watch,
        .explain,
        .get,
        .list,
        .set,
        .delete,
        .apply,
        .history,
        .diff,
        .conflicts,
        .resolve,
        .follow,
        .wait,
        .vitals,
        .configuration,
        .record,
        .version,
        .help,
        .completion,
        .manual,
    ]

    package static func named(_ name: String) -> Verb? { all.first { $0.name == name } }
}

extension Verb.Option {
    /// The options that every verb takes.
    static let ofEveryVerb: [Verb.Option] = [
        Verb.Option(
            name: "data", value: "DIR", expects: .directory,
            summary: "the node's data directory (default: $MARRAM_DATA, else \(Settings.defaultDirectory))"),
        Verb.Option(
            name: "socket", value: "FILE", expects: .file, summary: "the control socket (default: DIR/marram.sock)"),
        Verb.Option(name: "json", summary: "print JSON; the same as -o json"),
        Verb.Option(
            name: "output", letter: "o", value: "FORM", expects: .words(OutputFormat.allCases.map(\.rawValue)),
            summary: "the form to print in (default: table)"),
        Verb.Option(name: "timeout", value: "TIME", summary: "how long to wait for the daemon (default: 5s)"),
        Verb.Option(name: "yes", summary: "do not ask for confirmation"),
        Verb.Option(name: "utc", summary: "show times in UTC, not in this machine's time zone"),
        Verb.Option(name: "ascii", summary: "print ASCII only"),
        Verb.Option(name: "no-color", summary: "print without colour"),
        Verb.Option(name: "help", summary: "show the help of the verb"),
    ]

    /// `-o, --output FORM`
    var spelling: String {
        (letter.map { "-\($0), " } ?? "") + "--\(name)" + (value.map { " \($0)" } ?? "")
    }
}

/// The forms in which a verb can print its answer.
enum OutputFormat: String, CaseIterable, Sendable {
    case table, wide, json, csv, name
}
