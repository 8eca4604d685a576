package import Base
internal import Text

/// Who belongs to what is replicated, and what keeps deletions from being forgotten.
package struct EpochReply: Hashable, Sendable {
    package struct Holdup: Hashable, Sendable {
        package var name: String
        package var id: NodeID
        /// Writes that it is not known to have; nil when it has not been heard in this epoch.
        package var lacks: Int?
        package var since: WallTime

        package init(name: String, id: NodeID, lacks: Int?, since: WallTime) {
            self.name = name
            self.id = id
            self.lacks = lacks
            self.since = since
        }

        var json: JSONValue {
            [
                "name": .text(name), "id": .text(id.description), "lacks": lacks.map { JSONValue.count($0) } ?? .null,
                "since": .text(since.rfc3339),
            ]
        }

        init(_ json: JSONValue) throws(Complaint) {
            var fields = try FieldReader(json, "who is waited for", .replyNotUnderstood)
            name = try fields.text("name")
            id = try fields.id("id")
            lacks = try fields.optionalCount("lacks")
            since = try fields.time("since")
        }
    }

    /// Zero: none was issued, every member may write, and nothing is forgotten.
    package var number: Int
    package var issued: WallTime
    /// Who issues epochs; empty when nobody was named for it.
    package var keeper: String
    package var members: Int
    /// Two epochs bear one number: nothing is forgotten any more.
    package var isFrozen: Bool
    /// The longest first.
    package var holdups: [Holdup]
    package var omitted: Int
    /// Operations that something has taken the place of, or that deleted: what there is to forget.
    package var waiting: Int
    /// Writes of this node that were made void and handed back.
    package var returned: Int

    package init(
        number: Int, issued: WallTime, keeper: String, members: Int, isFrozen: Bool, holdups: [Holdup], omitted: Int,
        waiting: Int, returned: Int
    ) {
        self.number = number
        self.issued = issued
        self.keeper = keeper
        self.members = members
        self.isFrozen = isFrozen
        self.holdups = holdups
        self.omitted = omitted
        self.waiting = waiting
        self.returned = returned
    }

    var json: JSONValue {
        [
            "number": .count(number), "issued": .text(issued.rfc3339), "keeper": .text(keeper),
            "members": .count(members), "frozen": .boolean(isFrozen), "waits_for": .array(holdups.map(\.json)),
            "omitted": .count(omitted), "waiting": .count(waiting), "returned": .count(returned),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the epoch", .replyNotUnderstood)
        number = try fields.count("number")
        issued = try fields.time("issued")
        keeper = try fields.text("keeper")
        members = try fields.count("members")
        isFrozen = try fields.boolean("frozen")
        holdups = []
        for value in try fields.list("waits_for") { holdups.append(try Holdup(value)) }
        omitted = try fields.count("omitted")
        waiting = try fields.count("waiting")
        returned = try fields.count("returned")
    }
}

/// What this node wrote without knowing that it was no longer waited for: it counts for nobody, and whoever wrote it
/// decides whether to write it again.
package struct ReturnedReply: Hashable, Sendable {
    package struct Row: Hashable, Sendable {
        package var key: String
        package var kind: ValueKind
        /// What was written, as text for people; nil for a deletion.
        package var wrote: String?
        package var at: WallTime
        /// What the key holds now; nil for nothing.
        package var holds: String?

        package init(key: String, kind: ValueKind, wrote: String?, at: WallTime, holds: String?) {
            self.key = key
            self.kind = kind
            self.wrote = wrote
            self.at = at
            self.holds = holds
        }

        var json: JSONValue {
            [
                "key": .text(key), "kind": .text(kind.rawValue), "wrote": .optional(wrote), "time": .text(at.rfc3339),
                "holds": .optional(holds),
            ]
        }

        init(_ json: JSONValue) throws(Complaint) {
            var fields = try FieldReader(json, "a returned write", .replyNotUnderstood)
            key = try fields.text("key")
            kind = try fields.word("kind", ValueKind.self)
            wrote = try fields.optionalText("wrote")
            at = try fields.time("time")
            holds = try fields.optionalText("holds")
        }
    }

    /// In the order in which they were written.
    package var rows: [Row]
    package var omitted: Int

    package init(rows: [Row], omitted: Int) {
        self.rows = rows
        self.omitted = omitted
    }

    var json: JSONValue { ["writes": .array(rows.map(\.json)), "omitted": .count(omitted)] }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the returned writes", .replyNotUnderstood)
        rows = []
        for value in try fields.list("writes") { rows.append(try Row(value)) }
        omitted = try fields.count("omitted")
    }
}
