import Base
import Testing
import Text

@Test func aValueIsWrittenAsOneLineInTheOrderGiven() {
    let value: JSONValue = ["z": [1, -2, 4.5, true, .null], "a": ["deep": "x"], "empty": [:], "none": []]
    #expect(value.description == #"{"z":[1,-2,4.5,true,null],"a":{"deep":"x"},"empty":{},"none":[]}"#)
}

@Test func quotesAndControlCharactersAreEscaped() {
    #expect(JSONValue.text("\"\\/\u{8}\u{C}\n\r\t").description == #""\"\\/\b\f\n\r\t""#)
    #expect(JSONValue.text("\u{0}\u{1B}[2J\u{1F}").description == #""\u0000\u001b[2J\u001f""#)
    #expect(
        JSONValue.text("\u{7E}\u{7F}\u{80}\u{9B}\u{9F}\u{A0}").description == "\"~\\u007f\\u0080\\u009b\\u009f\u{A0}\"")
    let names: JSONValue = ["a\n": 1]
    #expect(names.description == #"{"a\n":1}"#)
}

@Test func beyondASCIITextIsUTF8OrEscapedOnRequest() {
    let value = JSONValue.text("é€🚀")
    #expect(value.encoded() == Array("\"é€🚀\"".utf8))
    #expect(String(decoding: value.encoded(ascii: true), as: UTF8.self) == #""\u00e9\u20ac\ud83d\ude80""#)
}

@Test func numbersAreWrittenSoThatTheyReadBackAsThemselves() throws {
    let doubles: [Double] = [
        0, -0.0, 0.1, 4.2, 1e20, 1e-7, 123_456_789.125, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .pi,
    ]
    for double in doubles {
        let bytes = JSONValue.number(double).encoded()
        guard case .number(let back) = try JSONValue(reading: bytes, atMost: 100) else { return #expect(Bool(false)) }
        #expect(back.bitPattern == double.bitPattern)
    }
    for whole in [Int64.min, -1, 0, 1, .max] {
        #expect(try JSONValue(reading: JSONValue.integer(whole).encoded(), atMost: 100) == .integer(whole))
    }
}

@Test func anyValueReadsBackAsItself() throws {
    var random = Random(seed: 7)
    for _ in 0..<2_000 {
        let value = anyValue(&random, depth: 4)
        #expect(try JSONValue(reading: value.encoded(), atMost: 1 << 20) == value)
        let ascii = value.encoded(ascii: true)
        #expect(ascii.allSatisfy { $0 < 0x7F && $0 >= 0x20 })
        #expect(try JSONValue(reading: ascii, atMost: 1 << 20) == value)
    }
}

private func anyValue(_ random: inout Random, depth: Int) -> JSONValue {
    switch random.below(depth > 0 ? 7 : 5) {
    case 0: return .null
    case 1: return .boolean(random.below(2) == 0)
    case 2: return .integer(Int64(bitPattern: random.next()) >> Int64(random.below(64)))
    case 3:
        let double = Double(bitPattern: random.next())
        return .number(double.isFinite ? double : 0.5)
    case 4: return .text(anyText(&random))
    case 5: return .array((0..<random.below(5)).map { _ in anyValue(&random, depth: depth - 1) })
    default:
        return .object(
            (0..<random.below(20)).map { JSONMember("\($0):" + anyText(&random), anyValue(&random, depth: depth - 1)) })
    }
}

private func anyText(_ random: inout Random) -> String {
    var text = ""
    for _ in 0..<random.below(8) {
        let scalar = Unicode.Scalar(UInt32(random.below(random.below(2) == 0 ? 0x100 : 0x11_0000)))
        text.unicodeScalars.append(scalar ?? "\u{1F680}")
    }
    return text
}
