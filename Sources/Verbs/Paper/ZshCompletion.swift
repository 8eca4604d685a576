/// Completion for zsh, in terms of its own `_arguments`, so that it shows what each verb and option is for.
enum ZshCompletion {
    static var script: String {
        """
        #compdef marram
        # zsh completion for marram; printed by: marram completion zsh
        _marram_verbs() {
            local -a verbs
            verbs=(
        \(Verb.all.map { "        \(quoted("\($0.name):\($0.summary)"))" }.joined(separator: "\n"))
            )
            _describe -t verbs 'verb' verbs
        }

        _marram() {
            local -a every
            every=(
        \(Verb.Option.ofEveryVerb.flatMap { lines($0) }.map { "        \($0)" }.joined(separator: "\n"))
            )
            local curcontext=$curcontext state line
            typeset -A opt_args
            _arguments -C -s $every '1: :_marram_verbs' '*:: :->rest' && return
            [[ $state == rest ]] || return
            case $line[1] in
        \(Verb.all.map { branch($0) }.joined(separator: "\n"))
            esac
        }

        if [[ $funcstack[1] == _marram ]]; then _marram "$@"; else compdef _marram marram; fi

        """
    }

    private static func branch(_ verb: Verb) -> String {
        let arguments = verb.arguments.map { argument in
            quoted(":\(bare(argument.name)):\(action(argument.expects))")
        }
        let words = ["$every"] + verb.options.flatMap { lines($0) } + arguments
        return "        \(verb.name)) _arguments -s \(words.joined(separator: " ")) ;;"
    }

    private static func lines(_ option: Verb.Option) -> [String] {
        let value = option.value.map { ":\(bare($0)):\(action(option.expects))" } ?? ""
        let explanation = "[\(bare(option.summary))]"
        let long = quoted("--\(option.name)\(option.value == nil ? "" : "=")\(explanation)\(value)")
        guard let letter = option.letter else { return [long] }
        return [quoted("-\(letter)\(option.value == nil ? "" : "+")\(explanation)\(value)"), long]
    }

    private static func action(_ expected: Verb.Expectation) -> String {
        switch expected {
        case .anything: " "
        case .file: "_files"
        case .directory: "_files -/"
        case .words(let words): "(\(words.joined(separator: " ")))"
        case .verb: "_marram_verbs"
        }
    }

    /// `_arguments` gives brackets and colons a meaning.
    private static func bare(_ text: String) -> String {
        text.map { "[]:\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    /// In single quotes, in which only the quote itself is special.
    private static func quoted(_ text: String) -> String {
        "'" + text.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
    }
}
