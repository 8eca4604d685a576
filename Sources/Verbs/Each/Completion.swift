internal import Base

extension Verb {
    static let completion = Verb(
        name: "completion",
        summary: "print the completion script for a shell",
        about: [
            """
            The script knows every verb, option and choice of this version. Load it into a running shell, or put it \
            where the shell looks for completions.
            """
        ],
        arguments: [
            Argument(name: "SHELL", summary: "the shell", expects: .words(["bash", "zsh", "fish"]))
        ],
        examples: [
            Example(command: "source <(marram completion bash)", what: "for the running bash"),
            Example(
                command: "marram completion zsh > ~/.zfunc/_marram", what: "for zsh, with ~/.zfunc in fpath"),
            Example(
                command: "marram completion fish > ~/.config/fish/completions/marram.fish", what: "for fish, for good"),
        ],
        run: { errand throws(Complaint) in
            switch errand.argument(0) {
            case "bash": errand.present(text: BashCompletion.script)
            case "zsh": errand.present(text: ZshCompletion.script)
            default: errand.present(text: FishCompletion.script)
            }
            return .done
        })
}
