import Base
import Control
import Crypto
import Host
import Trust

@testable import Verbs

/// A world to run the tool in: what it is told, what it wrote, and what it asked. Terminals, answers and the clock are
/// set by the test.
final class Stage {
    var environment: [String: String] = ["LANG": "C.UTF-8", "TERM": "xterm"]
    var isTerminal = false
    var size: (columns: Int, rows: Int)?
    var typed: String?
    /// What can be read, standard input as "-".
    var files: [String: [UInt8]] = [:]
    var east = 0
    var answer: (Request) throws(Complaint) -> Envelope = { _ throws(Complaint) in
        throw Complaint(.daemonNotRunning)
    }
    var founding: (NewNode) throws(Complaint) -> Founding = { new throws(Complaint) in
        Founding(mesh: "store-0412", name: new.name ?? "till-01", id: Samples.id, path: new.directory)
    }
    /// What is typed where nothing is shown.
    var secrets: [String] = []
    var tokenReport: (String) throws(Complaint) -> TokenReport = { _ throws(Complaint) in
        throw Complaint(.invitationUnreadable)
    }
    var signing: (() -> String?) throws(Complaint) -> [Record] = { _ throws(Complaint) in
        throw Complaint(.operatorKeyUnreadable)
    }
    var cards: [String: OperatorCard] = [:]
    var proposing: ((String) -> String?) throws(Complaint) -> RootProposal = { _ throws(Complaint) in
        throw Complaint(.signersMissing)
    }
    var signingProposal: (RootProposal, (String) -> String?) throws(Complaint) -> RootProposal = {
        _, _ throws(Complaint) in throw Complaint(.notToSign)
    }
    var lawReport: ([UInt8]) throws(Complaint) -> LawReport = { _ throws(Complaint) in throw Complaint(.lawRefused) }
    var report = ConfigurationReport(files: [], settings: [], faults: [])
    var outputFails = false

    private(set) var output = ""
    private(set) var narration = ""
    private(set) var asked: [Request] = []
    private(set) var paused: [Interval] = []
    private(set) var socket = ""
    private(set) var timeout = Interval.zero
    private(set) var founded: [NewNode] = []
    private(set) var sources: [ConfigurationSource] = []
    private(set) var orders: [(OperatorDesk.Order, String)] = []
    private(set) var keys: [(String, String, String?)] = []
    private(set) var changes: [RootDesk.Order] = []
    private(set) var signers: [String] = []

    init() {}

    /// A stage on which the daemon gives this answer to whatever it is asked.
    convenience init(answering reply: Reply) {
        self.init()
        answer = { _ in Samples.envelope(reply) }
    }

    func run(_ line: String) -> ExitCode { run(line.split(separator: " ").map(String.init)) }

    func run(_ words: [String]) -> ExitCode {
        output = ""
        narration = ""
        return runTool(
            words,
            in: World(
                environment: { self.environment[$0] },
                writeOutput: { text throws(Complaint) in
                    if self.outputFails { throw Complaint(.outputFailed) }
                    self.output += text
                },
                writeNarration: { self.narration += $0 },
                outputIsTerminal: isTerminal, narrationIsTerminal: isTerminal, inputIsTerminal: isTerminal,
                outputSize: { self.size },
                readLine: { self.typed },
                readBytes: { path, limit throws(Complaint) in
                    guard let bytes = self.files[path ?? "-"], bytes.count <= limit else {
                        throw Complaint(.badArgument, what: "\(path ?? "-") cannot be read")
                    }
                    return bytes
                },
                now: { Samples.at },
                pause: { self.paused.append($0) },
                secondsEast: { _ in self.east },
                currentDirectory: { "/tmp/here" },
                ask: { request, socket, timeout throws(Complaint) in
                    self.asked.append(request)
                    self.socket = socket
                    self.timeout = timeout
                    return try self.answer(request)
                },
                initialise: { new, _ throws(Complaint) in
                    self.founded.append(new)
                    return try self.founding(new)
                },
                join: { new throws(Complaint) in
                    self.founded.append(new)
                    return try self.founding(new)
                },
                requestToJoin: { new throws(Complaint) in
                    self.founded.append(new)
                    return Samples.request
                },
                joinByAnswer: { new, bytes throws(Complaint) in
                    self.founded.append(new)
                    guard bytes == [7] else { throw Complaint(.answerUnreadable) }
                    return try self.founding(new)
                },
                readRequest: { bytes throws(Complaint) in try DataDirectory.read(request: bytes) },
                readSecret: { self.secrets.isEmpty ? nil : self.secrets.removeFirst() },
                checkToken: { token throws(Complaint) in try self.tokenReport(token) },
                sign: { order, file, passphrase throws(Complaint) in
                    self.orders.append((order, file))
                    return try self.signing(passphrase)
                },
                makeOperatorKey: { name, file, passphrase in
                    self.keys.append((name, file, passphrase))
                    return Samples.card
                },
                readCard: { word throws(Complaint) in self.cards[word] },
                propose: { order, passphrase throws(Complaint) in
                    self.changes.append(order)
                    return try self.proposing(passphrase)
                },
                readProposal: { bytes throws(Complaint) in try RootDesk.read(bytes) },
                signProposal: { proposal, file, passphrase throws(Complaint) in
                    self.signers.append(file)
                    return try self.signingProposal(proposal, passphrase)
                },
                writeFile: { path, bytes, isNew throws(Complaint) in
                    guard !isNew || self.files[path] == nil else { throw Complaint(.fileNotWritten) }
                    self.files[path] = bytes
                },
                checkLaw: { bytes throws(Complaint) in try self.lawReport(bytes) },
                readConfiguration: { source in
                    self.sources.append(source)
                    return self.report
                }))
    }
}

/// Answers with every field set.
enum Samples {
    static let id = NodeID(Bytes32(0x0102_0304_0506_0708, 1, 2, 3))
    static let at = WallTime(milliseconds: 1_795_183_331_118)

    static let members = [
        MemberRow(
            name: "till-01", id: id, state: .alive, address: Address("10.9.0.11:7946"), site: "front",
            since: WallTime(milliseconds: 1_794_996_131_118), age: .hours(52), why: "this node"),
        MemberRow(
            name: "till-07", id: id, state: .suspect, address: Address("10.9.0.17:7946"), site: "front",
            since: WallTime(milliseconds: 1_795_183_283_118), age: .seconds(48), why: "3 probes lost, 0/3 relays ok"),
        MemberRow(
            name: "f\u{F6}rk-03", id: id, state: .unreachable, address: nil, site: "",
            since: WallTime(milliseconds: 1_795_183_131_118), age: .seconds(200), why: "confirmed by \"till-02\""),
        MemberRow(
            name: "\u{4ED3}\u{5E93}-04", id: id, state: .left, address: Address("[fe80::1]:7946"), site: "yard",
            since: WallTime(milliseconds: 1_795_161_731_118), age: .hours(6), why: "said goodbye"),
    ]

    static let healthy = StatusReply(
        mesh: "store-0412", node: "till-01", id: id, site: "front", address: Address("10.9.0.11:7946"),
        version: "0.1.0", wireProtocol: 1, uptime: .hours(52),
        members: .init(alive: 3, suspect: 0, unreachable: 0, left: 0),
        traffic: .init(sentPackets: 1_204, sentBytes: 96_320, receivedPackets: 1, receivedBytes: 812),
        counters: [.init("bad_seal", 0)], problems: [])

    static var degraded: StatusReply {
        var status = healthy
        status.members = .init(alive: 10, suspect: 1, unreachable: 1, left: 0)
        status.counters = [.init("duplicate", 12), .init("bad_seal", 0), .init("replayed", 1_003)]
        status.problems = [.init(.portInUse, what: "10.9.0.11:7946 is taken", remedy: "stop it")]
        return status
    }

    static let record: Record = {
        var entropy = Entropy.seeded(1)
        let key = SigningKey.drawn(from: &entropy)
        let owner = SignerKey(key.publicKey)
        return Record(.feed(FeedCertificate(owner: owner, epoch: 1, key: owner)), by: key, in: Digest(.zero))
    }()

    /// Somebody asks to be let in as till-09.
    static let request: JoinRequest = {
        var entropy = Entropy.seeded(9)
        return JoinRequest(of: NodeIdentity(of: Digest(.zero), from: &entropy), named: "till-09")
    }()

    /// The key of one of three people, who are called ada, bob and cy.
    static func key(_ number: Int) -> SigningKey {
        var entropy = Entropy.seeded(UInt64(number) + 70)
        return SigningKey.drawn(from: &entropy)
    }

    static func person(_ number: Int) -> Person {
        Person(name: ["ada", "bob", "cy"][number], keys: [SignerKey(key(number).publicKey)])
    }

    static let card = OperatorCard(person(0))

    /// A mesh that ada founded.
    static let genesis = Charter.genesis(of: "store-0412", by: person(0), key: key(0), nonce: Bytes32(1, 2, 3, 4))

    /// The root of that mesh after these changes of its tables.
    static func chain(_ changes: [RootChange]) -> [Record] {
        guard !changes.isEmpty else { return [genesis] }
        var proposal = RootProposal(after: [genesis], signers: [person(0).keys[0]], changes: changes)
        proposal.sign(with: key(0))
        return [genesis] + (proposal.record.map { [$0] } ?? [])
    }

    static func envelope(_ reply: Reply) -> Envelope {
        Envelope(
            node: "till-01", at: at, view: .init(agree: 11, of: 12, oldest: .milliseconds(4_200), digest: "8c1f"),
            reply: reply)
    }
}
