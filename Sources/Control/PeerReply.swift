internal import Base
internal import Text

/// Why a member is as it is: the answer to `explain peer`.
package struct PeerReply: Hashable, Sendable {
    /// What best explains all evidence.
    package enum Cause: String, CaseIterable, Hashable, Sendable {
        case fine
        /// Something drops UDP both ways; the session runs over TCP.
        case udpDropped = "udp_dropped"
        /// Only what this node says is dropped.
        case udpFromHereDropped = "udp_from_here_dropped"
        /// Only what the peer says is dropped.
        case udpFromThereDropped = "udp_from_there_dropped"
        /// Its machine takes connections, and no process answers.
        case stopped
        /// Its machine says that nobody listens.
        case killed
        /// It lives, and is run too seldom.
        case overloaded
        /// Others hear it; no way leads there from here.
        case throughVoucher = "through_voucher"
        /// Not the peer is cut off, this node is.
        case isolatedHere = "isolated_here"
        /// Nothing comes from its machine at all.
        case hostSilent = "host_silent"
        case neverHeard = "never_heard"
        case left
    }

    package enum Confidence: String, CaseIterable, Hashable, Sendable {
        case low, medium, high
    }

    package var member: MemberRow
    package var cause: Cause
    package var confidence: Confidence
    /// The cause, as a sentence with the peer's name.
    package var what: String
    /// What the cause rests on, each a sentence.
    package var evidence: [String]
    /// What lately happened to member and link, oldest first.
    package var events: [LinkReply.Event]
    /// What others say of it, each a sentence.
    package var others: [String]
    /// What to do about it, the most promising first.
    package var remedies: [String]

    package init(
        member: MemberRow, cause: Cause, confidence: Confidence, what: String, evidence: [String],
        events: [LinkReply.Event], others: [String], remedies: [String]
    ) {
        self.member = member
        self.cause = cause
        self.confidence = confidence
        self.what = what
        self.evidence = evidence
        self.events = events
        self.others = others
        self.remedies = remedies
    }

    /// Whether nothing needs to be done.
    package var isWell: Bool { cause == .fine || cause == .left }
}

extension PeerReply {
    var json: JSONValue {
        [
            "member": member.json, "cause": .text(cause.rawValue), "confidence": .text(confidence.rawValue),
            "what": .text(what), "evidence": .texts(evidence), "events": .array(events.map(\.json)),
            "others": .texts(others), "try": .texts(remedies),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the explanation", .replyNotUnderstood)
        member = try MemberRow(try fields.value("member"))
        cause = try fields.word("cause", Cause.self)
        confidence = try fields.word("confidence", Confidence.self)
        what = try fields.text("what")
        evidence = try fields.texts("evidence")
        events = []
        for value in try fields.list("events") { events.append(try LinkReply.Event(value)) }
        others = try fields.texts("others")
        remedies = try fields.texts("try")
    }
}
