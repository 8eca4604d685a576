package import Base
package import Text

/// The moves of members that came after a number, oldest first.
package struct MovesReply: Hashable, Sendable {
    package var moves: [Move]
    /// The number to ask with next: that of the newest move there is.
    package var cursor: Int
    /// How many moves after the number asked with are forgotten.
    package var missed: Int

    package init(moves: [Move], cursor: Int, missed: Int) {
        self.moves = moves
        self.cursor = cursor
        self.missed = missed
    }

    /// A member came into a state.
    package struct Move: Hashable, Sendable {
        package var number: Int
        package var at: WallTime
        package var name: String
        package var id: NodeID
        /// Nil when it was seen for the first time.
        package var from: MemberRow.State?
        package var to: MemberRow.State
        package var why: String

        package init(
            number: Int, at: WallTime, name: String, id: NodeID, from: MemberRow.State?, to: MemberRow.State,
            why: String
        ) {
            self.number = number
            self.at = at
            self.name = name
            self.id = id
            self.from = from
            self.to = to
            self.why = why
        }
    }
}

extension MovesReply {
    var json: JSONValue {
        ["moves": .array(moves.map(\.json)), "cursor": .count(cursor), "missed": .count(missed)]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the moves", .replyNotUnderstood)
        moves = []
        for value in try fields.list("moves") { moves.append(try Move(value)) }
        cursor = try fields.count("cursor")
        missed = try fields.count("missed")
    }
}

extension MovesReply.Move {
    package static let schema = "marram.move/1"

    package var json: JSONValue {
        [
            "number": .count(number), "at": .text(at.rfc3339), "name": .text(name), "id": .text(id.description),
            "from": .optional(from?.rawValue), "to": .text(to.rawValue), "why": .text(why),
        ]
    }

    fileprivate init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a move", .replyNotUnderstood)
        number = try fields.count("number")
        at = try fields.time("at")
        name = try fields.text("name")
        id = try fields.id("id")
        from = nil
        if let word = try fields.optionalText("from") { from = MemberRow.State(rawValue: word) }
        to = try fields.word("to", MemberRow.State.self)
        why = try fields.text("why")
    }
}
