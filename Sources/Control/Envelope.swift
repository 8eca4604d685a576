package import Base
package import Text

/// The letter in which every answer comes, over the socket and from every verb's `--json`: which form the data has, who
/// says so, when, and how much of the mesh it rests on. Forms only grow within a version: a field, once written, keeps
/// its name and meaning.
package struct Envelope: Hashable, Sendable {
    /// The answering node's name; nil when no node was reached.
    package var node: String?
    package var at: WallTime
    /// How far the answer can be trusted; nil when it concerns this node alone.
    package var view: View?
    package var reply: Reply
    package var warnings: [Warning]

    package init(node: String?, at: WallTime, view: View? = nil, reply: Reply, warnings: [Warning] = []) {
        self.node = node
        self.at = at
        self.view = view
        self.reply = reply
        self.warnings = warnings
    }

    /// On how many members' agreement an answer about the mesh rests, and how old the oldest news in it is.
    package struct View: Hashable, Sendable {
        package var agree: Int
        package var of: Int
        package var oldest: Interval
        /// The first digits of the digest over the view: equal on two nodes that see the same.
        package var digest: String

        package init(agree: Int, of: Int, oldest: Interval, digest: String) {
            self.agree = agree
            self.of = of
            self.oldest = oldest
            self.digest = digest
        }
    }

    /// Something that the reader should know besides the answer.
    package struct Warning: Hashable, Sendable {
        package var code: Code
        package var remedy: String

        package init(_ code: Code, remedy: String? = nil) {
            self.code = code
            self.remedy = remedy ?? code.remedy
        }
    }
}

extension Envelope {
    package var json: JSONValue {
        switch reply.content {
        case .data(let schema, let data):
            Self.json(
                schema: schema, node: node, at: at, view: view, body: JSONMember("data", data), warnings: warnings)
        case .error(let complaint):
            Self.json(
                schema: Reply.errorSchema, node: node, at: at, view: view, body: JSONMember("error", complaint.json),
                warnings: warnings)
        }
    }

    /// The letter around any data. Verbs that ask no daemon use it directly for forms that never cross the socket.
    package static func json(
        schema: String, node: String?, at: WallTime, view: View? = nil, body: JSONMember, warnings: [Warning] = []
    ) -> JSONValue {
        .object([
            JSONMember("schema", .text(schema)),
            JSONMember("node", .optional(node)),
            JSONMember("at", .text(at.rfc3339)),
            JSONMember("view", view?.json ?? .null),
            body,
            JSONMember("warnings", .array(warnings.map(\.json))),
        ])
    }

    /// The answer as it lies on the socket. One that is too long for it becomes a complaint that says so.
    package func frame(atMost limit: Int = Limits.controlReplyBytes) -> [UInt8] {
        let body = json.encoded()
        if body.count <= limit { return ControlFrame.around(body, atMost: limit) }
        let excuse = Envelope(node: node, at: at, reply: .failure(Complaint(.replyTooLong)))
        return ControlFrame.around(excuse.json.encoded(), atMost: Limits.controlReplyBytes)
    }

    /// Reads the body of a frame.
    package init(decoding body: [UInt8]) throws(Complaint) {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue(reading: body, atMost: Limits.controlReplyBytes)
        } catch {
            throw Complaint(.replyNotUnderstood, what: "the answer is not a JSON document: \(error)")
        }
        var fields = try FieldReader(document, "the answer", .replyNotUnderstood)
        node = try fields.optionalText("node")
        at = try fields.time("at")
        view = nil
        if let value = fields.optional("view") { view = try View(value) }
        warnings = []
        for value in try fields.list("warnings") { warnings.append(try Warning(value)) }
        let schema = try fields.text("schema")
        let body = try fields.value(schema == Reply.errorSchema ? "error" : "data")
        reply = try Reply(schema: schema, body)
    }
}

extension Envelope.View {
    var json: JSONValue {
        [
            "agree": .count(agree), "of": .count(of), "oldest_seconds": .seconds(oldest), "digest": .text(digest),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the view", .replyNotUnderstood)
        agree = try fields.count("agree")
        of = try fields.count("of")
        oldest = try fields.seconds("oldest_seconds")
        digest = try fields.text("digest")
    }
}

extension Envelope.Warning {
    var json: JSONValue { ["code": .text("\(code)"), "remedy": .text(remedy)] }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a warning", .replyNotUnderstood)
        remedy = try fields.text("remedy")
        code = try Code(heard: try fields.text("code"), title: "a warning of a newer marramd", remedy: remedy)
    }
}
