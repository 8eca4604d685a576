import Base
import Control
import Crypto
import Membership
import Node
import Session
import Testing
import Trust

/// Nodes that hear each other at once and without loss: what comes out of one outbox goes into the others. Time is what
/// the test says it is.
final class Village {
    private(set) var residents: [Resident]
    private(set) var time: Int64 = 0
    /// Everything that was sent.
    private(set) var past: [Resident.Letter] = []
    var blocksUDP = false
    /// How many packets in a hundred get lost.
    var loss = 0
    /// Whether what one says to the other never arrives.
    var blocks: (Address, Address) -> Bool = { _, _ in false }
    /// The same, of UDP only.
    var blocksUDPFrom: (Address, Address) -> Bool = { _, _ in false }
    private var random = Random(seed: 42)

    init(_ count: Int, records: Bool = false, meshes: [UInt64] = []) {
        residents = (1...UInt16(count)).map { number in
            Resident(number, records: records, mesh: meshes.isEmpty ? 7 : meshes[Int(number) - 1])
        }
    }

    subscript(number: Int) -> Resident { residents[number - 1] }

    func run(milliseconds: Int64) {
        let end = time + milliseconds
        while time < end {
            time += 100
            for resident in residents { resident.wake(at: moment(time)) }
            settle()
        }
    }

    func ask(_ number: Int, _ request: Request) -> Envelope {
        let answer = self[number].ask(request, at: moment(time))
        settle()
        return answer
    }

    /// Asks without waiting for the answer.
    func begin(_ number: Int, _ request: Request) {
        self[number].begin(request, at: moment(time))
        settle()
    }

    /// Delivers until nobody has anything more to say.
    private func settle() {
        while true {
            let letters = residents.flatMap { $0.post() }
            if letters.isEmpty { return }
            past += letters
            for letter in letters where !(blocksUDP && letter.carrier == .udp) {
                if blocks(letter.from, letter.to) { continue }
                if letter.carrier == .udp, blocksUDPFrom(letter.from, letter.to) { continue }
                if loss > 0, random.below(100) < loss { continue }
                for resident in residents where resident.address == letter.to && resident.isListening {
                    resident.hear(letter.datagram, from: letter.from, over: letter.carrier, at: moment(time))
                }
            }
        }
    }
}

/// A node, and what came out of it.
final class Resident {
    struct Letter {
        var datagram: [UInt8]
        var from: Address
        var to: Address
        var carrier: Carrier
    }

    var node: MarramNode
    let address: Address
    var isListening = true
    private(set) var notes: [NodeNote] = []
    private(set) var recording = Recording.magic
    private var outbox = NodeOutbox()
    private var letters: [Letter] = []
    private var answers: [Envelope] = []

    /// Everybody but the first knows the first.
    init(
        _ number: UInt16, records: Bool, mesh: UInt64 = 7, chance: UInt64? = nil, entropy: UInt64? = nil
    ) {
        address = port(number)
        node = MarramNode(
            configuration(number, meshKey: Bytes32(mesh, 0xFEED_F00D_CAFE_BABE, 3, 4), records: records),
            identity: identity(number, mesh: mesh), sessions: sessions(number, mesh: mesh, entropy: entropy),
            stored: [], random: Random(seed: chance ?? UInt64(number)), mischief: .none, at: moment(0))
        takeRecording()
    }

    func wake(at now: Now) {
        guard let deadline = node.deadline, deadline <= now.instant, isListening else { return }
        node.wake(at: now, into: &outbox)
        carryOut(at: now)
    }

    func hear(_ datagram: [UInt8], from: Address, over carrier: Carrier = .udp, at now: Now) {
        var bytes = datagram
        var span = bytes.mutableRaw
        node.receive(&span, from: Path(from, carrier), at: now, into: &outbox)
        carryOut(at: now)
    }

    /// Hears a call on the local net.
    func hear(call: [UInt8], from source: Address, own: [Address]) {
        var bytes = call
        var span = bytes.mutableRaw
        node.hear(beacon: &span, from: source, own: own, at: moment(0), into: &outbox)
        carryOut(at: moment(0))
    }

    func call(from addresses: [Address]) -> [UInt8] {
        var arena = ByteWriter()
        let range = node.sealCall(isLonely: true, addresses: addresses, into: &arena)
        return Array(arena.bytes[range])
    }

    /// A member that is no resident makes a session with this one and says `datagram`.
    func hear(_ datagram: [UInt8], saidBy number: UInt16) {
        let now = moment(0)
        var speaker = sessions(number)
        var said = Outbox<SessionEffect>()
        speaker.say(datagram.raw, .fact, to: Contact(nil, at: address), at: now.instant, into: &said)
        while !said.isEmpty {
            for case .send(let range, to: _) in said.effects {
                hear(Array(said.arena.bytes[range]), from: port(number), at: now)
            }
            said.removeAll()
            for letter in post() where letter.to == port(number) {
                var answer = letter.datagram
                var span = answer.mutableRaw
                speaker.receive(&span, from: Path(address), at: now.instant, into: &said)
            }
        }
    }

    func ask(_ request: Request, at now: Now) -> Envelope {
        node.perform(request, id: RequestID(number: 5), at: now, into: &outbox)
        carryOut(at: now)
        return answers.removeLast()
    }

    func begin(_ request: Request, at now: Now) {
        node.perform(request, id: RequestID(number: 6), at: now, into: &outbox)
        carryOut(at: now)
    }

    func takeAnswer() -> Envelope? { answers.popLast() }

    func post() -> [Letter] {
        defer { letters = [] }
        return letters
    }

    func startRecording(continues: Bool) {
        node.startRecording(continues: continues)
        takeRecording()
    }

    /// The disk has at once what it is given, and what waited for it comes out as well.
    private func carryOut(at now: Now) {
        while !outbox.isEmpty {
            var tickets: [Ticket] = []
            for effect in outbox.effects {
                switch effect {
                case .send(let range, let to):
                    letters.append(
                        Letter(
                            datagram: Array(outbox.arena.bytes[range]), from: address, to: to.address,
                            carrier: to.carrier))
                case .callOut: Issue.record("the residents are told not to call")
                case .persist(_, let ticket): tickets.append(ticket)
                case .reply(_, let envelope): answers.append(envelope)
                case .note(let note): notes.append(note)
                }
            }
            outbox.removeAll()
            for ticket in tickets { node.persisted(ticket, at: now, into: &outbox) }
        }
        takeRecording()
    }

    private func takeRecording() {
        recording += node.recorder.untaken.bytes
        node.recordingTaken()
    }
}

func id(_ number: UInt16) -> NodeID { identity(number, mesh: 7).id }

func identity(_ number: UInt16, mesh: UInt64) -> NodeIdentity {
    var entropy = Entropy.seeded(UInt64(number))
    let invitation = Invitation(
        mesh: "store-0412", meshKey: Bytes32(mesh, 0xFEED_F00D_CAFE_BABE, 3, 4), seeds: [],
        expires: WallTime(milliseconds: 0), uses: 1)
    return NodeIdentity(invitedBy: invitation, from: &entropy)
}

/// What a node says of itself, signed by it.
func sealedRecord(_ number: UInt16, named name: String) -> MemberRecord {
    let identity = identity(number, mesh: 7)
    let record = MemberRecord(
        id: id(number), name: name, site: "front", address: port(number), life: Life(boot: 1, beat: 0),
        isLeaving: false)
    return record.sealed(by: identity.signing, in: identity.meshID)
}

func sessions(_ number: UInt16, mesh: UInt64 = 7, entropy: UInt64? = nil) -> Sessions {
    let chance = entropy ?? UInt64(number)
    return Sessions(
        identity(number, mesh: mesh), boot: 1, settings: SessionSettings(), entropy: .seeded(chance),
        random: Random(seed: chance), at: moment(0).instant)
}
func port(_ number: UInt16) -> Address { Address(v4: 0x0A09_0000 | UInt32(number), port: 7946) }

func moment(_ milliseconds: Int64) -> Now {
    Now(
        instant: .zero + .seconds(50) + .milliseconds(milliseconds),
        wall: WallTime(milliseconds: 1_795_183_331_000 + milliseconds))
}

func configuration(_ number: UInt16, meshKey: Bytes32, records: Bool) -> NodeConfiguration {
    NodeConfiguration(
        mesh: "store-0412", name: "till-0\(number)", site: "front", id: id(number), meshKey: meshKey, boot: 1,
        listen: port(number), reachable: [port(number)], seeds: number == 1 ? [] : [port(1)],
        gossip: MembershipSettings(interval: .seconds(1)),
        records: records)
}

func status(_ envelope: Envelope) throws -> StatusReply {
    guard case .status(let status) = envelope.reply else { throw Complaint(.ourMistake, what: "\(envelope.reply)") }
    return status
}

func members(_ envelope: Envelope) throws -> [MemberRow] {
    guard case .members(let rows) = envelope.reply else { throw Complaint(.ourMistake, what: "\(envelope.reply)") }
    return rows
}

func links(_ envelope: Envelope) throws -> [LinkRow] {
    guard case .links(let rows) = envelope.reply else { throw Complaint(.ourMistake, what: "\(envelope.reply)") }
    return rows
}

func link(_ envelope: Envelope) throws -> LinkReply {
    guard case .link(let link) = envelope.reply else { throw Complaint(.ourMistake, what: "\(envelope.reply)") }
    return link
}
