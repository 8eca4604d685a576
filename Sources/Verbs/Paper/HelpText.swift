package import Base

/// `marram help`, for people at a terminal: plain text, at most 80 columns, ASCII as far as our own words go.
package enum HelpText {
    static let tagline = "the tool of a mesh of nodes without a centre"

    package static var overview: String {
        """
        marram - \(tagline)

        Usage: marram VERB [options]

        Verbs:
        \(definitions(Verb.all.map { ($0.name, $0.summary) }))
        Options of every verb, anywhere on the line:
        \(definitions(Verb.Option.ofEveryVerb.map { ($0.spelling, $0.meaning) }))
        Exit codes:
        \(definitions(ExitCode.allCases.map { ("\($0.rawValue)", $0.meaning) }))
        marram help VERB explains a verb, marram help CODE an error.

        """
    }

    package static func page(of verb: Verb) -> String {
        var text = "marram \(verb.name) - \(verb.summary)\n\n"
        text += "Usage: \(verb.usage)\n\n"
        text += verb.about.map { wrapped($0, indent: 2) + "\n" }.joined()
        if !verb.arguments.isEmpty {
            text += "Arguments:\n" + definitions(verb.arguments.map { ($0.name, $0.meaning) }) + "\n"
        }
        if !verb.options.isEmpty {
            text += "Options:\n" + definitions(verb.options.map { ($0.spelling, $0.meaning) }) + "\n"
        }
        text += "Prints as: \(verb.formats.map(\.rawValue).joined(separator: ", "))\n"
        if !verb.exits.isEmpty {
            text += "\nExit codes:\n" + definitions(verb.exits.map { ("\($0.code.rawValue)", $0.meaning) })
        }
        if !verb.examples.isEmpty {
            text += "\nExamples:\n"
            text += verb.examples.map { "  \($0.command)\n" + wrapped($0.what, indent: 6) }.joined()
        }
        if let appendix = verb.appendix { text += "\n\(appendix.title):\n\n" + rewrapped(appendix.text) }
        return text
    }

    /// Lines that are too long are broken; each goes on at its own margin.
    private static func rewrapped(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return lines.map { wrapped(String($0), indent: $0.prefix { $0 == " " }.count) }.joined()
    }

    /// What an error code means, for whoever has met it and wants to know more than its three lines said.
    package static func explanation(of code: Code) -> String {
        "\(code) \(code.title)\n"
            + definitions([("because", code.because), ("try", code.remedy)])
    }

    package static func list(of codes: [Code]) -> String {
        codes.map { "\($0)  \($0.title)\n" }.joined()
    }
}

extension Verb.Argument {
    /// The summary, and the words to choose from.
    var meaning: String { summary + expects.choice }
}

extension Verb.Option {
    var meaning: String { summary + expects.choice }
}

extension Verb.Expectation {
    fileprivate var choice: String {
        guard case .words(let words) = self else { return "" }
        return ": " + words.joined(separator: ", ")
    }
}
