import Base
import Control
import Crypto
import Testing
import Trust

/// One reply of each form, with every field set to something that would show if it were lost or swapped.
enum Samples {
    static let id = NodeID(Bytes32(0x0102_0304_0506_0708, 1, 2, 3))
    static let at = WallTime(milliseconds: 1_795_183_331_118)

    static let alive = MemberRow(
        name: "till-01", id: id, state: .alive, address: Address("10.9.0.11:7946"), site: "front",
        since: WallTime(milliseconds: 1_795_000_000_000), age: .milliseconds(183_331_118), why: "this node")
    static let unreachable = MemberRow(
        name: "fork-03", id: NodeID(.zero), state: .unreachable, address: nil, site: "",
        since: WallTime(milliseconds: 1_795_183_151_118), age: .minutes(3), why: "silent for 40 s")

    static let status = StatusReply(
        mesh: "store-0412", node: "till-01", id: id, site: "front", address: Address("[fe80::1]:7946"),
        version: "0.1.0", wireProtocol: 1, uptime: .milliseconds(4_200),
        members: .init(alive: 10, suspect: 1, unreachable: 2, left: 3),
        traffic: .init(sentPackets: 4, sentBytes: 500, receivedPackets: 6, receivedBytes: 700),
        counters: [.init("duplicate", 12), .init("bad_seal", 0)],
        problems: [.init(.portInUse, what: "10.9.0.11:7946 is taken", remedy: "stop it")])

    static let up = LinkRow(
        name: "till-07", id: id, state: .up, address: Address("10.9.0.17:7946"),
        session: .init(
            carrier: .tcp, age: .seconds(7_440), isMine: true, heard: .milliseconds(400),
            roundTrip: .microseconds(1_100), shortestRoundTrip: .microseconds(900), queueing: .microseconds(2_100),
            loss: 4_000, ownLoss: 1_000, rate: 1_200_000, packetBytes: 1_452, keysAge: .minutes(12), keyPhase: 2,
            mode: "carried", reason: "path_changed", packetsSent: 1_204, packetsLost: 5),
        attempt: nil, why: "TCP paces: the path is new")
    static let handshaking = LinkRow(
        name: nil, id: nil, state: .handshaking, address: Address("[fe80::1]:7946"), session: nil,
        attempt: .init(tries: 7, age: .seconds(12), triesTCP: true), why: "no answer, 7 tries since 12 s")
    static let link = LinkReply(
        link: up,
        events: [
            .init(
                name: "link.up", at: at, age: .milliseconds(1_500), count: 3, firstAge: .seconds(60), what: "it is up")
        ],
        clues: ["others hear it"], problems: [Complaint(.udpBlocked, what: "w", because: "b", remedy: "t")])

    static let peer = PeerReply(
        member: alive, cause: .udpDropped, confidence: .high, what: "UDP is dropped", evidence: ["e", "f"],
        events: link.events, others: ["o"], remedies: ["r", "s"])

    static func envelope(_ reply: Reply) -> Envelope {
        Envelope(
            node: "till-01", at: at, view: .init(agree: 11, of: 12, oldest: .milliseconds(4_200), digest: "8c1f"),
            reply: reply, warnings: [.init(.diskFull, remedy: "free some space")])
    }

    static let replies: [Reply] = [
        .status(status),
        .members([alive, unreachable]),
        .members([]),
        .links([up, handshaking]),
        .link(link),
        .nodes(
            NodesReply(
                mesh: "aa", head: "bb",
                nodes: NodeRow.Standing.allCases.map {
                    NodeRow(name: "till-01", id: NodeID(Bytes32(1, 2, 3, 4)), standing: $0, site: "", key: "01")
                })),
        .node(
            NodeReply(
                mesh: "aa", head: "bb",
                node: NodeRow(
                    name: "till-01", id: NodeID(Bytes32(1, 2, 3, 4)), standing: .full, site: "yard", key: "01"),
                cuts: "00", redemption: "0a")),
        .operators(
            OperatorsReply(
                head: "bb", threshold: 2,
                operators: OperatorRow.Standing.allCases.map {
                    OperatorRow(name: "ada", standing: $0, keys: ["01aa"])
                })),
        .root(RootReply(chain: [record], cuts: [cut])),
        .submitted(SubmitReply(records: 3, held: 2)),
        .acts(
            ActsReply(
                rows: [.init(record: "0a", at: at, actor: "ada", act: "ends its feed", isValid: false, why: "w")],
                total: 7)),
        .authority(AuthorityReply(question: "q", isAllowed: true, why: "w", grounds: ["a", "b"])),
        .lawFile(LawFileReply(path: "/tmp/a.law", records: 3, bytes: 456)),
        .peer(peer),
        .topology(
            TopologyReply(
                edges: [
                    .init(
                        name: "till-07", id: id, state: .silent, roundTrip: .microseconds(1_100), lossHere: 12_000,
                        lossThere: nil, heard: .seconds(3), longestSilence: .seconds(2), agrees: false, isDeaf: true)
                ], seats: [.init(name: "till-01", id: id, state: .alive, observers: ["till-07"])])),
        .moves(
            MovesReply(
                moves: [.init(number: 42, at: at, name: "till-07", id: id, from: nil, to: .alive, why: "w")],
                cursor: 42, missed: 3)),
        .ping(
            PingReply(
                name: "till-07", id: id, address: Address("10.9.0.17:7946"), carrier: .tcp, sent: 3,
                trips: [.microseconds(1_100), .milliseconds(4)])),
        .ping(PingReply(name: "till-07", id: id, address: nil, carrier: nil, sent: 3, trips: [])),
        .roundTrip(
            RoundTripReply(
                from: "a", to: "b", measured: .microseconds(900), estimated: .milliseconds(1), errorPercent: 7,
                silent: ["c"])),
        .invitation(InvitationReply(token: "MARRAM3-AH7K", uses: 20, expires: at)),
        .recording(RecordingReply(path: "/tmp/a.rec", bytes: 123, inputs: 45)),
        .vitals(
            VitalsReply(
                rows: [
                    .init(
                        name: "till-07", id: id, state: .suspect, key: "disk", value: ValueBytes("82 %"),
                        age: .seconds(12), left: .minutes(9))
                ], next: id)),
        .version(VersionReply(version: "0.1.0", controlProtocol: 1)),
        .left(LeaveReply(mesh: "store-0412", told: 2)),
        .failure(Complaint(.directoryInUse, what: "w", because: "b", remedy: "t")),
        .epoch(
            EpochReply(
                number: 3, issued: at, keeper: "till-01", members: 5, isFrozen: false,
                holdups: [
                    .init(name: "till-07", id: id, lacks: 12, since: at),
                    .init(name: "till-08", id: id, lacks: nil, since: at),
                ], omitted: 1, waiting: 40, returned: 2)),
        .returned(
            ReturnedReply(
                rows: [
                    .init(key: "till/tax", kind: .register, wrote: "7", at: at, holds: nil),
                    .init(key: "till/tax", kind: .register, wrote: nil, at: at, holds: "8"),
                ], omitted: 0)),
    ]

    static let record: Record = {
        var entropy = Entropy.seeded(1)
        let key = SigningKey.drawn(from: &entropy)
        let owner = SignerKey(key.publicKey)
        return Record(.feed(FeedCertificate(owner: owner, epoch: 1, key: owner)), by: key, in: Digest(.zero))
    }()

    static let cut = Cut(feed: Digest(Bytes32(1, 2, 3, 4)), sequence: 5, entry: Digest(Bytes32(6, 7, 8, 9)))

    static let requests: [Request] = [
        .status, .members, .links, .explainLink(peer: "till-07"), .explainPeer(peer: "till-07"),
        .topology, .moves(since: 41), .ping(peer: "till-07", count: 5), .roundTrip(one: "a", other: nil),
        .roundTrip(one: "a", other: "b"),
        .invite(uses: 20, lifetime: .hours(24)),
        .saveRecording(path: "/tmp/a.rec"), .nodes, .node("till-07"), .operators, .root(leaving: nil),
        .root(leaving: "ada"), .submit([record]),
        .acts(count: 20), .explainAuthority(word: "invite.create", by: nil, on: "mesh"),
        .writeLaw(path: "/tmp/a.law", record: "0a"), .writeLaw(path: "/tmp/a.law", record: nil),
        .writeAnswer(path: "/tmp/a.answer", node: "till-09"), .version,
        .leave, .epoch, .evict("till-07"), .returned, .settleReturned,
        .vitals(node: "till-07", from: nil), .vitals(node: nil, from: id),
        .setVital(key: "disk", value: ValueBytes([0xFF])), .setVital(key: "disk", value: nil),
    ]

    /// The body of a whole frame.
    static func body(_ frame: [UInt8]) throws -> [UInt8] {
        var reader = ControlFrameReader(atMost: Limits.controlReplyBytes)
        reader.append(frame.raw)
        let body = try #require(try reader.next())
        #expect(reader.isBetweenFrames)
        return body
    }
}
