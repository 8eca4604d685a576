package import Base
internal import Text

/// A node as the law knows it.
package struct NodeRow: Hashable, Sendable {
    package enum Standing: String, CaseIterable, Sendable {
        case full
        /// It came with an invitation, and nobody has vouched for it yet.
        case probation
        case revoked
    }

    package var name: String
    package var id: NodeID
    package var standing: Standing
    /// That its grant names; empty for none.
    package var site: String
    /// The key that it signs with, in hexadecimal.
    package var key: String

    package init(name: String, id: NodeID, standing: Standing, site: String, key: String) {
        self.name = name
        self.id = id
        self.standing = standing
        self.site = site
        self.key = key
    }

    var json: JSONValue {
        [
            "name": .text(name), "id": .text(id.description), "standing": .text(standing.rawValue),
            "site": .text(site), "key": .text(key),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a node", .replyNotUnderstood)
        name = try fields.text("name")
        id = try fields.id("id")
        standing = try fields.word("standing", Standing.self)
        site = try fields.text("site")
        key = try fields.text("key")
    }
}

/// All nodes that the law knows.
package struct NodesReply: Hashable, Sendable {
    /// The mesh's id, in hexadecimal.
    package var mesh: String
    /// The newest head of the root, in hexadecimal; empty as long as the law is not known here.
    package var head: String
    package var nodes: [NodeRow]

    package init(mesh: String, head: String, nodes: [NodeRow]) {
        self.mesh = mesh
        self.head = head
        self.nodes = nodes
    }

    var json: JSONValue {
        ["mesh": .text(mesh), "head": .text(head), "nodes": .array(nodes.map(\.json))]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the nodes", .replyNotUnderstood)
        mesh = try fields.text("mesh")
        head = try fields.text("head")
        nodes = []
        for value in try fields.list("nodes") { nodes.append(try NodeRow(value)) }
    }
}

/// One node, with what an operator needs to write about it.
package struct NodeReply: Hashable, Sendable {
    /// The mesh's id, in hexadecimal.
    package var mesh: String
    /// The newest head of the root, in hexadecimal.
    package var head: String
    package var node: NodeRow
    /// The ends of what it did until now, in hexadecimal: what a revocation leaves.
    package var cuts: String
    /// The record by which it came in, in hexadecimal; empty when an operator granted it.
    package var redemption: String
    /// Its two keys, in hexadecimal: what a grant names.
    package var keys: String

    package init(
        mesh: String, head: String, node: NodeRow, cuts: String, redemption: String = "", keys: String = ""
    ) {
        self.keys = keys
        self.mesh = mesh
        self.head = head
        self.node = node
        self.cuts = cuts
        self.redemption = redemption
    }

    var json: JSONValue {
        [
            "mesh": .text(mesh), "head": .text(head), "node": node.json, "cuts": .text(cuts),
            "redemption": .text(redemption), "keys": .text(keys),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the node", .replyNotUnderstood)
        mesh = try fields.text("mesh")
        head = try fields.text("head")
        node = try NodeRow(try fields.value("node"))
        cuts = try fields.text("cuts")
        redemption = try fields.text("redemption")
        keys = try fields.text("keys")
    }
}

/// What became of records that were handed in.
package struct SubmitReply: Hashable, Sendable {
    package var records: Int
    /// How many of them the node now holds.
    package var held: Int

    package init(records: Int, held: Int) {
        self.records = records
        self.held = held
    }

    var json: JSONValue { ["records": .count(records), "held": .count(held)] }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the submission", .replyNotUnderstood)
        records = try fields.count("records")
        held = try fields.count("held")
    }
}
