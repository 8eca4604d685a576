internal import Base
internal import Control
internal import Crypto
internal import Membership
internal import Node
internal import Registry
internal import Replication
internal import Session
internal import Traffic
internal import Trust
internal import Vitals

/// A node hears the input twice: as a packet from nowhere, which it must not open, and as a datagram of a member with
/// whom it has a session, which it decodes or notes. Afterwards it still wakes and still leaves.
func receiveDatagram(_ bytes: [UInt8]) {
    var node = listener()
    precondition(hear(bytes, &node).notes.contains(where: isRefusal), "a forgery was opened")
    var speaker = sessions(of: 2)
    var said = Outbox<SessionEffect>()
    speaker.say(bytes.raw, .fact, to: Contact(nil, at: address(1)), at: moment(0).instant, into: &said)
    var isUndecoded = false
    // Knock, answer, confirmation and the datagram itself: three packets each way, and a word more.
    for _ in 0..<4 {
        for packet in packets(&said) {
            let heard = hear(packet, &node)
            isUndecoded = isUndecoded || heard.notes.contains { if case .undecoded = $0 { true } else { false } }
            for answer in heard.packets {
                var answer = answer
                var span = answer.mutableRaw
                speaker.receive(&span, from: Path(address(1)), at: moment(0).instant, into: &said)
            }
        }
    }
    let isSayable = bytes.count <= Limits.datagramBytes / 2
    let isFrame = (try? Frame(decoding: bytes.raw)) != nil
    precondition(!isSayable || isUndecoded == !isFrame, "the node and the decoder disagree")
    var outbox = NodeOutbox()
    for second in [Int64(1), 30, 3_600] { node.wake(at: moment(second), into: &outbox) }
    node.perform(.status, id: RequestID(number: 1), at: moment(4_000), into: &outbox)
    node.perform(.leave, id: RequestID(number: 2), at: moment(4_001), into: &outbox)
}

private func isRefusal(_ note: NodeNote) -> Bool {
    if case .session(.refused) = note { true } else { false }
}

private func packets(_ outbox: inout Outbox<SessionEffect>) -> [[UInt8]] {
    defer { outbox.removeAll() }
    return outbox.effects.compactMap { effect in
        if case .send(let range, to: _) = effect { Array(outbox.arena.bytes[range]) } else { nil }
    }
}

private func hear(_ packet: [UInt8], _ node: inout MarramNode) -> (notes: [NodeNote], packets: [[UInt8]]) {
    var bytes = packet
    var span = bytes.mutableRaw
    var outbox = NodeOutbox()
    node.receive(&span, from: Path(address(2)), at: moment(0), into: &outbox)
    let notes = outbox.effects.compactMap { if case .note(let note) = $0 { note } else { nil } }
    let packets = outbox.effects.compactMap { effect in
        if case .send(let range, to: _) = effect { Array(outbox.arena.bytes[range]) } else { nil }
    }
    return (notes, packets)
}

/// Decodes an input of a switchboard and lets a small one take it, early and late.
func takeInput(_ bytes: [UInt8]) {
    guard let input = try? Switchboard.Input(decoding: bytes.raw) else { return }
    precondition(input.encoded == bytes, "an input was accepted in a second encoding")
    var switchboard = Switchboard(membership: engine(), registry: registry(), store: store(), vitals: vitals())
    var outbox = Outbox<Switchboard.Effect>()
    for now in extremes {
        switchboard.take(input, at: now, into: &outbox)
        switchboard.take(.woken, at: now, into: &outbox)
    }
}

/// Decodes the whole state of a switchboard and lives on from it, to the end of time. A state that it comes to, read
/// back, must be due at the same moment: deadlines are not written down, but follow from the rest.
func liveOn(_ bytes: [UInt8]) {
    guard var switchboard = try? Switchboard(decoding: bytes.raw) else { return }
    precondition(switchboard.encoded == bytes, "a state was accepted in a second encoding")
    var outbox = Outbox<Switchboard.Effect>()
    let hello = Switchboard.Input.received(
        .membership(.hello(record(2), pulse: 1)), from: identity(2).id, source: address(2))
    for now in extremes {
        for input in [Switchboard.Input.woken, hello, .persisted(Ticket(number: 1)), .woken] {
            switchboard.take(input, at: now, into: &outbox)
            outbox.removeAll()
        }
        guard let again = try? Switchboard(decoding: switchboard.encoded.raw) else { continue }
        switchboard.settle()
        precondition(again.deadline == switchboard.deadline, "what was read back is due at another time")
    }
    switchboard.take(.performed(.leave), at: moment(9), into: &outbox)
    guard let seal = record(1).seal else { preconditionFailure("records here are signed") }
    switchboard.take(.performed(.signed(seal, switchboard.membership.me.life)), at: moment(9), into: &outbox)
    precondition(switchboard.deadline == nil, "a node that left wants to be woken")
}

/// Replays a recording, whose first line is added. When the input begins with 0xFF, the rest is cut into entries by
/// lengths that always fit, because lengths chosen blindly hardly ever do.
func replayRecording(_ input: [UInt8]) {
    let entries = input.first == 0xFF ? framed(input.dropFirst()) : input
    let whole = Recording.wholeEntries(of: entries)
    precondition(entries.starts(with: whole), "whole entries are not the beginning of all")
    guard let report = try? Recording.replay(Recording.magic + entries) else { return }
    precondition(report.isCutShort == (whole.count < entries.count), "cut short and whole at once")
    guard let again = try? Recording.replay(Recording.magic + whole) else {
        preconditionFailure("the whole entries of a good recording are refused")
    }
    precondition(!again.isCutShort && again.inputs == report.inputs, "the whole entries are another recording")
}

private func framed(_ choices: ArraySlice<UInt8>) -> [UInt8] {
    var writer = ByteWriter()
    var rest = choices
    while rest.count > 2 {
        let length = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
        let body = rest.prefix(length)
        rest = rest.dropFirst(length)
        writer.u32(UInt32(body.count))
        writer.raw(Array(body))
    }
    return writer.bytes
}

// MARK: A small mesh

private func id(_ number: UInt64) -> NodeID { NodeID(Bytes32(number, 0, 0, number)) }
private func address(_ number: UInt16) -> Address { Address(v4: 0x0A09_0000 | UInt32(number), port: 7946) }

private func moment(_ seconds: Int64) -> Now {
    Now(instant: .zero + .seconds(seconds + 100), wall: WallTime(milliseconds: seconds * 1_000))
}

/// Times at which reckoning with them is most likely to go wrong.
private let extremes = [
    Now(instant: .zero, wall: WallTime(milliseconds: .min)), moment(0), moment(5), moment(86_400),
    Now(instant: Instant(nanoseconds: 1 << 63), wall: WallTime(milliseconds: 0)),
    Now(instant: Instant(nanoseconds: .max), wall: WallTime(milliseconds: .max)), moment(1),
]

private let settings = MembershipSettings(interval: .seconds(1))

private func record(_ number: UInt16) -> MemberRecord {
    let record = MemberRecord(
        id: id(UInt64(number)), name: "till-0\(number)", site: "front", address: address(number),
        life: Life(boot: 1, beat: 0), isLeaving: false)
    return Notary.invent(VerifyingKey(id(UInt64(number)).value), for: record, in: seals)
}

/// The invented world of these members' signatures.
private let seals: UInt64 = 1
private func store() -> ReplicationEngine {
    ReplicationEngine(
        namespace: Namespace(high: 1, low: 2), key: identity(1).signing.publicKey, instance: 1, missed: 0, stored: [],
        random: Random(seed: 1), at: moment(0))
}

private func vitals() -> VitalsEngine {
    VitalsEngine(me: identity(1).id, boot: 1, random: Random(seed: 1), at: moment(0))
}

private func engine() -> MembershipEngine {
    MembershipEngine(
        me: record(1), settings: settings, notary: .invented(seals), seeds: [address(2)], stored: [],
        random: Random(seed: 1), mischief: .none, at: moment(0))
}

private func identity(_ number: UInt64) -> NodeIdentity {
    var entropy = Entropy.seeded(number)
    return NodeIdentity(of: Digest(Bytes32(1, 2, 3, 4)), from: &entropy)
}

private func signatory() -> Signatory {
    var entropy = Entropy.seeded(3)
    return Signatory(identity(1), from: &entropy)
}

/// A registry that knows its mesh's first records, in which the speaker of the rest is a member.
private func registry() -> RegistryEngine {
    var entropy = Entropy.seeded(4)
    let founder = SigningKey.drawn(from: &entropy)
    let charter = Charter(
        founding: "store", by: Person(name: "ada", keys: [SignerKey(founder.publicKey)]), key: founder,
        nodes: [identity(1).keys, identity(2).keys], nonce: Bytes32(1, 2, 3, 4))
    let signatory = signatory()
    return RegistryEngine(
        me: signatory.keys, mesh: charter.mesh, founding: charter.records, stored: [], feed: signatory.certificate,
        isInvited: false, random: Random(seed: 2), at: moment(0))
}

private func sessions(of number: UInt64) -> Sessions {
    Sessions(
        identity(number), boot: 1, settings: SessionSettings(), entropy: .seeded(number), random: Random(seed: number),
        at: moment(0).instant)
}

private func listener() -> MarramNode {
    MarramNode(
        NodeConfiguration(
            name: "till-01", site: "front", id: identity(1).id, boot: 1, listen: address(1), reachable: [address(1)],
            seeds: [address(2)], gossip: settings, records: true),
        signatory: signatory(), sessions: sessions(of: 1), stored: [], entropy: .seeded(5), random: Random(seed: 1),
        mischief: .none, at: moment(0))
}
