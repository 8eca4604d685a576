import Base
import Crypto
import Foundation
import Testing

@testable import Noise

/// Known traps of such code, a test each.
@Suite struct TrapTests {
    /// Public keys of small order, in each form in which one may be written: whatever the other key is, the agreement
    /// is zero (RFC 7748, section 6.1, leaves the check to the protocol).
    private static let weakKeys = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]

    @Test(arguments: weakKeys)
    func anAgreementThatFailedIsNeverUsed(_ weakKey: String) throws {
        let weak = hex(weakKey)
        // As a responder's static key, in `es`.
        var initiator = Side(.ours, .initiator, remote: Bytes32(weak))
        #expect(throws: NoiseError.weakKey) { try initiator.write([]) }
        // As an ephemeral key of a first message, in `es`.
        var responder = Side(.ours, .responder)
        let first = responder.refusal(of: weak + [UInt8](repeating: 0, count: 64))
        #expect(first == .weakKey)
        // As an ephemeral key of a second message, in `ee`.
        var waiting = Side(.joining, .initiator)
        _ = try waiting.write([])
        let second = waiting.refusal(of: weak + [UInt8](repeating: 0, count: 64))
        #expect(second == .weakKey)
        // As an initiator's static key, sent in the clear or known beforehand, in `se`.
        for pattern in [HandshakePattern.in, .kn] {
            let noise = NoiseProtocol(pattern, nil, hash: .blake2b512)
            var answering = Side(noise, .responder, remote: Bytes32(weak))
            let clear = pattern == .in ? weak : []
            _ = try answering.read(key("e").publicKey.bytes.bytes + clear)
            #expect(throws: NoiseError.weakKey) { try answering.write([]) }
            #expect(throws: NoiseError.dead) { try answering.write([]) }
        }
        // As both sides' known static keys, in `ss`.
        let noise = NoiseProtocol(.kk, nil, hash: .sha256)
        var known = Side(noise, .responder, remote: Bytes32(weak))
        var honest = Side(noise, .initiator)
        let third = known.refusal(of: try honest.write([]))
        #expect(third == .weakKey)
    }

    @Test func aPayloadThatDidNotOpenIsZeros() throws {
        var initiator = Side(.ours, .initiator)
        let payload = Array("a payload of some length, easy to recognise".utf8)
        let genuine = try initiator.write(payload)
        let sealed = genuine.count - payload.count - SealingKey.tagByteCount
        for byte in sealed..<genuine.count {
            var responder = Side(.ours, .responder)
            var message = tampered(genuine, bit: byte * 8)
            var span = message.mutableRaw
            var refused: NoiseError?
            do throws(NoiseError) {
                _ = try responder.handshake.read(&span, key: responder.key)
            } catch {
                refused = error
            }
            #expect(refused == .notAuthentic)
            #expect(message[sealed...].allSatisfy { $0 == 0 })
        }
    }

    /// A machine is cloned while a handshake waits, and both go on. The keys of the two conversations are different,
    /// since each side brings a fresh ephemeral key to its next message, which neither clone has made yet.
    @Test func twoClonesOfAMachineNeverSealUnderOneKey() throws {
        var initiator = Side(.ours, .initiator)
        let message = try initiator.write([])
        var replies: [[UInt8]] = []
        var packets: [[UInt8]] = []
        var entropy = Entropy.system
        for _ in 0..<2 {
            var clone = Side(.ours, .responder)
            _ = try clone.read(message)
            let fresh = AgreementKey(from: &entropy)
            var writer = ByteWriter()
            try clone.handshake.write(
                [UInt8](repeating: 0, count: 32).raw, key: clone.key, ephemeral: fresh, into: &writer)
            replies.append(writer.bytes)
            var packet = [UInt8](repeating: 0, count: 48)
            var span = packet.mutableRaw
            clone.handshake.split().responderToInitiator.seal(&span, after: 0, counter: 0)
            packets.append(packet)
        }
        #expect(replies[0].suffix(48) != replies[1].suffix(48))
        #expect(packets[0] != packets[1])
        // The initiator takes one reply and then no other.
        _ = try initiator.read(replies[0])
        let second = initiator.refusal(of: replies[1])
        #expect(second == .outOfTurn)
    }

    /// Within one handshake no key seals two texts under one number: equal texts in neighbouring fields differ.
    @Test func noNumberIsUsedTwiceUnderOneKey() throws {
        // In this pattern the second message seals a static key and a payload under the key that `ee` made.
        let noise = NoiseProtocol(.x1x1, nil, hash: .blake2b512)
        var initiator = Side(noise, .initiator)
        var responder = Side(noise, .responder)
        _ = try responder.read(try initiator.write([]))
        let text = responder.key.publicKey.bytes.bytes
        let message = try responder.write(text)
        #expect(message[32..<64] != message[80..<112])
    }

    /// The tag is compared by libsodium, in constant time. Here: no bit of it may differ, in either of its places. And
    /// no source of this room compares bytes that a stranger could guess at.
    @Test func aTagIsComparedWholeAndOnlyByTheSeal() throws {
        var initiator = Side(.ours, .initiator)
        let genuine = try initiator.write([])
        for tag in [64..<80, 80..<96] {
            for bit in tag.lowerBound * 8..<tag.upperBound * 8 {
                var responder = Side(.ours, .responder)
                let refusal = responder.refusal(of: tampered(genuine, bit: bit))
                #expect(refusal == .notAuthentic)
            }
        }
        for (name, text) in try sources(of: "Noise") {
            #expect(!text.contains("tag =="), "\(name)")
            #expect(!text.contains("elementsEqual"), "\(name)")
        }
    }

    /// A signing key never agrees. No key is made from one of the other kind: the same 32 bytes give keys that have
    /// nothing to do with each other, and nobody calls what would turn one into the other.
    @Test func noKeyBothSignsAndAgrees() throws {
        let bytes = [UInt8](repeating: 42, count: 32)
        let signing = try SigningKey(seed: secret(bytes))
        #expect(signing.publicKey.bytes != key(bytes).publicKey.bytes)
        for (name, text) in try sources(of: "Noise") {
            #expect(!text.contains("SigningKey") && !text.contains("VerifyingKey"), "\(name)")
        }
        for (name, text) in try sources(of: "Crypto") {
            #expect(!text.contains("to_curve25519"), "\(name)")
        }
    }

    private func sources(of room: String) throws -> [(name: String, text: String)] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/\(room)")
            .standardized.resolvingSymlinksInPath()
        let files = try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil)
        #expect(files.count > 3)
        return try files.map { ($0.lastPathComponent, try String(contentsOf: $0, encoding: .utf8)) }
    }
}
