internal import Base
internal import Control
internal import Text

extension Verb {
    static let help = Verb(
        name: "help",
        summary: "explain a verb or an error code",
        about: [
            """
            Without a topic, lists the verbs. With a verb's name, explains it; with a code such as M1301, says what is \
            wrong, why it happens and what to do. marram help codes lists every code.
            """
        ],
        arguments: [
            Argument(name: "TOPIC", summary: "a verb, an error code, or codes", expects: .verb, isOptional: true)
        ],
        examples: [
            Example(command: "marram help invite", what: "everything about one verb"),
            Example(command: "marram help M1306", what: "what an error means"),
        ],
        run: { errand throws(Complaint) in
            guard let topic = errand.argument(0) else {
                errand.present(text: HelpText.overview)
                return .done
            }
            if let verb = Verb.named(topic) {
                errand.present(text: HelpText.page(of: verb))
            } else if topic == "codes" {
                present(Code.all, &errand) { HelpText.list(of: $0) }
            } else if let code = Code.named(topic) {
                present([code], &errand) { $0.map { HelpText.explanation(of: $0) }.joined() }
            } else if looksLikeACode(topic) {
                throw Complaint(.unknownCode, what: "there is no error code \(quoted(topic))")
            } else {
                throw try unknownTopic(topic)
            }
            return .done
        })

    private static func looksLikeACode(_ topic: String) -> Bool {
        topic.drop { $0 == "M" || $0 == "m" }.allSatisfy(\.isNumber) && topic.contains(where: \.isNumber)
    }

    /// The same words as for the verb itself, because that is what was meant.
    private static func unknownTopic(_ topic: String) throws(Complaint) -> Complaint {
        let guess = nearest(to: topic, among: Verb.all.map(\.name)).map { "marram help \($0)" }
        return Complaint(
            .unknownVerb, what: "there is no verb \(quoted(topic))", remedy: guess ?? Code.unknownVerb.remedy)
    }

    private static func present(_ codes: [Code], _ errand: inout Errand, _ text: ([Code]) -> String) {
        let data = codes.map { code -> JSONValue in
            [
                "code": .text("\(code)"), "title": .text(code.title), "because": .text(code.because),
                "try": .text(code.remedy),
            ]
        }
        errand.present(schema: "marram.codes/1", .array(data)) { look in
            text(codes).split(separator: "\n", omittingEmptySubsequences: false).map { look.clean(String($0)) }
                .joined(separator: "\n")
        }
    }
}
