import Base
import Testing

@testable import Text

private func rendered(_ text: String, _ span: Range<Int>, hint: String? = nil) -> String {
    let source = SourceText(path: "/etc/marram/marram.toml", text: text)
    let span = SourceSpan(start: span.lowerBound, end: span.upperBound)
    return source.rendered(Diagnostic(.unknownKey, at: span, "unknown key", hint: hint))
}

/// The line of the source and the line with the caret.
private func picture(_ text: String, _ span: Range<Int>) -> [Substring] {
    rendered(text, span).split(separator: "\n").dropFirst().map { $0.dropFirst(8) }
}

@Test func aDiagnosticShowsPlaceLineAndCaret() {
    let text = String(repeating: "\n", count: 13) + "probe_intervall = \"1s\"\r\nnext = 1"
    #expect(
        rendered(text, 13..<28, hint: "did you mean \"probe_interval\"?") == """
            /etc/marram/marram.toml:14:1: error M1103: unknown key
               14 | probe_intervall = "1s"
                  | ^^^^^^^^^^^^^^^ did you mean "probe_interval"?
            """)
}

@Test func columnsCountCharactersAndTabsAsOne() {
    let source = SourceText(path: "f", text: "\té👩‍👩‍👧\u{65}\u{301}x\n\ny")
    #expect(source.position(of: 0) == SourcePosition(line: 1, column: 1))
    #expect(source.position(of: source.bytes.count - 4) == SourcePosition(line: 1, column: 5))
    #expect(source.position(of: source.bytes.count - 1) == SourcePosition(line: 3, column: 1))
    #expect(source.position(of: source.bytes.count) == SourcePosition(line: 3, column: 2))
}

@Test func wideCharactersAndTabsDoNotMisplaceTheCaret() {
    let chinese = "名前 = 店"
    #expect(picture(chinese, 9..<12) == ["名前 = 店", "       ^^"])
    #expect(picture("\ta = 😀x", 9..<10) == ["    a = 😀x", "          ^"])
    #expect(picture("e\u{301} = ✔\u{FE0F}?", 12..<13) == ["e\u{301} = ✔\u{FE0F}?", "      ^"])
    #expect(picture("한글=ﾊ?", 10..<11) == ["한글=ﾊ?", "      ^"])
}

@Test func whatCouldDriveATerminalIsNotPrinted() {
    #expect(picture("a = \u{1B}[2J\u{202E}x", 11..<12) == ["a = \u{FFFD}[2J\u{FFFD}x", "         ^"])
    #expect(quoted("a\u{1B}[0m\nb") == "\"a\u{FFFD}[0m\u{FFFD}b\"")
    #expect(quoted(String(repeating: "x", count: 41)) == "\"" + String(repeating: "x", count: 39) + "…\"")
    #expect(quoted(String(repeating: "x", count: 40)) == "\"" + String(repeating: "x", count: 40) + "\"")
}

@Test func aSpanOverSeveralLinesIsUnderlinedOnTheFirst() {
    #expect(picture("a = [1,\n2]", 4..<10) == ["a = [1,", "    ^^^"])
    #expect(picture("a =\n", 3..<3) == ["a =", "   ^"])
}

@Test func aLongLineIsCutAroundThePlace() {
    let long = String(repeating: "a", count: 500) + "HERE" + String(repeating: "b", count: 500)
    let lines = picture(long, 500..<504)
    #expect(lines[0] == "…" + String(repeating: "a", count: 49) + "HERE" + String(repeating: "b", count: 49) + "…")
    #expect(lines[1] == String(repeating: " ", count: 50) + "^^^^")
}

@Test func aSlipIsRecognised() {
    let words = ["interval", "fanout", "suspect_after", "unreachable_after", "site"]
    #expect(nearest(to: "intervall", among: words) == "interval")
    #expect(nearest(to: "intevral", among: words) == "interval")
    #expect(nearest(to: "fan_out", among: words) == "fanout")
    #expect(nearest(to: "suspekt_aftre", among: words) == "suspect_after")
    #expect(nearest(to: "sit", among: words) == "site")
    #expect(nearest(to: "elephant", among: words) == nil)
    #expect(nearest(to: "xxte", among: words) == "site")
    #expect(nearest(to: "", among: words) == nil)
    #expect(nearest(to: String(repeating: "x", count: 1_000_000), among: words) == nil)
}

@Test func slipsAreCountedAsDamerauDoes() {
    func distance(_ left: String, _ right: String) -> Int? {
        editDistance(Array(left.utf8), Array(right.utf8), atMost: 9)
    }
    #expect(distance("", "") == 0)
    #expect(distance("abc", "") == 3)
    #expect(distance("ab", "ba") == 1)
    #expect(distance("kitten", "sitting") == 3)
    #expect(distance("ca", "abc") == 3)
}
