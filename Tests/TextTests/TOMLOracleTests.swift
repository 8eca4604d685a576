import Base
import Glibc
import Testing

@testable import Text

/// Python's `tomllib` reads the same documents; both must agree on which are valid and on every value.
/// `MARRAM_ORACLE_DOCUMENTS=1000000 swift test --filter TOMLOracle` compares more of them.
@Suite struct TOMLOracleTests {
    @Test(.enabled(if: oracleIsHere, "python3 with tomllib (3.11 or later) is not installed, so nothing was compared"))
    func weAgreeWithTomllibOnInventedDocuments() throws {
        let count = getenv("MARRAM_ORACLE_DOCUMENTS").flatMap { Int(String(cString: $0)) } ?? 20_000
        let documents = (0..<count).map { TOMLGenerator.document(seed: UInt64($0)) }
        let answers = try judged(documents, by: judge)
        try #require(answers.count == documents.count)

        var accepted = 0
        var differences = 0
        for (seed, (document, theirs)) in zip(documents, answers).enumerated() {
            // Python's calendar has no year 0; RFC 3339, and so TOML, has.
            if String(decoding: document, as: UTF8.self).contains("0000-") { continue }
            let read = TOMLDocument(reading: document)
            let ours = read.problems.isEmpty ? canonical(read.root) : "refused"
            if ours != "refused" { accepted += 1 }
            if ours != theirs {
                differences += 1
                let text = String(decoding: document, as: UTF8.self).debugDescription
                if differences <= 10 {
                    Issue.record("seed \(seed): \(text)\n ours \(ours)\n theirs \(theirs)\n \(read.problems)")
                }
            }
        }
        print("tomllib: \(count) documents compared, \(accepted) valid, \(differences) judged differently")
        #expect(differences == 0)
        // The comparison would prove little if nearly all were refused, or nearly all accepted.
        #expect((count / 4...count * 3 / 4).contains(accepted))
    }
}

private let oracleIsHere = system("python3 -c 'import tomllib' >/dev/null 2>&1") == 0

private let judge = """
    import datetime, struct, sys, tomllib

    def date(value):
        return f"{value.year:04}-{value.month:02}-{value.day:02}"

    def time(value):
        return f"{value.hour:02}:{value.minute:02}:{value.second:02}.{value.microsecond:06}"

    def canonical(value):
        if isinstance(value, bool): return "true" if value else "false"
        if isinstance(value, int):
            if not -2**63 <= value < 2**63: raise ValueError("more than 64 bits")
            return f"i{value}"
        if isinstance(value, float):
            return "nan" if value != value else "f" + struct.pack(">d", value).hex()
        if isinstance(value, str): return "s" + value.encode().hex()
        if isinstance(value, list): return "[" + ",".join(map(canonical, value)) + "]"
        if isinstance(value, dict):
            return "{" + ",".join(key.encode().hex() + "=" + canonical(item) for key, item in value.items()) + "}"
        if isinstance(value, datetime.datetime):
            offset = value.utcoffset()
            zone = "" if offset is None else f"{int(offset.total_seconds()) // 60:+}"
            return "d" + date(value) + "T" + time(value) + zone
        if isinstance(value, datetime.date): return "d" + date(value)
        return "d" + time(value)

    for line in open(sys.argv[1]).read().split("\\n"):
        try:
            print(canonical(tomllib.loads(bytes.fromhex(line).decode())))
        except ValueError:
            print("refused")
    """

/// A document in one line, every value tagged and exact, tables in their order.
private func canonical(_ table: TOMLTable) -> String {
    let entries = table.entries.map { hexadecimal($0.key.text.utf8) + "=" + canonical($0.value) }
    return "{" + entries.joined(separator: ",") + "}"
}

private func canonical(_ value: TOMLValue) -> String {
    switch value.kind {
    case .string(let text): return "s" + hexadecimal(text.utf8)
    case .integer(let number): return "i\(number)"
    case .float(let number):
        let digits = String(number.bitPattern, radix: 16)
        return number.isNaN ? "nan" : "f" + String(repeating: "0", count: 16 - digits.count) + digits
    case .boolean(let truth): return truth ? "true" : "false"
    case .dateTime(let dateTime): return "d" + canonical(dateTime)
    case .array(let elements): return "[" + elements.map(canonical).joined(separator: ",") + "]"
    case .table(let table): return canonical(table)
    }
}

/// Fractions cut to microseconds and offsets in minutes, as Python keeps them.
private func canonical(_ dateTime: TOMLDateTime) -> String {
    var text = dateTime.text.uppercased()
    if dateTime.shape == .localDate { return text }
    var zone = ""
    if dateTime.shape == .offsetDateTime {
        if text.hasSuffix("Z") {
            zone = "+0"
            text.removeLast()
        } else {
            let parts = text.suffix(6).dropFirst().split(separator: ":").compactMap { Int($0) }
            let minutes = parts[0] * 60 + parts[1]
            zone = minutes == 0 ? "+0" : String(text.suffix(6).prefix(1)) + String(minutes)
            text.removeLast(6)
        }
    }
    let parts = text.split(separator: ".")
    let fraction = parts.count > 1 ? String(parts[1].prefix(6)) : ""
    let micros = fraction + String(repeating: "0", count: 6 - fraction.count)
    return parts[0].replacing(" ", with: "T", maxReplacements: 1) + "." + micros + zone
}
