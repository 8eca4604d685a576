package import Base
internal import Text

/// What a node answers: one typed form for each request, or a complaint, which crosses the socket with its code. The
/// daemon makes it, the tool renders it as a table or hands its JSON through; neither sees the other's text.
package enum Reply: Hashable, Sendable {
    case status(StatusReply)
    case members([MemberRow])
    case links([LinkRow])
    case link(LinkReply)
    case peer(PeerReply)
    case topology(TopologyReply)
    case moves(MovesReply)
    case ping(PingReply)
    case roundTrip(RoundTripReply)
    case invitation(InvitationReply)
    case recording(RecordingReply)
    case nodes(NodesReply)
    case node(NodeReply)
    case operators(OperatorsReply)
    case root(RootReply)
    case submitted(SubmitReply)
    case acts(ActsReply)
    case authority(AuthorityReply)
    case lawFile(LawFileReply)
    case epoch(EpochReply)
    case returned(ReturnedReply)
    case version(VersionReply)
    case left(LeaveReply)
    case key(KeyReply)
    case keys(KeysReply)
    case wrote(WriteReply)
    case changes(ChangesReply)
    case vitals(VitalsReply)
    case failure(Complaint)
}

extension Reply {
    static let errorSchema = "marram.error/1"

    enum Content {
        case data(schema: String, JSONValue)
        case error(Complaint)
    }

    var content: Content {
        switch self {
        case .status(let status): .data(schema: "marram.status/1", status.json)
        case .members(let rows): .data(schema: "marram.members/1", .array(rows.map(\.json)))
        case .links(let rows): .data(schema: "marram.links/1", .array(rows.map(\.json)))
        case .link(let link): .data(schema: "marram.link/1", link.json)
        case .peer(let peer): .data(schema: "marram.peer/1", peer.json)
        case .topology(let topology): .data(schema: "marram.topology/1", topology.json)
        case .moves(let moves): .data(schema: "marram.moves/1", moves.json)
        case .ping(let ping): .data(schema: "marram.ping/1", ping.json)
        case .roundTrip(let trip): .data(schema: "marram.rtt/1", trip.json)
        case .invitation(let invitation): .data(schema: "marram.invitation/1", invitation.json)
        case .recording(let recording): .data(schema: "marram.recording/1", recording.json)
        case .nodes(let nodes): .data(schema: "marram.nodes/1", nodes.json)
        case .node(let node): .data(schema: "marram.law_node/1", node.json)
        case .operators(let operators): .data(schema: "marram.operators/1", operators.json)
        case .root(let root): .data(schema: "marram.root/1", root.json)
        case .submitted(let submitted): .data(schema: "marram.submission/1", submitted.json)
        case .acts(let acts): .data(schema: "marram.acts/1", acts.json)
        case .authority(let authority): .data(schema: "marram.authority/1", authority.json)
        case .lawFile(let file): .data(schema: "marram.law_file/1", file.json)
        case .epoch(let epoch): .data(schema: "marram.epoch/1", epoch.json)
        case .returned(let returned): .data(schema: "marram.returned/1", returned.json)
        case .version(let version): .data(schema: "marram.version/1", version.json)
        case .left(let left): .data(schema: "marram.leave/1", left.json)
        case .key(let key): .data(schema: "marram.key/1", key.json)
        case .keys(let keys): .data(schema: "marram.keys/1", keys.json)
        case .wrote(let write): .data(schema: "marram.write/1", write.json)
        case .changes(let changes): .data(schema: "marram.changes/1", changes.json)
        case .vitals(let vitals): .data(schema: "marram.vitals/1", vitals.json)
        case .failure(let complaint): .error(complaint)
        }
    }

    init(schema: String, _ body: JSONValue) throws(Complaint) {
        switch schema {
        case "marram.status/1": self = .status(try StatusReply(body))
        case "marram.members/1":
            self = .members(try Self.rows(body, "the members") { value throws(Complaint) in try MemberRow(value) })
        case "marram.links/1":
            self = .links(try Self.rows(body, "the links") { value throws(Complaint) in try LinkRow(value) })
        case "marram.link/1": self = .link(try LinkReply(body))
        case "marram.peer/1": self = .peer(try PeerReply(body))
        case "marram.topology/1": self = .topology(try TopologyReply(body))
        case "marram.moves/1": self = .moves(try MovesReply(body))
        case "marram.ping/1": self = .ping(try PingReply(body))
        case "marram.rtt/1": self = .roundTrip(try RoundTripReply(body))
        case "marram.invitation/1": self = .invitation(try InvitationReply(body))
        case "marram.recording/1": self = .recording(try RecordingReply(body))
        case "marram.nodes/1": self = .nodes(try NodesReply(body))
        case "marram.law_node/1": self = .node(try NodeReply(body))
        case "marram.operators/1": self = .operators(try OperatorsReply(body))
        case "marram.root/1": self = .root(try RootReply(body))
        case "marram.submission/1": self = .submitted(try SubmitReply(body))
        case "marram.acts/1": self = .acts(try ActsReply(body))
        case "marram.authority/1": self = .authority(try AuthorityReply(body))
        case "marram.law_file/1": self = .lawFile(try LawFileReply(body))
        case "marram.epoch/1": self = .epoch(try EpochReply(body))
        case "marram.returned/1": self = .returned(try ReturnedReply(body))
        case "marram.version/1": self = .version(try VersionReply(body))
        case "marram.leave/1": self = .left(try LeaveReply(body))
        case "marram.key/1": self = .key(try KeyReply(body))
        case "marram.keys/1": self = .keys(try KeysReply(body))
        case "marram.write/1": self = .wrote(try WriteReply(body))
        case "marram.changes/1": self = .changes(try ChangesReply(body))
        case "marram.vitals/1": self = .vitals(try VitalsReply(body))
        case Self.errorSchema: self = .failure(try Complaint(body))
        default:
            throw Complaint(.replyNotUnderstood, what: "the answer has the unknown form \(JSONValue.text(schema))")
        }
    }

    private static func rows<Row>(
        _ body: JSONValue, _ place: String, _ read: (JSONValue) throws(Complaint) -> Row
    ) throws(Complaint) -> [Row] {
        guard case .array(let elements) = body else {
            throw Complaint(.replyNotUnderstood, what: "\(place) are \(body.kind), not a list")
        }
        var rows: [Row] = []
        rows.reserveCapacity(elements.count)
        for element in elements { rows.append(try read(element)) }
        return rows
    }
}

extension Complaint {
    var json: JSONValue {
        [
            "code": .text("\(code)"), "what": .text(what), "because": .text(because), "try": .text(remedy),
        ]
    }

    init(_ json: JSONValue) throws(Complaint) {
        var fields = try FieldReader(json, "the error", .replyNotUnderstood)
        let what = try fields.text("what")
        let because = try fields.text("because")
        let remedy = try fields.text("try")
        let code = try Code(heard: try fields.text("code"), title: what, because: because, remedy: remedy)
        self.init(code, what: what, because: because, remedy: remedy)
    }
}

extension Code {
    /// The row that `text` names, or a row made up of what was said with it: a newer daemon has codes that an older
    /// tool does not list, and still its words should reach the person.
    init(heard text: String, title: String, because: String = "", remedy: String) throws(Complaint) {
        if let row = Code.named(text) {
            self = row
        } else if text.hasPrefix("M"), let number = UInt16(text.dropFirst()) {
            self.init(number: number, title: title, because: because, remedy: remedy)
        } else {
            throw Complaint(.replyNotUnderstood, what: "\(JSONValue.text(text)) is not an error code")
        }
    }
}
