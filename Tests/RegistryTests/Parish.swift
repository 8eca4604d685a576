import Base
import Crypto
import Testing
import Trust

@testable import Registry

/// Many registries in an invented world: datagrams take their time, get lost, and do not cross a partition; a session
/// is there as soon as two nodes have something to say, and ends when one bars the other.
struct Parish {
    struct Letter {
        var due: Int64
        var from: Int
        var to: Int
        var message: RegistryMessage
    }

    private(set) var engines: [RegistryEngine] = []
    /// Milliseconds.
    private(set) var time: Int64 = 0
    /// How many in a hundred get lost.
    var loss = 0
    /// How far each wall clock is off.
    var clockErrors: [Interval]
    /// Nodes on one side hear only each other.
    var side: [Int] = []
    private var random: Random
    private var post: [Letter] = []
    private var sessions: [[Bool]]
    private(set) var notes: [(time: Int64, node: Int, note: RegistryNote)] = []
    /// When each node began to bar somebody.
    private(set) var barredAt: [Int: Int64] = [:]
    private(set) var sent = 0
    /// Which key signs each node's entries: a node's first is its own.
    private(set) var feedKeys: [Int]
    private(set) var facts: [[Fact]]
    private(set) var largestMessage = 0
    /// What comes out of an engine that was handed something by the test.
    private var outbox = Outbox<RegistryEngine.Effect>()

    let charter: Charter
    private let bug: RegistryBug?

    static func signer(_ number: Int) -> SigningKey {
        var entropy = Entropy.seeded(UInt64(number) + 50)
        do { return try SigningKey(seed: SecretBytes(from: &entropy)) } catch { fatalError("a seed is a seed") }
    }

    private static let publicKeys = (0..<1_200).map { SignerKey(signer($0).publicKey) }
    private static let founder = 1_199
    /// Between the numbers of two keys that follow one another.
    private static let keysApart = 100

    init(_ count: Int, newcomers: Int = 0, seed: UInt64 = 1, bug: RegistryBug? = nil) {
        self.bug = bug
        random = Random(seed: seed)
        let nodes = (0..<count).map(Self.keys)
        charter = Charter(
            founding: "parish", by: Person(name: "ada", keys: [Self.key(Self.founder)]),
            key: Self.signer(Self.founder), nodes: nodes, nonce: Bytes32(7, 7, 7, seed))
        let all = count + newcomers
        sessions = [[Bool]](repeating: [Bool](repeating: false, count: all), count: all)
        clockErrors = [Interval](repeating: .zero, count: all)
        facts = [[Fact]](repeating: [], count: all)
        side = [Int](repeating: 0, count: all)
        feedKeys = Array(0..<all)
        for number in 0..<all { engines.append(engine(number, charter: number < count ? charter.records : [])) }
    }

    func engine(_ number: Int, charter records: [Record], stored: [Fact] = [], epoch: UInt64 = 1) -> RegistryEngine {
        let keys = Self.keys(number)
        return RegistryEngine(
            me: keys, mesh: charter.mesh, founding: records, stored: stored,
            feed: FeedCertificate(owner: keys.signing, epoch: epoch, key: keys.signing),
            isInvited: records.isEmpty, random: Random(seed: UInt64(number) + 9), bug: bug, at: now)
    }

    static func key(_ number: Int) -> SignerKey { publicKeys[number] }

    static func keys(_ number: Int) -> NodeKeys {
        NodeKeys(signing: key(number), agreement: AgreementPublicKey(Bytes32(1, 2, 3, UInt64(number))))
    }

    static func id(_ number: Int) -> NodeID { keys(number).id }

    private static let numbers = Dictionary(uniqueKeysWithValues: (0..<1_200).map { (id($0), $0) })

    var now: Now {
        Now(
            instant: .zero + .seconds(100) + .milliseconds(time),
            wall: WallTime(milliseconds: 1_795_183_331_000 + time))
    }

    // MARK: What the test does

    mutating func perform(_ command: RegistryEngine.Command, by node: Int) {
        engines[node].perform(command, at: now, into: &outbox)
        carryOut(node)
    }

    mutating func receive(_ message: RegistryMessage, at node: Int, from peer: Int) {
        engines[node].receive(message, from: Self.id(peer), at: now, into: &outbox)
        carryOut(node)
    }

    /// An operator's act, handed in at a node.
    mutating func act(_ act: Act, at node: Int) {
        let records = OperatorActs.records(
            act, by: Self.signer(Self.founder), epoch: random.next(), head: charter.mesh, at: now.wall, in: charter.mesh
        )
        perform(.take(records), by: node)
    }

    mutating func revoke(_ target: Int, at node: Int) {
        let key = Self.keys(target).signing
        let cuts = engines[node].book.law?.cutsThatLeaveAll(of: key) ?? []
        act(.revoke(Revocation(.key(key), reason: .stolen, cuts: cuts)), at: node)
    }

    func invite(uses: UInt16 = 1, key: Int = 1_100, expires: Int64 = .max) -> Record {
        let invite = Invite(
            head: charter.mesh, authority: nil, inviter: Self.key(Self.founder), key: Self.key(key),
            terms: Charter.everyNode, uses: uses, expires: WallTime(milliseconds: expires))
        return Record(.invite(invite), by: Self.signer(Self.founder), in: charter.mesh)
    }

    func redemption(_ invite: Record, by node: Int, key: Int = 1_100) -> Redemption {
        Redemption(invite, as: Self.keys(node), over: Bytes32(3, 3, 3, 3), with: Self.signer(key), in: charter.mesh)
    }

    mutating func restart(_ node: Int, charter records: [Record]) {
        engines[node] = engine(node, charter: records, stored: facts[node], epoch: random.next())
        feedKeys[node] = node
        for other in engines.indices {
            sessions[node][other] = false
            sessions[other][node] = false
        }
    }

    /// The ids that every one of `nodes` holds and has judged, or nil when they differ.
    func agreement(of nodes: Range<Int>) -> [Digest]? {
        let ids = engines[nodes.lowerBound].book.ids
        return nodes.allSatisfy { engines[$0].book.ids == ids && engines[$0].judgedRecords == ids.count } ? ids : nil
    }

    // MARK: The world

    mutating func run(milliseconds: Int64, until isDone: (Parish) -> Bool = { _ in false }) {
        let end = time + milliseconds
        while time < end, !isDone(self) {
            time = min(end, max(time + 10, nextEvent))
            for node in engines.indices where engines[node].deadline.map({ $0 <= now.instant }) ?? false {
                let others = (0..<12).map { _ in random.below(engines.count) }.risingOnce
                    .filter { $0 != node && engines[node].isMember(Self.id($0)) }
                engines[node].perform(
                    .neighbours(others.map { Contact(onSessionWith: Self.id($0)) }), at: now, into: &outbox)
                engines[node].wake(at: now, into: &outbox)
                carryOut(node)
            }
            let due = post.filter { $0.due <= time }
            post.removeAll { $0.due <= time }
            for letter in due { deliver(letter) }
        }
    }

    /// When something is due next, on the grid of ten milliseconds.
    private var nextEvent: Int64 {
        let wakes = engines.compactMap(\.deadline).map { ($0 - (.zero + .seconds(100))).milliseconds + 1 }
        let due = (wakes + post.map(\.due)).min() ?? .max
        return due > time ? time + (due - time + 9) / 10 * 10 : time
    }

    mutating func connect(_ one: Int, _ other: Int) {
        guard !sessions[one][other], side[one] == side[other], !bars(one, other), !bars(other, one) else { return }
        sessions[one][other] = true
        sessions[other][one] = true
        perform(.met(Self.id(other), isMine: true), by: one)
        perform(.met(Self.id(one), isMine: false), by: other)
    }

    private func bars(_ one: Int, _ other: Int) -> Bool { engines[one].barred.contains(Self.id(other)) }

    private mutating func deliver(_ letter: Letter) {
        guard sessions[letter.from][letter.to], side[letter.from] == side[letter.to] else { return }
        guard !bars(letter.to, letter.from) else { return }
        engines[letter.to].receive(letter.message, from: Self.id(letter.from), at: now, into: &outbox)
        carryOut(letter.to)
    }

    private mutating func carryOut(_ node: Int) {
        let effects = outbox.effects
        outbox.removeAll()
        for effect in effects {
            switch effect {
            case .send(let message, let contact):
                // Some members of the law are nobody's engine.
                guard let id = contact.node, let to = Self.numbers[id], engines.indices.contains(to) else { continue }
                // The message is what its bytes say, and they fit a datagram.
                let bytes = message.encoded
                largestMessage = max(largestMessage, bytes.count)
                guard let heard = try? RegistryMessage(decoding: bytes.raw) else { continue }
                sent += 1
                connect(node, to)
                // What is said once at the beginning of a session draws no chance: the rest happens as without it.
                if case .start = heard {
                    post.append(Letter(due: time + 30, from: node, to: to, message: heard))
                    continue
                }
                guard random.below(100) >= loss else { continue }
                post.append(
                    Letter(due: time + 20 + Int64(random.below(40)), from: node, to: to, message: heard))
            case .persist(let fact): facts[node].append(fact)
            case .sign(let statement):
                var signer = node
                if case .entry(let entry) = statement {
                    signer = feedKeys[node]
                    if case .nextKey = entry.act { feedKeys[node] += Self.keysApart }
                }
                perform(.take([Record(statement, by: Self.signer(signer), in: charter.mesh)]), by: node)
            case .turnKey: perform(.goOver(to: Self.key(feedKeys[node] + Self.keysApart)), by: node)
            case .bar(let nodes):
                if barredAt[node] == nil, !nodes.isEmpty { barredAt[node] = time }
                for id in nodes {
                    guard let other = Self.numbers[id] else { continue }
                    sessions[node][other] = false
                    sessions[other][node] = false
                }
            case .redeem: break
            case .signLease(let terms, let peer):
                guard let to = Self.numbers[peer] else { continue }
                let record = Record(.lease(terms), by: Self.signer(node), in: charter.mesh)
                post.append(Letter(due: time + 30, from: node, to: to, message: .leased(record)))
            case .tellClock(let nonce, let peer):
                let wall = now.wall + clockErrors[node]
                let vote = TimeVote(node: Self.key(node), nonce: nonce, time: wall)
                guard let to = Self.numbers[peer] else { continue }
                let record = Record(.time(vote), by: Self.signer(node), in: charter.mesh)
                post.append(Letter(due: time + 30, from: node, to: to, message: .clock(record)))
            case .note(let note): notes.append((time, node, note))
            }
        }
    }
}
