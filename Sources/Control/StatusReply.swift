package import Base
internal import Text

/// A node on one screen: who it is, whom it sees, what crossed the wire, and what is wrong.
package struct StatusReply: Hashable, Sendable {
    package var mesh: String
    package var node: String
    package var id: NodeID
    /// Empty when the node belongs to no site.
    package var site: String
    package var address: Address?
    /// The release that the daemon was built as.
    package var version: String
    /// The version of the wire protocol between nodes.
    package var wireProtocol: Int
    package var uptime: Interval
    package var members: MemberCounts
    package var traffic: Traffic
    /// What was ignored, refused and repaired, by reason, in the order in which they are to be shown.
    package var counters: [Counter]
    /// What is wrong now. Empty means healthy.
    package var problems: [Problem]

    package init(
        mesh: String, node: String, id: NodeID, site: String, address: Address?, version: String, wireProtocol: Int,
        uptime: Interval, members: MemberCounts, traffic: Traffic, counters: [Counter], problems: [Problem]
    ) {
        self.mesh = mesh
        self.node = node
        self.id = id
        self.site = site
        self.address = address
        self.version = version
        self.wireProtocol = wireProtocol
        self.uptime = uptime
        self.members = members
        self.traffic = traffic
        self.counters = counters
        self.problems = problems
    }

    package var isHealthy: Bool { problems.isEmpty }

    /// How many members, this node included, are in each state.
    package struct MemberCounts: Hashable, Sendable {
        package var alive: Int
        package var suspect: Int
        package var unreachable: Int
        package var left: Int

        package init(alive: Int, suspect: Int, unreachable: Int, left: Int) {
            self.alive = alive
            self.suspect = suspect
            self.unreachable = unreachable
            self.left = left
        }

        package var all: Int { alive + suspect + unreachable + left }

        package subscript(state: MemberRow.State) -> Int {
            switch state {
            case .alive: alive
            case .suspect: suspect
            case .unreachable: unreachable
            case .left: left
            }
        }
    }

    /// What crossed the wire since the daemon started.
    package struct Traffic: Hashable, Sendable {
        package var sentPackets: Int
        package var sentBytes: Int
        package var receivedPackets: Int
        package var receivedBytes: Int

        package init(sentPackets: Int, sentBytes: Int, receivedPackets: Int, receivedBytes: Int) {
            self.sentPackets = sentPackets
            self.sentBytes = sentBytes
            self.receivedPackets = receivedPackets
            self.receivedBytes = receivedBytes
        }
    }

    package struct Counter: Hashable, Sendable {
        /// In snake case, with its unit when it counts something else than events.
        package var name: String
        package var value: Int

        package init(_ name: String, _ value: Int) {
            self.name = name
            self.value = value
        }
    }

    /// Something wrong with the mesh or the node, with its code and what to do about it.
    package struct Problem: Hashable, Sendable {
        package var code: Code
        package var what: String
        package var remedy: String

        package init(_ code: Code, what: String? = nil, remedy: String? = nil) {
            self.code = code
            self.what = what ?? code.title
            self.remedy = remedy ?? code.remedy
        }
    }
}

extension StatusReply {
    var json: JSONValue {
        [
            "mesh": .text(mesh), "node": .text(node), "id": .text(id.description), "site": .text(site),
            "address": .optional(address?.description), "healthy": .boolean(isHealthy),
            "version": .text(version), "protocol": .count(wireProtocol), "uptime_seconds": .seconds(uptime),
            "members": members.json, "traffic": traffic.json,
            "counters": .object(counters.map { JSONMember($0.name, .count($0.value)) }),
            "problems": .array(problems.map(\.json)),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the status", .replyNotUnderstood)
        mesh = try fields.text("mesh")
        node = try fields.text("node")
        id = try fields.id("id")
        site = try fields.text("site")
        address = try fields.optionalAddress("address")
        version = try fields.text("version")
        wireProtocol = try fields.count("protocol")
        uptime = try fields.seconds("uptime_seconds")
        members = try MemberCounts(try fields.object("members"))
        traffic = try Traffic(try fields.object("traffic"))
        counters = []
        var counts = try fields.object("counters")
        for member in counts.rest { counters.append(Counter(member.name, try counts.count(member.name))) }
        problems = []
        for value in try fields.list("problems") { problems.append(try Problem(value)) }
    }
}

extension StatusReply.MemberCounts {
    fileprivate var json: JSONValue {
        [
            "alive": .count(alive), "suspect": .count(suspect), "unreachable": .count(unreachable),
            "left": .count(left),
        ]
    }

    fileprivate init(_ reader: FieldReader) throws(Complaint) {
        var fields = reader
        alive = try fields.count("alive")
        suspect = try fields.count("suspect")
        unreachable = try fields.count("unreachable")
        left = try fields.count("left")
    }
}

extension StatusReply.Traffic {
    fileprivate var json: JSONValue {
        [
            "sent_packets": .count(sentPackets), "sent_bytes": .count(sentBytes),
            "received_packets": .count(receivedPackets), "received_bytes": .count(receivedBytes),
        ]
    }

    fileprivate init(_ reader: FieldReader) throws(Complaint) {
        var fields = reader
        sentPackets = try fields.count("sent_packets")
        sentBytes = try fields.count("sent_bytes")
        receivedPackets = try fields.count("received_packets")
        receivedBytes = try fields.count("received_bytes")
    }
}

extension StatusReply.Problem {
    fileprivate var json: JSONValue { ["code": .text("\(code)"), "what": .text(what), "try": .text(remedy)] }

    fileprivate init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a problem", .replyNotUnderstood)
        what = try fields.text("what")
        remedy = try fields.text("try")
        code = try Code(heard: try fields.text("code"), title: what, remedy: remedy)
    }
}
