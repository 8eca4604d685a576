package import Base
internal import Text

/// Whether something is allowed, or counts, and why.
package struct AuthorityReply: Hashable, Sendable {
    package var question: String
    package var isAllowed: Bool
    package var why: String
    /// What the answer rests on, a sentence each.
    package var grounds: [String]

    package init(question: String, isAllowed: Bool, why: String, grounds: [String]) {
        self.question = question
        self.isAllowed = isAllowed
        self.why = why
        self.grounds = grounds
    }

    var json: JSONValue {
        [
            "question": .text(question), "allowed": .boolean(isAllowed), "why": .text(why), "grounds": .texts(grounds),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the answer", .replyNotUnderstood)
        question = try fields.text("question")
        isAllowed = try fields.boolean("allowed")
        why = try fields.text("why")
        grounds = try fields.texts("grounds")
    }
}

/// The newest acts of the law, oldest first.
package struct ActsReply: Hashable, Sendable {
    package struct Row: Hashable, Sendable {
        /// In hexadecimal.
        package var record: String
        package var at: WallTime
        package var actor: String
        package var act: String
        package var isValid: Bool
        /// Why it counts for nothing; empty when it counts.
        package var why: String

        package init(record: String, at: WallTime, actor: String, act: String, isValid: Bool, why: String) {
            self.record = record
            self.at = at
            self.actor = actor
            self.act = act
            self.isValid = isValid
            self.why = why
        }
    }

    package var rows: [Row]
    /// How many there are in all.
    package var total: Int

    package init(rows: [Row], total: Int) {
        self.rows = rows
        self.total = total
    }

    var json: JSONValue { ["acts": .array(rows.map(\.json)), "total": .count(total)] }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the acts", .replyNotUnderstood)
        rows = []
        for value in try fields.list("acts") { rows.append(try Row(value)) }
        total = try fields.count("total")
    }
}

extension ActsReply.Row {
    fileprivate var json: JSONValue {
        [
            "record": .text(record), "at": .text(at.rfc3339), "actor": .text(actor), "act": .text(act),
            "valid": .boolean(isValid), "why": .text(why),
        ]
    }

    fileprivate init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "an act", .replyNotUnderstood)
        record = try fields.text("record")
        at = try fields.time("at")
        actor = try fields.text("actor")
        act = try fields.text("act")
        isValid = try fields.boolean("valid")
        why = try fields.text("why")
    }
}

/// Records of the law were written to a file.
package struct LawFileReply: Hashable, Sendable {
    package var path: String
    package var records: Int
    package var bytes: Int

    package init(path: String, records: Int, bytes: Int) {
        self.path = path
        self.records = records
        self.bytes = bytes
    }

    var json: JSONValue { ["path": .text(path), "records": .count(records), "bytes": .count(bytes)] }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the law's file", .replyNotUnderstood)
        path = try fields.text("path")
        records = try fields.count("records")
        bytes = try fields.count("bytes")
    }
}
