package import Base
internal import Crypto
package import Session
internal import Traffic
internal import Trust

/// A node with nothing but sessions: it knows everybody's address, writes letters and sends parcels when it is asked
/// to, reads what comes, and answers every parcel. What it sees that no line may do it notes as broken; what only two
/// nodes together can tell, the oracles in `LinesOracles` find out from its other notes.
package struct Correspondent: Inhabitant, ~Copyable {
    package enum Request: Sendable {
        /// So many letters of so many bytes each.
        case say(to: Int, UInt8, bytes: Int, count: Int)
        /// A letter every other second for half a minute.
        case knock(Int)
        /// A parcel. When it `insists`, it is sent again after its line was lost.
        case send(to: Int, bytes: Int, isScavenger: Bool, insists: Bool)
        /// Gives up every parcel for a node.
        case drop(Int)
        /// Says its last beginning of a handshake again, so often that the other side asks for proof.
        case flood(Int)
    }

    package enum Reply: Sendable {}

    /// Why a parcel is over for its sender.
    package enum Ending: Int, CaseIterable, Sendable { case done, lost, reset, dropped }

    package enum Note: Sendable {
        case session(SessionNote)
        case said(Letter)
        case heard(Letter)
        case knocks(on: Int)
        case sent(Parcel)
        case delivered(Parcel)
        case ended(Parcel, Ending)
        /// A packet was sealed for this index of a peer's under this number.
        case sealed(UInt32, UInt64, phase: UInt8)
        case candidateExpired
        /// Something happened that no line may do; the oracle's name, and what.
        case broken(String, String)
    }

    /// What everybody in one world knows of everybody.
    struct Register: Sendable {
        var ids: [NodeID]
        /// What must never be seen on the wire.
        var secrets: Secrets
    }

    /// A parcel that this node sends.
    struct Outgoing {
        var parcel: Parcel
        var isScavenger: Bool
        var insists: Bool
        var stream: StreamID?
        var written = 0
        /// Bytes of the answer.
        var answered = 0
        var isAnswered = false
        /// When to ask for a session once more.
        var next: Instant

        var peer: Int { parcel.letter.to }
    }

    /// A stream that a peer has opened.
    struct Incoming {
        var peer: Int
        var stream: StreamID
        var header: [UInt8] = []
        var parcel: Parcel?
        var read = 0
        var isFinished = false
        var isDelivered = false
        var answered = 0
    }

    struct Knock {
        var peer: Int
        var next: Instant
        var until: Instant
    }

    let index: Int
    let register: Register
    let homes: [Address]
    let bug: LinesBug?
    let life: UInt64
    var serial: UInt64 = 0
    var sessions: Sessions
    var outgoing: [Outgoing] = []
    var incoming: [Incoming] = []
    var knocks: [Knock] = []
    /// The last beginning of a handshake that was sent to each node.
    var beginnings: [[UInt8]]
    /// Packets of handshakes that were sent.
    package internal(set) var handshakePackets: UInt64 = 0
    /// What the sessions want done in this step.
    var wishes = Outbox<SessionEffect>()
    /// Streams that were given up in this step: what the sessions said of them before still comes.
    var givenUp: [(peer: Int, stream: StreamID)] = []
    /// The planted bug's memory of packets that were read.
    var remembered: [(packet: UInt64, letter: Letter)] = []

    init(_ birth: Birth, _ identity: borrowing NodeIdentity, _ register: Register, bug: LinesBug?) {
        index = birth.index
        self.register = register
        homes = birth.addresses
        self.bug = bug
        life = birth.seed
        beginnings = [[UInt8]](repeating: [], count: birth.addresses.count)
        let chance = bug == .repeatsChance ? UInt64(birth.index) : birth.seed
        var settings = SessionSettings(hasTCP: false, flaw: bug?.flaw)
        if bug == .chattersWhenIdle { settings.line.keepAlive = .seconds(1) }
        sessions = Sessions(
            identity, boot: UInt64(birth.boots), settings: settings, entropy: .seeded(chance),
            random: Random(seed: chance ^ 1), at: birth.now.instant)
    }

    package var deadline: Instant? {
        var earliest = sessions.deadline
        for knock in knocks { earliest = min(earliest ?? knock.next, knock.next) }
        for parcel in outgoing where parcel.stream == nil { earliest = min(earliest ?? parcel.next, parcel.next) }
        return earliest
    }

    package var stateHash: UInt64 {
        var hash = TraceHash()
        hash.absorb(sessions.fingerprint)
        hash.absorb(serial)
        for parcel in outgoing {
            hash.absorb(parcel.parcel.letter.serial)
            hash.absorb(UInt64(parcel.written) << 32 | UInt64(parcel.answered))
        }
        for stream in incoming {
            hash.absorb(stream.stream.value)
            hash.absorb(UInt64(stream.read) << 32 | UInt64(stream.answered))
        }
        return hash.value
    }

    /// What oracles look at.
    package var load: SessionLoad { sessions.load }
    /// A parcel that is on its way to or from `peer`, in words.
    package func unfinished(with peer: Int) -> (what: String, insists: Bool)? {
        // One that insists is looked at first.
        let parcels = outgoing.filter { $0.peer == peer }
        if let parcel = parcels.first(where: \.insists) ?? parcels.first {
            let what =
                "has written \(parcel.written) of \(parcel.parcel.size) bytes to node \(peer) and read "
                + "\(parcel.answered)" + (parcel.stream == nil ? ", without a session" : "")
            return (what, parcel.insists)
        }
        guard let stream = incoming.first(where: { $0.peer == peer }) else { return nil }
        return ("has read \(stream.read) bytes from node \(peer) and answered \(stream.answered)", false)
    }
    /// Rises while parcels to or from `peer` make their way.
    package func progress(with peer: Int) -> Int {
        outgoing.reduce(0) { $0 + ($1.peer == peer ? $1.written + $1.answered : 0) }
            + incoming.reduce(0) { $0 + ($1.peer == peer ? $1.read + $1.answered : 0) }
    }
    package var isBusy: Bool { !outgoing.isEmpty || !incoming.isEmpty || !knocks.isEmpty }
    package var isConnected: Bool { !sessions.connected.isEmpty }

    func contact(_ peer: Int) -> Contact { Contact(register.ids[peer], at: homes[peer]) }

    mutating func newLetter(to peer: Int) -> Letter {
        serial += 1
        return Letter(from: index, to: peer, life: life, serial: serial)
    }
}

/// Byte strings that nobody may read on the wire, found by their first eight bytes.
struct Secrets: Sendable {
    private var words: [UInt64] = []
    /// Whether a secret begins with this byte.
    private var begins = [Bool](repeating: false, count: 256)

    mutating func add(_ secret: [UInt8]) {
        precondition(secret.count >= 8, "a shorter secret is found by chance")
        words.append(secret.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        begins[Int(secret[0])] = true
    }

    func appear(in bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count >= 8 else { return false }
        for place in bytes.startIndex...bytes.endIndex - 8 where begins[Int(bytes[place])] {
            var word: UInt64 = 0
            for offset in (0..<8).reversed() { word = word << 8 | UInt64(bytes[place + offset]) }
            if words.contains(word) { return true }
        }
        return false
    }
}
