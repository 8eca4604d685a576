import Base

/// Invents TOML documents over few keys, so that tables meet again and again. A third are as valid as a generator can
/// make them without keeping account of its tables, a third contain rare mistakes, a third get a few bytes changed.
/// One seed gives one document.
struct TOMLGenerator {
    private var random: Random
    private var mistakesPerHundred = 0
    private var out = ""

    static func document(seed: UInt64) -> [UInt8] {
        var generator = TOMLGenerator(random: Random(seed: seed))
        let manner = generator.random.below(3)
        if manner == 1 { generator.mistakesPerHundred = 3 }
        for _ in 0...generator.random.below(8) { generator.line() }
        var bytes = Array(generator.out.utf8)
        if manner == 2 {
            for _ in 0...generator.random.below(3) { generator.slip(&bytes) }
        }
        return bytes
    }

    private mutating func chance(_ percent: Int) -> Bool { random.below(100) < percent }

    private mutating func one(of right: [String], orRarely wrong: [String] = []) -> String {
        random.pick(!wrong.isEmpty && chance(mistakesPerHundred) ? wrong : right) ?? ""
    }

    private mutating func blank() -> String { one(of: ["", "", "", " ", "\t", "  "]) }

    private mutating func line() {
        out += blank()
        switch random.below(20) {
        case 0..<3: out += "[" + key() + "]"
        case 3..<5: out += "[[" + key() + "]]"
        case 5: break
        default: out += key() + "=" + blank() + value(depth: 0)
        }
        out += blank()
        if chance(15) {
            out += "#" + one(of: ["", " note", " \t é", "]", "\"", " \u{85}"], orRarely: ["\u{7}", "\r"])
        }
        out += one(of: ["\n", "\n", "\n", "\r\n", "\n\n"], orRarely: ["", "\r"])
    }

    private mutating func key() -> String {
        var parts: [String] = []
        for _ in 0...(chance(60) ? 0 : random.below(3)) {
            // Half of the keys are rarely met twice, so that long documents can be valid.
            parts.append(
                chance(50)
                    ? String(random.below(1_000))
                    : one(
                        of: [
                            "a", "a", "b", "b", "c", "\"a\"", "'b'", "\"\\u0061\"", "-x", "\"\"", "'e\u{301}'", "'é'",
                        ],
                        orRarely: ["é", "", "\"\"\"a\"\"\""]))
        }
        let dot = blank() + "." + blank()
        return blank() + parts.joined(separator: dot) + blank()
    }

    private mutating func value(depth: Int) -> String {
        switch random.below(depth < 3 ? 14 : 10) {
        case 0, 1: integer()
        case 2: float()
        case 3: one(of: ["true", "false"], orRarely: ["True", "yes", "tru"])
        case 4, 5: dateTime()
        case 6, 7: text()
        case 8:
            "\"\"\"" + one(of: ["", "\n", "\r\n"]) + characters(multiLine: true)
                + one(of: ["", "\"", "\"\""], orRarely: ["\"\"\""]) + "\"\"\""
        case 9:
            "'''" + one(of: ["", "\n"]) + one(of: ["", "a", "\\", "\n\n", "\u{9}#", "é"], orRarely: ["\u{8}", "\r"])
                + one(of: ["", "'", "''"], orRarely: ["'''"]) + "'''"
        case 10, 11: array(depth: depth)
        default: inlineTable(depth: depth)
        }
    }

    private mutating func integer() -> String {
        switch random.below(6) {
        case 0:
            one(
                of: ["0x0", "0xdead_BEEF", "0x7fffffffffffffff", "0x0_1", "0xe1"],
                orRarely: ["-0x1", "+0x1", "0x8000000000000000", "0x_1", "0xg", "0x", "0X1"])
        case 1:
            one(
                of: ["0o0", "0o17", "0o7_7", "0o777777777777777777777"],
                orRarely: ["0o8", "0o1000000000000000000000", "-0o1"])
        case 2: one(of: ["0b0", "0b1_0", "0b11"], orRarely: ["0b1__0", "0b2", "0b1_", "0b"])
        case 3:
            one(
                of: ["9223372036854775807", "-9223372036854775808", "+9_223_372_036_854_775_807"],
                orRarely: ["9223372036854775808", "-9223372036854775809", "18446744073709551616"])
        default:
            one(of: ["", "", "+", "-"], orRarely: ["--", "+-"])
                + one(of: ["0", "42", "1_000", "5"], orRarely: ["00", "07", "1_", "1__0", "_1"])
        }
    }

    private mutating func float() -> String {
        if chance(25) {
            return one(of: ["inf", "+inf", "-inf", "nan", "+nan", "-nan"], orRarely: ["Inf", "infinity", "- inf"])
        }
        let whole = one(of: ["", "", "+", "-"]) + one(of: ["0", "1", "3", "1_0"], orRarely: ["00", "", "0_1"])
        let fraction = one(of: [".0", ".5", ".1_4", ".123456789012345678901234567890"], orRarely: [".", "._1", ".1_"])
        let exponent = one(
            of: ["", "e5", "E-7", "e+0_1", "e400", "e-400", "e07"], orRarely: ["e", "e1.5", "e_1", "e+-1"])
        return whole + one(of: [fraction, fraction, exponent.isEmpty ? fraction : ""]) + exponent
    }

    private mutating func dateTime() -> String {
        let date = one(
            of: ["1979-05-27", "2000-02-29", "2024-02-29", "9999-12-31", "0001-01-01", "2021-04-30"],
            orRarely: ["1900-02-29", "2023-02-29", "2021-04-31", "2021-13-01", "2021-00-01", "2021-1-01", "21-01-01"])
        let time = one(
            of: ["07:32:00", "23:59:59", "00:00:00.5", "12:00:00.123456789"],
            orRarely: ["24:00:00", "12:00", "12:60:00", "12:00:60", "12:00:00.", "1:00:00"])
        let offset = one(
            of: ["", "", "Z", "z", "+01:00", "-00:00", "+23:59", "-05:30"],
            orRarely: ["+24:00", "-12:60", "+1:00", "+0100", "ZZ"])
        switch random.below(4) {
        case 0: return date
        case 1: return time
        default: return date + one(of: ["T", "t", " "], orRarely: ["  ", "_", "\t"]) + time + offset
        }
    }

    private mutating func text() -> String {
        chance(70)
            ? "\"" + characters(multiLine: false) + "\""
            : "'" + one(of: ["", "a", "\\", "\"", "\u{9}", "é", "😀", "#"], orRarely: ["\u{1}", "'", "\n"]) + "'"
    }

    private mutating func characters(multiLine: Bool) -> String {
        var text = ""
        for _ in 0..<random.below(5) {
            text += one(
                of: [
                    "a", " ", "é", "😀", "\\n", "\\t", "\\\\", "\\\"", "\\u00e9", "\\U0001F600", "\\b\\f\\r", "\t", "'",
                    "#",
                ],
                orRarely: ["\\uD800", "\\U00110000", "\\x41", "\\e", "\\u12", "\\u 123", "\u{7F}", "\u{0}", "\\é"])
            if multiLine {
                text += one(
                    of: ["", "", "\n", "\r\n", "\\\n", "\\ \n  ", "\\\r\n\n ", "a\"", "a\"\"b"],
                    orRarely: ["\\  x", "\r", "\"\"\""])
            }
        }
        return text
    }

    private mutating func array(depth: Int) -> String {
        let space = ["", " ", "\n", " # note\n", "\r\n"]
        var text = "[" + one(of: space, orRarely: [","])
        let count = random.below(4)
        for index in 0..<count {
            text += value(depth: depth + 1) + one(of: space)
            if index + 1 < count || chance(30) { text += one(of: [","], orRarely: ["", ",,", ";"]) + one(of: space) }
        }
        return text + one(of: ["]"], orRarely: ["", "]]", "}"])
    }

    private mutating func inlineTable(depth: Int) -> String {
        var pairs: [String] = []
        for _ in 0..<random.below(4) { pairs.append(key() + "=" + blank() + value(depth: depth + 1) + blank()) }
        return "{" + pairs.joined(separator: ",") + one(of: ["", "", " "], orRarely: [",", "\n", ", "])
            + one(of: ["}"], orRarely: ["", "]"])
    }

    /// Removes, doubles or changes a few bytes.
    private mutating func slip(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let at = random.below(bytes.count)
        let end = min(bytes.count, at + 1 + random.below(4))
        switch random.below(4) {
        case 0: bytes.removeSubrange(at..<end)
        case 1: bytes.insert(contentsOf: Array(bytes[at..<end]), at: random.below(bytes.count))
        case 2: bytes[at] = UInt8(random.below(256))
        default:
            let marks = [
                "\"", "'", "[", "]", "{", "}", "=", ".", ",", "#", "\n", "\r", " ", "_", "\\", "0", "é", "\"\"\"", "a",
            ]
            bytes.insert(contentsOf: Array(one(of: marks).utf8), at: at)
        }
    }
}
