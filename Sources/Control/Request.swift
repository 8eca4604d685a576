package import Base
internal import Text
package import Trust

/// What may be asked of a running node over its control socket. A request is read strictly: a verb or a field that this
/// version does not know is refused and named, because silently leaving out half of what somebody asked for is worse
/// than saying no.
package enum Request: Hashable, Sendable {
    case status
    case members
    case links
    /// Why the way to a peer is as it is. The peer is named as people name it, and found by the node. Made by
    /// `explanation`, which knows the limit.
    case explainLink(peer: String)
    /// Why a member is as it is; named like the peer of a link.
    case explainPeer(peer: String)
    /// Who observes whom.
    case topology
    /// The moves of members after a number; with zero all that are kept.
    case moves(since: Int)
    /// So many pings through the session with a member. Answered when they are, or after some seconds.
    case ping(peer: String, count: Int)
    /// How long a round trip takes from this node to a member, or between two members.
    case roundTrip(one: String, other: String?)
    /// A token that admits `uses` nodes for as long as `lifetime`. Made by `invitation`, which knows the limits.
    case invite(uses: Int, lifetime: Interval)
    /// Write the flight recorder's inputs to a new file at this absolute path. The daemon writes it, so that a
    /// recording never has to fit into a reply.
    case saveRecording(path: String)
    /// Which nodes the law knows.
    case nodes
    /// One of them, named as people name it, and what an operator needs to write about it. Made by `node(named:)`.
    case node(String)
    /// Who governs the mesh.
    case operators
    /// What a change of the operators is written from; with the ends of what the one did that is to leave. Made by
    /// `root(without:)`.
    case root(leaving: String?)
    /// Take in these records, which somebody has signed. Made by `submission`, which knows the limit.
    case submit([Record])
    /// The newest acts of the law, so many. Made by `newestActs`, which knows the limit.
    case acts(count: Int)
    /// Whether an act counts, or a node may do something; why. Made by `authority`, which knows the limits.
    case explainAuthority(word: String, by: String?, on: String?)
    /// Write the law, or what the verdict on one act rests on, to a new file at this absolute path.
    case writeLaw(path: String, record: String?)
    /// Write to a new file at this absolute path what brings a node into the mesh that asked by a file and was let in.
    case writeAnswer(path: String, node: String)
    /// Who belongs to what is replicated, and what holds forgetting up.
    case epoch
    /// Wait for this member no longer. Made by `evict(named:)`, which knows the limit.
    case evict(String)
    /// What was handed back to this node; and all of that is decided about.
    case returned
    case settleReturned
    /// What nodes say of themselves for a while: all, or the one that people name so; from one node on. Made by
    /// `vitals(of:from:)`, which knows the limit.
    case vitals(node: String?, from: NodeID?)
    /// What this node says of itself for a while; without a value it says so no more. Made by `vital`, which knows the
    /// limits.
    case setVital(key: String, value: ValueBytes?)
    case version
    /// Say goodbye to the mesh and stop.
    case leave
    /// About keys and values.
    case store(StoreRequest)
}

extension Request {
    package static let schema = "marram.request/\(Release.controlProtocol)"

    package static func invitation(uses: Int, lifetime: Interval) throws(Complaint) -> Request {
        guard (1...Limits.invitationUses).contains(uses) else {
            throw Complaint(.badArgument, what: "an invitation admits 1 to \(Limits.invitationUses) nodes, not \(uses)")
        }
        guard lifetime >= .seconds(1), lifetime <= Limits.invitationLifetime else {
            throw Complaint(
                .badArgument,
                what: "an invitation lives for 1 second to \(Limits.invitationLifetime.seconds / 86_400) days")
        }
        return .invite(uses: uses, lifetime: lifetime)
    }

    package static func submission(of records: [Record]) throws(Complaint) -> Request {
        // Each byte is two digits, and a quarter is left for what stands around them.
        let bytes = records.reduce(0) { $0 + $1.encoded.count }
        guard (1...Limits.recordsHandedIn).contains(records.count), bytes <= Limits.controlRequestBytes / 4 else {
            throw Complaint(
                .badArgument, what: "1 to \(Limits.recordsHandedIn) records are handed in at a time")
        }
        return .submit(records)
    }

    package static func newestActs(_ count: Int) throws(Complaint) -> Request {
        guard (1...Limits.actsShown).contains(count) else {
            throw Complaint(.badArgument, what: "1 to \(Limits.actsShown) acts are shown at a time, not \(count)")
        }
        return .acts(count: count)
    }

    package static func authority(over word: String, by: String?, on: String?) throws(Complaint) -> Request {
        for text in [word, by, on].compactMap({ $0 }) {
            guard (1...Limits.peerWordBytes).contains(text.utf8.count) else {
                throw Complaint(
                    .badArgument, what: "what is asked about is named by 1 to \(Limits.peerWordBytes) bytes",
                    remedy: "marram help auth")
            }
        }
        return .explainAuthority(word: word, by: by, on: on)
    }

    package static func exportLaw(to path: String, about record: String?) throws(Complaint) -> Request {
        guard path.hasPrefix("/"), path.utf8.count <= Limits.pathBytes, !path.utf8.contains(0),
            record.map({ (1...64).contains($0.utf8.count) }) ?? true
        else {
            throw Complaint(
                .badArgument,
                what: "the law goes to an absolute path of at most \(Limits.pathBytes) bytes, and an id has 64 digits")
        }
        return .writeLaw(path: path, record: record)
    }

    package static func answer(to node: String, at path: String) throws(Complaint) -> Request {
        guard path.hasPrefix("/"), path.utf8.count <= Limits.pathBytes, !path.utf8.contains(0) else {
            throw Complaint(
                .badArgument, what: "an answer goes to an absolute path of at most \(Limits.pathBytes) bytes")
        }
        return .writeAnswer(path: path, node: try named(node))
    }

    package static func explanation(ofLinkTo peer: String) throws(Complaint) -> Request {
        .explainLink(peer: try named(peer))
    }

    package static func explanation(of peer: String) throws(Complaint) -> Request {
        .explainPeer(peer: try named(peer))
    }

    package static func pings(of peer: String, count: Int) throws(Complaint) -> Request {
        guard (1...Limits.pingsPerRequest).contains(count) else {
            throw Complaint(.badArgument, what: "one request takes 1 to \(Limits.pingsPerRequest) pings, not \(count)")
        }
        return .ping(peer: try named(peer), count: count)
    }

    package static func roundTrip(_ one: String, _ other: String?) throws(Complaint) -> Request {
        var second: String?
        if let other { second = try named(other) }
        return .roundTrip(one: try named(one), other: second)
    }

    package static func node(named name: String) throws(Complaint) -> Request { .node(try named(name)) }

    package static func evict(named name: String) throws(Complaint) -> Request { .evict(try named(name)) }

    package static func vitals(of node: String?, from: NodeID? = nil) throws(Complaint) -> Request {
        guard let node else { return .vitals(node: nil, from: from) }
        return .vitals(node: try named(node), from: from)
    }

    package static func vital(_ key: String, _ value: ValueBytes?) throws(Complaint) -> Request {
        try KeyRules.check(key)
        if let value { try KeyRules.check(value) }
        return .setVital(key: key, value: value)
    }

    package static func root(without name: String?) throws(Complaint) -> Request {
        guard let name else { return .root(leaving: nil) }
        guard isName(name) else { throw Complaint(.unknownOperator, what: "no operator can be called that") }
        return .root(leaving: name)
    }

    private static func named(_ peer: String) throws(Complaint) -> String {
        guard !peer.isEmpty, peer.utf8.count <= Limits.peerWordBytes else {
            throw Complaint(
                .badArgument, what: "a peer is named by 1 to \(Limits.peerWordBytes) bytes",
                remedy: "give its name, its id or an address; marram links shows them")
        }
        return peer
    }

    package static func recording(path: String) throws(Complaint) -> Request {
        guard path.hasPrefix("/"), path.utf8.count <= Limits.pathBytes, !path.utf8.contains(0) else {
            throw Complaint(
                .badArgument, what: "a recording goes to an absolute path of at most \(Limits.pathBytes) bytes")
        }
        return .saveRecording(path: path)
    }
}

extension Request {
    package var verb: String {
        switch self {
        case .status: "status"
        case .members: "members"
        case .links: "links"
        case .explainLink: "explain_link"
        case .explainPeer: "explain_peer"
        case .topology: "topology"
        case .moves: "moves"
        case .ping: "ping"
        case .roundTrip: "rtt"
        case .invite: "invite"
        case .saveRecording: "save_recording"
        case .nodes: "nodes"
        case .node: "node"
        case .operators: "operators"
        case .root: "root"
        case .submit: "submit"
        case .acts: "acts"
        case .explainAuthority: "explain_authority"
        case .writeLaw: "write_law"
        case .writeAnswer: "write_answer"
        case .epoch: "epoch"
        case .evict: "evict"
        case .returned: "returned"
        case .settleReturned: "settle_returned"
        case .vitals: "vitals"
        case .setVital: "set_vital"
        case .version: "version"
        case .leave: "leave"
        case .store(let request): request.verb
        }
    }

    /// The request as it lies on the socket.
    package var frame: [UInt8] {
        var members = [JSONMember("schema", .text(Self.schema)), JSONMember("verb", .text(verb))]
        switch self {
        case .status, .members, .links, .topology, .nodes, .operators, .epoch, .returned, .settleReturned, .version,
            .leave:
            break
        case .node(let name), .evict(let name): members.append(JSONMember("node", .text(name)))
        case .root(let leaving):
            if let leaving { members.append(JSONMember("leaving", .text(leaving))) }
        case .submit(let records):
            members.append(
                JSONMember("records", .array(records.map { .text(hexadecimal($0.encoded)) })))
        case .moves(let since): members.append(JSONMember("since", .count(since)))
        case .acts(let count): members.append(JSONMember("count", .count(count)))
        case .explainAuthority(let word, let by, let on):
            members.append(JSONMember("word", .text(word)))
            if let by { members.append(JSONMember("by", .text(by))) }
            if let on { members.append(JSONMember("on", .text(on))) }
        case .writeLaw(let path, let record):
            members.append(JSONMember("path", .text(path)))
            if let record { members.append(JSONMember("record", .text(record))) }
        case .writeAnswer(let path, let node):
            members.append(JSONMember("path", .text(path)))
            members.append(JSONMember("node", .text(node)))
        case .explainLink(let peer), .explainPeer(let peer): members.append(JSONMember("peer", .text(peer)))
        case .ping(let peer, let count):
            members.append(JSONMember("peer", .text(peer)))
            members.append(JSONMember("count", .count(count)))
        case .roundTrip(let one, let other):
            members.append(JSONMember("one", .text(one)))
            if let other { members.append(JSONMember("other", .text(other))) }
        case .invite(let uses, let lifetime):
            members.append(JSONMember("uses", .count(uses)))
            members.append(JSONMember("lifetime_seconds", .seconds(lifetime)))
        case .saveRecording(let path): members.append(JSONMember("path", .text(path)))
        case .vitals(let node, let from):
            if let node { members.append(JSONMember("node", .text(node))) }
            if let from { members.append(JSONMember("from", .text(from.description))) }
        case .setVital(let key, let value):
            members.append(JSONMember("key", .text(key)))
            if let value { members.append(JSONMember("value", value.json)) }
        case .store(let request): members += request.members
        }
        return ControlFrame.around(JSONValue.object(members).encoded(), atMost: Limits.controlRequestBytes)
    }

    /// Reads the body of a frame.
    package init(decoding body: [UInt8]) throws(Complaint) {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue(reading: body, atMost: Limits.controlRequestBytes)
        } catch {
            throw Complaint(.requestRefused, what: "the request is not a JSON document: \(error)")
        }
        var fields = try FieldReader(document, "the request", .requestRefused)
        let schema = try fields.text("schema")
        guard schema == Self.schema else {
            throw Complaint(
                .requestRefused, what: "the request speaks \(JSONValue.text(schema)), this marramd \(Self.schema)")
        }
        let verb = try fields.text("verb")
        switch verb {
        case "status": self = .status
        case "members": self = .members
        case "links": self = .links
        case "explain_link": self = try .explanation(ofLinkTo: try fields.text("peer"))
        case "explain_peer": self = try .explanation(of: try fields.text("peer"))
        case "topology": self = .topology
        case "moves": self = .moves(since: try fields.count("since"))
        case "ping":
            let peer = try fields.text("peer")
            self = try .pings(of: peer, count: try fields.count("count"))
        case "rtt":
            let one = try fields.text("one")
            self = try .roundTrip(one, try fields.optionalText("other"))
        case "invite":
            let uses = try fields.count("uses")
            self = try .invitation(uses: uses, lifetime: try fields.seconds("lifetime_seconds"))
        case "save_recording": self = try .recording(path: try fields.text("path"))
        case "nodes": self = .nodes
        case "node": self = try .node(named: try fields.text("node"))
        case "operators": self = .operators
        case "root": self = try .root(without: try fields.optionalText("leaving"))
        case "submit":
            var records: [Record] = []
            for value in try fields.list("records") { records.append(try Self.record(value)) }
            self = try .submission(of: records)
        case "acts": self = try .newestActs(try fields.count("count"))
        case "explain_authority":
            let word = try fields.text("word")
            let by = try fields.optionalText("by")
            self = try .authority(over: word, by: by, on: try fields.optionalText("on"))
        case "write_law":
            let path = try fields.text("path")
            self = try .exportLaw(to: path, about: try fields.optionalText("record"))
        case "write_answer":
            let path = try fields.text("path")
            self = try .answer(to: try fields.text("node"), at: path)
        case "epoch": self = .epoch
        case "evict": self = try .evict(named: try fields.text("node"))
        case "returned": self = .returned
        case "settle_returned": self = .settleReturned
        case "vitals":
            let node = try fields.optionalText("node")
            self = try .vitals(of: node, from: try fields.optionalID("from"))
        case "set_vital":
            let key = try fields.text("key")
            let value = fields.optional("value")
            self = try .vital(
                key, try value.map { json throws(Complaint) in try ValueBytes(json, .requestRefused) })
        case "version": self = .version
        case "leave": self = .leave
        case let verb where StoreRequest.verbs.contains(verb): self = .store(try StoreRequest(verb, &fields))
        default:
            throw Complaint(.requestRefused, what: "this marramd has no verb \(JSONValue.text(verb))")
        }
        try fields.finish()
    }

    private static func record(_ value: JSONValue) throws(Complaint) -> Record {
        guard case .text(let text) = value, let bytes = bytes(hexadecimal: text),
            let record = try? Record(decoding: bytes.raw)
        else { throw Complaint(.requestRefused, what: "a record is not one") }
        return record
    }
}
