internal import Base
internal import Text

/// A kind of value that a key may take: how it is read from TOML, with complaints that say what to write instead, and
/// how it is written. What it writes it reads back.
struct ConfigurationKind<Value: Sendable>: Sendable {
    /// As the manual says it: "a whole number from 1 to 16".
    var takes: String
    /// Whether the value stands in quotes in the file.
    var isQuoted: Bool
    var read: @Sendable (TOMLValue) throws(ConfigurationFault) -> Value
    var show: @Sendable (Value) -> String?
}

/// What is wrong with a value. Whoever reads the file adds the place.
struct ConfigurationFault: Error {
    var code: Code
    var what: String
    var hint: String?
}

extension ConfigurationKind {
    /// A kind that is written in quotes. `parse` answers nil for text that is not of this kind.
    private static func quotedKind(
        _ noun: String, like example: String, parse: @escaping @Sendable (String) throws(ConfigurationFault) -> Value?,
        show: @escaping @Sendable (Value) -> String
    ) -> ConfigurationKind {
        let hint = "write it like \"\(example)\""
        return ConfigurationKind(
            takes: "\(noun), such as \"\(example)\"", isQuoted: true,
            read: { value throws(ConfigurationFault) in
                guard case .string(let text) = value.kind else { throw .wrongKind(value, expected: noun, hint: hint) }
                guard let parsed = try parse(text) else {
                    throw ConfigurationFault(code: .wrongKind, what: "\(quoted(text)) is not \(noun)", hint: hint)
                }
                return parsed
            }, show: show)
    }
}

extension ConfigurationFault {
    static func wrongKind(_ value: TOMLValue, expected noun: String, hint: String) -> ConfigurationFault {
        ConfigurationFault(code: .wrongKind, what: "\(noun) is expected here, not \(value.noun)", hint: hint)
    }
}

extension ConfigurationKind<String> {
    static var name: ConfigurationKind {
        quotedKind(
            "a name", like: "till-01",
            parse: { text throws(ConfigurationFault) in
                guard !isName(text) else { return text }
                let hint = "1 to \(Limits.nameBytes) letters, digits, - and _, with a letter or digit at both ends"
                throw ConfigurationFault(code: .outOfRange, what: "\(quoted(text)) cannot be a name", hint: hint)
            }, show: { $0 })
    }
}

extension ConfigurationKind {
    /// The same, for a key that need not have a value.
    static func optional<Wrapped>(_ kind: ConfigurationKind<Wrapped>) -> ConfigurationKind where Value == Wrapped? {
        ConfigurationKind(
            takes: kind.takes, isQuoted: kind.isQuoted,
            read: { value throws(ConfigurationFault) in try kind.read(value) }, show: { $0.flatMap(kind.show) })
    }
}

extension ConfigurationKind<Address> {
    static var address: ConfigurationKind {
        quotedKind(
            "an address and port", like: "0.0.0.0:7946",
            parse: { text throws(ConfigurationFault) in Address(text) }, show: { $0.description })
    }
}

extension ConfigurationKind<Interval> {
    static func duration(_ range: ClosedRange<Interval>) -> ConfigurationKind {
        let units = Units.time
        let count = range.lowerBound.nanoseconds...range.upperBound.nanoseconds
        return ConfigurationKind(
            takes: "\(units.noun) \(units.text(of: count))", isQuoted: true,
            read: { value throws(ConfigurationFault) in Interval(nanoseconds: try units.read(value, in: count)) },
            show: { units.text(of: $0.nanoseconds) })
    }
}

extension ConfigurationKind<Int> {
    static func bytes(_ range: ClosedRange<Int>) -> ConfigurationKind { quantity(.size, range) }

    /// Bytes a second.
    static func rate(_ range: ClosedRange<Int>) -> ConfigurationKind { quantity(.rate, range) }

    private static func quantity(_ units: Units, _ range: ClosedRange<Int>) -> ConfigurationKind {
        let count = Int64(range.lowerBound)...Int64(range.upperBound)
        return ConfigurationKind(
            takes: "\(units.noun) \(units.text(of: count))", isQuoted: true,
            read: { value throws(ConfigurationFault) in Int(try units.read(value, in: count)) },
            show: { units.text(of: Int64($0)) })
    }
}

extension ConfigurationKind<Bool> {
    static var truth: ConfigurationKind {
        ConfigurationKind(
            takes: "true or false", isQuoted: false,
            read: { value throws(ConfigurationFault) in
                guard case .boolean(let truth) = value.kind else {
                    throw .wrongKind(value, expected: "true or false", hint: "write true or false, without quotes")
                }
                return truth
            }, show: { "\($0)" })
    }
}

extension ConfigurationKind where Value: RawRepresentable<String> & CaseIterable {
    /// One of the cases of an enumeration, by its name.
    static var choice: ConfigurationKind {
        let names = Value.allCases.map(\.rawValue)
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        return ConfigurationKind(
            takes: "one of \(list)", isQuoted: true,
            read: { value throws(ConfigurationFault) in
                guard case .string(let text) = value.kind else {
                    throw .wrongKind(value, expected: "one of a few words", hint: "write one of \(list)")
                }
                guard let choice = Value(rawValue: text) else {
                    let near = nearest(to: text.lowercased(), among: names).map { "did you mean \"\($0)\"?" }
                    throw ConfigurationFault(
                        code: .outOfRange, what: "\(quoted(text)) is not one of the words allowed here",
                        hint: near ?? "write one of \(list)")
                }
                return choice
            }, show: { $0.rawValue })
    }
}
