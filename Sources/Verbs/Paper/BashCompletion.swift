/// Completion for bash 4 and later, without the bash-completion package: the script counts the words that are neither
/// options nor their values, and so knows the verb and the place of the argument in hand.
enum BashCompletion {
    static var script: String {
        """
        # bash completion for marram; printed by: marram completion bash
        _marram() {
            local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
            local verb= place=0 index words=
            COMPREPLY=()
            for ((index = 1; index < COMP_CWORD; index++)); do
                case ${COMP_WORDS[index]} in
                    \(valued.joined(separator: "|"))) ((++index)) ;;
                    -*) ;;
                    *) if [[ -z $verb ]]; then verb=${COMP_WORDS[index]}; else ((++place)); fi ;;
                esac
            done
            case $previous in
        \(values)
            esac
            if [[ $word == -* ]]; then
                words="\(spellings(Verb.Option.ofEveryVerb))"
                case $verb in
        \(options)
                esac
            elif [[ -z $verb ]]; then
                words="\(verbs)"
            else
                case $verb:$place in
        \(arguments)
                esac
            fi
            COMPREPLY=($(compgen -W "$words" -- "$word"))
        }
        complete -F _marram marram

        """
    }

    static let verbs = Verb.all.map(\.name).joined(separator: " ")

    private static let valued = Invocation.known.filter { $0.value != nil }.flatMap { allSpellings($0) }

    private static func allSpellings(_ option: Verb.Option) -> [String] {
        (option.letter.map { ["-\($0)"] } ?? []) + ["--\(option.name)"]
    }

    private static func spellings(_ options: [Verb.Option]) -> String {
        options.flatMap { allSpellings($0) }.joined(separator: " ")
    }

    /// What follows an option that takes a value.
    private static var values: String {
        var seen: Set<String> = []
        let branches = Invocation.known.compactMap { option -> String? in
            guard option.value != nil, seen.insert(option.name).inserted else { return nil }
            let pattern = allSpellings(option).joined(separator: "|")
            return "        \(pattern)) \(action(option.expects) ?? "return") ;;"
        }
        return branches.joined(separator: "\n")
    }

    private static var options: String {
        Verb.all.filter { !$0.options.isEmpty }.map {
            "            \($0.name)) words+=\" \(spellings($0.options))\" ;;"
        }.joined(separator: "\n")
    }

    private static var arguments: String {
        let branches = Verb.all.flatMap { verb in
            verb.arguments.enumerated().compactMap { place, argument in
                action(argument.expects).map { "            \(verb.name):\(place)) \($0) ;;" }
            }
        }
        return branches.joined(separator: "\n")
    }

    /// What bash does for what is expected; nil when nobody but the person can know.
    private static func action(_ expected: Verb.Expectation) -> String? {
        switch expected {
        case .anything: nil
        case .file: "compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$word\")); return"
        case .directory: "compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- \"$word\")); return"
        case .words(let words): "COMPREPLY=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$word\")); return"
        case .verb: "COMPREPLY=($(compgen -W \"\(verbs)\" -- \"$word\")); return"
        }
    }
}
