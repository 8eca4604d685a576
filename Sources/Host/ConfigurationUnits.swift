internal import Base
internal import Text

/// The units in which a quantity is written: a whole number and a unit, in quotes and without a blank, `"500ms"`. A
/// bare number is refused, however obvious its unit may seem to whoever wrote it.
struct Units: Sendable {
    struct Unit: Sendable {
        let symbol: String
        /// How many of the smallest countable thing (nanosecond, byte) it is.
        let count: Int64
    }

    /// What is measured, with its article.
    let noun: String
    /// In the order in which a value is tried when it is written: the first that divides it is used.
    let units: [Unit]
    /// The units that a person most likely left out.
    let usual: [String]

    static let time = Units(
        noun: "a length of time",
        units: [
            Unit(symbol: "d", count: 86_400_000_000_000), Unit(symbol: "h", count: 3_600_000_000_000),
            Unit(symbol: "m", count: 60_000_000_000), Unit(symbol: "s", count: 1_000_000_000),
            Unit(symbol: "ms", count: 1_000_000),
        ], usual: ["ms", "s"])

    static let size = Units(
        noun: "a size",
        units: [
            Unit(symbol: "GiB", count: 1 << 30), Unit(symbol: "MiB", count: 1 << 20),
            Unit(symbol: "KiB", count: 1 << 10),
            Unit(symbol: "GB", count: 1_000_000_000), Unit(symbol: "MB", count: 1_000_000),
            Unit(symbol: "kB", count: 1_000), Unit(symbol: "B", count: 1),
        ], usual: ["KiB", "MiB"])

    static let rate = Units(
        noun: "bytes a second",
        units: [
            Unit(symbol: "KiB/s", count: 1 << 10), Unit(symbol: "kB/s", count: 1_000), Unit(symbol: "B/s", count: 1),
        ], usual: ["B/s", "kB/s"])

    func text(of count: Int64) -> String {
        guard count != 0, let unit = units.first(where: { count.isMultiple(of: $0.count) }) else {
            return "0" + (units.last?.symbol ?? "")
        }
        return "\(count / unit.count)\(unit.symbol)"
    }

    func text(of range: ClosedRange<Int64>) -> String {
        "from \(text(of: range.lowerBound)) to \(text(of: range.upperBound))"
    }

    /// The quantity that a value spells, counted in the smallest thing.
    func read(_ value: TOMLValue, in range: ClosedRange<Int64>) throws(ConfigurationFault) -> Int64 {
        let example = "write it like \"\(text(of: range.lowerBound))\""
        switch value.kind {
        case .string(let text): return try read(text, in: range, example: example)
        case .integer(let number) where number >= 0: throw unitMissing(String(number), shown: String(number))
        case .integer, .float, .boolean, .dateTime, .array, .table:
            throw .wrongKind(value, expected: noun, hint: example)
        }
    }

    private func read(
        _ text: String, in range: ClosedRange<Int64>, example: String
    ) throws(ConfigurationFault) -> Int64 {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let symbol = String(text.dropFirst(digits.count))
        guard !digits.isEmpty, !symbol.hasPrefix(".") else {
            throw ConfigurationFault(
                code: .wrongKind, what: "\(quoted(text)) is not a whole number and a unit", hint: example)
        }
        guard !symbol.isEmpty else { throw unitMissing(String(digits), shown: quoted(text)) }
        guard let unit = units.first(where: { $0.symbol == symbol }) else {
            throw unknownUnit(symbol, digits: String(digits), shown: quoted(text))
        }
        let (count, overflows) = (Int64(digits) ?? .max).multipliedReportingOverflow(by: unit.count)
        if overflows || count > range.upperBound {
            let hint = "at most \"\(self.text(of: range.upperBound))\""
            throw ConfigurationFault(
                code: .outOfRange, what: "\(quoted(text)) is more than is allowed here", hint: hint)
        }
        if count < range.lowerBound {
            let hint = "at least \"\(self.text(of: range.lowerBound))\""
            throw ConfigurationFault(
                code: .outOfRange, what: "\(quoted(text)) is less than is allowed here", hint: hint)
        }
        return count
    }

    private func unitMissing(_ digits: String, shown: String) -> ConfigurationFault {
        let choices = usual.map { quoted(digits + $0) }.joined(separator: " or ")
        return ConfigurationFault(code: .needsUnit, what: "\(shown) needs a unit", hint: "try \(choices)")
    }

    private func unknownUnit(_ symbol: String, digits: String, shown: String) -> ConfigurationFault {
        let plain = symbol.lowercased().filter { $0 != " " }
        let meant = units.first { $0.symbol.lowercased() == plain }
        let list = units.reversed().map(\.symbol).joined(separator: ", ")
        let hint = meant.map { "did you mean \(quoted(digits + $0.symbol))?" } ?? "the units are \(list)"
        return ConfigurationFault(code: .needsUnit, what: "\(shown) has no unit that fits", hint: hint)
    }
}
