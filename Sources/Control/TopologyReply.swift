package import Base
internal import Text

/// Who observes whom, as one node's roster has it, and how that node's own edges are.
package struct TopologyReply: Hashable, Sendable {
    package var edges: [Edge]
    package var seats: [Seat]

    package init(edges: [Edge], seats: [Seat]) {
        self.edges = edges
        self.seats = seats
    }

    /// An edge of the answering node.
    package struct Edge: Hashable, Sendable {
        package enum State: String, CaseIterable, Hashable, Sendable {
            case heard
            /// Its silence is longer than usual, and is being examined.
            case silent
            /// It was never heard on this edge.
            case new
        }

        package var name: String
        package var id: NodeID
        package var state: State
        package var roundTrip: Interval?
        /// Of its beats here, and of this node's there, in packets per million.
        package var lossHere: Int
        package var lossThere: Int?
        /// How long ago it was heard, and the longest silence that ended.
        package var heard: Interval
        package var longestSilence: Interval
        /// It has the same roster as this node.
        package var agrees: Bool
        /// It says that it hears hardly anybody.
        package var isDeaf: Bool

        package init(
            name: String, id: NodeID, state: State, roundTrip: Interval?, lossHere: Int, lossThere: Int?,
            heard: Interval, longestSilence: Interval, agrees: Bool, isDeaf: Bool
        ) {
            self.name = name
            self.id = id
            self.state = state
            self.roundTrip = roundTrip
            self.lossHere = lossHere
            self.lossThere = lossThere
            self.heard = heard
            self.longestSilence = longestSilence
            self.agrees = agrees
            self.isDeaf = isDeaf
        }

        package var isBad: Bool { state == .silent || isDeaf }
    }

    /// One who sits on the rings, or would if it came back.
    package struct Seat: Hashable, Sendable {
        package var name: String
        package var id: NodeID
        package var state: MemberRow.State
        /// The names of those who observe it; none when it has no seat.
        package var observers: [String]

        package init(name: String, id: NodeID, state: MemberRow.State, observers: [String]) {
            self.name = name
            self.id = id
            self.state = state
            self.observers = observers
        }
    }

    package var isWell: Bool { !edges.contains(where: \.isBad) }
}

extension TopologyReply {
    var json: JSONValue { ["edges": .array(edges.map(\.json)), "seats": .array(seats.map(\.json))] }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the topology", .replyNotUnderstood)
        edges = []
        for value in try fields.list("edges") { edges.append(try Edge(value)) }
        seats = []
        for value in try fields.list("seats") { seats.append(try Seat(value)) }
    }
}

extension TopologyReply.Edge {
    fileprivate var json: JSONValue {
        [
            "name": .text(name), "id": .text(id.description), "state": .text(state.rawValue),
            "rtt_microseconds": .optional(roundTrip), "loss_here_ppm": .count(lossHere),
            "loss_there_ppm": lossThere.map { .count($0) } ?? .null, "heard_seconds": .seconds(heard),
            "longest_silence_seconds": .seconds(longestSilence), "agrees": .boolean(agrees), "deaf": .boolean(isDeaf),
        ]
    }

    fileprivate init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "an edge", .replyNotUnderstood)
        name = try fields.text("name")
        id = try fields.id("id")
        state = try fields.word("state", State.self)
        roundTrip = try fields.optionalMicroseconds("rtt_microseconds")
        lossHere = try fields.count("loss_here_ppm")
        lossThere = try fields.optionalCount("loss_there_ppm")
        heard = try fields.seconds("heard_seconds")
        longestSilence = try fields.seconds("longest_silence_seconds")
        agrees = try fields.boolean("agrees")
        isDeaf = try fields.boolean("deaf")
    }
}

extension TopologyReply.Seat {
    fileprivate var json: JSONValue {
        [
            "name": .text(name), "id": .text(id.description), "state": .text(state.rawValue),
            "observers": .texts(observers),
        ]
    }

    fileprivate init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a seat", .replyNotUnderstood)
        name = try fields.text("name")
        id = try fields.id("id")
        state = try fields.word("state", MemberRow.State.self)
        observers = try fields.texts("observers")
    }
}
