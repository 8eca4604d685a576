internal import Base
internal import Text

/// Reads a TOML document: the input itself, or, because bytes chosen blindly hardly ever spell a date or two tables
/// that meet, a row of words when it begins with 0xFF, which no text does. Every span must lie inside the text and
/// every complaint must be showable; a valid document, written out again in the plainest form, must mean the same.
func readTOML(_ input: [UInt8]) {
    let bytes = input.first == 0xFF ? input.dropFirst().flatMap { words[Int($0) % words.count].utf8 } : input
    let source = SourceText(path: "fuzz.toml", bytes: bytes)
    let document = TOMLDocument(reading: bytes)
    precondition(document.problems.count <= Limits.diagnostics, "more problems than may be reported")
    for problem in document.problems {
        check(problem.span, within: bytes)
        precondition(source.rendered(problem).split(separator: "\n").count == 3, "a complaint is three lines")
    }
    check(document.root, depth: 0, within: bytes)
    guard document.problems.isEmpty else { return }
    let plain = written(document.root)
    let again = TOMLDocument(reading: Array(plain.utf8))
    precondition(again.problems.isEmpty, "the plain form of a valid document is not valid")
    precondition(written(again.root).utf8.elementsEqual(plain.utf8), "the plain form means something else")
}

private func check(_ span: SourceSpan, within bytes: [UInt8]) {
    precondition(0 <= span.start && span.start <= span.end && span.end <= bytes.count, "a span outside of the text")
}

private func check(_ table: TOMLTable, depth: Int, within bytes: [UInt8]) {
    for entry in table.entries {
        check(entry.key.span, within: bytes)
        check(entry.value, depth: depth + 1, within: bytes)
    }
}

private func check(_ value: TOMLValue, depth: Int, within bytes: [UInt8]) {
    precondition(depth <= Limits.nesting, "a value deeper than the limit")
    check(value.span, within: bytes)
    switch value.kind {
    case .string, .integer, .float, .boolean, .dateTime: break
    case .array(let elements): for element in elements { check(element, depth: depth + 1, within: bytes) }
    case .table(let table): check(table, depth: depth, within: bytes)
    }
}

/// A document with one key a line and all else in brackets and braces.
private func written(_ table: TOMLTable) -> String {
    table.entries.map { written($0.key.text) + " = " + written($0.value) + "\n" }.joined()
}

private func written(_ value: TOMLValue) -> String {
    switch value.kind {
    case .string(let text): written(text)
    case .integer(let number): String(number)
    case .float(let number): number.description
    case .boolean(let truth): String(truth)
    case .dateTime(let dateTime): dateTime.text
    case .array(let elements): "[" + elements.map(written).joined(separator: ", ") + "]"
    case .table(let table):
        "{" + table.entries.map { written($0.key.text) + " = " + written($0.value) }.joined(separator: ", ") + "}"
    }
}

private func written(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
        switch scalar.value {
        case 0x22, 0x5C: "\\" + String(scalar)
        case 0..<0x20, 0x7F: "\\u00" + hexadecimal([UInt8(scalar.value)])
        default: String(scalar)
        }
    }
    return "\"" + escaped.joined() + "\""
}

/// What TOML documents are made of.
private let words = [
    "\n", "\n", " = ", " = ", "a", "a", "b", "c", ".", "[", "]", "[[", "]]", "{", "}", ",", "\"", "'", "\"\"\"", "'''",
    "\\",
    "\\u0061", "\\U0001F600", "\\n", "\\\n", "0x", "0o", "0b", "0", "1", "7", "f", "_", "-", "+", "e", "inf", "nan",
    "true",
    "false", "1979-05-27", "T", "07:32:00", "Z", "+01:00", "#", " ", "\t", "\r\n", "\r", "é", "e\u{301}", "\u{0}",
    "\u{7F}",
    "9223372036854775807", "\"a\"", "'b'", "{}", "[]",
]
