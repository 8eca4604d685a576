/// docs/cli.md: the whole reference on one page. A test compares the file with this text, so that no verb can be added
/// without it.
package enum Reference {
    package static var markdown: String {
        var text = """
            # The tool, verb by verb

            This page is written by `marram man --markdown`; change the verbs, not the page.

            `marram VERB [options]` asks the daemon of this machine, or prepares a data directory for one. Data goes to
            standard output, everything said about the work to standard error. `marram help VERB` shows the same at a
            terminal, `marram help CODE` explains an error.

            | verb | |
            |---|---|

            """
        for verb in Verb.all { text += "| [`\(verb.name)`](#marram-\(verb.name)) | \(escaped(verb.summary)) |\n" }
        text += "\n## Options of every verb\n\nThey may stand anywhere on the line.\n\n"
        text += options(Verb.Option.ofEveryVerb)
        text += "\n## Exit codes\n\n| code | meaning |\n|---|---|\n"
        for code in ExitCode.allCases { text += "| \(code.rawValue) | \(code.meaning) |\n" }
        for verb in Verb.all { text += "\n" + section(of: verb) }
        return text
    }

    private static func section(of verb: Verb) -> String {
        var text = "## marram \(verb.name)\n\n    \(verb.usage)\n\n"
        text += verb.about.map { wrapped(escaped($0), indent: 0, width: 120) + "\n" }.joined()
        if !verb.arguments.isEmpty {
            text += "| argument | |\n|---|---|\n"
            for argument in verb.arguments { text += "| `\(argument.name)` | \(escaped(argument.meaning)) |\n" }
            text += "\n"
        }
        if !verb.options.isEmpty { text += options(verb.options) + "\n" }
        text += "Prints as \(verb.formats.map { "`\($0.rawValue)`" }.joined(separator: ", ")).\n"
        for exit in verb.exits { text += "Exit code \(exit.code.rawValue): \(escaped(exit.meaning)).\n" }
        if !verb.examples.isEmpty {
            text += "\n```\n"
            for example in verb.examples { text += "# \(example.what)\n\(example.command)\n" }
            text += "```\n"
        }
        return text
    }

    private static func options(_ options: [Verb.Option]) -> String {
        var text = "| option | |\n|---|---|\n"
        for option in options { text += "| `\(option.spelling)` | \(escaped(option.meaning)) |\n" }
        return text
    }

    /// What Markdown would take for its own.
    private static func escaped(_ text: String) -> String {
        text.map { "|<>*_[]".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
