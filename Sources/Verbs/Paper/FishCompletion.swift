/// Completion for fish: one `complete` line for each thing that can be said, with what it means.
enum FishCompletion {
    static var script: String {
        var lines = [
            "# fish completion for marram; printed by: marram completion fish",
            function,
            "complete -c marram -f",
        ]
        for verb in Verb.all {
            lines.append("complete -c marram -n 'not __marram_verb' -a \(verb.name) -d \(quoted(verb.summary))")
        }
        for option in Verb.Option.ofEveryVerb { lines.append("complete -c marram" + words(option)) }
        for verb in Verb.all {
            for option in verb.options {
                lines.append("complete -c marram -n '__marram_verb \(verb.name)'" + words(option))
            }
            for (place, argument) in verb.arguments.enumerated() {
                guard let action = action(argument.expects) else { continue }
                let condition = "__marram_verb \(verb.name) \(place)"
                lines.append("complete -c marram -n '\(condition)' \(action) -d \(quoted(argument.summary))")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Whether a verb stands on the line; whether it is this one; whether the argument in hand is at this place.
    private static let function = """
        function __marram_verb
            set -l words (commandline -opc)
            set -l plain
            set -l skip 0
            for word in $words[2..-1]
                if test $skip = 1
                    set skip 0
                    continue
                end
                switch $word
                    case \(valued)
                        set skip 1
                    case '-*'
                    case '*'
                        set -a plain $word
                end
            end
            test (count $plain) -gt 0; or return 1
            set -q argv[1]; or return 0
            test $plain[1] = $argv[1]; or return 1
            set -q argv[2]; or return 0
            test (math (count $plain) - 1) = $argv[2]
        end
        """

    private static let valued = Invocation.known.filter { $0.value != nil }
        .flatMap { option in (option.letter.map { ["-\($0)"] } ?? []) + ["--\(option.name)"] }
        .joined(separator: " ")

    private static func words(_ option: Verb.Option) -> String {
        var words = (option.letter.map { " -s \($0)" } ?? "") + " -l \(option.name)"
        // `-x` would rule files out, which is what `-F` is for.
        if option.value != nil { words += option.expects == .file ? " -r" : " -x" }
        if let action = action(option.expects) { words += " \(action)" }
        return words + " -d \(quoted(option.summary))"
    }

    private static func action(_ expected: Verb.Expectation) -> String? {
        switch expected {
        case .anything: nil
        case .file: "-F"
        case .directory: "-a '(__fish_complete_directories)'"
        case .words(let words): "-a \(quoted(words.joined(separator: " ")))"
        case .verb: "-a \(quoted(BashCompletion.verbs))"
        }
    }

    /// In single quotes, in which only the quote itself and the backslash are special.
    private static func quoted(_ text: String) -> String {
        "'" + text.map { "'\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "'"
    }
}
