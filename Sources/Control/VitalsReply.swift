package import Base
internal import Text

/// What nodes say of themselves for a while.
package struct VitalsReply: Hashable, Sendable {
    package struct Row: Hashable, Sendable {
        package var name: String
        package var id: NodeID
        /// How the node is doing, as the answering one sees it.
        package var state: MemberRow.State
        package var key: String
        package var value: ValueBytes
        /// How long ago it was said, and when it ends unless it is said again.
        package var age: Interval
        package var left: Interval

        package init(
            name: String, id: NodeID, state: MemberRow.State, key: String, value: ValueBytes, age: Interval,
            left: Interval
        ) {
            self.name = name
            self.id = id
            self.state = state
            self.key = key
            self.value = value
            self.age = age
            self.left = left
        }
    }

    package var rows: [Row]
    /// The node to go on with; nil at the end.
    package var next: NodeID?

    package init(rows: [Row], next: NodeID? = nil) {
        self.rows = rows
        self.next = next
    }
}

extension VitalsReply {
    var json: JSONValue {
        ["vitals": .array(rows.map(\.json)), "next": .optional(next?.description)]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the vitals", .replyNotUnderstood)
        rows = []
        for value in try fields.list("vitals") { rows.append(try Row(value)) }
        next = try fields.optionalID("next")
    }
}

extension VitalsReply.Row {
    fileprivate var json: JSONValue {
        [
            "node": .text(name), "id": .text(id.description), "state": .text(state.rawValue), "key": .text(key),
            "value": value.json, "age_seconds": .seconds(age), "left_seconds": .seconds(left),
        ]
    }

    fileprivate init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a vital", .replyNotUnderstood)
        name = try fields.text("node")
        id = try fields.id("id")
        state = try fields.word("state", MemberRow.State.self)
        key = try fields.text("key")
        value = try ValueBytes(try fields.value("value"), .replyNotUnderstood)
        age = try fields.seconds("age_seconds")
        left = try fields.seconds("left_seconds")
    }
}
