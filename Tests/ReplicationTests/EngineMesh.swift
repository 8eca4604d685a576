import Base
import Crypto
import Simulation

@testable import Replication

/// Some engines with invented disks, keys and paths between them. One seed gives one run.
struct EngineMesh {
    enum Event {
        case arrive(to: Int, from: Int, [UInt8])
        case stored(Int, Ticket, [Fact], life: Int)
        case verified(Int, Ticket, [Bool], life: Int)
        case signed(Int, Digest, Signature, life: Int)
        case judged(Int, Ticket, Int, life: Int)
        case proved(Int, [UInt8], life: Int)
    }

    struct Scheduled {
        var at: Instant
        var number: Int
        var event: Event
    }

    var engines: [ReplicationEngine] = []
    var now = Now(instant: Instant(nanoseconds: 1_000_000_000), wall: WallTime(milliseconds: 1_700_000_000_000))
    var random: Random
    var events: [Scheduled] = []
    var count = 0
    /// Of a million messages.
    var loss = 0
    var latency = Interval.milliseconds(20)
    var jitter = Interval.milliseconds(0)
    var storeTime = Interval.milliseconds(2)
    /// What the disk of each has, by key.
    var disks: [[[UInt8]: [UInt8]]] = []
    /// Counted up at each crash: what an earlier life asked for never comes.
    var lives: [Int] = []
    var contacts: [[Int]] = []
    /// Stored facts that a node could not take up again.
    var misfits = 0
    let bug: ReplicaBug?
    /// By the name of the message.
    var sent: [String: (count: Int, bytes: Int)] = [:]
    var bytes = 0
    var answers: [(node: Int, request: UInt64, dot: Dot?, refusal: WriteRefusal?)] = []
    var requeued: [[Transaction]] = []
    var notes: [(Int, ReplicationEngine.Note)] = []
    /// Nodes whose disks store nothing for now: what they are given waits.
    var fullDisks: Set<Int> = [] {
        didSet {
            let ready = unstored.filter { !fullDisks.contains($0.node) }
            unstored.removeAll { !fullDisks.contains($0.node) }
            for store in ready { put(store.event, after: storeTime) }
        }
    }
    var unstored: [(node: Int, event: Event)] = []
    var heaviest = 0
    /// How far each node's own clock is off.
    var shifts: [Interval] = []
    /// Which epochs bear what the mesh demands.
    var isValidEpoch: (Epoch) -> Bool = { _ in true }
    var settings = ReplicationSettings()
    let genesis: Epoch
    /// What each was last told of who may write what; nil where there is no law.
    var laws: [Authority?]
    /// What becomes of a message on its way; nil where it is lost.
    var meddle: (ReplicationMessage) -> ReplicationMessage? = { $0 }
    /// What was ever written, and is perhaps lost again.
    var witness = Witness()

    static let namespace = Namespace(high: 1, low: 2)

    static func name(_ index: Int) -> WriterName {
        WriterName(
            key: VerifyingKey(Bytes32(UInt64(index) &* 0x9E37_79B9_7F4A_7C15, UInt64(index), 0, 1)), instance: 0)
    }

    static func genesis(_ count: Int) -> Epoch {
        Epoch(number: 0, previous: Digest(.zero), roster: (0..<count).map { name($0).author })
    }

    /// What stands for a signature here: nobody but the author's own side makes it in a test.
    static func signature(_ author: NodeID, _ id: Digest) -> Signature {
        var writer = ByteWriter()
        writer.nodeID(author)
        writer.digest(id)
        let hash = Digest(hashing: writer.bytes.raw).value.bytes
        guard let signature = try? Signature(decoding: (hash + hash.reversed()).raw) else {
            preconditionFailure("64 bytes are a signature")
        }
        return signature
    }

    init(
        _ count: Int, seed: UInt64 = 1, bug: ReplicaBug? = nil, settings: ReplicationSettings = .init(),
        isOpen: Bool = false
    ) {
        random = Random(seed: seed)
        genesis = isOpen ? .open : Self.genesis(count)
        laws = Array(repeating: isOpen ? Authority() : nil, count: count)
        self.settings = settings
        self.bug = bug
        for index in 0..<count {
            let replica = Replica(
                namespace: Self.namespace, me: Self.name(index), genesis: genesis, authority: laws[index], bug: bug)
            add(replica)
        }
    }

    mutating func add(_ replica: Replica) {
        engines.append(
            ReplicationEngine(
                replica, settings: settings, clock: HybridTime(bits: 0), random: random.split("engine"), at: now))
        disks.append([:])
        contacts.append([])
        lives.append(0)
        requeued.append([])
        shifts.append(.zero)
    }

    func clock(_ index: Int) -> Now { Now(instant: now.instant, wall: now.wall + shifts[index]) }

    func id(_ index: Int) -> NodeID { engines[index].replica.me.author }

    mutating func put(_ event: Event, after delay: Interval) {
        count += 1
        events.append(Scheduled(at: now.instant + delay, number: count, event: event))
    }

    // MARK: Doors

    mutating func connectAll() {
        for index in engines.indices { connect(index, Array(engines.indices)) }
    }

    mutating func connect(_ index: Int, _ others: [Int]) {
        contacts[index] = others
        perform(.contacts(others.filter { $0 != index }.map { id($0) }), index)
    }

    mutating func perform(_ command: ReplicationEngine.Command, _ index: Int) {
        var outbox = Outbox<ReplicationEngine.Effect>()
        engines[index].perform(command, at: clock(index), into: &outbox)
        carry(outbox, index)
    }

    /// The law has changed, and some hear of it.
    mutating func tell(_ law: Authority, _ index: Int) {
        laws[index] = law
        perform(.authority(law), index)
    }

    /// As if somebody had an epoch signed that no engine proposed.
    mutating func issue(_ epoch: Epoch, _ index: Int) {
        step(index) { $0.issue(epoch, at: $1, into: &$2) }
    }

    mutating func write(_ index: Int, _ request: UInt64, _ changes: [Change]) {
        perform(.write(RequestID(number: request), changes), index)
    }

    /// The node loses whatever its disk does not have, and comes back.
    mutating func crash(_ index: Int) {
        lives[index] += 1
        var replica = Replica(
            namespace: Self.namespace, me: Self.name(index), genesis: genesis, authority: laws[index], bug: bug)
        misfits += replica.load(stored(index))
        engines[index] = ReplicationEngine(
            replica, settings: settings, clock: HybridTime(bits: 0), random: random.split("engine"), at: now)
        connect(index, contacts[index])
    }

    /// What a node's disk has, in the order of keys.
    func stored(_ index: Int) -> [Fact] {
        disks[index].sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
            Fact(shelf: Shelf.replication, key: $0.key, value: $0.value)
        }
    }

    func fingerprint(_ index: Int) -> Fingerprint {
        Standing(engines[index].replica, upTo: engines[index].spoken, in: engines[index].spokenEpoch).fingerprint
    }

    mutating func carry(_ outbox: Outbox<ReplicationEngine.Effect>, _ index: Int) {
        let life = lives[index]
        for effect in outbox.effects {
            switch effect {
            case .send(let message, let peer): send(message, from: index, to: peer)
            case .verify(let ticket, let claims):
                let truths = claims.map { Self.signature($0.key.nodeID, $0.id) == $0.signature }
                put(.verified(index, ticket, truths, life: life), after: .microseconds(50))
            case .judge(let ticket, let epochs):
                put(.judged(index, ticket, epochs.prefix(while: isValidEpoch).count, life: life), after: .zero)
            case .sign(let id):
                put(.signed(index, id, Self.signature(self.id(index), id), life: life), after: .microseconds(50))
            case .store(let ticket, let facts):
                let event = Event.stored(index, ticket, facts, life: life)
                if fullDisks.contains(index) { unstored.append((index, event)) } else { put(event, after: storeTime) }
            case .written(let id, let dot): answers.append((index, id.number, dot, nil))
            case .refused(let id, let refusal): answers.append((index, id.number, nil, refusal))
            case .requeue(let transactions): requeued[index] += transactions
            case .propose: put(.proved(index, [1], life: life), after: .milliseconds(50))
            case .note(let note): notes.append((index, note))
            }
        }
    }

    private mutating func send(_ message: ReplicationMessage, from index: Int, to peer: NodeID) {
        let encoded = message.encoded
        bytes += encoded.count
        // Far cheaper than to print all of it.
        let kind = Mirror(reflecting: message).children.first?.label ?? "\(message)"
        sent[kind, default: (0, 0)].count += 1
        sent[kind, default: (0, 0)].bytes += encoded.count
        guard let to = engines.indices.first(where: { id($0) == peer }), !random.strikes(perMillion: loss),
            let encoded = meddle(message)?.encoded
        else { return }
        let delay = latency + (jitter > .zero ? random.interval(in: .zero...jitter) : .zero)
        put(.arrive(to: to, from: index, encoded), after: delay)
    }

    // MARK: Time

    mutating func run(for interval: Interval, until done: ((EngineMesh) -> Bool)? = nil) {
        let end = now.instant + interval
        while true {
            let wake = engines.indices.compactMap { index in
                engines[index].deadline.map { (max($0, now.instant), index) }
            }.min { $0 < $1 }
            let next = events.indices.min { left, right in
                (events[left].at, events[left].number) < (events[right].at, events[right].number)
            }
            let eventTime = next.map { events[$0].at }
            guard let time = [wake?.0, eventTime].compactMap(\.self).min(), time <= end else { break }
            now.wall = now.wall + (time - now.instant)
            now.instant = time
            if let next, let eventTime, eventTime <= time {
                let event = events[next].event
                events.swapAt(next, events.count - 1)
                events.removeLast()
                happen(event)
            } else if let wake {
                step(wake.1) { $0.wake(at: $1, into: &$2) }
            }
            if let done, done(self) { return }
        }
        now.wall = now.wall + (end - now.instant)
        now.instant = end
    }

    private mutating func step(
        _ index: Int,
        _ door: (inout ReplicationEngine, Now, inout Outbox<ReplicationEngine.Effect>) -> Void
    ) {
        let before = engines[index].replica.operationsTaken
        var outbox = Outbox<ReplicationEngine.Effect>()
        door(&engines[index], clock(index), &outbox)
        heaviest = max(heaviest, engines[index].replica.operationsTaken - before)
        carry(outbox, index)
    }

    private mutating func happen(_ event: Event) {
        switch event {
        case .arrive(let to, let from, let bytes):
            guard let message = try? ReplicationMessage(decoding: bytes.raw) else {
                preconditionFailure("what an engine sends can be read")
            }
            let peer = id(from)
            step(to) { $0.receive(message, from: peer, at: $1, into: &$2) }
        case .stored(let index, let ticket, let facts, let life) where life == lives[index]:
            for fact in facts { disks[index][fact.key] = fact.value }
            step(index) { $0.perform(.stored(ticket), at: $1, into: &$2) }
        case .verified(let index, let ticket, let truths, let life) where life == lives[index]:
            step(index) { $0.perform(.verified(ticket, truths), at: $1, into: &$2) }
        case .signed(let index, let id, let signature, let life) where life == lives[index]:
            step(index) { $0.perform(.signed(id, signature), at: $1, into: &$2) }
            witness.see(engines[index].replica)
        case .judged(let index, let ticket, let valid, let life) where life == lives[index]:
            step(index) { $0.perform(.judged(ticket, valid: valid), at: $1, into: &$2) }
        case .proved(let index, let proof, let life) where life == lives[index]:
            step(index) { $0.perform(.proved(proof), at: $1, into: &$2) }
        case .stored, .verified, .signed, .judged, .proved: break
        }
    }

    // MARK: Looking

    var isEqual: Bool {
        guard let first = engines.first else { return true }
        return engines.allSatisfy { $0.replica.vector == first.replica.vector }
    }

    /// What readers of a replica are shown, by key.
    func shown(_ index: Int) -> [String] {
        engines[index].replica.sortedSlots.compactMap { slot in
            let values = slot.live.filter { !$0.operation.isRemoval }
            guard !values.isEmpty else { return nil }
            return "\(slot.id.key) \(slot.id.element): \(values.map { "\($0.dot.sequence)=\($0.operation.value)" })"
        }
    }
}

extension EngineMesh {
    /// What some replicas make of everything, held against what was written: everybody must have every acknowledged
    /// write in its logs, show just what stands, and every writer must have back just those writes that are void.
    func findings(among nodes: [Int]) -> [String] {
        var findings: [String] = []
        guard let first = nodes.first else { return [] }
        let epochs = engines[first].replica.epochs
        let law = laws[first] ?? Authority()
        for node in nodes {
            let replica = engines[node].replica
            if replica.epochs != epochs { findings.append("\(node) is in another epoch") }
            if replica.hasEpochConflict { findings.append("\(node) knows two epochs of one number") }
            let truth = witness.standing(replica.vector, epochs, law)
            if Witness.shown(by: replica) != truth { findings.append("\(node) does not show what stands") }
            if !replica.forks.isEmpty { findings.append("a fork") }
            for dot in answers.compactMap(\.dot) where !replica.vector.covers(dot) {
                // What a member wrote that was thrown out for ever reaches nobody.
                let author = witness.written[dot]?.author
                guard nodes.contains(where: { id($0) == author }) else { continue }
                findings.append("\(dot) was acknowledged, and \(node) lacks it")
            }
        }
        for node in nodes {
            let mine = answers.compactMap(\.dot).filter { witness.written[$0]?.author == id(node) }
            let void = Set(mine.filter { !witness.isValid($0, epochs, law) })
            let back = Set(engines[node].replica.returned.keys)
            // What was void and never acknowledged may be handed back too.
            if !void.isSubset(of: back) { findings.append("\(node) was not handed back all that is void") }
            if back.contains(where: { witness.isValid($0, epochs, law) }) {
                findings.append("\(node) was handed too much")
            }
        }
        if misfits > 0 { findings.append("\(misfits) facts did not fit") }
        return findings
    }
}

/// Configuration as people write it: paths of sites and nodes; ports, versions, flags and tokens for values. Each key
/// is written by its home writer, and now and then by two others.
struct Corpus {
    var random: Random
    let writers: Int
    let keys: Int

    init(writers: Int, keys: Int, seed: UInt64 = 7) {
        random = Random(seed: seed)
        self.writers = writers
        self.keys = keys
    }

    static let settings = ["http/port", "version", "enabled", "log/level", "upstream/token", "replicas"]

    mutating func next() -> (writer: Int, change: Change) {
        let key = random.below(keys)
        let offset = [0, 0, 0, 0, 0, 0, 0, 0, 1, 7][random.below(10)]
        let setting = Self.settings[key % Self.settings.count]
        let path = "site/\(key % 40)/node/\(key / Self.settings.count)/\(setting)"
        let value: String
        switch key % Self.settings.count {
        case 0: value = "\(1_024 + random.below(60_000))"
        case 1: value = "v\(1 + random.below(3)).\(random.below(30)).\(random.below(10))"
        case 2: value = random.below(2) == 0 ? "true" : "false"
        case 3: value = ["debug", "info", "warning", "error"][random.below(4)]
        case 4: value = hexadecimal((0..<4).map { _ in UInt8(random.below(256)) })
        default: value = "\(random.below(12))"
        }
        return (
            (key + offset) % writers,
            .put(.register, key: Array(path.utf8), value: Array(value.utf8), resolves: false)
        )
    }

    /// Lets writers write so many operations on a replica that holds everybody's logs.
    mutating func write(_ count: Int, on replica: inout Replica, time: inout UInt64) {
        let (me, my) = (replica.me, replica.my)
        for _ in 0..<count {
            let (writer, change) = next()
            time += UInt64(1 + random.below(30_000))
            replica.me = EngineMesh.name(writer)
            replica.my = Writer(replica.me)
            guard
                let transaction = try? replica.prepare(
                    [change], time: HybridTime(milliseconds: time, counter: 0), quality: .synchronised)
            else { preconditionFailure("nothing forbids this write") }
            replica.commit(
                transaction, EngineMesh.signature(replica.me.author, replica.nextID(for: transaction)))
        }
        (replica.me, replica.my) = (me, my)
    }
}
