package import Base

/// A small node with everything that makes a large one hard: it probes its peers once a second, spreads writes to a few
/// registers by rumour and by comparing digests, stores what it confirms before it confirms it, and comes back after a
/// crash. The simulator is tested with it, and measured with it.
///
/// The rules it lives by, each checked by an oracle in `ToyOracles`: the last write of a register wins, by hybrid time,
/// author and salt; a confirmed write is never lost; a deletion is remembered for ever; every queue has a bound; a node
/// sends a bounded number of packets a second, whatever its peers do.
package struct Toy: Inhabitant {
    static let registers = 32
    static let recordsPerDatagram = 8
    static let rumoursPerDatagram = 4
    /// Writes that wait for the disk. One more is refused.
    package static let waitingWrites = 8
    /// Registers that are still being told around. One more pushes the oldest out; the digests find what is missed.
    package static let rumours = 16
    /// Packets a second that answer somebody. What is above it is not answered.
    package static let answersPerSecond = 24
    static let period = Interval.seconds(1)
    static let patience = Interval.milliseconds(300)
    static let missesUntilDown = 3
    /// A peer's clock further ahead than this does not move the own clock.
    static let clockReach = Interval.minutes(1)
    static let recordShelf: UInt8 = 1
    static let lifeShelf: UInt8 = 2

    package enum Request: Sendable {
        case set(key: Int, value: UInt64)
        case delete(key: Int)
    }

    package enum Reply: Sendable {
        case written(key: Int, ToyRecord)
        /// Too many writes wait for the disk. Nothing was changed.
        case refused
    }

    package enum Note: Int, CaseIterable, Sendable {
        case peerDown, peerUp, checksumRefused, staleRefused, lifeRaised, recordMerged, tieBroken, rumourPushedOut
        case recordsSent, answerWithheld, writeRefused, probeRepeated
    }

    package static let markers = Note.allCases.map { "toy.\($0)" }
    package static func marker(of note: Note) -> Int { note.rawValue }

    /// What is known of one peer. The own place in the list is unused.
    struct Peer {
        /// Where it was heard last.
        var address: Address
        var life: UInt32 = 0
        var sequence: UInt32 = 0
        var misses: UInt8 = 0
        var isDown = false
    }

    /// A confirmed-to-be write on its way to the disk.
    struct Pending {
        var ticket: Ticket
        var id: RequestID
        var update: ToyUpdate
    }

    struct Rumour {
        var key: UInt8
        var tellings: UInt8
    }

    let index: Int
    let bug: ToyBug?
    let mischief: Mischief
    let salt: UInt32
    let boots: UInt32
    var random: Random
    var clock: HybridClock
    var records: [ToyRecord]
    /// The keys of the registers that were ever written, rising.
    private(set) var writtenKeys: [UInt8] = []
    /// The sum of all records' fingerprints: equal for equal registers, in whatever order they were written.
    package private(set) var digest: UInt64 = 0
    var peers: [Peer]
    /// Where everybody was at first.
    let homes: [Address]
    /// The peers in the order in which they are probed; shuffled anew after each round.
    var round: [UInt16]
    var roundPosition = 0
    var pending: [Pending] = []
    var rumours: [Rumour] = []
    var tickets: UInt64 = 0
    /// By how much the life number is above the count of boots, because a disk forgot some.
    var raise: UInt32
    var sequence: UInt32 = 0
    var probe: UInt32 = 0
    /// The peer whose answer is awaited.
    var probed: Int?
    var nextProbe: Instant
    /// When the probe that is not answered yet is sent once more.
    var nextRepeat: Instant?
    var answerWindow: Instant
    var answers = 0
    /// The updates of the packet that is being read: kept for its storage.
    var updates: [ToyUpdate] = []

    package init(_ birth: Birth, bug: ToyBug?) {
        precondition(birth.addresses.count <= Int(UInt16.max), "the author of a packet is written in sixteen bits")
        index = birth.index
        self.bug = bug
        mischief = birth.mischief
        random = Random(seed: birth.seed)
        salt = UInt32(truncatingIfNeeded: random.next())
        boots = UInt32(birth.boots)
        records = [ToyRecord](repeating: .unwritten, count: Self.registers)
        homes = birth.addresses
        peers = birth.addresses.map { Peer(address: $0) }
        round = (0..<birth.addresses.count).filter { $0 != birth.index }.map { UInt16($0) }
        raise = 0
        clock = HybridClock(floor: HybridTime(bits: 0))
        answerWindow = birth.now.instant
        nextProbe = birth.now.instant + random.interval(in: .zero...Self.period)
        random.shuffle(&round)
        load(birth.facts)
    }

    /// Takes up what an earlier life stored. A fact that cannot be read was not written by this build; it is left.
    private mutating func load(_ facts: [Fact]) {
        var latest = HybridTime(bits: 0)
        for fact in facts {
            guard let value = fact.value else { continue }
            if fact.shelf == Self.lifeShelf {
                var reader = ByteReader(value.raw)
                if let stored = try? reader.u32() { raise = stored }
            } else if let key = fact.key.first, key < Self.registers, let record = Self.record(value) {
                put(ToyUpdate(key: Int(key), record: record))
                latest = max(latest, record.stamp.time)
            }
        }
        if bug != .clockForgetsRestart { clock = HybridClock(floor: latest) }
    }

    private static func record(_ value: [UInt8]) -> ToyRecord? {
        var reader = ByteReader(value.raw)
        return try? reader.toyRecord()
    }

    /// The number of this life. Peers refuse what an earlier life said.
    var life: UInt32 { bug == .losesBootCounter ? 1 : boots &+ raise }

    mutating func put(_ update: ToyUpdate) {
        if records[update.key].isWritten != update.record.isWritten { list(update) }
        digest &-= records[update.key].hash(update.key)
        digest &+= update.record.hash(update.key)
        records[update.key] = update.record
    }

    private mutating func list(_ update: ToyUpdate) {
        let place = writtenKeys.firstIndex { $0 >= update.key } ?? writtenKeys.count
        if update.record.isWritten {
            writtenKeys.insert(UInt8(update.key), at: place)
        } else {
            writtenKeys.remove(at: place)
        }
    }

    package var deadline: Instant? {
        if let nextRepeat { return min(nextProbe, nextRepeat) }
        return nextProbe
    }

    package var stateHash: UInt64 {
        var hash = TraceHash()
        hash.absorb(digest)
        hash.absorb(clock.last.bits)
        hash.absorb(UInt64(life) << 32 | UInt64(sequence))
        hash.absorb(UInt64(pending.count) << 32 | UInt64(rumours.count))
        hash.absorb(nextProbe.nanoseconds)
        hash.absorb(random.state.w0)
        return hash.value
    }

    /// What oracles look at.
    package func record(_ key: Int) -> ToyRecord { records[key] }
    package func isDown(_ peer: Int) -> Bool { peers[peer].isDown }
    package var longestQueue: Int { max(pending.count - Self.waitingWrites, rumours.count - Self.rumours) }
}
