import Testing

@Test(arguments: [
    (#"let a = "b" // c"#, #"let a = " "     "#),
    (#"a /* b /* c */ d */ e"#, #"a                   e"#),
    (##"#"a\"# b"##, ##"#"  "# b"##),
    (#""a\"b" c"#, #""    " c"#),
    (#""a\(b("c") + d)e" f"#, #"" \(b(" ") + d) " f"#),
    ("\"\"\"\n  \"x\" // y\n  \"\"\" z", "\"\"\"\n          \n  \"\"\" z"),
    ("\"open\nlet a = 1", "\"    \nlet a = 1"),
    ("https: //x\ny", "https:    \ny"),
])
func stringsAndCommentsAreBlankedLineForLine(_ text: String, _ code: String) {
    #expect(text.code == code)
}

@Test func stringsStayWhereOnlyCommentsAreBlanked() {
    #expect(#"Verb("a") // Verb("b")"#.withoutComments == #"Verb("a")             "#)
}

@Test func aMatchKnowsItsLineAndItsGroups() {
    let matches = "a\nb = 1\nc = 2".matches(#"^(\w) = (\d)$"#)
    #expect(matches.map(\.line) == [2, 3])
    #expect(matches.map(\.groups) == [["b", "1"], ["c", "2"]])
}
