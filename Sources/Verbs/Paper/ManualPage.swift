internal import Base
internal import Control

/// Manual pages in roff with the classic `man` macros, which every man(1) reads: marram.1 for the tool, marram-VERB.1
/// for each verb.
package enum ManualPage {
    package static var overview: String {
        var page = heading("marram")
        page += section("NAME") + "marram \\- \(escaped(HelpText.tagline))\n"
        page += section("SYNOPSIS") + ".B marram\n.I VERB\n[\\fIoptions\\fR]\n"
        page += section("DESCRIPTION")
        page += line(
            "Marram joins nodes into a mesh that has no centre: each node sees who is there and goes on by itself when "
                + "the others are out of reach. On every node runs marramd; marram asks it and tells it what to do.")
        page += section("VERBS")
        for verb in Verb.all { page += ".TP\n.B \(escaped(verb.name))\n" + line(verb.summary) }
        page += section("OPTIONS")
        page += line("These belong to every verb and may stand anywhere on the line.")
        page += options(Verb.Option.ofEveryVerb)
        page += section("EXIT STATUS")
        for code in ExitCode.allCases { page += ".TP\n.B \(code.rawValue)\n" + line(code.meaning) }
        page += section("ENVIRONMENT")
        page += ".TP\n.B MARRAM_DATA\n" + line("The data directory when --data is not given.")
        page += ".TP\n.B NO_COLOR\n" + line("When it is set and not empty, nothing is coloured.")
        page += section("FILES")
        page +=
            ".TP\n.I \(escaped(Settings.defaultDirectory))\n" + line("The node's identity, state and control socket.")
        page += section("DIAGNOSTICS")
        page += line("An error has a code, by which marram help CODE explains it.")
        for code in Code.all { page += ".TP\n.B \(code)\n" + line("\(code.title).") }
        page += section("SEE ALSO")
        page += Verb.all.map { ".BR marram\\-\(escaped($0.name)) (1)" }.joined(separator: ",\n") + "\n"
        return page
    }

    package static func page(of verb: Verb) -> String {
        var page = heading("marram-\(verb.name)")
        page += section("NAME") + "marram\\-\(escaped(verb.name)) \\- \(escaped(verb.summary))\n"
        page += section("SYNOPSIS") + ".B \(escaped(verb.usage))\n"
        page += section("DESCRIPTION")
        page += verb.about.map(line).joined(separator: ".PP\n")
        if !verb.arguments.isEmpty {
            page += section("ARGUMENTS")
            for argument in verb.arguments { page += ".TP\n.I \(escaped(argument.name))\n" + line(argument.meaning) }
        }
        if !verb.options.isEmpty { page += section("OPTIONS") + options(verb.options) }
        if !verb.exits.isEmpty {
            page += section("EXIT STATUS")
            for exit in verb.exits { page += ".TP\n.B \(exit.code.rawValue)\n" + line(exit.meaning) }
        }
        if !verb.examples.isEmpty {
            page += section("EXAMPLES")
            for example in verb.examples { page += ".TP\n.B \(escaped(example.command))\n" + line(example.what) }
        }
        page += section("SEE ALSO") + ".BR marram (1)\n"
        return page
    }

    /// Set flush left and without breaking words, because what is broken or stretched cannot be copied into a shell.
    private static func heading(_ title: String) -> String {
        ".TH \"\(escaped(title.uppercased()))\" 1 \"\" \"Marram \(Release.version)\" \"Marram Manual\"\n.ad l\n.nh\n"
    }

    private static func section(_ title: String) -> String { ".SH \"\(title)\"\n" }

    private static func options(_ options: [Verb.Option]) -> String {
        options.map { ".TP\n.B \(escaped($0.spelling))\n" + line($0.meaning) }.joined()
    }

    /// A paragraph as one line of input: roff fills it, and a line is never mistaken for a macro.
    private static func line(_ text: String) -> String { escaped(text) + "\n" }

    /// A backslash starts an escape, a hyphen may be broken or typeset as another sign, and a point or an apostrophe at
    /// the start of a line would be a macro.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            case "'": escaped += "\\(aq"
            case "~": escaped += "\\(ti"
            case "^": escaped += "\\(ha"
            default: escaped.append(character)
            }
        }
        return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
    }
}
