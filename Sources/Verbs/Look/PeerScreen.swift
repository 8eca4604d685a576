internal import Base
internal import Control

/// The screen of `marram explain peer`: the cause on the first lines, what it rests on, what happened, what others say,
/// what to do.
struct PeerScreen {
    let reply: PeerReply
    let look: Look
    let history: EventLines
    /// When the member came into its state, as a person reads it.
    let since: String

    var text: String {
        let member = reply.member
        var text = "\(look.paint(look.clean(member.name), .strong)) is "
        text += look.paint(look.state(member.state), look.tone(member.state)) + " since \(since)\n"
        let lead = reply.isWell ? "" : "most likely: "
        text += wrapped("\(lead)\(look.clean(reply.what)) (confidence \(reply.confidence.rawValue))", indent: 2)
        text += list("evidence", reply.evidence)
        text += history.text(look)
        text += list("what others see", reply.others)
        for (place, remedy) in reply.remedies.enumerated() {
            text += (place == 0 ? "try   " : "      ") + look.paragraph(remedy, indent: 6)
        }
        return text
    }

    private func list(_ title: String, _ sentences: [String]) -> String {
        guard !sentences.isEmpty else { return "" }
        let mark = look.sign("•", else: "-")
        return "\(title)\n" + sentences.map { "  \(mark) \(look.paragraph($0, indent: 4))" }.joined()
    }
}
