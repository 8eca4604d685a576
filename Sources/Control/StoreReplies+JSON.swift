internal import Base
internal import Text

/// The store's answers as they lie on the socket.
extension WriteRow {
    var json: JSONValue {
        [
            "removal": .boolean(isRemoval), "element": element?.json ?? .null, "value": value?.json ?? .null,
            "writer": .text(writer), "node": .text(node.description), "sequence": .count(sequence),
            "at": .text(at.rfc3339), "clock": .text(clock.rawValue), "state": .text(state.rawValue),
            "why": .text(why),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a write", .replyNotUnderstood)
        isRemoval = try fields.boolean("removal")
        element = try fields.optionalValue("element")
        value = try fields.optionalValue("value")
        writer = try fields.text("writer")
        node = try fields.id("node")
        sequence = try fields.count("sequence")
        at = try fields.time("at")
        clock = try fields.word("clock", ClockWord.self)
        state = try fields.word("state", State.self)
        why = try fields.text("why")
    }
}

extension KeyRow {
    var json: JSONValue {
        [
            "key": .text(key), "kind": .text(kind.rawValue), "value": value?.json ?? .null,
            "elements": .array(elements.map(\.json)), "in_conflict": .boolean(isInConflict),
            "stored": .boolean(isStored), "version": .text(version), "writer": .text(writer), "at": .text(at.rfc3339),
            "clock": .text(clock.rawValue),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a key", .replyNotUnderstood)
        key = try fields.text("key")
        kind = try fields.word("kind", ValueKind.self)
        value = try fields.optionalValue("value")
        elements = []
        for element in try fields.list("elements") { elements.append(try ValueBytes(element, .replyNotUnderstood)) }
        isInConflict = try fields.boolean("in_conflict")
        isStored = try fields.boolean("stored")
        version = try fields.text("version")
        writer = try fields.text("writer")
        at = try fields.time("at")
        clock = try fields.word("clock", ClockWord.self)
    }
}

extension KeyReply {
    var json: JSONValue {
        [
            "holds": row?.json ?? .null, "kind": .text(kind.rawValue), "rule": .text(rule),
            "writes": .array(writes.map(\.json)), "omitted": .count(omitted),
            "forgotten": .boolean(hasForgotten),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the key", .replyNotUnderstood)
        row = try fields.optional("holds").map { value throws(Complaint) in try KeyRow(value) }
        kind = try fields.word("kind", ValueKind.self)
        rule = try fields.text("rule")
        writes = []
        for value in try fields.list("writes") { writes.append(try WriteRow(value)) }
        omitted = try fields.count("omitted")
        hasForgotten = try fields.boolean("forgotten")
    }
}

extension KeysReply {
    var json: JSONValue { ["keys": .array(rows.map(\.json)), "next": .optional(next)] }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the keys", .replyNotUnderstood)
        rows = []
        for value in try fields.list("keys") { rows.append(try KeyRow(value)) }
        next = try fields.optionalText("next")
    }
}

extension WriteReply {
    var json: JSONValue {
        [
            "changed": .boolean(rows.contains(where: \.isChanged)), "dry_run": .boolean(isTrial),
            "sequence": sequence.map { .count($0) } ?? .null, "keys": .array(rows.map(\.json)),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the write", .replyNotUnderstood)
        isTrial = try fields.boolean("dry_run")
        rows = []
        for value in try fields.list("keys") { rows.append(try Row(value)) }
        sequence = nil
        if let value = fields.optional("sequence"), case .integer(let number) = value { sequence = Int(number) }
    }
}

extension WriteReply.Row {
    fileprivate var json: JSONValue {
        [
            "key": .text(key), "kind": .text(kind.rawValue), "before": .optional(before), "after": .optional(after),
            "changed": .boolean(isChanged),
        ]
    }

    fileprivate init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a written key", .replyNotUnderstood)
        key = try fields.text("key")
        kind = try fields.word("kind", ValueKind.self)
        before = try fields.optionalText("before")
        after = try fields.optionalText("after")
        isChanged = try fields.boolean("changed")
    }
}

extension ChangesReply {
    var json: JSONValue {
        ["cursor": .text(cursor), "gap": .boolean(hasGap), "changes": .array(rows.map(\.json))]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the changes", .replyNotUnderstood)
        cursor = try fields.text("cursor")
        hasGap = try fields.boolean("gap")
        rows = []
        for value in try fields.list("changes") { rows.append(try Row(value)) }
    }
}

extension ChangesReply.Row {
    fileprivate var json: JSONValue {
        [
            "key": .text(key), "kind": .text(kind.rawValue), "removal": .boolean(isRemoval),
            "element": element?.json ?? .null, "value": value?.json ?? .null, "writer": .text(writer),
            "sequence": .count(sequence), "at": .text(at.rfc3339),
        ]
    }

    fileprivate init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a change", .replyNotUnderstood)
        key = try fields.text("key")
        kind = try fields.word("kind", ValueKind.self)
        isRemoval = try fields.boolean("removal")
        element = try fields.optionalValue("element")
        value = try fields.optionalValue("value")
        writer = try fields.text("writer")
        sequence = try fields.count("sequence")
        at = try fields.time("at")
    }
}

extension FieldReader {
    fileprivate mutating func optionalValue(_ name: String) throws(Complaint) -> ValueBytes? {
        try optional(name).map { value throws(Complaint) in try ValueBytes(value, .replyNotUnderstood) }
    }
}
