package import Base
internal import Text

/// One member as a node sees it: a row of `marram members`.
package struct MemberRow: Hashable, Sendable {
    package enum State: String, CaseIterable, Hashable, Sendable {
        case alive, suspect, unreachable, left
    }

    package var name: String
    package var id: NodeID
    package var state: State
    /// Where it was last heard; nil when it was never heard directly or by word of others.
    package var address: Address?
    /// Empty when it belongs to no site.
    package var site: String
    /// When it came into this state, by the answering node's clock.
    package var since: WallTime
    /// How long it has been in this state, by a clock that cannot jump.
    package var age: Interval
    /// The reason for the state, in a few words.
    package var why: String

    package init(
        name: String, id: NodeID, state: State, address: Address?, site: String, since: WallTime, age: Interval,
        why: String
    ) {
        self.name = name
        self.id = id
        self.state = state
        self.address = address
        self.site = site
        self.since = since
        self.age = age
        self.why = why
    }
}

extension MemberRow {
    var json: JSONValue {
        [
            "name": .text(name), "id": .text(id.description), "state": .text(state.rawValue),
            "address": .optional(address?.description), "site": .text(site), "since": .text(since.rfc3339),
            "since_seconds": .seconds(age), "why": .text(why),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a member", .replyNotUnderstood)
        name = try fields.text("name")
        id = try fields.id("id")
        let word = try fields.text("state")
        guard let state = State(rawValue: word) else {
            throw Complaint(.replyNotUnderstood, what: "a member is in the unknown state \(JSONValue.text(word))")
        }
        self.state = state
        address = try fields.optionalAddress("address")
        site = try fields.text("site")
        since = try fields.time("since")
        age = try fields.seconds("since_seconds")
        why = try fields.text("why")
    }
}
