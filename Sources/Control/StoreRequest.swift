package import Base
internal import Text

/// What may be asked of a node about keys and values. Made by functions that know the limits, here and by whoever
/// builds one: `checked`.
package enum StoreRequest: Hashable, Sendable {
    /// What a key holds, now or as it would have been read at a time.
    case get(key: String, kind: ValueKind?, at: WallTime?)
    /// What the keys that begin so hold, from one key on; `onlyConflicts` where a person has to decide.
    case list(prefix: String, from: String, at: WallTime?, onlyConflicts: Bool)
    /// Everything that was written under a key and is still known.
    case history(key: String, kind: ValueKind?)
    /// All of it in one transaction, or with `isTrial` what would come of it.
    case write([Assignment], isTrial: Bool)
    /// What was written since a cursor; without one, the cursor of now. Waits for so long when there is nothing yet.
    case changes(prefix: String, since: String?, patience: Interval)
    /// Waits until a key holds something, or just this.
    case expect(key: String, value: ValueBytes?, patience: Interval)
}

/// One thing to be done to one key.
package struct Assignment: Hashable, Sendable {
    package enum Deed: Hashable, Sendable {
        /// What that means is the kind's to say: a value, an element, a number to add, on or off, an entry.
        case put(ValueBytes)
        /// The value, or of a set an element or all.
        case remove(ValueBytes?)
        /// A set shall have these elements and no others.
        case become([ValueBytes])
    }

    package var key: String
    /// Nil: what the key is already, else what its prefix says, else a register.
    package var kind: ValueKind?
    package var deed: Deed
    /// Only while the key is as it was when this version was read.
    package var version: String?
    /// Decides a conflict that the writer has seen.
    package var resolves: Bool

    package init(
        key: String, kind: ValueKind? = nil, _ deed: Deed, version: String? = nil, resolves: Bool = false
    ) {
        self.key = key
        self.kind = kind
        self.deed = deed
        self.version = version
        self.resolves = resolves
    }

    func check() throws(Complaint) {
        try KeyRules.check(key)
        switch deed {
        case .put(let value): try KeyRules.check(value)
        case .remove(let element): if let element { try KeyRules.check(element) }
        case .become(let elements): for element in elements { try KeyRules.check(element) }
        }
    }
}

extension StoreRequest {
    var verb: String {
        switch self {
        case .get: "get"
        case .list: "list"
        case .history: "history"
        case .write: "write"
        case .changes: "changes"
        case .expect: "wait"
        }
    }

    static let verbs: Set<String> = ["get", "list", "history", "write", "changes", "wait"]

    /// The request itself, when it is within all limits.
    package func checked() throws(Complaint) -> StoreRequest {
        switch self {
        case .get(let key, _, _), .history(let key, _): try KeyRules.check(key)
        case .list(let prefix, let from, _, _):
            try KeyRules.check(prefix: prefix)
            try KeyRules.check(prefix: from)
        case .write(let assignments, _):
            guard (1...Limits.operations).contains(assignments.count) else {
                throw Complaint(
                    .writeTooLarge, what: "\(assignments.count) keys at once, and 1 to \(Limits.operations) is allowed")
            }
            for assignment in assignments { try assignment.check() }
        case .changes(let prefix, _, let patience):
            try KeyRules.check(prefix: prefix)
            try Self.check(patience)
        case .expect(let key, let value, let patience):
            try KeyRules.check(key)
            if let value { try KeyRules.check(value) }
            try Self.check(patience)
        }
        return self
    }

    private static func check(_ patience: Interval) throws(Complaint) {
        guard (.zero...Limits.watchPatience).contains(patience) else {
            throw Complaint(.badArgument, what: "an answer waits for 0 to \(Limits.watchPatience.seconds) seconds")
        }
    }
}

extension StoreRequest {
    var members: [JSONMember] {
        switch self {
        case .get(let key, let kind, let at):
            [
                JSONMember("key", .text(key)), JSONMember("kind", .optional(kind?.rawValue)),
                JSONMember("time", .optional(at?.rfc3339)),
            ]
        case .list(let prefix, let from, let at, let onlyConflicts):
            [
                JSONMember("prefix", .text(prefix)), JSONMember("from", .text(from)),
                JSONMember("time", .optional(at?.rfc3339)), JSONMember("only_conflicts", .boolean(onlyConflicts)),
            ]
        case .history(let key, let kind):
            [JSONMember("key", .text(key)), JSONMember("kind", .optional(kind?.rawValue))]
        case .write(let assignments, let isTrial):
            [JSONMember("writes", .array(assignments.map(\.json))), JSONMember("dry_run", .boolean(isTrial))]
        case .changes(let prefix, let cursor, let patience):
            [
                JSONMember("prefix", .text(prefix)), JSONMember("since", .optional(cursor)),
                JSONMember("patience_seconds", .seconds(patience)),
            ]
        case .expect(let key, let value, let patience):
            [
                JSONMember("key", .text(key)), JSONMember("value", value?.json ?? .null),
                JSONMember("patience_seconds", .seconds(patience)),
            ]
        }
    }

    init(_ verb: String, _ fields: inout FieldReader) throws(Complaint) {
        switch verb {
        case "get":
            let key = try fields.text("key")
            self = .get(key: key, kind: try fields.optionalKind("kind"), at: try fields.optionalTime("time"))
        case "list":
            let prefix = try fields.text("prefix")
            let from = try fields.text("from")
            let time = try fields.optionalTime("time")
            self = .list(prefix: prefix, from: from, at: time, onlyConflicts: try fields.boolean("only_conflicts"))
        case "history": self = .history(key: try fields.text("key"), kind: try fields.optionalKind("kind"))
        case "write":
            var assignments: [Assignment] = []
            for value in try fields.list("writes") { assignments.append(try Assignment(value)) }
            self = .write(assignments, isTrial: try fields.boolean("dry_run"))
        case "changes":
            let prefix = try fields.text("prefix")
            let since = try fields.optionalText("since")
            self = .changes(prefix: prefix, since: since, patience: try fields.seconds("patience_seconds"))
        default:
            let key = try fields.text("key")
            let value = fields.optional("value")
            self = .expect(
                key: key, value: try value.map { json throws(Complaint) in try ValueBytes(json, .requestRefused) },
                patience: try fields.seconds("patience_seconds"))
        }
        self = try checked()
    }
}

extension Assignment {
    fileprivate var json: JSONValue {
        var members = [JSONMember("key", .text(key)), JSONMember("kind", .optional(kind?.rawValue))]
        switch deed {
        case .put(let value): members.append(JSONMember("put", value.json))
        case .remove(let element):
            members.append(JSONMember("remove", .boolean(true)))
            members.append(JSONMember("element", element?.json ?? .null))
        case .become(let elements): members.append(JSONMember("become", .array(elements.map(\.json))))
        }
        members.append(JSONMember("version", .optional(version)))
        members.append(JSONMember("resolves", .boolean(resolves)))
        return .object(members)
    }

    fileprivate init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a write", .requestRefused)
        key = try fields.text("key")
        kind = try fields.optionalKind("kind")
        if let value = fields.optional("put") {
            deed = .put(try ValueBytes(value, .requestRefused))
        } else if fields.optional("remove") == .boolean(true) {
            let element = fields.optional("element")
            deed = .remove(try element.map { value throws(Complaint) in try ValueBytes(value, .requestRefused) })
        } else {
            var elements: [ValueBytes] = []
            for value in try fields.list("become") { elements.append(try ValueBytes(value, .requestRefused)) }
            deed = .become(elements)
        }
        version = try fields.optionalText("version")
        resolves = try fields.boolean("resolves")
        try fields.finish()
    }
}

extension FieldReader {
    mutating func optionalKind(_ name: String) throws(Complaint) -> ValueKind? {
        guard let word = try optionalText(name) else { return nil }
        guard let kind = ValueKind(rawValue: word) else {
            throw Complaint(.requestRefused, what: "there is no kind \(JSONValue.text(word))")
        }
        return kind
    }

    mutating func optionalTime(_ name: String) throws(Complaint) -> WallTime? {
        guard let text = try optionalText(name) else { return nil }
        guard let time = WallTime(rfc3339: text) else {
            throw Complaint(.requestRefused, what: "\(JSONValue.text(text)) is not a time")
        }
        return time
    }
}
