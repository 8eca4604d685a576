internal import Base
internal import Control
internal import Text

/// The tool, from its words to its exit code.
package func runTool(_ words: [String], in world: World) -> ExitCode {
    var node: String?
    do throws(Complaint) {
        let invocation = try Invocation(parsing: words)
        var errand = try Errand(invocation, in: world)
        let code: ExitCode
        do throws(Complaint) {
            code = try invocation.verb.run(&errand)
        } catch {
            node = errand.node
            throw error
        }
        try world.writeOutput(errand.output)
        return code
    } catch {
        report(error, from: node, of: words, in: world)
        return ExitCode(for: error.code)
    }
}

/// An error goes to standard error for people, and to standard output as JSON when JSON was asked for, so that a script
/// always reads one document. The command line may be the very thing that is wrong: its words are searched, not parsed.
private func report(_ complaint: Complaint, from node: String?, of words: [String], in world: World) {
    let look = Look(
        isTerminal: world.narrationIsTerminal, environment: world.environment,
        noColour: words.contains("--no-color"), ascii: words.contains("--ascii"))
    world.writeNarration(look.lines(complaint))

    let spellings: Set<String> = ["--json", "-ojson", "--output=json"]
    let pairs = zip(words, words.dropFirst())
    let wantsJSON =
        words.contains { spellings.contains($0) }
        || pairs.contains { ($0 == "-o" || $0 == "--output") && $1 == "json" }
    guard wantsJSON else { return }
    let envelope = Envelope(node: node, at: world.now(), reply: .failure(complaint))
    // When standard output is what failed, the exit code and the words on standard error have to do.
    try? world.writeOutput(String(decoding: envelope.json.encoded(ascii: look.ascii), as: UTF8.self) + "\n")
}
