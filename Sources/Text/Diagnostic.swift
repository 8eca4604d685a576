package import Base

/// Something wrong at a place of a text that a person wrote: the code, one sentence, and where it helps, what to write
/// instead. It knows only the stretch of bytes it speaks of; with the text at hand it is shown as
///
///     /etc/marram/marram.toml:14:1: error M1103: unknown key "probe_intervall" in [gossip]
///        14 | probe_intervall = "1s"
///           | ^^^^^^^^^^^^^^^ did you mean "probe_interval"?
///
/// which editors and build tools understand as a place to jump to.
package struct Diagnostic: Error, Hashable, Sendable {
    package var code: Code
    package var span: SourceSpan
    package var what: String
    package var hint: String?

    package init(_ code: Code, at span: SourceSpan, _ what: String, hint: String? = nil) {
        self.code = code
        self.span = span
        self.what = what
        self.hint = hint
    }
}

extension SourceText {
    /// The three lines of a diagnostic, without a final line end; `calling` it an error or a warning.
    package func rendered(_ diagnostic: Diagnostic, calling it: String = "error") -> String {
        let position = position(of: diagnostic.span.start)
        let content = content(ofLine: position.line)
        // A span that runs over several lines is underlined on its first.
        let start = min(max(diagnostic.span.start, content.lowerBound), content.upperBound)
        let end = min(max(diagnostic.span.end, start), content.upperBound)

        // A line may be as long as the file; only what is near the place can be shown.
        let near = 1_024
        var before = DisplayText(bytes[max(content.lowerBound, start - near)..<start])
        var marked = DisplayText(bytes[start..<min(end, start + near)])
        var after = DisplayText(bytes[end..<min(content.upperBound, end + near)])
        if before.cells + marked.cells + after.cells > DisplayText.widestLine {
            before.keepEnd()
            marked.keepStart()
            after.keepStart()
        }

        let number = String(position.line)
        let gutter = String(repeating: " ", count: max(0, 5 - number.count)) + number
        let margin = String(repeating: " ", count: gutter.count)
        let indent = String(repeating: " ", count: before.cells)
        let carets = String(repeating: "^", count: max(1, marked.cells))
        let hint = diagnostic.hint.map { " " + $0 } ?? ""
        let place = "\(printable(path)):\(position.line):\(position.column)"
        return """
            \(place): \(it) \(diagnostic.code): \(diagnostic.what)
            \(gutter) | \(before.text)\(marked.text)\(after.text)
            \(margin) | \(indent)\(carets)\(hint)
            """
    }
}
