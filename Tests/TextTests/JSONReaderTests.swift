import Base
import Testing
import Text

private func read(_ text: String, atMost limit: Int = 1 << 20) throws(JSONError) -> JSONValue {
    try JSONValue(reading: Array(text.utf8), atMost: limit)
}

private func problem(of text: String) -> JSONError.Problem? {
    do throws(JSONError) {
        _ = try read(text)
        return nil
    } catch {
        return error.problem
    }
}

@Test func everyKindOfValueIsRead() throws {
    let text = #" {"a" : [null, true, false, -7, 4.5, "x", {}, []] , "b":"" } "#
    let value: JSONValue = ["a": [.null, true, false, -7, 4.5, "x", [:], []], "b": ""]
    #expect(try read(text) == value)
}

@Test func membersKeepTheOrderInWhichTheyWereWritten() throws {
    guard case .object(let members) = try read(#"{"z":1,"a":2,"m":3}"#) else { return #expect(Bool(false)) }
    #expect(members.map(\.name) == ["z", "a", "m"])
    #expect(try read(#"{"z":1,"a":2}"#)["a"] == 2)
}

@Test func wholeNumbersOf64BitsKeepTheirLastDigit() throws {
    #expect(try read("9223372036854775807") == .integer(.max))
    #expect(try read("-9223372036854775808") == .integer(.min))
    #expect(problem(of: "9223372036854775808") == .numberOutOfRange)
    #expect(problem(of: "-9223372036854775809") == .numberOutOfRange)
}

@Test func fractionsAreReadToTheNearestDouble() throws {
    #expect(try read("0.1") == .number(0.1))
    #expect(try read("1e3") == .number(1_000))
    #expect(try read("-2.5E-3") == .number(-0.0025))
    #expect(try read("1.7976931348623157e308") == .number(.greatestFiniteMagnitude))
    #expect(problem(of: "1e309") == .numberOutOfRange)
    guard case .number(let zero) = try read("-0") else { return #expect(Bool(false)) }
    #expect(zero == 0 && zero.sign == .minus)
}

@Test(arguments: [
    "01", "-01", "1.", ".5", "+1", "1e", "1e+", "-", "0x1", "1_000", "NaN", "Infinity", "-Infinity", "--1",
])
func whatOnlyLooksLikeANumberIsRefused(_ text: String) {
    #expect(problem(of: text) != nil)
    #expect(problem(of: "[\(text)]") != nil)
}

@Test func everyEscapeIsRead() throws {
    #expect(try read(#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC""#) == "\"\\/\u{8}\u{C}\n\r\tAé€")
    #expect(try read(#""\ud83d\ude80 \uD834\uDD1E""#) == "🚀 𝄞")
    #expect(try read(#""\u0000""#) == "\u{0}")
}

@Test(arguments: [
    #""\ud83d""#, #""\ude80""#, #""\ud83dx""#, #""\ud83d\n""#, #""\ud83d\ud83d""#, #""\ude80\ud83d""#,
])
func halfASurrogatePairIsRefused(_ text: String) {
    #expect(problem(of: text) == .loneSurrogate)
}

@Test(arguments: [#""\x41""#, #""\u12g4""#, #""\u 123""#, #""\U0041""#, #""\'""#])
func anUnknownEscapeIsRefused(_ text: String) {
    #expect(problem(of: text) == .badEscape)
}

@Test func controlCharactersInTextMustBeEscaped() {
    for byte in UInt8(0)..<0x20 {
        #expect(throws: JSONError(.controlCharacterInText, line: 1, column: 3)) {
            try JSONValue(reading: [0x22, 0x61, byte, 0x22], atMost: 10)
        }
    }
}

@Test(arguments: [[0x80], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF]] as [[UInt8]])
func textThatIsNotUTF8IsRefused(_ bytes: [UInt8]) {
    #expect(throws: JSONError(.notUTF8, line: 1, column: 2)) {
        try JSONValue(reading: [0x22] + bytes + [0x22], atMost: 10)
    }
    #expect(throws: JSONError(.notUTF8, line: 1, column: 2)) {
        try JSONValue(reading: [0x22, 0x5C, 0x6E] + bytes + [0x22], atMost: 10)
    }
}

@Test func aNameMayAppearOnlyOnceInAnObject() throws {
    #expect(problem(of: #"{"a":1,"b":2,"a":3}"#) == .duplicateName("a"))
    #expect(problem(of: #"{"a":1,"\u0061":3}"#) == .duplicateName("a"))
    #expect(try read(#"{"a":{"a":1},"b":{"a":2}}"#)["b"]?["a"] == 2)
    // Small objects compare, large ones hash: both sides of that edge, and the edge itself.
    for count in 1...40 {
        let names = (0..<count).map { #""n\#($0)":0"# }.joined(separator: ",")
        #expect(problem(of: "{\(names)}") == nil)
        #expect(problem(of: #"{\#(names),"n0":0}"#) == .duplicateName("n0"))
        #expect(problem(of: #"{\#(names),"n\#(count - 1)":0}"#) == .duplicateName("n\(count - 1)"))
    }
}

@Test func nestingEndsAtItsLimit() {
    func nest(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(problem(of: nest(Limits.nesting)) == nil)
    #expect(problem(of: nest(Limits.nesting + 1)) == .nestedTooDeeply(limit: Limits.nesting))
    #expect(problem(of: String(repeating: #"{"a":"#, count: 100_000)) == .nestedTooDeeply(limit: Limits.nesting))
    // Depth is left again: siblings do not add up.
    #expect(problem(of: "[" + Array(repeating: "[]", count: 100).joined(separator: ",") + "]") == nil)
}

@Test func theLengthOfADocumentEndsAtItsLimit() throws {
    #expect(try read("[1,2]", atMost: 5) == [1, 2])
    #expect(throws: JSONError(.documentTooLong(limit: 4), line: 1, column: 1)) { try read("[1,2]", atMost: 4) }
}

@Test(
    arguments: [
        ("", 1, 1), ("  ", 1, 3), ("[1,\n  2,\n  x]", 3, 3), ("{\"a\" 1}", 1, 6), ("[1 2]", 1, 4), ("[1,]", 1, 4),
        ("{\"a\":1,}", 1, 8), ("{a:1}", 1, 2), ("nul", 1, 4), ("nulx", 1, 4), ("[]x", 1, 3), ("\u{FEFF}[]", 1, 1),
        ("[\"é\",x]", 1, 6), ("{\"a\":1,\n \"a\":2}", 2, 2), ("\"\\ud83d\"", 1, 2),
        ("[1,\r\n99999999999999999999]", 2, 1),
        ("// no\n1", 1, 1), ("'a'", 1, 1),
    ] as [(String, Int, Int)])
func anErrorNamesItsLineAndColumn(_ text: String, _ line: Int, _ column: Int) {
    do throws(JSONError) {
        _ = try read(text)
        Issue.record("\(text) was read")
    } catch {
        #expect(error.line == line && error.column == column, "\(text): \(error)")
    }
}

@Test func anErrorIsASentenceWithItsPlace() {
    #expect(
        JSONError(.duplicateName("a"), line: 2, column: 2).description
            == "2:2: the name \"a\" appears twice in one object")
}

@Test func aDocumentCutAtAnyLengthIsRefused() throws {
    let text = #"{"schema":"marram.members/1","n":[1,-2.5e3,true,null,"\ud83d\ude80é"],"o":{"p":false}}"#
    let bytes = Array(text.utf8)
    _ = try JSONValue(reading: bytes, atMost: bytes.count)
    for length in 0..<bytes.count {
        #expect(throws: JSONError.self, "cut at \(length)") {
            try JSONValue(reading: Array(bytes[..<length]), atMost: bytes.count)
        }
    }
}

@Test func anyByteInAnyPlaceIsReadOrRefusedButNeverATrap() throws {
    let bytes = Array(#"{"a":[1,-2.5e3,"\u00e9\n"],"b":null}"#.utf8)
    var accepted = 0
    for index in bytes.indices {
        for byte in UInt8.min...UInt8.max {
            var changed = bytes
            changed[index] = byte
            guard let value = try? JSONValue(reading: changed, atMost: 100) else { continue }
            accepted += 1
            #expect(try JSONValue(reading: value.encoded(), atMost: 400) == value)
        }
    }
    #expect(accepted > bytes.count)
}
