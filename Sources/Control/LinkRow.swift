package import Base
internal import Text

/// The way to one peer as a node sees it: a row of `marram links`.
package struct LinkRow: Hashable, Sendable {
    package enum State: String, CaseIterable, Hashable, Sendable {
        /// There is a session, and the peer is heard.
        case up
        /// There is no session, and this node tries to make one.
        case handshaking
        /// There is a session, and the peer owes a sign of life.
        case silent
        /// There is neither; there was lately.
        case none
    }

    /// Nil when nobody is known at the address.
    package var name: String?
    package var id: NodeID?
    package var state: State
    /// Where the peer is, or is looked for; nil when that is not known.
    package var address: Address?
    package var session: Session?
    package var attempt: Attempt?
    /// The reason for the state, in a few words.
    package var why: String

    package init(
        name: String?, id: NodeID?, state: State, address: Address?, session: Session?, attempt: Attempt?, why: String
    ) {
        self.name = name
        self.id = id
        self.state = state
        self.address = address
        self.session = session
        self.attempt = attempt
        self.why = why
    }

    /// What to call the peer.
    package var title: String { name ?? address?.description ?? id?.short ?? "-" }

    /// What is known of the way while there is a session.
    package struct Session: Hashable, Sendable {
        package var carrier: Carrier
        package var age: Interval
        /// Whether the handshake was this node's.
        package var isMine: Bool
        /// How long ago the peer was heard.
        package var heard: Interval
        /// To the microsecond; nil before the first.
        package var roundTrip: Interval?
        package var shortestRoundTrip: Interval?
        package var queueing: Interval
        /// In packets per million: lately, and what is the path's own.
        package var loss: Int
        package var ownLoss: Int
        /// Bytes per second that may leave.
        package var rate: Int
        /// The largest packet that the path carries.
        package var packetBytes: Int
        package var keysAge: Interval
        /// How many successors the sealing key has had.
        package var keyPhase: Int
        /// What the controller of the rate does, and why, in one word each.
        package var mode: String
        package var reason: String
        package var packetsSent: Int
        package var packetsLost: Int

        package init(
            carrier: Carrier, age: Interval, isMine: Bool, heard: Interval, roundTrip: Interval?,
            shortestRoundTrip: Interval?, queueing: Interval, loss: Int, ownLoss: Int, rate: Int, packetBytes: Int,
            keysAge: Interval, keyPhase: Int, mode: String, reason: String, packetsSent: Int, packetsLost: Int
        ) {
            self.carrier = carrier
            self.age = age
            self.isMine = isMine
            self.heard = heard
            self.roundTrip = roundTrip
            self.shortestRoundTrip = shortestRoundTrip
            self.queueing = queueing
            self.loss = loss
            self.ownLoss = ownLoss
            self.rate = rate
            self.packetBytes = packetBytes
            self.keysAge = keysAge
            self.keyPhase = keyPhase
            self.mode = mode
            self.reason = reason
            self.packetsSent = packetsSent
            self.packetsLost = packetsLost
        }
    }

    /// A handshake that was begun and not finished.
    package struct Attempt: Hashable, Sendable {
        package var tries: Int
        package var age: Interval
        package var triesTCP: Bool

        package init(tries: Int, age: Interval, triesTCP: Bool) {
            self.tries = tries
            self.age = age
            self.triesTCP = triesTCP
        }
    }
}

extension LinkRow {
    var json: JSONValue {
        [
            "name": .optional(name), "id": .optional(id?.description), "state": .text(state.rawValue),
            "address": .optional(address?.description), "session": session?.json ?? .null,
            "attempt": attempt?.json ?? .null, "why": .text(why),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a link", .replyNotUnderstood)
        name = try fields.optionalText("name")
        id = try fields.optionalID("id")
        state = try fields.word("state", State.self)
        address = try fields.optionalAddress("address")
        session = nil
        if let value = fields.optional("session") { session = try Session(value) }
        attempt = nil
        if let value = fields.optional("attempt") { attempt = try Attempt(value) }
        why = try fields.text("why")
    }
}

extension LinkRow.Session {
    fileprivate var json: JSONValue {
        [
            "carrier": .text(carrier.word), "age_seconds": .seconds(age), "is_mine": .boolean(isMine),
            "heard_seconds": .seconds(heard), "rtt_microseconds": roundTrip.map { .microseconds($0) } ?? .null,
            "shortest_rtt_microseconds": shortestRoundTrip.map { .microseconds($0) } ?? .null,
            "queue_microseconds": .microseconds(queueing), "loss_ppm": .count(loss), "own_loss_ppm": .count(ownLoss),
            "rate_bytes_per_second": .count(rate), "packet_bytes": .count(packetBytes),
            "keys_age_seconds": .seconds(keysAge), "key_phase": .count(keyPhase), "mode": .text(mode),
            "reason": .text(reason), "sent_packets": .count(packetsSent), "lost_packets": .count(packetsLost),
        ]
    }

    fileprivate init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "a session", .replyNotUnderstood)
        carrier = try fields.word("carrier", among: Carrier.allCases, spelled: \.word)
        age = try fields.seconds("age_seconds")
        isMine = try fields.boolean("is_mine")
        heard = try fields.seconds("heard_seconds")
        roundTrip = try fields.optionalMicroseconds("rtt_microseconds")
        shortestRoundTrip = try fields.optionalMicroseconds("shortest_rtt_microseconds")
        queueing = try fields.microseconds("queue_microseconds")
        loss = try fields.count("loss_ppm")
        ownLoss = try fields.count("own_loss_ppm")
        rate = try fields.count("rate_bytes_per_second")
        packetBytes = try fields.count("packet_bytes")
        keysAge = try fields.seconds("keys_age_seconds")
        keyPhase = try fields.count("key_phase")
        mode = try fields.text("mode")
        reason = try fields.text("reason")
        packetsSent = try fields.count("sent_packets")
        packetsLost = try fields.count("lost_packets")
    }
}

extension LinkRow.Attempt {
    fileprivate var json: JSONValue {
        ["tries": .count(tries), "age_seconds": .seconds(age), "tries_tcp": .boolean(triesTCP)]
    }

    fileprivate init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "an attempt", .replyNotUnderstood)
        tries = try fields.count("tries")
        age = try fields.seconds("age_seconds")
        triesTCP = try fields.boolean("tries_tcp")
    }
}

extension Carrier {
    /// As people and programs read it.
    package var word: String {
        switch self {
        case .udp: "udp"
        case .tcp: "tcp"
        }
    }
}
