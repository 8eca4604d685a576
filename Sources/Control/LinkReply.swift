package import Base
internal import Text

/// Why the way to a peer is as it is: the answer to `explain link`.
package struct LinkReply: Hashable, Sendable {
    package var link: LinkRow
    /// What happened lately, oldest first.
    package var events: [Event]
    /// What else speaks for one cause or another, each a sentence.
    package var clues: [String]
    /// What is wrong, as far as it can be told from here, the likeliest first. Empty when nothing is.
    package var problems: [Complaint]

    package init(link: LinkRow, events: [Event], clues: [String], problems: [Complaint]) {
        self.link = link
        self.events = events
        self.clues = clues
        self.problems = problems
    }

    /// Something that happened to the link.
    package struct Event: Hashable, Sendable {
        /// One word for programs.
        package var name: String
        /// By the answering node's clock, and by one that cannot jump.
        package var at: WallTime
        package var age: Interval
        /// How often it happened in a row, and how long ago first.
        package var count: Int
        package var firstAge: Interval
        /// The whole sentence, for people.
        package var what: String

        package init(name: String, at: WallTime, age: Interval, count: Int, firstAge: Interval, what: String) {
            self.name = name
            self.at = at
            self.age = age
            self.count = count
            self.firstAge = firstAge
            self.what = what
        }
    }
}

extension LinkReply {
    var json: JSONValue {
        [
            "link": link.json, "events": .array(events.map(\.json)), "clues": .texts(clues),
            "problems": .array(problems.map(\.json)),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the explanation", .replyNotUnderstood)
        link = try LinkRow(try fields.value("link"))
        events = []
        for value in try fields.list("events") { events.append(try Event(value)) }
        clues = try fields.texts("clues")
        problems = []
        for value in try fields.list("problems") { problems.append(try Complaint(value)) }
    }
}

extension LinkReply.Event {
    var json: JSONValue {
        [
            "event": .text(name), "at": .text(at.rfc3339), "age_seconds": .seconds(age), "count": .count(count),
            "first_age_seconds": .seconds(firstAge), "what": .text(what),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "an event", .replyNotUnderstood)
        name = try fields.text("event")
        at = try fields.time("at")
        age = try fields.seconds("age_seconds")
        count = try fields.count("count")
        firstAge = try fields.seconds("first_age_seconds")
        what = try fields.text("what")
    }
}
