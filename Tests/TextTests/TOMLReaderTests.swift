import Base
import Testing

@testable import Text

/// Reads `document`, which must be valid, and shows it in one line.
private func shown(_ document: String) -> String {
    let read = TOMLDocument(reading: Array(document.utf8))
    return read.problems.isEmpty ? shown(read.root) : "refused: \(read.problems[0].what)"
}

private func shown(_ table: TOMLTable) -> String {
    "{" + table.entries.map { "\($0.key.text)=\(shown($0.value))" }.joined(separator: " ") + "}"
}

private func shown(_ value: TOMLValue) -> String {
    switch value.kind {
    case .string(let text): text.debugDescription
    case .integer(let number): "\(number)"
    case .float(let number): "\(number)"
    case .boolean(let truth): "\(truth)"
    case .dateTime(let dateTime): "<\(dateTime.text)>"
    case .array(let elements): "[" + elements.map(shown).joined(separator: " ") + "]"
    case .table(let table): shown(table)
    }
}

/// What is wrong with `document`: each problem as `line:column sentence`.
private func problems(_ document: String) -> [String] {
    let source = SourceText(path: "f", text: document)
    return TOMLDocument(reading: source.bytes).problems.map { problem in
        let position = source.position(of: problem.span.start)
        return "\(position.line):\(position.column) \(problem.what)"
    }
}

private let validDocuments: [(document: String, meaning: String)] = [
    ("", "{}"),
    ("# only a comment", "{}"),
    ("\r\n \t\r\n", "{}"),
    ("a=1\nb = 2#x\r\n\tc\t=\t3", "{a=1 b=2 c=3}"),
    ("1234 = 1\n-_- = 2", "{1234=1 -_-=2}"),
    ("'' = 1", "{=1}"),
    (#""a.b" = 1"# + "\na.b = 2", "{a.b=1 a={b=2}}"),
    (#"3.14 = "pi""#, #"{3={14="pi"}}"#),
    ("a . 'b' .\t\"c\" = 1\na.d = 2", "{a={b={c=1} d=2}}"),
    // To TOML these are two keys, although Swift's String finds them equal.
    ("'e\u{301}' = 1\n'\u{e9}' = 2", "{e\u{301}=1 \u{e9}=2}"),
    ("a = +0\nb = -0\nc = -17\nd = 1_0_0", "{a=0 b=0 c=-17 d=100}"),
    ("a = 0xDEAD_beef\nb = 0o755\nc = 0b1101\nd = 0x00", "{a=3735928559 b=493 c=13 d=0}"),
    ("a = 9223372036854775807\nb = -9223372036854775808", "{a=9223372036854775807 b=-9223372036854775808}"),
    (
        "a = 1.5\nb = -0.0\nc = 5e+22\nd = 6.626e-34\ne = 1E06\nf = 9_2.1_2",
        "{a=1.5 b=-0.0 c=5e+22 d=6.626e-34 e=1000000.0 f=92.12}"
    ),
    ("a = inf\nb = -inf\nc = nan\nd = +inf\ne = 1e400", "{a=inf b=-inf c=nan d=inf e=inf}"),
    ("a = true\nb = false", "{a=true b=false}"),
    (
        "a = 1979-05-27T07:32:00Z\nb = 1979-05-27 07:32:00.999-07:00\nc = 1979-05-27t07:32:00",
        "{a=<1979-05-27T07:32:00Z> b=<1979-05-27 07:32:00.999-07:00> c=<1979-05-27t07:32:00>}"
    ),
    ("a = 1979-05-27 # a day\nb = 07:32:00.5", "{a=<1979-05-27> b=<07:32:00.5>}"),
    ("a = [1979-05-27 ,2000-02-29]", "{a=[<1979-05-27> <2000-02-29>]}"),
    (#"a = "\b\t\n\f\r\"\\\u00e9\U0001F600""#, #"{a="\u{08}\t\n\u{0C}\r\"\\é😀"}"#),
    ("a = \"tab\there\"", #"{a="tab\there"}"#),
    (#"a = 'C:\x'"#, #"{a="C:\\x"}"#),
    ("a = \"\"\"\none\r\ntwo\"\"\"", #"{a="one\ntwo"}"#),
    ("a = \"\"\"\"quoted\"\"\"\"\"", #"{a="\"quoted\"\""}"#),
    ("a = \"\"\"x \\  \n\n   y\\\n\"\"\"", #"{a="x y"}"#),
    ("a = '''\nno \\escape ''here'''''", #"{a="no \\escape \'\'here\'\'"}"#),
    ("a = ''''''\nb = \"\"\"\"\"\"", #"{a="" b=""}"#),
    ("a = [ 1, 'x', [], { b = 2 } , ]", #"{a=[1 "x" [] {b=2}]}"#),
    ("a = [ # one\n 1 # two\n , # three\n\n 2 ]", "{a=[1 2]}"),
    ("a = {}\nb = { }\nc = { d.e = 1, d.f = [\n1\n] }", "{a={} b={} c={d={e=1 f=[1]}}}"),
    ("[a]\n[b]\n x = 1", "{a={} b={x=1}}"),
    ("[ a . b ]\nx=1\n[a]\ny=2", "{a={b={x=1} y=2}}"),
    ("[[a]]\nx=1\n[a.b]\ny=2\n[[a]]\n[[a.c]]\n[[a.c]]", "{a=[{x=1 b={y=2}} {c=[{} {}]}]}"),
    ("a.b = 1\n[a.c]\nx = 2", "{a={b=1 c={x=2}}}"),
    ("[a.b.c]\n[a]\nb.x = 1", "{a={b={c={} x=1}}}"),
    ("[b]\n[a.x]\n[a]", "{b={} a={x={}}}"),
]

@Test(arguments: validDocuments)
func aValidDocumentMeansThis(document: String, meaning: String) {
    #expect(shown(document) == meaning)
}

private let invalidDocuments: [(document: String, problem: String)] = [
    ("a", "1:2 there is no = behind the key"),
    ("a =", "1:4 a value is expected here"),
    ("a = # none", "1:5 a value is expected here"),
    ("= 1", "1:1 a key is expected here"),
    ("a. = 1", "1:4 a key is expected here"),
    ("\u{e9} = 1", "1:1 a key is expected here"),
    ("a\nb = 1", "1:2 there is no = behind the key"),
    ("\"\"\"a\"\"\" = 1", "1:3 there is no = behind the key"),
    ("a = 1 b = 2", "1:7 nothing more may stand on this line"),
    ("[a] b = 1", "1:5 nothing more may stand on this line"),
    ("a = 1\rb = 2", "1:6 nothing more may stand on this line"),
    ("# a\u{0}", "1:4 a control character (U+0000) may not stand here"),
    ("# a\rb", "1:4 a control character (U+000D) may not stand here"),
    ("\u{FEFF}a = 1", "1:1 the file begins with a byte order mark, which TOML does not allow"),
    ("a = 01", "1:5 01 begins with a zero"),
    ("a = 1__0", "1:5 1__0 is not a number"),
    ("a = 1_", "1:5 1_ is not a number"),
    ("a = +0x1", "1:5 +0x1 is not a number"),
    ("a = 0x", "1:5 0x is not a number"),
    ("a = 0xg", "1:5 0xg is not a number"),
    ("a = 9223372036854775808", "1:5 9223372036854775808 does not fit into 64 bits"),
    ("a = 0x8000000000000000", "1:5 0x8000000000000000 does not fit into 64 bits"),
    ("a = 1.", "1:5 1. is not a number"),
    ("a = .5", "1:5 .5 is not a number"),
    ("a = 1.e5", "1:5 1.e5 is not a number"),
    ("a = 03.5", "1:5 03.5 begins with a zero"),
    ("a = 1e", "1:5 1e is not a number"),
    ("a = True", "1:5 True is not a value"),
    ("a = /var/lib", "1:5 /var/lib is not a value"),
    ("a = 1979-02-29", "1:5 1979-02-29 is not a date or time"),
    ("a = 1900-02-29", "1:5 1900-02-29 is not a date or time"),
    ("a = 1979-05-27T25:00:00", "1:5 1979-05-27T25:00:00 is not a date or time"),
    ("a = 1979-05-27T07:32", "1:5 1979-05-27T07:32 is not a date or time"),
    ("a = 1979-05-27T07:32:00.", "1:5 1979-05-27T07:32:00. is not a date or time"),
    ("a = 1979-05-27T07:32:00+24:00", "1:5 1979-05-27T07:32:00+24:00 is not a date or time"),
    ("a = 12:00:60", "1:5 12:00:60 is not a date or time"),
    ("a = \"x", "1:5 the text's closing quote is missing"),
    ("a = 'x\nb = 1", "1:5 the text's closing quote is missing"),
    (#"a = "\x41""#, "1:6 there is no such escape"),
    (#"a = "\é""#, "1:6 there is no such escape"),
    (#"a = "\uD800""#, "1:6 no character has this number"),
    (#"a = "\u12""#, "1:6 4 hexadecimal digits are expected in this escape"),
    ("a = \"\u{7F}\"", "1:6 a control character (U+007F) may not stand here"),
    ("a = \"\"\"x", "1:5 this text is never closed"),
    ("a = \"\"\"x\\ y\"\"\"", "1:9 only a line end may follow a backslash and a blank"),
    ("a = \"\"\"\"\"\"\"\"\"", "1:13 nothing more may stand on this line"),
    ("a = [1 2]", "1:8 a comma or the array's ] is expected here"),
    ("a = [,1]", "1:6 a value is expected here"),
    ("a = [1", "1:5 this array is never closed"),
    ("a = [1\nb = 2", "1:5 this array is never closed"),
    ("a = [1,\nb = 2", "1:5 this array is never closed"),
    ("a = { b = 1, }", "1:14 a comma may not stand before }"),
    ("a = { b = 1 c = 2 }", "1:13 a comma or the table's } is expected here"),
    ("a = {\nb = 1\n}", "1:6 an inline table must end on the line on which it begins"),
    ("a = { b = 1", "1:12 an inline table must end on the line on which it begins"),
    ("a = { b = 1, b = 2 }", "1:14 key \"b\" is given twice"),
    ("[a", "1:3 a table's header ends with a bracket ]"),
    ("[]", "1:2 a key is expected here"),
    ("[[a]", "1:5 a table's header ends with two brackets ]]"),
    ("[[a] ]", "1:5 a table's header ends with two brackets ]]"),
    ("[ [a]]", "1:3 a key is expected here"),
    // Definitions that meet.
    ("a = 1\na = 2", "2:1 key \"a\" is given twice"),
    ("a = 1\n\"\\u0061\" = 2", "2:1 key \"a\" is given twice"),
    ("[a]\n[a]", "2:2 table \"a\" is defined twice"),
    ("a = 1\n[a]", "2:2 table \"a\" is defined twice"),
    ("a = 1\n[[a]]", "2:3 table \"a\" is defined twice"),
    ("a = []\n[[a]]", "2:3 table \"a\" is defined twice"),
    ("[a]\n[[a]]", "2:3 table \"a\" is defined twice"),
    ("[[a]]\n[a]", "2:2 table \"a\" is defined twice"),
    ("[a.b]\n[[a]]", "2:3 table \"a\" is defined twice"),
    ("a.b = 1\n[a]", "2:2 table \"a\" is defined twice"),
    ("[a.b]\n[a]\nb = 1", "3:1 key \"b\" is given twice"),
    ("[a]\nb = 1\n[a.b]", "3:4 table \"b\" is defined twice"),
    ("a = 1\na.b = 2", "2:1 \"a\" is complete and cannot be added to"),
    ("a = {}\na.b = 2", "2:1 \"a\" is complete and cannot be added to"),
    ("a = {}\n[a.b]", "2:2 \"a\" is complete and cannot be added to"),
    ("a = [{}]\n[a.b]", "2:2 \"a\" is complete and cannot be added to"),
    ("a = { b = {}, b.c = 1 }", "1:15 \"b\" is complete and cannot be added to"),
    ("[a.b.c]\nz = 9\n[a]\nb.c.t = 1", "4:3 \"c\" is complete and cannot be added to"),
    ("[[a.b]]\n[a]\nb.y = 2", "3:1 \"b\" is complete and cannot be added to"),
]

@Test(arguments: invalidDocuments)
func anInvalidDocumentIsRefusedWithOneSentence(document: String, problem: String) {
    #expect(problems(document) == [problem])
}

@Test func bytesThatAreNotUTF8AreRefusedWhereTheyStand() {
    let read = TOMLDocument(reading: Array("a = 1\nb = '".utf8) + [0xC3, 0x28] + Array("'".utf8))
    #expect(read.problems.map(\.what) == ["the file is not UTF-8 from here on"])
    #expect(read.problems[0].span.start == 11)
}

@Test func everyMistakeIsReportedOnceAndReadingGoesOn() {
    let document = """
        a = 1
        b = yes
        c = [
            1,
            two,
            3,
        ]
        d = 4
        e = { x = 1,
            y = 2
        }
        f = [1, 2
        g = 5
        [h
        a = "not the a above"
        [i]
        j = \"\"\"
            \\q and more
            k = 6
        \"\"\"
        l = 7
        a = 9
        a = 8
        """
    #expect(
        problems(document) == [
            "2:5 yes is not a value", "5:5 two is not a value",
            "9:13 an inline table must end on the line on which it begins", "12:5 this array is never closed",
            "14:3 a table's header ends with a bracket ]", "18:5 there is no such escape",
            "23:1 key \"a\" is given twice",
        ])
    #expect(shown(TOMLDocument(reading: Array(document.utf8)).root) == "{a=1 d=4 g=5 i={l=7 a=9}}")
}

@Test func aTableDefinedTwiceIsReadOnSoThatItsKeysAreChecked() {
    #expect(
        problems("[a]\nx = 1\n[a]\nx = 2\ny = ?") == [
            "3:2 table \"a\" is defined twice", "4:1 key \"x\" is given twice", "5:5 ? is not a value",
        ])
}

@Test func everySpanCoversWhatWasWritten() throws {
    let text = "é.'b' = [ \"x\", { y = 1 } ] # end\n[ t ]\n"
    let source = SourceText(path: "f", text: text.replacing("é", with: "\"é\""))
    let root = TOMLDocument(reading: source.bytes).root
    func written(_ span: SourceSpan) -> String { String(decoding: source.bytes[span.start..<span.end], as: UTF8.self) }
    #expect(root.entries.map { written($0.key.span) } == ["\"é\"", "t"])
    #expect(root.entries.map { written($0.value.span) } == ["\"é\"", "[ t ]"])
    guard case .table(let inner) = root.entries[0].value.kind, case .array(let elements) = inner.entries[0].value.kind
    else {
        Issue.record("the document reads otherwise")
        return
    }
    #expect(elements.map { written($0.span) } == ["\"x\"", "{ y = 1 }"])
}

/// Each way of going one level deeper, `count` times.
private let ladders: [@Sendable (Int) -> String] = [
    { "a = " + String(repeating: "[", count: $0) + String(repeating: "]", count: $0) + "\n" },
    { "a = " + String(repeating: "{a=", count: $0 - 1) + "1" + String(repeating: "}", count: $0 - 1) },
    { Array(repeating: "a", count: $0).joined(separator: ".") + " = 1" },
    { "[" + Array(repeating: "a", count: $0).joined(separator: ".") + "]" },
    { "[" + Array(repeating: "a", count: $0 - 2).joined(separator: ".") + "]\nb.c = 1" },
    { "[[" + Array(repeating: "a", count: $0 - 1).joined(separator: ".") + "]]" },
]

@Test(arguments: ladders.indices) func nestingEndsAtItsLimit(ladder: Int) {
    #expect(problems(ladders[ladder](Limits.nesting)) == [])
    let tooDeep = TOMLDocument(reading: Array(ladders[ladder](Limits.nesting + 1).utf8)).problems
    #expect(tooDeep.map(\.code) == [.documentTooLarge])
    #expect(!TOMLDocument(reading: Array(ladders[ladder](100_000).utf8)).problems.isEmpty)
}

@Test func aDocumentEndsAtItsLimit() {
    let full = [UInt8](repeating: UInt8(ascii: "\n"), count: Limits.configurationBytes)
    #expect(TOMLDocument(reading: full).problems.isEmpty)
    #expect(TOMLDocument(reading: full + [UInt8(ascii: "\n")]).problems.map(\.code) == [.documentTooLarge])
}

@Test func reportingEndsAtItsLimit() {
    #expect(problems(String(repeating: "?\n", count: Limits.diagnostics)).count == Limits.diagnostics)
    #expect(problems(String(repeating: "?\n", count: Limits.diagnostics + 1)).count == Limits.diagnostics)
}
