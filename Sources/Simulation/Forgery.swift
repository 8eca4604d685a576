package import Base
package import Crypto
internal import Session
internal import Traffic
internal import Trust

/// An attacker who has seen everything that crossed the wire, and tries what it has on a node: packets changed, cut,
/// played again, sent back to their sender, moved to other sessions and to other meshes; and beginnings of handshakes,
/// some with the code that only members can make. Nothing of it may be taken, and nothing may change what the node
/// believes.
package struct Forgery: ~Copyable {
    package struct Report: Hashable, Sendable {
        package var tried = 0
        package var accepted = 0
        package var stateChanges = 0
        /// By the name of the reason.
        package var refused: SortedMap<String, Int> = SortedMap()
    }

    /// What is done to a packet of the wire.
    private enum Trick: CaseIterable {
        case changed, cut, lengthened, replayed, reflected, otherSession, otherMesh, invented
    }

    private var victim: Sessions
    private let victimKey: AgreementPublicKey
    private let mesh: Digest
    private var random: Random
    private var time: Instant
    private var outbox = Outbox<SessionEffect>()
    /// Sealed packets to the victim that were never delivered, so that only what was done to them refuses them.
    private var fresh: [[UInt8]]
    private var delivered: [[UInt8]]
    private var own: [[UInt8]]
    private var otherSession: [[UInt8]]
    private var otherMesh: [[UInt8]]
    /// Packets of handshakes, the victim's own and others'.
    private var handshakes: [[UInt8]]
    private let index: [UInt8]
    private static let peer = Path(Address(v4: 0x0A00_0001, port: 1))

    /// Three nodes of one mesh and two of another, who have talked.
    package init(seed: UInt64) {
        let identity = Self.identity(1, mesh: 1)
        victimKey = identity.agreementKey().publicKey
        mesh = identity.mesh
        time = .zero + .seconds(1_000)
        random = Random(seed: seed)
        var victim = Self.sessions(1, mesh: 1, seed: seed, at: time)
        var wire = Wire()
        var peer = Self.sessions(2, mesh: 1, seed: seed, at: time)
        wire.talk(&peer, &victim, at: time)
        (delivered, own) = (wire.delivered, wire.answers)
        let (now, me) = (time, victim.me)
        fresh = (0..<64).map { wire.sealed(by: &peer, to: me, number: $0, at: now) }
        index = Array(fresh[0][4..<8])
        var third = Self.sessions(3, mesh: 1, seed: seed, at: time)
        wire.talk(&third, &victim, at: time)
        otherSession = (0..<64).map { wire.sealed(by: &third, to: me, number: $0, at: now) }
        handshakes = wire.handshakes
        var stranger = Self.sessions(4, mesh: 2, seed: seed, at: time)
        var estranged = Self.sessions(1, mesh: 2, seed: seed, at: time)
        wire.talk(&stranger, &estranged, at: time)
        let elsewhere = estranged.me
        otherMesh = (0..<64).map { wire.sealed(by: &stranger, to: elsewhere, number: $0, at: now) }
        handshakes += wire.handshakes
        self.victim = victim
    }

    /// Tries so many packets of sessions.
    package mutating func tryPackets(_ count: Int) -> Report {
        var report = Report()
        var believed = victim.fingerprint
        for number in 0..<count {
            offer(packet(), &report)
            if number % 64 == 63 || number == count - 1 { look(&believed, &report) }
        }
        return report
    }

    /// Tries so many packets of handshakes, two hundred a second: as many as a node works on without asking for proof.
    package mutating func tryHandshakes(_ count: Int) -> Report {
        var report = Report()
        var believed = victim.fingerprint
        for number in 0..<count {
            time = time + .milliseconds(5)
            offer(handshake(), &report)
            if number % 64 == 63 || number == count - 1 { look(&believed, &report) }
        }
        return report
    }

    private func look(_ believed: inout UInt64, _ report: inout Report) {
        let now = victim.fingerprint
        if now != believed { report.stateChanges += 1 }
        believed = now
    }

    private mutating func offer(_ packet: [UInt8], _ report: inout Report) {
        var packet = packet
        var span = packet.mutableRaw
        victim.receive(&span, from: Self.peer, at: time, into: &outbox)
        report.tried += 1
        for effect in outbox.effects {
            switch effect {
            case .note(.refused(let refusal, from: _)):
                report.refused.update(refusal.name, default: 0) { $0 += 1 }
            case .note(.cookieAsked), .note(.freshAsked), .send: break
            case .said, .stream, .note: report.accepted += 1
            }
        }
        outbox.removeAll()
    }

    // MARK: What is tried

    private mutating func packet() -> [UInt8] {
        let trick = Trick.allCases[random.below(Trick.allCases.count)]
        switch trick {
        case .changed:
            var packet = fresh[random.below(fresh.count)]
            packet[random.below(packet.count)] ^= UInt8(1 + random.below(255))
            return packet
        case .cut:
            let packet = fresh[random.below(fresh.count)]
            return Array(packet.prefix(random.below(packet.count)))
        case .lengthened: return fresh[random.below(fresh.count)] + [UInt8(random.below(256))]
        case .replayed: return delivered[random.below(delivered.count)]
        case .reflected: return named(own[random.below(own.count)], anyhow: random.below(2) == 0)
        case .otherSession: return named(otherSession[random.below(otherSession.count)], anyhow: false)
        case .otherMesh: return named(otherMesh[random.below(otherMesh.count)], anyhow: false)
        case .invented:
            var packet = [UInt8](repeating: 0, count: 16 + random.below(400))
            for place in packet.indices { packet[place] = UInt8(random.below(256)) }
            (packet[0], packet[1], packet[2], packet[3]) = (1, 4, UInt8(random.below(16)), 0)
            return named(packet, anyhow: random.below(4) == 0)
        }
    }

    /// A packet that names the session of the victim and its peer, or is left as it is.
    private func named(_ packet: [UInt8], anyhow: Bool) -> [UInt8] {
        guard !anyhow else { return packet }
        var packet = packet
        packet.replaceSubrange(4..<8, with: index)
        return packet
    }

    private mutating func handshake() -> [UInt8] {
        var packet = handshakes[random.below(handshakes.count)]
        switch random.below(8) {
        case 0: return packet
        case 1: return Array(packet.prefix(random.below(packet.count)))
        case 2:
            packet[random.below(packet.count)] ^= UInt8(1 + random.below(255))
            return packet
        default:
            // Behind the common bytes, so that it stays the kind of packet it is; and coded anew, as a member could.
            let codes = packet[1] == 1 || packet[1] == 6 ? 32 : 16
            guard packet.count > codes + 5 else { return packet }
            packet[random.below(packet.count - codes - 4) + 4] ^= UInt8(1 + random.below(255))
            return Self.coded(packet, for: victimKey, in: mesh)
        }
    }

    /// The packet with the right first code at its end, computed as docs/wire.md says. Beginnings have room for two.
    package static func coded(_ packet: [UInt8], for key: AgreementPublicKey, in mesh: Digest) -> [UInt8] {
        let codes = packet[1] == 1 || packet[1] == 6 ? 32 : 16
        var purpose = ByteWriter()
        purpose.text("marram/1/code")
        purpose.digest(mesh)
        let isForAnybody = packet[1] == 6 || packet[1] == 7
        if !isForAnybody { key.encode(into: &purpose) }
        let secret = SecretBytes(copying: Digest(hashing: purpose.bytes.raw).value.bytes.raw)
        guard let key = try? AuthenticationKey(secret) else { preconditionFailure("a digest is as long as a key") }
        var writer = ByteWriter()
        writer.raw(Array(packet.dropLast(codes)))
        key.code(over: writer.bytes.raw).encode(into: &writer)
        writer.reserve(codes - 16)
        return writer.bytes
    }

    // MARK: Who has talked

    private static func identity(_ number: UInt64, mesh: UInt64) -> NodeIdentity {
        var entropy = Entropy.seeded(number)
        return NodeIdentity(of: Digest(Bytes32(mesh, 1, 2, 3)), from: &entropy)
    }

    private static func sessions(_ number: UInt64, mesh: UInt64, seed: UInt64, at now: Instant) -> Sessions {
        Sessions(
            identity(number, mesh: mesh), boot: 1, settings: SessionSettings(), entropy: .seeded(seed &+ number),
            random: Random(seed: seed &+ number), at: now)
    }
}

/// Everything that crosses between two nodes, kept by the attacker.
private struct Wire {
    var delivered: [[UInt8]] = []
    var answers: [[UInt8]] = []
    var handshakes: [[UInt8]] = []
    private var said = Outbox<SessionEffect>()
    private var heard = Outbox<SessionEffect>()

    private static let there = Address(v4: 0x0A00_0002, port: 1)

    /// A handshake between strangers, one between members who know each other, and some words.
    mutating func talk(_ speaker: inout Sessions, _ listener: inout Sessions, at now: Instant) {
        delivered = []
        answers = []
        handshakes = []
        let contact = Contact(nil, at: Self.there)
        for word in 0..<32 {
            let bytes = [UInt8](repeating: UInt8(word), count: 200 + word)
            speaker.say(bytes.raw, .fact, to: contact, at: now, into: &said)
            exchange(&speaker, &listener, at: now)
        }
        // Much later its keys are worn out, and it begins as somebody who is known.
        let later = now + Limits.sessionLife
        speaker.say([1, 2, 3].raw, .fact, to: contact, at: later, into: &said)
        exchange(&speaker, &listener, at: later)
    }

    private mutating func exchange(_ speaker: inout Sessions, _ listener: inout Sessions, at now: Instant) {
        while !said.isEmpty || !heard.isEmpty {
            let outgoing = packets(&said)
            for packet in outgoing {
                keep(packet, isAnswer: false)
                var copy = packet
                var span = copy.mutableRaw
                listener.receive(&span, from: Path(Address(v4: 0x0A00_0001, port: 1)), at: now, into: &heard)
            }
            for packet in packets(&heard) {
                keep(packet, isAnswer: true)
                var copy = packet
                var span = copy.mutableRaw
                speaker.receive(&span, from: Path(Self.there), at: now, into: &said)
            }
        }
    }

    private mutating func keep(_ packet: [UInt8], isAnswer: Bool) {
        if packet[1] != 4 {
            handshakes.append(packet)
        } else if isAnswer {
            answers.append(packet)
        } else {
            delivered.append(packet)
        }
    }

    /// A packet that never arrives.
    mutating func sealed(by speaker: inout Sessions, to node: NodeID, number: Int, at now: Instant) -> [UInt8] {
        let later = now + Limits.sessionLife
        let bytes = [UInt8](repeating: UInt8(number), count: 260)
        speaker.say(bytes.raw, .fact, to: Contact(node, at: Self.there), at: later, into: &said)
        guard let packet = packets(&said).last else { preconditionFailure("a datagram to a connected peer is sent") }
        return packet
    }

    private func packets(_ outbox: inout Outbox<SessionEffect>) -> [[UInt8]] {
        defer { outbox.removeAll() }
        return outbox.effects.compactMap { effect in
            if case .send(let range, to: _) = effect { Array(outbox.arena.bytes[range]) } else { nil }
        }
    }
}
