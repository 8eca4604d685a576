import Base
import Crypto
import Testing
import Traffic
import Trust

@testable import Session

/// Nodes with nothing but sessions, and the packets between them. Time is what the test says it is; a packet takes ten
/// milliseconds.
final class Hamlet {
    struct Letter {
        var due: Int64
        var from: Path
        var to: Path
        var bytes: [UInt8]
    }

    private(set) var houses: [House]
    private(set) var time: Int64 = 0
    private(set) var underWay: [Letter] = []
    /// Everything that was ever sent, for replaying.
    private(set) var past: [Letter] = []
    /// Packets in a hundred that are lost.
    var loss = 0
    /// Whether UDP is blocked everywhere.
    var blocksUDP = false
    /// May change a letter on its way, or lose it.
    var tamper: (Letter) -> Letter? = { $0 }
    private var random = Random(seed: 42)
    private var lives: UInt64 = 0

    init(_ count: UInt16, meshes: [UInt64] = [], hasTCP: Bool = true) {
        houses = (1...count).map { number in
            House(number, mesh: meshes.isEmpty ? 7 : meshes[Int(number) - 1], boot: 1, life: 0, hasTCP: hasTCP)
        }
    }

    subscript(number: UInt16) -> House { houses[Int(number) - 1] }

    var now: Instant { moment(time) }

    /// The node's process ends and another one starts.
    func restart(_ number: UInt16, boot: UInt64) {
        lives += 1
        houses[Int(number) - 1] = House(number, mesh: 7, boot: boot, life: lives, hasTCP: true, at: now)
    }

    func say(_ text: String, from: UInt16, to: Contact, _ priority: Priority = .fact) {
        self[from].say(text, priority, to: to, at: now)
        collect()
    }

    func run(milliseconds: Int64) {
        let end = time + milliseconds
        while time < end {
            time += 1
            deliver()
            for house in houses { house.wake(at: now) }
            collect()
        }
    }

    /// Lets much time pass, a second at a step: what is under way arrives late.
    func skip(_ interval: Interval) {
        let end = time + interval.milliseconds
        while time < end {
            time += 1_000
            for _ in 0..<4 { deliver() }
            for house in houses { house.wake(at: now) }
            collect()
        }
    }

    /// Puts a packet on its way, as if somebody had sent it.
    func inject(_ bytes: [UInt8], from: Path, to: Path) {
        underWay.append(Letter(due: time + 10, from: from, to: to, bytes: bytes))
    }

    private func deliver() {
        let due = underWay.filter { $0.due <= time }
        underWay.removeAll { $0.due <= time }
        for letter in due {
            for house in houses where house.address == letter.to.address {
                house.hear(letter.bytes, from: letter.from, at: now)
            }
        }
        collect()
    }

    private func collect() {
        for house in houses {
            for (to, bytes) in house.post() {
                let letter = Letter(due: time + 10, from: Path(house.address, to.carrier), to: to, bytes: bytes)
                past.append(letter)
                if blocksUDP, to.carrier == .udp { continue }
                if to.carrier == .udp, random.below(100) < loss { continue }
                if let letter = tamper(letter) { underWay.append(letter) }
            }
        }
    }
}

/// One node's sessions, and what came out of them.
final class House {
    let number: UInt16
    var address: Address
    var sessions: Sessions
    private(set) var heard: [(NodeID, String)] = []
    private(set) var notes: [SessionNote] = []
    private(set) var streams: [(NodeID, StreamEvent)] = []
    private var outbox = Outbox<SessionEffect>()
    private var letters: [(Path, [UInt8])] = []

    init(
        _ number: UInt16, mesh: UInt64, boot: UInt64, life: UInt64, hasTCP: Bool, at now: Instant = moment(0)
    ) {
        self.number = number
        address = port(number)
        sessions = Sessions(
            identity(number, mesh: mesh), boot: boot, settings: SessionSettings(hasTCP: hasTCP),
            entropy: .seeded(UInt64(number) << 32 | life), random: Random(seed: UInt64(number) << 32 | life),
            at: now)
    }

    var id: NodeID { sessions.me }
    var deadline: Instant? { sessions.deadline }
    func isConnected(to node: NodeID) -> Bool { sessions.connected.contains(node) }
    var fingerprint: UInt64 { sessions.fingerprint }
    var load: SessionLoad { sessions.load }
    var attempted: [AttemptEvidence] { sessions.attempted }
    func evidence(of node: NodeID) -> LinkEvidence? { sessions.evidence(of: node) }
    var candidates: Int { sessions.candidates.count }
    var refusals: [Refusal] {
        notes.compactMap { if case .refused(let refusal, from: _) = $0 { refusal } else { nil } }
    }

    func say(_ text: String, _ priority: Priority, to contact: Contact, at now: Instant) {
        sessions.say(Array(text.utf8).raw, priority, to: contact, at: now, into: &outbox)
        carryOut([])
    }

    /// Opens a stream and writes to it, when there is a session.
    func open(to node: NodeID, writing text: String, at now: Instant) {
        guard let stream = try? sessions.open(.normal, to: node, at: now) else { return }
        let taken = sessions.write(Array(text.utf8).raw, to: stream, of: node, at: now, into: &outbox)
        precondition(taken == text.utf8.count, "a new stream takes a few bytes")
        carryOut([])
    }

    func hear(_ bytes: [UInt8], from: Path, at now: Instant) {
        var bytes = bytes
        var span = bytes.mutableRaw
        sessions.receive(&span, from: from, at: now, into: &outbox)
        carryOut(bytes)
    }

    func wake(at now: Instant) {
        guard let deadline = sessions.deadline, deadline <= now else { return }
        sessions.wake(at: now, into: &outbox)
        carryOut([])
    }

    func post() -> [(Path, [UInt8])] {
        defer { letters = [] }
        return letters
    }

    func forgetNotes() { notes = [] }

    private func carryOut(_ packet: [UInt8]) {
        for effect in outbox.effects {
            switch effect {
            case .send(let range, let path): letters.append((path, Array(outbox.arena.bytes[range])))
            case .said(let node, _, let range, from: _):
                heard.append((node, String(decoding: packet[range], as: UTF8.self)))
            case .stream(let node, let event): streams.append((node, event))
            case .note(let note): notes.append(note)
            }
        }
        outbox.removeAll()
    }
}

func identity(_ number: UInt16, mesh: UInt64) -> NodeIdentity {
    var entropy = Entropy.seeded(UInt64(number))
    return NodeIdentity(of: Digest(Bytes32(mesh, 1, 2, 3)), from: &entropy)
}

func port(_ number: UInt16) -> Address { Address(v4: 0x0A09_0000 | UInt32(number), port: 7946) }
func moment(_ milliseconds: Int64) -> Instant { .zero + .seconds(50) + .milliseconds(milliseconds) }
