import Base
import Glibc
import Testing
import Text

/// Python's `json`, made as strict as we are, reads the same documents; both must agree on which are valid and on every
/// value. `MARRAM_ORACLE_DOCUMENTS=1000000 swift test --filter JSONOracle` compares more of them.
@Suite struct JSONOracleTests {
    @Test(.enabled(if: oracleIsHere, "python3 is not installed, so nothing was compared"))
    func weAgreeWithPythonOnInventedDocuments() throws {
        let count = getenv("MARRAM_ORACLE_DOCUMENTS").flatMap { Int(String(cString: $0)) } ?? 20_000
        var random = Random(seed: 5)
        let documents = (0..<count).map { _ in document(&random) }
        let answers = try judged(documents, by: judge)
        try #require(answers.count == count)

        var accepted = 0
        var differences = 0
        for (document, theirs) in zip(documents, answers) {
            var ours = "refused"
            if let value = try? JSONValue(reading: document, atMost: 1 << 20) { ours = canonical(value) }
            if ours != "refused" { accepted += 1 }
            guard ours != theirs else { continue }
            differences += 1
            if differences <= 10 {
                Issue.record("\(String(decoding: document, as: UTF8.self))\n ours \(ours)\n theirs \(theirs)")
            }
        }
        print("json: \(count) documents compared, \(accepted) valid, \(differences) judged differently")
        #expect(differences == 0)
        // The comparison would prove little if nearly all were refused, or nearly all accepted.
        #expect((count / 5...count * 4 / 5).contains(accepted))
    }
}

private let oracleIsHere = system("python3 -c 'import json' >/dev/null 2>&1") == 0

/// A document built from pieces that are nearly always right, with up to two bytes then changed, left out or put in.
private func document(_ random: inout Random) -> [UInt8] {
    var bytes = Array(value(&random, depth: 4).utf8)
    for _ in 0..<random.below(3) where !bytes.isEmpty {
        let place = random.below(bytes.count)
        let byte =
            random.pick(Array(#"{}[]",:\/ubn0189eE.+-tf dDcC"#.utf8) + [0xC3, 0xA9, 0xFF, 0x0A, 0x1F, 0x20]) ?? 0
        switch random.below(3) {
        case 0: bytes[place] = byte
        case 1: bytes.remove(at: place)
        default: bytes.insert(byte, at: place)
        }
    }
    return bytes
}

private func value(_ random: inout Random, depth: Int) -> String {
    func list(_ item: (inout Random) -> String) -> String {
        let items = (0..<random.below(5)).map { _ in item(&random) }
        return items.joined(separator: random.pick([",", ", ", "\n,\t"]) ?? ",")
    }
    switch random.below(depth > 0 ? 9 : 6) {
    case 0: return random.pick(["null", "true", "false"]) ?? ""
    case 1: return String(Int64(bitPattern: random.next()) >> Int64(random.below(64)))
    case 2: return random.pick(["-0", "0", "9223372036854775807", "9223372036854775808", "-9223372036854775809"]) ?? ""
    case 3:
        let double = Double(bitPattern: random.next())
        return double.isFinite ? double.description : "1e309"
    case 4, 5: return text(&random)
    case 6: return "[" + list { value(&$0, depth: depth - 1) } + "]"
    case 7:
        return String(repeating: "[", count: 28) + value(&random, depth: depth - 1) + String(repeating: "]", count: 28)
    default: return "{" + list { text(&$0) + ":" + value(&$0, depth: depth - 1) } + "}"
    }
}

private func text(_ random: inout Random) -> String {
    let pieces = [
        "a", "b", "c", "é", "🚀", #"\n"#, #"\/"#, #"\\"#, #"\""#, #"\u0041"#, #"\u00e9"#, #"\ud83d\ude80"#, #"\uD834"#,
        #"\udd1e"#, "\u{7F}", " ",
    ]
    return "\"" + (0..<random.below(4)).map { _ in random.pick(pieces) ?? "" }.joined() + "\""
}

private func canonical(_ value: JSONValue) -> String {
    switch value {
    case .null: "n"
    case .boolean(let value): value ? "t" : "f"
    case .integer(let value): "i\(value)"
    case .number(let value): "d\(value.bitPattern)"
    case .text(let text): "s" + hexadecimal(text.utf8)
    case .array(let elements): "[" + elements.map(canonical).joined(separator: ",") + "]"
    case .object(let members):
        "{" + members.map { hexadecimal($0.name.utf8) + ":" + canonical($0.value) }.joined(separator: ",") + "}"
    }
}

private let judge = """
    import json, math, struct, sys, unicodedata

    def refuse(*_): raise ValueError

    def pairs(members):
        # Names that only differ in how an accent is composed are one name for us.
        names = [unicodedata.normalize("NFC", name) for name, _ in members]
        if len(set(names)) < len(names): refuse()
        return members and tuple(members) or ()

    def whole(text):
        if text == "-0": return -0.0
        if not -2**63 <= int(text) < 2**63: refuse()
        return int(text)

    def fraction(text):
        if math.isinf(float(text)): refuse()
        return float(text)

    def spelled(text): return text.encode("utf-8", "strict").hex()

    def canonical(value, depth):
        if value is None: return "n"
        if isinstance(value, bool): return "t" if value else "f"
        if isinstance(value, int): return f"i{value}"
        if isinstance(value, float): return f"d{struct.unpack('<Q', struct.pack('<d', value))[0]}"
        if isinstance(value, str): return "s" + spelled(value)
        if depth == 32: refuse()
        if isinstance(value, list): return "[" + ",".join(canonical(item, depth + 1) for item in value) + "]"
        return "{" + ",".join(spelled(name) + ":" + canonical(item, depth + 1) for name, item in value) + "}"

    for line in open(sys.argv[1]).read().split("\\n"):
        try:
            text = bytes.fromhex(line).decode("utf-8", "strict")
            value = json.loads(
                text, parse_int=whole, parse_float=fraction, parse_constant=refuse, object_pairs_hook=pairs)
            print(canonical(value, 0))
        except (ValueError, RecursionError):
            print("refused")
    """
