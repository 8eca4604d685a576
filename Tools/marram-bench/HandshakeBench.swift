internal import Base
internal import Crypto
internal import Noise

extension Bench {
    /// What it costs two members to begin to speak. The floor is one X25519 agreement, of which a side of IKpsk2 has
    /// four, beside the making of an ephemeral key. That key is made within the measured time, though a node makes it
    /// when it is idle.
    static let handshake = Bench(
        name: "handshake", measures: "one side of an IKpsk2 handshake from first message to keys, against one X25519"
    ) {
        let conversation = Conversation()
        let peer = conversation.initiator.publicKey
        func agree(_ count: Int) {
            for _ in 0..<count { keep((try? conversation.responder.agree(with: peer))?.count) }
        }
        let responder = measure({ count in for _ in 0..<count { conversation.respond() } }, against: agree)
        let initiator = measure({ count in for _ in 0..<count { conversation.initiate() } }, against: agree)
        let pair = measure(
            { count in for _ in 0..<count { keep(AgreementKey(copying: 5).publicKey) } }, against: agree)

        return [
            Figure("responder_over_x25519", responder.subject.times(responder.floor)),
            Figure("initiator_over_x25519", initiator.subject.times(initiator.floor)),
            Figure("key_pair_over_x25519", pair.subject.times(pair.floor)),
            Figure("responders_per_second", responder.subject.perSecond),
            Figure("handshakes_per_second", 1e9 / (responder.subject.nanoseconds + initiator.subject.nanoseconds)),
            Figure("responder_microseconds", responder.subject.nanoseconds / 1_000),
            Figure("initiator_microseconds", initiator.subject.nanoseconds / 1_000),
            Figure("x25519_microseconds", min(responder.floor.nanoseconds, initiator.floor.nanoseconds) / 1_000),
            Figure("mallocs_per_responder", responder.subject.allocations),
            Figure("mallocs_per_initiator", initiator.subject.allocations),
        ]
    }
}

/// Two members with fixed keys, so that a side can be run again and again against the same messages.
private final class Conversation {
    let initiator = AgreementKey(copying: 1)
    let responder = AgreementKey(copying: 2)
    private let noise = NoiseProtocol(.ik, .psk2, hash: .blake2b512)
    private let prologue = [UInt8](repeating: 9, count: 34)
    private let payload = [UInt8](repeating: 7, count: 64)
    private var writer = ByteWriter(capacity: 512)
    private var message: [UInt8]
    private let first: [UInt8]
    private let second: [UInt8]

    init() {
        first = []
        second = []
        message = []
        // The two messages that both sides will be measured with.
        var asks = begin(.initiator)
        write(&asks, initiator, ephemeral: 3)
        let one = writer.bytes
        var answers = begin(.responder)
        message = one
        read(&answers, responder)
        write(&answers, responder, ephemeral: 4)
        (first, second) = (one, writer.bytes)
    }

    func respond() {
        var handshake = begin(.responder)
        message.replaceSubrange(message.startIndex..., with: first)
        read(&handshake, responder)
        write(&handshake, responder, ephemeral: 4)
        keep(handshake.split().initiatorToResponder.isSendable)
    }
}
