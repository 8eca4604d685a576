/// Breaks `text` into lines of at most `width` columns, each after `indent` blanks. A word longer than a line keeps a
/// line of its own: paths and tokens are not torn apart.
func wrapped(_ text: String, indent: Int, width: Int = 80) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
        if !line.isEmpty, indent + line.count + 1 + word.count > width {
            lines.append(margin + line)
            line = ""
        }
        line += (line.isEmpty ? "" : " ") + word
    }
    lines.append(margin + line)
    return lines.joined(separator: "\n") + "\n"
}

/// Terms on the left, what they mean on the right, broken where the right side is too long.
func definitions(_ entries: [(term: String, meaning: String)], indent: Int = 2) -> String {
    let widest = entries.map(\.term.count).max() ?? 0
    let column = indent + min(widest, 24) + 2
    var text = ""
    for (term, meaning) in entries {
        let lines = wrapped(meaning, indent: column)
        if indent + term.count + 2 > column {
            text += String(repeating: " ", count: indent) + term + "\n" + lines
        } else {
            let lead = String(repeating: " ", count: indent) + term
            text += lead + lines.dropFirst(lead.count)
        }
    }
    return text
}
