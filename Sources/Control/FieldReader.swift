internal import Base
internal import Text

/// Takes an object apart field by field, and complains in words when a field is missing or of the wrong kind. A request
/// is read to the end (`finish` refuses a field nobody asked for); a reply is not, because a newer daemon may add
/// fields that an older tool does not need.
struct FieldReader {
    private var members: [JSONMember]
    private let place: String
    private let code: Code

    /// `place` says what the object is, as in "the invite request"; `code` says whose words are being read.
    init(_ value: JSONValue, _ place: String, _ code: Code) throws(Complaint) {
        guard case .object(let members) = value else {
            throw Complaint(code, what: "\(place) is \(value.kind), not an object")
        }
        self.members = members
        self.place = place
        self.code = code
    }

    /// The value called `name`, or nil when it is absent or null.
    mutating func optional(_ name: String) -> JSONValue? {
        guard let index = members.firstIndex(where: { $0.name == name }) else { return nil }
        let value = members.remove(at: index).value
        return value == .null ? nil : value
    }

    mutating func value(_ name: String) throws(Complaint) -> JSONValue {
        guard let value = optional(name) else { throw complaint("\(place) lacks \"\(name)\"") }
        return value
    }

    mutating func optionalCount(_ name: String) throws(Complaint) -> Int? {
        guard members.contains(where: { $0.name == name && $0.value != .null }) else { return nil }
        return try count(name)
    }

    mutating func text(_ name: String) throws(Complaint) -> String {
        let value = try value(name)
        guard case .text(let text) = value else { throw wrongKind(name, "text", value) }
        return text
    }

    mutating func optionalText(_ name: String) throws(Complaint) -> String? {
        guard let value = optional(name) else { return nil }
        guard case .text(let text) = value else { throw wrongKind(name, "text", value) }
        return text
    }

    mutating func count(_ name: String) throws(Complaint) -> Int {
        let value = try value(name)
        guard case .integer(let number) = value, number >= 0 else { throw wrongKind(name, "a count", value) }
        return Int(number)
    }

    /// Seconds, whole or with a fraction, kept to the millisecond, as far as an `Interval` reaches.
    mutating func seconds(_ name: String) throws(Complaint) -> Interval {
        let value = try value(name)
        let limit: Int64 = 290 * 366 * 86_400
        switch value {
        case .integer(let whole) where (-limit...limit).contains(whole): return .seconds(whole)
        case .number(let fraction) where abs(fraction) <= Double(limit):
            // Rounds to the nearest: a conversion cuts towards zero. `rounded()` would need the C library's.
            return .milliseconds(Int64(fraction * 1_000 + (fraction < 0 ? -0.5 : 0.5)))
        case .null, .boolean, .integer, .number, .text, .array, .object:
            throw wrongKind(name, "a number of seconds", value)
        }
    }

    mutating func time(_ name: String) throws(Complaint) -> WallTime {
        let text = try text(name)
        guard let time = WallTime(rfc3339: text) else { throw wrongKind(name, "a time", .text(text)) }
        return time
    }

    mutating func id(_ name: String) throws(Complaint) -> NodeID {
        let text = try text(name)
        guard let id = NodeID(hexadecimal: text) else { throw wrongKind(name, "a node's id", .text(text)) }
        return id
    }

    mutating func optionalID(_ name: String) throws(Complaint) -> NodeID? {
        guard let text = try optionalText(name) else { return nil }
        guard let id = NodeID(hexadecimal: text) else { throw wrongKind(name, "a node's id", .text(text)) }
        return id
    }

    mutating func boolean(_ name: String) throws(Complaint) -> Bool {
        let value = try value(name)
        guard case .boolean(let answer) = value else { throw wrongKind(name, "true or false", value) }
        return answer
    }

    /// A length of time where milliseconds are too coarse: whole microseconds, as far as an `Interval` reaches.
    mutating func microseconds(_ name: String) throws(Complaint) -> Interval {
        let count = try count(name)
        guard count <= Int64.max / 1_000 else { throw wrongKind(name, "a length of time", .integer(Int64(count))) }
        return .microseconds(Int64(count))
    }

    mutating func optionalMicroseconds(_ name: String) throws(Complaint) -> Interval? {
        guard members.contains(where: { $0.name == name && $0.value != .null }) else { return nil }
        return try microseconds(name)
    }

    /// One of a few words.
    mutating func word<Word: RawRepresentable<String>>(
        _ name: String, _ words: Word.Type
    ) throws(Complaint) -> Word {
        let text = try text(name)
        guard let word = Word(rawValue: text) else { throw unknownWord(name, text) }
        return word
    }

    mutating func word<Word>(
        _ name: String, among words: [Word], spelled: (Word) -> String
    ) throws(Complaint) -> Word {
        let text = try text(name)
        guard let word = words.first(where: { spelled($0) == text }) else { throw unknownWord(name, text) }
        return word
    }

    private func unknownWord(_ name: String, _ text: String) -> Complaint {
        complaint("\"\(name)\" of \(place) is the unknown word \(JSONValue.text(text))")
    }

    mutating func optionalAddress(_ name: String) throws(Complaint) -> Address? {
        guard let text = try optionalText(name) else { return nil }
        guard let address = Address(text) else { throw wrongKind(name, "an address", .text(text)) }
        return address
    }

    mutating func list(_ name: String) throws(Complaint) -> [JSONValue] {
        let value = try value(name)
        guard case .array(let elements) = value else { throw wrongKind(name, "a list", value) }
        return elements
    }

    mutating func texts(_ name: String) throws(Complaint) -> [String] {
        var texts: [String] = []
        for value in try list(name) {
            guard case .text(let text) = value else { throw wrongKind(name, "a list of texts", value) }
            texts.append(text)
        }
        return texts
    }

    mutating func object(_ name: String) throws(Complaint) -> FieldReader {
        try FieldReader(try value(name), "\"\(name)\" of \(place)", code)
    }

    /// What was not taken yet, in order.
    var rest: [JSONMember] { members }

    /// Says that every field was asked for.
    func finish() throws(Complaint) {
        guard let stranger = members.first else { return }
        throw complaint("\(place) has no field \(JSONValue.text(stranger.name))")
    }

    private func wrongKind(_ name: String, _ wanted: String, _ value: JSONValue) -> Complaint {
        complaint("\"\(name)\" of \(place) must be \(wanted), not \(value.kind)")
    }

    private func complaint(_ what: String) -> Complaint { Complaint(code, what: what) }
}

extension JSONValue {
    /// A length of time in seconds: a whole number when it is one.
    static func seconds(_ interval: Interval) -> JSONValue {
        let milliseconds = interval.milliseconds
        return milliseconds % 1_000 == 0 ? .integer(milliseconds / 1_000) : .number(Double(milliseconds) / 1_000)
    }

    static func microseconds(_ interval: Interval) -> JSONValue { .integer(max(0, interval.nanoseconds / 1_000)) }

    static func optional(_ interval: Interval?) -> JSONValue { interval.map { .microseconds($0) } ?? .null }

    static func count(_ count: Int) -> JSONValue { .integer(Int64(count)) }

    static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .text($0) }) }

    static func optional(_ text: String?) -> JSONValue { text.map { .text($0) } ?? .null }
}
