internal import Base
internal import Text

extension Verb {
    static let manual = Verb(
        name: "man",
        summary: "print the manual page of the tool or of a verb",
        about: [
            "Prints the page in roff, as man reads it, or the whole reference in Markdown, as docs/cli.md keeps it."
        ],
        arguments: [
            Argument(name: "VERB", summary: "the verb (default: the tool)", expects: .verb, isOptional: true)
        ],
        options: [Option(name: "markdown", summary: "print the reference of all verbs in Markdown")],
        examples: [
            Example(command: "marram man members | man -l -", what: "read a page"),
            Example(command: "marram man > /usr/local/share/man/man1/marram.1", what: "install one"),
            Example(command: "marram man --markdown > docs/cli.md", what: "bring the reference up to date"),
        ],
        run: { errand throws(Complaint) in
            if errand.invocation["markdown"] != nil {
                errand.present(text: Reference.markdown)
            } else if let name = errand.argument(0) {
                guard let verb = Verb.named(name) else {
                    throw Complaint(.unknownVerb, what: "there is no verb \(quoted(name))")
                }
                errand.present(text: ManualPage.page(of: verb))
            } else {
                errand.present(text: ManualPage.overview)
            }
            return .done
        })
}
