internal import Base
internal import Crypto
internal import Disk
internal import Replication

/// What many writers wrote, on one replica that has seen all of it: configuration as people write it. One key signs for
/// all, each writer a life of its own storage.
struct Corpus {
    static let namespace = Namespace(high: 1, low: 2)
    static let mesh = Digest(.zero)

    private let key: Signer
    private(set) var replica: Replica
    private var random = Random(seed: 7)
    private var time: UInt64 = 1_700_000_000_000
    private var written = 0

    init() throws(Complaint) {
        var entropy = Entropy.seeded(7)
        do throws(CryptoError) { key = Signer(try SigningKey(seed: SecretBytes(from: &entropy))) } catch {
            throw Complaint(.ourMistake, what: "a seed that is no seed: \(error)")
        }
        let name = WriterName(key: key.key.publicKey, instance: 0)
        replica = Replica(namespace: Self.namespace, me: name, genesis: .open)
    }

    /// So many operations, each a transaction, by so many writers on so many keys. Each key is written by its home
    /// writer, and now and then by two others.
    mutating func write(_ count: Int, writers: Int, keys: Int) throws(Complaint) {
        for _ in 0..<count {
            // Every writer has written something, so that all of them are in the vectors.
            let key = written < writers ? written : random.below(keys)
            let offset = written < writers ? 0 : [0, 0, 0, 0, 0, 0, 0, 0, 1, 7][random.below(10)]
            let name = "site/\(key % 40)/node/\(key / 6)/\(Self.settings[key % 6])"
            try write(name, value(key), by: (key + offset) % writers)
        }
    }

    /// One key after the other.
    mutating func fill(_ keys: Int) throws(Complaint) {
        for key in 0..<keys {
            try write("site/\(key % 40)/node/\(key / 6)/\(Self.settings[key % 6])", value(key), by: 0)
        }
    }

    private static let settings = ["http/port", "version", "enabled", "log/level", "upstream/token", "replicas"]

    private mutating func value(_ key: Int) -> String {
        switch key % 6 {
        case 0: "\(1_024 + random.below(60_000))"
        case 1: "v\(1 + random.below(3)).\(random.below(30)).\(random.below(10))"
        case 2: random.below(2) == 0 ? "true" : "false"
        case 3: ["debug", "info", "warning", "error"][random.below(4)]
        case 4: hexadecimal((0..<4).map { _ in UInt8(random.below(256)) })
        default: "\(random.below(12))"
        }
    }

    private mutating func write(_ key: String, _ value: String, by writer: Int) throws(Complaint) {
        time += UInt64(1 + random.below(30_000))
        if replica.me.instance != UInt64(writer) { replica.rename(instance: UInt64(writer)) }
        do throws(WriteRefusal) {
            let change = Change.put(.register, key: Array(key.utf8), value: Array(value.utf8), resolves: false)
            let transaction = try replica.prepare(
                [change], time: HybridTime(milliseconds: time, counter: 0), quality: .synchronised)
            let id = replica.nextID(for: transaction)
            replica.commit(transaction, self.key.key.sign(id.value.bytes.raw, as: Chain.kind, in: Self.mesh))
        } catch {
            throw Complaint(.ourMistake, what: "a write was refused: \(error)")
        }
        _ = replica.takeFacts()
        written += 1
    }
}

/// A key in a box, so that what holds it can be copied.
private final class Signer {
    let key: SigningKey

    init(_ key: consuming SigningKey) { self.key = key }
}

/// Two engines, the second of which lacks something, and nothing between them but counted bytes. The second verifies
/// every signature; what it wants stored goes to a database of its own when there is one.
struct ReplicaPair {
    private var engines: [ReplicationEngine] = []
    private let ids: [NodeID]
    private let disk: FactStore?
    private var inbox: [(to: Int, message: ReplicationMessage)] = []
    private var unstored: [(ticket: Ticket, facts: [Fact])] = []
    private var now = Now(instant: .zero + .seconds(1), wall: WallTime(milliseconds: 1_800_000_000_000))
    private(set) var bytes = 0
    private(set) var greetings = 0
    /// What the second spent, its signatures and its disk included.
    private(set) var spent: UInt64 = 0

    /// Facts that are stored in one go, as a turn of the loop does while the disk is busy with the last.
    private static let batchesPerCommit = 32

    init(_ full: Replica, lacking: Replica, disk: FactStore? = nil, seed: UInt64 = 0) {
        ids = (1...2).map { NodeID(Bytes32($0, 5, 5, 5)) }
        self.disk = disk
        for (number, replica) in [full, lacking].enumerated() {
            var replica = replica
            replica.rename(instance: 1_000_000 + UInt64(number))
            _ = replica.takeFacts()
            engines.append(
                ReplicationEngine(
                    replica, settings: ReplicationSettings(), clock: HybridTime(bits: 0),
                    random: Random(seed: 2 * seed + UInt64(number)), at: now))
        }
    }

    var isEqual: Bool { engines[0].replica.vector == engines[1].spoken }

    /// From the moment that they meet until they have the same, or for so long.
    mutating func run(for interval: Interval, untilEqual: Bool) throws(Complaint) {
        var outbox = Outbox<ReplicationEngine.Effect>()
        let end = now.instant + interval
        engines[1].perform(.contacts([ids[0]]), at: now, into: &outbox)
        while now.instant < end, !(untilEqual && isEqual) {
            if !inbox.isEmpty {
                let (to, message) = inbox.removeFirst()
                let peer = ids[1 - to]
                try step(to) { $0.receive(message, from: peer, at: $1, into: &$2) }
            } else if unstored.count >= Self.batchesPerCommit || (!unstored.isEmpty && !isDue) {
                try store()
            } else if let next = engines.indices.filter({ engines[$0].deadline != nil }).min(by: earlier) {
                now.instant = max(now.instant, engines[next].deadline ?? end)
                try step(next) { $0.wake(at: $1, into: &$2) }
            } else {
                return
            }
        }
    }

    private var isDue: Bool { engines.contains { $0.deadline.map { $0 <= now.instant } ?? false } }
    private func earlier(_ one: Int, _ other: Int) -> Bool {
        (engines[one].deadline ?? now.instant) < (engines[other].deadline ?? now.instant)
    }

    private mutating func step(
        _ index: Int, _ door: (inout ReplicationEngine, Now, inout Outbox<ReplicationEngine.Effect>) -> Void
    ) throws(Complaint) {
        var outbox = Outbox<ReplicationEngine.Effect>()
        let start = nanoseconds()
        door(&engines[index], now, &outbox)
        var verdict: (Ticket, [Bool])?
        for effect in outbox.effects {
            switch effect {
            case .send(let message, _):
                bytes += message.encoded.count
                if case .greeting = message { greetings += 1 }
                inbox.append((1 - index, message))
            case .verify(let ticket, let claims): verdict = (ticket, claims.map { $0.isTrue(in: Corpus.mesh) })
            case .store(let ticket, let facts): unstored.append((ticket, facts))
            case .judge, .sign, .written, .refused, .requeue, .propose, .note: break
            }
        }
        if index == 1 { spent += nanoseconds() - start }
        if let (ticket, truths) = verdict {
            try step(index) { $0.perform(.verified(ticket, truths), at: $1, into: &$2) }
        }
    }

    /// Only the second takes anything in.
    private mutating func store() throws(Complaint) {
        let start = nanoseconds()
        do throws(CommitFailure) { try disk?.apply(unstored.flatMap(\.facts)) } catch {
            throw Complaint(.diskFails, what: "\(error.error)")
        }
        spent += nanoseconds() - start
        guard let newest = unstored.last?.ticket else { return }
        unstored = []
        try step(1) { $0.perform(.stored(newest), at: $1, into: &$2) }
    }
}
