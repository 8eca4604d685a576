internal import Base
internal import Crypto
internal import Membership

/// Who is who in a world: what all its nodes share.
struct MembershipPeople {
    let ids: [NodeID]
    /// Looked up only.
    let numbers: [NodeID: Int]
    /// Everybody has the law on its disk.
    let acquaintances: Acquaintances

    init(_ count: Int) {
        ids = (0..<count).map { MembershipNode.id($0) }
        numbers = Dictionary(uniqueKeysWithValues: zip(ids, 0..<count))
        acquaintances = Acquaintances((0..<count).map { MembershipNode.key($0) })
    }
}

/// The membership engine and nothing else of a node: messages are encoded and decoded, but no session seals them. What
/// seals, lines and IP add on the wire is counted, so figures in bytes are a whole node's, session handshakes aside.
struct MembershipNode: Inhabitant, ~Copyable {
    enum Request: Sendable {
        case leave
    }

    /// A leave is answered by nobody here.
    enum Reply: Sendable {}

    /// What the engine notes of other members; what it ignored is only counted.
    struct Note: Sendable {
        var peer: Int
        var from: Member.State?
        var to: Member.State
        var because: Member.Reason
        /// Those who gave it up, as far as others had to be told.
        var tellers: [Int]
        /// Those whom the verdict names, whoever tells of it.
        var accusers: [Int]
    }

    /// What a real datagram has more than the packets here, which begin with two bytes that name the sender: the tag of
    /// the frame, line and seal (46), UDP and IPv4 (28).
    static let wireOverhead = 1 + 46 + 28 - 2

    private let index: Int
    private(set) var engine: MembershipEngine
    private var effects = Outbox<MembershipEngine.Effect>()
    private var tickets: UInt64 = 0
    private(set) var meter = ByteMeter()
    private let people: MembershipPeople
    private var liar: MembershipLiar?

    init(_ birth: Birth, _ people: MembershipPeople, interval: Interval, rules: MembershipRules, lies: Bool) {
        liar = lies ? MembershipLiar(seed: birth.seed, at: birth.now) : nil
        index = birth.index
        self.people = people
        let me = MemberRecord(
            id: Self.id(birth.index), name: birth.name, site: "main", address: birth.address,
            life: Life(boot: UInt64(birth.boots), beat: 0), isLeaving: false)
        engine = MembershipEngine(
            me: Notary.invent(Self.key(birth.index), for: me, in: Self.notaryWord),
            settings: MembershipSettings(interval: interval, rules: rules), notary: .invented(Self.notaryWord),
            seeds: Array(birth.addresses.prefix(3)), stored: birth.facts, random: Random(seed: birth.seed),
            mischief: birth.mischief, at: birth.now)
        engine.perform(.acquainted(people.acquaintances), at: birth.now, into: &effects)
    }

    /// In this world a hash stands in for signatures: 500 nodes would be verifying for minutes.
    static let notaryWord: UInt64 = 0x6D61_7272_616D

    static func key(_ index: Int) -> VerifyingKey { VerifyingKey(Bytes32(UInt64(index), 0, 0, 0)) }
    static func id(_ index: Int) -> NodeID { key(index).nodeID }

    var deadline: Instant? {
        liar.map { Instant.earlier(engine.deadline, $0.next) } ?? engine.deadline
    }

    /// The engine's whole state would cost more to read than the engine to run: what it has sent and when it wants to
    /// be woken follow from it soon enough.
    var stateHash: UInt64 {
        var hash = TraceHash()
        hash.absorb(engine.deadline?.nanoseconds ?? 0)
        hash.absorb(UInt64(engine.members.count))
        hash.absorb(meter.total)
        return hash.value
    }
}

/// The doors.
extension MembershipNode {
    typealias Out = Outbox<WorldEffect<Reply, Note>>

    mutating func receive(
        _ bytes: inout MutableRawSpan, from path: Path, at now: Now, into outbox: inout Out
    ) {
        guard let (sender, message) = Self.read(bytes.bytes), sender < people.ids.count else { return }
        engine.receive(message, from: people.ids[sender], at: now, into: &effects)
        carryOut(at: now, into: &outbox)
    }

    private static func read(_ bytes: RawSpan) -> (sender: Int, MembershipMessage)? {
        var reader = ByteReader(bytes)
        do throws(DecodeError) {
            let sender = Int(try reader.u16())
            let message = try MembershipMessage(from: &reader)
            try reader.finish()
            return (sender, message)
        } catch {
            return nil
        }
    }

    mutating func perform(_ request: Request, id: RequestID, at now: Now, into outbox: inout Out) {
        switch request {
        case .leave: engine.perform(.leave, at: now, into: &effects)
        }
        carryOut(at: now, into: &outbox)
    }

    mutating func persisted(_ ticket: Ticket, at now: Now, into outbox: inout Out) {}

    mutating func wake(at now: Now, into outbox: inout Out) {
        engine.wake(at: now, into: &effects)
        carryOut(at: now, into: &outbox)
        for lie in liar?.lies(of: engine, at: now) ?? [] { send(lie.message, to: lie.to, into: &outbox) }
    }

    private mutating func carryOut(at now: Now, into outbox: inout Out) {
        var facts: [Fact] = []
        var unsigned: MemberRecord?
        var charges: [Charge] = []
        for effect in effects.effects {
            switch effect {
            case .send(let message, let contact):
                meter.add(send(message, to: contact, into: &outbox) + Self.wireOverhead, at: now.instant)
            case .sign(let record): unsigned = record
            case .signCharge(let charge): charges.append(charge)
            case .persist(let fact): facts.append(fact)
            case .callOut: preconditionFailure("the settings say that it does not call")
            case .note(.moved(let peer, let from, let to, let because)):
                guard let peer = people.numbers[peer] else { continue }
                func numbers(_ ids: [NodeID]) -> [Int] { ids.compactMap { [people] id in people.numbers[id] } }
                let note = Note(
                    peer: peer, from: from, to: to, because: because, tellers: numbers(because.tellers),
                    accusers: numbers(because.accusers))
                outbox.put(.note(note))
            case .note: break
            }
        }
        // Emptied where the element is known: a generic method of another module is not specialised for it.
        effects.effects.removeAll(keepingCapacity: true)
        if !facts.isEmpty {
            tickets += 1
            outbox.put(.persist(facts, Ticket(number: tickets)))
        }
        guard unsigned != nil || !charges.isEmpty else { return }
        for charge in charges {
            let word = Notary.invent(Self.key(index), for: charge, in: Self.notaryWord)
            engine.perform(.signedCharge(word), at: now, into: &effects)
        }
        if let record = unsigned,
            let seal = Notary.invent(Self.key(index), for: record, in: Self.notaryWord).seal
        {
            engine.perform(.signed(seal, record.life), at: now, into: &effects)
        }
        carryOut(at: now, into: &outbox)
    }
}

/// Sending.
extension MembershipNode {
    /// How many bytes it took.
    @discardableResult
    private func send(_ message: MembershipMessage, to contact: Contact, into outbox: inout Out) -> Int {
        let start = outbox.arena.count
        outbox.arena.u16(UInt16(index))
        message.encode(into: &outbox.arena)
        let range = start..<outbox.arena.count
        outbox.put(.send(range, to: Path(contact.address)))
        return range.count
    }
}

/// What notes are counted under.
extension MembershipNode {
    static let markers = ["first-seen"] + Member.State.allCases.map { "became-\($0)" }

    static func marker(of note: Note) -> Int { note.from == nil ? 0 : 1 + Int(note.to.rawValue) }
}

extension Member.Reason {
    fileprivate var tellers: [NodeID] {
        switch self {
        case .toldGone(by: _, let accusers): accusers
        case .heardDirectly, .heardThrough, .notHeardSinceStart, .silent, .vouched, .givenUp, .notHeardByTheDeaf,
            .saidGoodbye:
            []
        }
    }
}

extension Member.Reason {
    fileprivate var accusers: [NodeID] {
        if case .givenUp(let finding) = self { finding.accusers } else { tellers }
    }
}

/// Bytes sent: all of them, and the most in any second, read off in tenths of one.
struct ByteMeter {
    private(set) var total: UInt64 = 0
    private(set) var peak = 0
    private var tenths = [Int](repeating: 0, count: 10)
    private var latest: UInt64 = 0
    private var sum = 0

    mutating func add(_ bytes: Int, at instant: Instant) {
        let tenth = instant.nanoseconds / 100_000_000
        if tenth > latest {
            for passed in 1...min(tenth - latest, 10) {
                let place = Int((latest + passed) % 10)
                sum -= tenths[place]
                tenths[place] = 0
            }
            latest = tenth
        }
        tenths[Int(tenth % 10)] += bytes
        sum += bytes
        total += UInt64(bytes)
        peak = max(peak, sum)
    }
}
