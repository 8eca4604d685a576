package import Base
internal import Text

/// How writes at the same time are joined under a key, by the name that people give it.
package enum ValueKind: String, CaseIterable, Hashable, Sendable {
    /// One value; of several written at once all are kept, and one is shown.
    case register
    /// One value; of several written at once none is acted upon.
    case guarded
    /// One value, the latest.
    case latest
    /// Elements; adding beats removing.
    case set
    /// Elements; removing beats adding.
    case strictSet = "strict-set"
    /// Elements that are never removed.
    case growingSet = "growing-set"
    /// On or off; on wins.
    case flag
    /// On or off; off wins.
    case brake
    case counter, maximum, minimum
    /// A counter that never falls below zero.
    case escrow
    /// One value for each node.
    case report
    /// Entries that stay.
    case log

    package static let names = allCases.map(\.rawValue)
}

/// How far the clock of a writer could be trusted when it wrote.
package enum ClockWord: String, CaseIterable, Hashable, Sendable {
    case unknown
    /// Not before anything that the node knows to have passed.
    case floor
    /// Within what several peers say.
    case peers
    case synchronised
}

/// The bytes of a value, an element or an entry. In JSON they are text when they are UTF-8, else hexadecimal under a
/// name of its own, so that a reader never mistakes one for the other.
package struct ValueBytes: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package init(_ text: String) { bytes = Array(text.utf8) }

    /// The text that the bytes spell, when they spell one.
    package var text: String? { String(validating: bytes, as: UTF8.self) }

    var json: JSONValue { text.map { .text($0) } ?? ["hex": .text(hexadecimal(bytes))] }

    init(_ json: JSONValue, _ code: Code) throws(Complaint) {
        if case .text(let text) = json {
            self.init(text)
            return
        }
        var fields = try FieldReader(json, "a value", code)
        let digits = try fields.text("hex")
        guard let decoded = Base.bytes(hexadecimal: digits) else {
            throw Complaint(code, what: "\"hex\" of a value is not hexadecimal")
        }
        self.init(decoded)
    }
}

/// Keys as people may write them. Peers are not held to it: what they wrote is shown as well as it can be.
package enum KeyRules {
    package static func check(_ key: String) throws(Complaint) {
        let bytes = key.utf8
        guard bytes.count <= Limits.keyBytes else {
            throw Complaint(.badKey, what: "the key has \(bytes.count) bytes, and \(Limits.keyBytes) is the most")
        }
        guard !key.isEmpty else { throw Complaint(.badKey, what: "the key is empty") }
        guard !key.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }) else {
            throw Complaint(.badKey, what: "the key has a control character in it")
        }
        guard key.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({ !$0.isEmpty }) else {
            throw Complaint(.badKey, what: "\(JSONValue.text(key)) has an empty part before, behind or between slashes")
        }
    }

    /// A prefix is the beginning of a key, and may be empty or end in a slash.
    package static func check(prefix: String) throws(Complaint) {
        guard prefix.utf8.count <= Limits.keyBytes else {
            throw Complaint(
                .badKey, what: "the prefix has \(prefix.utf8.count) bytes, and \(Limits.keyBytes) is the most")
        }
    }

    package static func check(_ value: ValueBytes) throws(Complaint) {
        guard value.bytes.count <= Limits.valueBytes else {
            throw Complaint(
                .valueTooLarge, what: "the value has \(value.bytes.count) bytes, and \(Limits.valueBytes) is the most")
        }
    }
}
