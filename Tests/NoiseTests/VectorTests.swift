import Base
import Crypto
import Testing

@testable import Noise

/// Cacophony's vectors (github.com/haskell-cryptography/cacophony) for revision 34.
struct NoiseVectors: Decodable {
    var vectors: [NoiseVector]

    /// Those whose suite is one of ours. The others need AES-GCM, BLAKE2s or X448.
    static func ours() throws -> [NoiseVector] {
        let suites = ["BLAKE2b", "SHA256", "SHA512"].map { "_25519_ChaChaPoly_" + $0 }
        return try Vectors.load(.noise, as: NoiseVectors.self).vectors
            .filter { vector in suites.contains { vector.protocol_name.hasSuffix($0) } }
    }
}

struct NoiseVector: Decodable {
    struct Message: Decodable {
        var payload: Hex
        var ciphertext: Hex
    }

    var protocol_name: String
    var init_prologue: Hex
    var init_psks: [Hex]?
    var init_static: Hex?
    var init_ephemeral: Hex?
    var init_remote_static: Hex?
    var resp_prologue: Hex
    var resp_psks: [Hex]?
    var resp_static: Hex?
    var resp_ephemeral: Hex?
    var resp_remote_static: Hex?
    var handshake_hash: Hex
    var messages: [Message]

    func side(_ noise: NoiseProtocol, _ role: HandshakeRole) -> Side {
        let isInitiator = role == .initiator
        let psks = (isInitiator ? init_psks : resp_psks) ?? []
        let own = key((isInitiator ? init_static : resp_static)?.bytes ?? [UInt8](repeating: 9, count: 32))
        let remote = (isInitiator ? init_remote_static : resp_remote_static).flatMap { Bytes32($0.bytes) }
        let prologue = (isInitiator ? init_prologue : resp_prologue).bytes
        let handshake = Handshake(
            noise, role, prologue: prologue.raw, own: own.publicKey,
            remoteStatic: remote.map(AgreementPublicKey.init),
            presharedKey: psks.isEmpty ? nil : secret(psks[0].bytes))
        return Side(handshake, own)
    }

    func ephemeral(_ role: HandshakeRole) -> [UInt8]? { (role == .initiator ? init_ephemeral : resp_ephemeral)?.bytes }
}

@Suite struct VectorTests {
    @Test(.reads(.noise))
    func everyPublishedConversationIsSpokenToTheLetterByBothSides() throws {
        let vectors = try NoiseVectors.ours()
        #expect(vectors.count == 177)
        for vector in vectors { try speak(vector) }
    }

    private func speak(_ vector: NoiseVector) throws {
        let noise = try #require(NoiseProtocol(name: vector.protocol_name))
        #expect(noise.name == vector.protocol_name)
        var initiator = vector.side(noise, .initiator)
        var responder = vector.side(noise, .responder)
        for (number, message) in vector.messages.prefix(noise.messageCount).enumerated() {
            let isFirst = number.isMultiple(of: 2)
            let turns = (initiator.handshake.isOurTurn, responder.handshake.isOurTurn)
            #expect(turns == (isFirst, !isFirst))
            let overheads = [initiator.handshake.overhead, responder.handshake.overhead]
            let payload = message.payload.bytes
            let written =
                isFirst
                ? try initiator.write(payload, ephemeral: vector.ephemeral(.initiator))
                : try responder.write(payload, ephemeral: vector.ephemeral(.responder))
            #expect(written == message.ciphertext.bytes, "\(vector.protocol_name) \(number)")
            #expect(overheads == [written.count - payload.count, written.count - payload.count])
            let read = isFirst ? try responder.read(written) : try initiator.read(written)
            #expect(read == payload)
        }
        let areFinished = [initiator.handshake.isFinished, responder.handshake.isFinished]
        #expect(areFinished == [true, true])
        let hashes = [initiator.handshake.hash, responder.handshake.hash]
        #expect(hashes == [vector.handshake_hash.bytes, vector.handshake_hash.bytes], "\(vector.protocol_name)")
        try transport(
            vector, from: noise.messageCount, initiator.handshake.split(), responder.handshake.split())
    }

    /// What follows the handshake: the sides go on taking turns, or the one who alone may speak goes on.
    private func transport(
        _ vector: NoiseVector, from first: Int, _ initiator: consuming TransportKeys,
        _ responder: consuming TransportKeys
    ) throws {
        var counters: [UInt64] = [0, 0]
        for number in first..<vector.messages.count {
            let message = vector.messages[number]
            var packet = message.payload.bytes + [UInt8](repeating: 0, count: SealingKey.tagByteCount)
            let direction = first == 1 ? 0 : number % 2
            let counter = counters[direction]
            counters[direction] += 1
            var span = packet.mutableRaw
            if direction == 0 {
                initiator.initiatorToResponder.seal(&span, after: 0, counter: counter)
            } else {
                responder.responderToInitiator.seal(&span, after: 0, counter: counter)
            }
            #expect(packet == message.ciphertext.bytes, "\(vector.protocol_name) \(number)")
            var received = packet.mutableRaw
            let text =
                direction == 0
                ? try responder.initiatorToResponder.open(&received, after: 0, counter: counter)
                : try initiator.responderToInitiator.open(&received, after: 0, counter: counter)
            #expect(Array(packet[text]) == message.payload.bytes)
        }
    }

    /// A bit in every byte of every message of every pattern. Where nothing is sealed yet it passes at first; then the
    /// next message is refused, for the transcripts differ.
    @Test(.reads(.noise))
    func everyBitOfEveryMessageCounts() throws {
        var (turned, latelyFound) = (0, 0)
        for vector in try NoiseVectors.ours() where vector.protocol_name.hasSuffix("BLAKE2b") {
            let noise = try #require(NoiseProtocol(name: vector.protocol_name))
            for broken in 0..<noise.messageCount {
                let message = vector.messages[broken].ciphertext.bytes
                for byte in message.indices {
                    let bit = byte * 8 + (byte * 5 + broken) % 8
                    let found = try refusedMessage(vector, noise, broken, tampered(message, bit: bit))
                    turned += 1
                    if found != broken { latelyFound += 1 }
                    #expect(found != nil, "\(vector.protocol_name) message \(broken) bit \(bit)")
                }
            }
        }
        #expect(turned > 9_000)
        #expect(latelyFound > 0 && latelyFound < turned)
    }

    /// The number of the message that is refused when message `broken` arrives as `bytes`.
    private func refusedMessage(
        _ vector: NoiseVector, _ noise: NoiseProtocol, _ broken: Int, _ bytes: [UInt8]
    ) throws -> Int? {
        var initiator = vector.side(noise, .initiator)
        var responder = vector.side(noise, .responder)
        for number in 0..<noise.messageCount {
            let isFirst = number.isMultiple(of: 2)
            let payload = vector.messages[number].payload.bytes
            let written =
                isFirst
                ? try initiator.write(payload, ephemeral: vector.ephemeral(.initiator))
                : try responder.write(payload, ephemeral: vector.ephemeral(.responder))
            let message = number == broken ? bytes : written
            let refusal = isFirst ? responder.refusal(of: message) : initiator.refusal(of: message)
            if refusal != nil { return number }
        }
        return nil
    }
}
