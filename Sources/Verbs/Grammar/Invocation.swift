internal import Base
internal import Text

/// A command line, understood: the verb, its arguments by place, its options by name. Options may stand anywhere,
/// before the verb too; `--` ends them. What is not understood is refused with the nearest thing that would be.
struct Invocation: Sendable {
    let verb: Verb
    private(set) var arguments: [String] = []
    private var options: [String: String] = [:]

    init(_ verb: Verb, _ arguments: [String] = []) {
        self.verb = verb
        self.arguments = arguments
    }

    /// What follows the option; "" for an option without a value; nil when it was not given.
    subscript(option: String) -> String? {
        assert(
            (verb.options + Verb.Option.ofEveryVerb).contains { $0.name == option }, "\(verb.name) takes --\(option)")
        return options[option]
    }

    /// Reads the words after the tool's own name. A negative number is none of the options.
    init(parsing words: [String]) throws(Complaint) {
        var plain: [String] = []
        var given: [(option: Verb.Option, value: String)] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                plain += rest
                break
            } else if word.hasPrefix("-"), word != "-", Int64(word) == nil {
                given.append(try Self.option(word, followedBy: &rest, verbs: plain))
            } else {
                plain.append(word)
            }
        }
        let wantsHelp = given.contains { $0.option.name == "help" }
        guard let name = plain.first else {
            guard wantsHelp else {
                throw Complaint(.unknownVerb, what: "no verb is given", remedy: "marram help lists them")
            }
            self.init(.help)
            return
        }
        guard let verb = Verb.named(name) else { throw Self.unknown(verb: name) }
        if wantsHelp {
            self.init(.help, [verb.name])
            return
        }
        self.init(verb, Array(plain.dropFirst()))
        try check()
        for (option, value) in given { try take(option, value) }
    }

    /// The option that `word` spells, with its value, which may be the next word.
    private static func option(
        _ word: String, followedBy rest: inout ArraySlice<String>, verbs: [String]
    ) throws(Complaint) -> (Verb.Option, String) {
        let option: Verb.Option
        var value: String?
        if word.hasPrefix("--") {
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let found = known.first(where: { $0.name == parts[0] }) else {
                throw unknown(option: String(parts[0]), spelled: "--\(parts[0])", verb: verbs.first)
            }
            option = found
            if parts.count > 1 { value = String(parts[1]) }
        } else {
            let letter = word[word.index(after: word.startIndex)]
            guard let found = known.first(where: { $0.letter == letter }) else {
                throw unknown(option: String(letter), spelled: "-\(letter)", verb: verbs.first)
            }
            option = found
            if word.count > 2 { value = String(word.dropFirst(2)) }
        }
        guard let valueName = option.value else {
            guard value == nil else { throw wrong("--\(option.name) takes no value", verbs.first) }
            return (option, "")
        }
        guard let value = value ?? rest.popFirst() else {
            throw wrong("--\(option.name) needs a value, \(valueName)", verbs.first)
        }
        if case .words(let words) = option.expects, !words.contains(value) {
            let guess = nearest(to: value, among: words).map { "; did you mean \($0)?" } ?? ""
            let choice = words.joined(separator: ", ")
            throw wrong("--\(option.name) takes one of \(choice), not \(quoted(value))\(guess)", verbs.first)
        }
        return (option, value)
    }

    /// An option has one meaning and takes a value or not in all verbs alike; so a line can be read before its verb is
    /// known.
    static let known = Verb.Option.ofEveryVerb + Verb.all.flatMap(\.options)

    private func check() throws(Complaint) {
        let usage = "usage: \(verb.usage)"
        if arguments.count < verb.arguments.count, !verb.arguments[arguments.count].isOptional {
            throw Self.wrong("\(verb.name) needs \(verb.arguments[arguments.count].name); \(usage)", verb.name)
        }
        if arguments.count > verb.arguments.count {
            let extra = quoted(arguments[verb.arguments.count])
            throw Self.wrong("\(verb.name) does not know what to do with \(extra); \(usage)", verb.name)
        }
        for (expected, word) in zip(verb.arguments, arguments) {
            guard case .words(let words) = expected.expects, !words.contains(word) else { continue }
            let guess = nearest(to: word, among: words).map { "; did you mean \($0)?" } ?? ""
            let choice = words.joined(separator: ", ")
            throw Self.wrong("\(verb.name) takes one of \(choice), not \(quoted(word))\(guess)", verb.name)
        }
    }

    private mutating func take(_ option: Verb.Option, _ value: String) throws(Complaint) {
        guard (verb.options + Verb.Option.ofEveryVerb).contains(where: { $0.name == option.name }) else {
            throw Self.unknown(option: option.name, spelled: "--\(option.name)", verb: verb.name)
        }
        guard options[option.name] == nil else { throw Self.wrong("--\(option.name) is given twice", verb.name) }
        options[option.name] = value
    }

    // MARK: Refusals

    private static func unknown(verb name: String) -> Complaint {
        let guess = nearest(to: name, among: Verb.all.map(\.name))
        return Complaint(
            .unknownVerb, what: "there is no verb \(quoted(name))",
            remedy: guess.map { "marram \($0)" } ?? Code.unknownVerb.remedy)
    }

    private static func unknown(option name: String, spelled: String, verb: String?) -> Complaint {
        let help = verb.flatMap { Verb.named($0) }.map { "marram help \($0.name)" } ?? "marram help"
        let what = "\(verb.flatMap { Verb.named($0)?.name } ?? "marram") has no option \(quoted(spelled))"
        // `marram --version` and the like: what is asked for exists, only it is a verb here.
        if Verb.named(name) != nil { return Complaint(.unknownOption, what: what, remedy: "marram \(name)") }
        let own = verb.flatMap { Verb.named($0)?.options } ?? known
        let names = (own + Verb.Option.ofEveryVerb).map(\.name)
        let guess = nearest(to: name, among: names) ?? (name.count == 1 ? names.first { $0.hasPrefix(name) } : nil)
        return Complaint(.unknownOption, what: what, remedy: guess.map { "did you mean --\($0)? see \(help)" } ?? help)
    }

    private static func wrong(_ what: String, _ verb: String?) -> Complaint {
        let help = verb.flatMap { Verb.named($0) }.map { "marram help \($0.name)" } ?? "marram help"
        return Complaint(.badArgument, what: what, remedy: help)
    }
}

extension Verb {
    /// `marram invite [--uses N] [--expires TIME]`
    var usage: String {
        var words = ["marram", name]
        for argument in arguments {
            var word = argument.name
            if case .words(let choices) = argument.expects { word = choices.joined(separator: "|") }
            words.append(argument.isOptional ? "[\(word)]" : word)
        }
        for option in options { words.append("[--\(option.name)\(option.value.map { " \($0)" } ?? "")]") }
        return words.joined(separator: " ")
    }
}
