import Base
import Control
import Crypto
import Membership
import Node
import Registry
import Session
import Testing
import Traffic
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

    private let lawBug: RegistryBug?

    init(_ count: Int, records: Bool = false, meshes: [UInt64] = [], lawBug: RegistryBug? = nil) {
        self.lawBug = lawBug
        residents = (1...UInt16(count)).map { number in
            Resident(
                number, records: records, mesh: meshes.isEmpty ? 7 : meshes[Int(number) - 1], lawBug: lawBug)
        }
    }

    subscript(number: Int) -> Resident { residents[number - 1] }

    /// Somebody comes with a token; answers its number.
    func join(with token: String) throws -> Int {
        let number = residents.count + 1
        residents.append(try Resident(UInt16(number), invitedBy: token, at: moment(time)))
        return number
    }

    /// Somebody comes with an answer to what it asked by a file; answers its number.
    func join(with answer: JoinAnswer, as identity: (UInt16) -> NodeIdentity) -> Int {
        let number = residents.count + 1
        residents.append(Resident(UInt16(number), answeredBy: answer, as: identity, at: moment(time)))
        return number
    }

    /// The mayor does something, by way of a resident.
    func act(_ act: Act, at number: Int) -> Envelope {
        let mesh = charter(mesh: 7).mesh
        let records = OperatorActs.records(
            act, by: mayor(), epoch: UInt64(time), head: mesh, at: moment(time).wall, in: mesh)
        return ask(number, .submit(records))
    }

    /// All power is off for so long; then every node of the charter starts again from its disk, its clock off by what
    /// `error` says.
    func sleep(for pause: Interval, error: (Int) -> Interval) {
        time += pause.milliseconds
        for index in residents.indices {
            let former = residents[index]
            _ = former.post()
            residents[index] = Resident(
                UInt16(index + 1), records: false, stored: former.disk, boot: 2, lawBug: lawBug,
                at: Now(instant: moment(time).instant, wall: moment(time).wall + error(index + 1)))
            residents[index].clockError = error(index + 1)
        }
    }

    func run(milliseconds: Int64) {
        let end = time + milliseconds
        while time < end {
            time += 100
            for resident in residents { resident.wake(at: moment(time)) }
            settle()
        }
    }

    /// The mayor changes the mesh's tables, by way of a resident; answers the new head.
    @discardableResult
    func change(_ changes: [RootChange], at number: Int) -> Digest {
        guard case .root(let root) = ask(number, .root(leaving: nil)).reply else {
            fatalError("a resident knows the root")
        }
        let signer = SignerKey(mayor().publicKey)
        var proposal = RootProposal(after: root.chain, signers: [signer], changes: changes)
        proposal.sign(with: mayor())
        guard let record = proposal.record else { fatalError("the mayor is enough") }
        _ = ask(number, .submit([record]))
        return record.id
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
    /// How far its wall clock is off.
    var clockError = Interval.zero
    private(set) var notes: [NodeNote] = []
    private(set) var recording = Recording.magic
    private(set) var facts: [Fact] = []
    private var outbox = NodeOutbox()
    private var letters: [Letter] = []
    private var answers: [Envelope] = []

    /// Everybody but the first knows the first.
    init(
        _ number: UInt16, records: Bool, mesh: UInt64 = 7, chance: UInt64? = nil, entropy: UInt64? = nil,
        stored: [Fact] = [], boot: UInt64 = 1, lawBug: RegistryBug? = nil, at now: Now = moment(0)
    ) {
        address = port(number)
        var configuration = configuration(number, records: records)
        configuration.boot = boot
        configuration.lawBug = lawBug
        node = MarramNode(
            configuration, signatory: signatory(number, mesh: mesh, start: boot),
            sessions: sessions(number, mesh: mesh, entropy: entropy, boot: boot, at: now), stored: stored,
            entropy: .seeded(entropy ?? UInt64(number)), random: Random(seed: chance ?? UInt64(number)),
            mischief: .none, at: now)
        takeRecording()
    }

    /// Somebody whom an answer brought in: it knows the law, and nobody has heard of it.
    init(_ number: UInt16, answeredBy answer: JoinAnswer, as identity: (UInt16) -> NodeIdentity, at now: Now) {
        address = port(number)
        var entropy = Entropy.seeded(UInt64(number) + 1_000)
        var configuration = configuration(number, records: false)
        configuration.id = answer.node
        configuration.seeds = answer.seeds
        let sessions = Sessions(
            identity(number), boot: 1, settings: SessionSettings(), entropy: .seeded(UInt64(number)),
            random: Random(seed: UInt64(number)), at: now.instant)
        let law = answer.law.records.map {
            Fact(shelf: Shelf.records, key: $0.id.value.bytes, value: $0.encoded)
        }
        node = MarramNode(
            configuration, signatory: Signatory(identity(number), from: &entropy), sessions: sessions, stored: law,
            entropy: entropy, random: Random(seed: UInt64(number)), mischief: .none, at: now)
    }

    /// Somebody who was invited, and knows nothing of the law.
    init(_ number: UInt16, invitedBy token: String, at now: Now) throws {
        func identity() throws -> NodeIdentity {
            // A key that no charter has.
            var entropy = Entropy.seeded(UInt64(number) + 500)
            return NodeIdentity(invitedBy: try InviteToken(text: token), from: &entropy)
        }
        address = port(number)
        var entropy = Entropy.seeded(UInt64(number) + 1_000)
        let sessions = Sessions(
            try identity(), boot: 1, settings: SessionSettings(), entropy: .seeded(UInt64(number)),
            random: Random(seed: UInt64(number)), at: now.instant)
        let signatory = Signatory(try identity(), from: &entropy)
        var configuration = configuration(number, records: false)
        configuration.id = sessions.me
        configuration.seeds = try identity().seeds
        node = MarramNode(
            configuration, signatory: signatory, sessions: sessions, stored: [], entropy: entropy,
            random: Random(seed: UInt64(number)), mischief: .none, at: now)
    }

    /// The newest fact of every key, as a disk gives them back.
    var disk: [Fact] {
        var newest: [[UInt8]: Fact] = [:]
        for fact in facts { newest[[fact.shelf] + fact.key] = fact }
        return newest.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value).filter { $0.value != nil }
    }

    private func own(_ now: Now) -> Now { Now(instant: now.instant, wall: now.wall + clockError) }

    func wake(at now: Now) {
        let now = own(now)
        guard let deadline = node.deadline, deadline <= now.instant, isListening else { return }
        node.wake(at: now, into: &outbox)
        carryOut(at: now)
    }

    func hear(_ datagram: [UInt8], from: Address, over carrier: Carrier = .udp, at now: Now) {
        let now = own(now)
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
        converse(with: &speaker, number, &said)
    }

    /// Somebody that is no resident opens a stream to this one and writes `bytes` to it.
    func hear(stream bytes: [UInt8], of number: UInt16) throws {
        let (now, me) = (moment(0), node.switchboard.membership.me.id)
        var speaker = sessions(number)
        var said = Outbox<SessionEffect>()
        let word: [UInt8] = [0]
        speaker.say(word.raw, .fact, to: Contact(nil, at: address), at: now.instant, into: &said)
        converse(with: &speaker, number, &said)
        guard let stream = try speaker.open(.normal, to: me, at: now.instant) else {
            throw Complaint(.ourMistake, what: "no stream opens")
        }
        let taken = speaker.write(bytes.raw, to: stream, of: me, at: now.instant, into: &said)
        #expect(taken == bytes.count)
        converse(with: &speaker, number, &said)
    }

    private func converse(
        with speaker: inout Sessions, _ number: UInt16, _ said: inout Outbox<SessionEffect>
    ) {
        let now = moment(0)
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
        let now = own(now)
        node.perform(request, id: RequestID(number: 5), at: now, into: &outbox)
        carryOut(at: now)
        return answers.removeLast()
    }

    func begin(_ request: Request, at now: Now) {
        let now = own(now)
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
                case .persist(let facts, let ticket):
                    self.facts += facts
                    tickets.append(ticket)
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

func id(_ number: UInt16) -> NodeID { lawless(number, mesh: 7).id }

/// The operator who founded the village.
func mayor() -> SigningKey {
    var entropy = Entropy.seeded(4_711)
    do { return try SigningKey(seed: SecretBytes(from: &entropy)) } catch { fatalError("a seed is a seed") }
}

/// A node's keys, and nothing that would show to which mesh it belongs.
private func lawless(_ number: UInt16, mesh: UInt64) -> NodeIdentity {
    var entropy = Entropy.seeded(UInt64(number))
    return NodeIdentity(of: Digest(Bytes32(mesh, 0xFEED, 3, 4)), from: &entropy)
}

/// The first records of a mesh: nine nodes belong to it.
func charter(mesh: UInt64) -> Charter {
    Charter(
        founding: "store-0412", by: Person(name: "ada", keys: [SignerKey(mayor().publicKey)]), key: mayor(),
        nodes: (1...9).map { lawless($0, mesh: mesh).keys }, nonce: Bytes32(mesh, 0xFEED, 3, 4))
}

func identity(_ number: UInt16, mesh: UInt64) -> NodeIdentity {
    let charter = charter(mesh: mesh)
    var entropy = Entropy.seeded(UInt64(number))
    return NodeIdentity(of: charter.mesh, charter: charter.records, from: &entropy)
}

/// What signs for a node; the key of a start is the same in all tests.
func signatory(_ number: UInt16, mesh: UInt64, start: UInt64 = 1) -> Signatory {
    var entropy = Entropy.seeded(UInt64(number) + 1_000 * start)
    return Signatory(identity(number, mesh: mesh), from: &entropy)
}

/// What a node says of itself, signed by it.
func sealedRecord(_ number: UInt16, named name: String) -> MemberRecord {
    let identity = identity(number, mesh: 7)
    let record = MemberRecord(
        id: id(number), name: name, site: "front", address: port(number), life: Life(boot: 1, beat: 0),
        isLeaving: false)
    return record.sealed(by: identity.signing, in: identity.mesh)
}

func sessions(
    _ number: UInt16, mesh: UInt64 = 7, entropy: UInt64? = nil, boot: UInt64 = 1, at now: Now = moment(0)
) -> Sessions {
    let chance = entropy ?? UInt64(number) + 100 * (boot - 1)
    return Sessions(
        identity(number, mesh: mesh), boot: boot, settings: SessionSettings(), entropy: .seeded(chance),
        random: Random(seed: chance), at: now.instant)
}

func port(_ number: UInt16) -> Address { Address(v4: 0x0A09_0000 | UInt32(number), port: 7946) }

func moment(_ milliseconds: Int64) -> Now {
    Now(
        instant: .zero + .seconds(50) + .milliseconds(milliseconds),
        wall: WallTime(milliseconds: 1_795_183_331_000 + milliseconds))
}

func configuration(_ number: UInt16, records: Bool) -> NodeConfiguration {
    NodeConfiguration(
        name: "till-0\(number)", site: "front", id: id(number), boot: 1,
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
