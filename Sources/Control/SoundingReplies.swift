package import Base
internal import Text

/// What came of pinging one member through its session: each ping is one sealed datagram there and one back.
package struct PingReply: Hashable, Sendable {
    package var name: String
    package var id: NodeID
    /// Over which path the session runs; nil when there is none.
    package var address: Address?
    package var carrier: Carrier?
    package var sent: Int
    /// Of each answer, in the order in which they came.
    package var trips: [Interval]

    package init(name: String, id: NodeID, address: Address?, carrier: Carrier?, sent: Int, trips: [Interval]) {
        self.name = name
        self.id = id
        self.address = address
        self.carrier = carrier
        self.sent = sent
        self.trips = trips
    }

    /// In packets per million.
    package var loss: Int { sent == 0 ? 0 : (sent - trips.count) * 1_000_000 / sent }

    /// The trip that so many in a hundred do not exceed; nil without an answer.
    package func percentile(_ percent: Int) -> Interval? {
        guard !trips.isEmpty else { return nil }
        return trips.sorted()[min((trips.count * percent + 99) / 100, trips.count) - 1]
    }

    var json: JSONValue {
        [
            "name": .text(name), "id": .text(id.description), "address": .optional(address?.description),
            "carrier": .optional(carrier?.word), "sent": .count(sent), "received": .count(trips.count),
            "loss_ppm": .count(loss), "min_microseconds": .optional(trips.min()),
            "median_microseconds": .optional(percentile(50)), "p99_microseconds": .optional(percentile(99)),
            "rtt_microseconds": .array(trips.map { .microseconds($0) }),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the pings", .replyNotUnderstood)
        name = try fields.text("name")
        id = try fields.id("id")
        address = try fields.optionalAddress("address")
        carrier = nil
        if let word = try fields.optionalText("carrier") { carrier = Carrier.allCases.first { $0.word == word } }
        sent = try fields.count("sent")
        // What follows from the trips is written for programs, and reckoned anew here.
        for name in ["received", "loss_ppm"] { _ = try fields.count(name) }
        for name in ["min", "median", "p99"] { _ = try fields.optionalMicroseconds("\(name)_microseconds") }
        trips = []
        for value in try fields.list("rtt_microseconds") {
            guard case .integer(let count) = value, (0...Int64.max / 1_000).contains(count) else {
                throw Complaint(.replyNotUnderstood, what: "a round trip is \(value.kind), not a count")
            }
            trips.append(.microseconds(count))
        }
        guard sent <= Limits.pingsPerRequest, trips.count <= sent else {
            throw Complaint(.replyNotUnderstood, what: "\(trips.count) answers to \(sent) pings cannot be")
        }
    }
}

/// How long a round trip between two nodes takes, measured or estimated.
package struct RoundTripReply: Hashable, Sendable {
    package var from: String
    package var to: String
    /// The shortest of some pings; nil between two others, and when nobody answered.
    package var measured: Interval?
    /// By the coordinates of the two.
    package var estimated: Interval?
    /// By how much the estimate may be wrong.
    package var errorPercent: Int?
    /// Who was asked and did not answer.
    package var silent: [String]

    package init(
        from: String, to: String, measured: Interval?, estimated: Interval?, errorPercent: Int?, silent: [String]
    ) {
        self.from = from
        self.to = to
        self.measured = measured
        self.estimated = estimated
        self.errorPercent = errorPercent
        self.silent = silent
    }

    package var isKnown: Bool { measured != nil || estimated != nil }

    var json: JSONValue {
        [
            "from": .text(from), "to": .text(to), "measured_microseconds": .optional(measured),
            "estimated_microseconds": .optional(estimated),
            "estimate_error_percent": errorPercent.map { .count($0) } ?? .null, "silent": .texts(silent),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the round trip", .replyNotUnderstood)
        from = try fields.text("from")
        to = try fields.text("to")
        measured = try fields.optionalMicroseconds("measured_microseconds")
        estimated = try fields.optionalMicroseconds("estimated_microseconds")
        errorPercent = try fields.optionalCount("estimate_error_percent")
        silent = try fields.texts("silent")
    }
}
