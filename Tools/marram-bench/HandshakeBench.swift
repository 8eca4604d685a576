internal import Base
internal import Crypto
internal import Noise
internal import Session
internal import Trust

extension Bench {
    /// What it costs two members to begin to speak. The floor is one X25519 agreement, of which a side of IKpsk2 has
    /// four, beside the making of an ephemeral key. That key is made within the measured time, though a node makes it
    /// when it is idle.
    static let handshake = Bench(
        name: "handshake", measures: "one side of an IKpsk2 handshake from first message to keys, against one X25519"
    ) {
        var entropy = Entropy.seeded(1)
        let one = AgreementKey(from: &entropy)
        let other = AgreementKey(from: &entropy)
        func agree(_ count: Int) {
            for _ in 0..<count { keep((try? one.agree(with: other.publicKey))?.count) }
        }
        var conversation = Conversation(one, other)
        let responder = measure({ count in for _ in 0..<count { conversation.respond(other) } }, against: agree)
        let initiator = measure({ count in for _ in 0..<count { conversation.initiate(one) } }, against: agree)
        let pair = measure(
            { count in for _ in 0..<count { keep(AgreementKey(from: &entropy).publicKey) } }, against: agree)

        let forged = measure(Forged().offer, against: agree)

        return [
            Figure("responder_over_x25519", responder.subject.times(responder.floor)),
            Figure("initiator_over_x25519", initiator.subject.times(initiator.floor)),
            Figure("key_pair_over_x25519", pair.subject.times(pair.floor)),
            Figure("responders_per_second", responder.subject.perSecond),
            Figure("handshakes_per_second", 1e9 / (responder.subject.nanoseconds + initiator.subject.nanoseconds)),
            Figure("responder_microseconds", responder.subject.nanoseconds / 1_000),
            Figure("initiator_microseconds", initiator.subject.nanoseconds / 1_000),
            Figure("x25519_microseconds", min(responder.floor.nanoseconds, initiator.floor.nanoseconds) / 1_000),
            Figure("forged_dropped_per_second", forged.subject.perSecond),
            Figure("mallocs_per_forged", forged.subject.allocations),
            Figure("mallocs_per_responder", responder.subject.allocations),
            Figure("mallocs_per_initiator", initiator.subject.allocations),
        ]
    }
}

/// First messages of somebody who knows neither the mesh nor the node: as long as real ones, and noise. The node drops
/// them at their first code.
private final class Forged {
    private var sessions: Sessions
    private var packets: [[UInt8]]
    private var outbox = Outbox<SessionEffect>()
    private let path = Path(Address(v4: 0x0A00_0001, port: 7_946))

    init() {
        var entropy = Entropy.seeded(7)
        let identity = NodeIdentity(of: Digest(Bytes32(7, 7, 7, 7)), from: &entropy)
        sessions = Sessions(
            identity, boot: 1, settings: SessionSettings(), entropy: entropy.split(), random: Random(seed: 1), at: .zero
        )
        packets = (0..<64).map { _ in [1, 1, 0, 0] + entropy.bytes(280) }
    }

    func offer(_ count: Int) {
        for number in 0..<count {
            var span = packets[number & 63].mutableRaw
            sessions.receive(&span, from: path, at: .zero, into: &outbox)
            outbox.removeAll()
        }
    }
}

/// One conversation of two members, so that a side can be run again and again against the same messages.
private struct Conversation: ~Copyable {
    private let initiator: AgreementPublicKey
    private let responder: AgreementPublicKey
    private let noise = NoiseProtocol(.ik, .psk2, hash: .blake2b512)
    private let prologue = [UInt8](repeating: 9, count: 34)
    private let presharedKey = [UInt8](repeating: 5, count: 32)
    private var writer = ByteWriter(capacity: 512)
    /// What each side said, and a copy that is opened in place.
    private var first: [UInt8] = []
    private var second: [UInt8] = []
    private var message: [UInt8] = []

    init(_ initiator: borrowing AgreementKey, _ responder: borrowing AgreementKey) {
        self.initiator = initiator.publicKey
        self.responder = responder.publicKey
        var asking = begin(.initiator)
        write(&asking, initiator)
        first = writer.bytes
        respond(responder)
        second = writer.bytes
    }

    mutating func respond(_ key: borrowing AgreementKey) {
        var handshake = begin(.responder)
        read(first, &handshake, key)
        write(&handshake, key)
        finish(handshake)
    }

    mutating func initiate(_ key: borrowing AgreementKey) {
        var handshake = begin(.initiator)
        write(&handshake, key)
        read(second, &handshake, key)
        finish(handshake)
    }

    private func begin(_ role: HandshakeRole) -> Handshake {
        let isInitiator = role == .initiator
        return Handshake(
            noise, role, prologue: prologue.raw, own: isInitiator ? initiator : responder,
            remoteStatic: isInitiator ? responder : nil, presharedKey: SecretBytes(copying: presharedKey.raw))
    }

    private mutating func write(_ handshake: inout Handshake, _ key: borrowing AgreementKey) {
        writer.removeAll()
        // The same ephemeral key each time, since the other side's answer was to this one.
        var source = Entropy.seeded(handshake.role == .initiator ? 3 : 4)
        let payload = prologue
        do throws(NoiseError) {
            try handshake.write(payload.raw, key: key, ephemeral: AgreementKey(from: &source), into: &writer)
        } catch {
            fatalError("keys made here are not weak: \(error)")
        }
    }

    private mutating func read(_ bytes: [UInt8], _ handshake: inout Handshake, _ key: borrowing AgreementKey) {
        message.removeAll(keepingCapacity: true)
        message.append(contentsOf: bytes)
        do throws(NoiseError) {
            var span = message.mutableRaw
            keep(try handshake.read(&span, key: key).count)
        } catch {
            fatalError("the other side wrote it for this side: \(error)")
        }
    }

    /// Seals an empty packet with a key that the handshake made.
    private mutating func finish(_ handshake: consuming Handshake) {
        let keys = handshake.split()
        let start = writer.count
        writer.reserve(SealingKey.tagByteCount)
        var tag = writer.mutableRaw(in: start..<writer.count)
        keys.responderToInitiator.seal(&tag, after: 0, counter: 0)
        writer.truncate(to: start)
    }
}
