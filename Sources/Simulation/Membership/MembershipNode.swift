internal import Base
internal import Membership

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
    private let nodes: Int

    init(_ birth: Birth, nodes: Int, rules: MembershipRules) {
        index = birth.index
        self.nodes = nodes
        let id = Self.id(birth.index)
        engine = MembershipEngine(
            me: MemberRecord(
                id: id, name: birth.name, site: "main", address: birth.address,
                life: Life(boot: UInt64(birth.boots), beat: 0), isLeaving: false),
            settings: MembershipSettings(interval: .seconds(1), rules: rules), seeds: Array(birth.addresses.prefix(3)),
            stored: birth.facts,
            random: Random(seed: birth.seed), mischief: birth.mischief, at: birth.now)
    }

    /// Ids lie in no order that has to do with the nodes' numbers; the last word tells the number.
    static func id(_ index: Int) -> NodeID {
        NodeID(Bytes32(Chance.mixed(UInt64(index)), Chance.mixed(~UInt64(index)), 0, UInt64(index)))
    }

    /// The number of a node, when it is one of this world's.
    static func number(of id: NodeID, below nodes: Int) -> Int? {
        let number = Int(truncatingIfNeeded: id.value.w3)
        return (0..<nodes).contains(number) ? number : nil
    }

    var deadline: Instant? { engine.deadline }

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
        guard let (sender, message) = Self.read(bytes.bytes), sender < nodes else { return }
        engine.receive(message, from: Self.id(sender), at: now, into: &effects)
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
    }

    private mutating func carryOut(at now: Now, into outbox: inout Out) {
        var facts: [Fact] = []
        for effect in effects.effects {
            switch effect {
            case .send(let message, let contact):
                let start = outbox.arena.count
                outbox.arena.u16(UInt16(index))
                message.encode(into: &outbox.arena)
                let range = start..<outbox.arena.count
                meter.add(range.count + Self.wireOverhead, at: now.instant)
                outbox.put(.send(range, to: Path(contact.address)))
            case .persist(let fact): facts.append(fact)
            case .note(.moved(let peer, let from, let to, let because)):
                guard let peer = Self.number(of: peer, below: nodes) else { continue }
                func numbers(_ ids: [NodeID]) -> [Int] { ids.compactMap { Self.number(of: $0, below: nodes) } }
                let note = Note(
                    peer: peer, from: from, to: to, because: because, tellers: numbers(because.tellers),
                    accusers: numbers(because.accusers))
                outbox.put(.note(note))
            case .note: break
            }
        }
        // Emptied where the element is known: a generic method of another module is not specialised for it.
        effects.effects.removeAll(keepingCapacity: true)
        guard !facts.isEmpty else { return }
        tickets += 1
        outbox.put(.persist(facts, Ticket(number: tickets)))
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
