import Base
import Crypto
import Testing

@testable import Noise

@Suite struct HandshakeTests {
    @Test func twoMembersComeToShareKeysThatNobodyElseHas() throws {
        var initiator = Side(.ours, .initiator)
        var responder = Side(.ours, .responder)
        let first = try responder.read(try initiator.write([1, 2, 3]))
        let second = try initiator.read(try responder.write([4]))
        #expect(first == [1, 2, 3])
        #expect(second == [4])
        let met = [responder.handshake.remoteStatic, initiator.handshake.remoteStatic]
        let keys = [initiator.key.publicKey, responder.key.publicKey]
        #expect(met == keys)
        let hashes = [initiator.handshake.hash, responder.handshake.hash]
        #expect(hashes[0] == hashes[1])

        let ours = initiator.handshake.split()
        let theirs = responder.handshake.split()
        var packet = [UInt8](repeating: 5, count: 20)
        var span = packet.mutableRaw
        ours.initiatorToResponder.seal(&span, after: 0, counter: 0)
        // The keys of the two directions are not the same.
        var copy = packet
        var reflected = copy.mutableRaw
        #expect(throws: CryptoError.notAuthentic) {
            try ours.responderToInitiator.open(&reflected, after: 0, counter: 0)
        }
        var received = packet.mutableRaw
        let text = try theirs.initiatorToResponder.open(&received, after: 0, counter: 0)
        #expect(Array(packet[text]) == [5, 5, 5, 5])
    }

    /// Computed with PyPI's `noiseprotocol` 0.3.1 from the same keys: what is known where no vectors are.
    @Test func ourOwnProtocolIsSpokenAsAnotherImplementationSpeaksIt() throws {
        var initiator = Side(.ours, .initiator)
        var responder = Side(.ours, .responder)
        let first = try initiator.write([1, 2, 3])
        _ = try responder.read(first)
        let second = try responder.write([4])
        let expectedFirst = """
            5dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22
            0033f0f7d11507559e01abe22822c2c9c6fcc7bf7b87050e36023614e99949ae
            dad26fc2cc8e458a8895395f7a322df603876ec3932885b4e433bc60f11781bd3d9da3
            """
        let expectedSecond = """
            ac01b2209e86354fb853237b5de0f4fab13c7fcbf433a61c019369617fecf10b
            2739418e4447a6ec4320fde0947b9d8ee0
            """
        let expectedHash = """
            d3b20c59a07319c61864efb67b096c9bd7c7d5479aebaa9882f7e538226c3efe
            c23cb4ce56487b943816ea8414edbe2b0ad5a137d64c54c63b980e869ef0eeda
            """
        #expect(first == hex(expectedFirst))
        #expect(second == hex(expectedSecond))
        let hash = responder.handshake.hash
        #expect(hash == hex(expectedHash))
        let keys = responder.handshake.split()
        var tags = [[UInt8](repeating: 0, count: 16), [UInt8](repeating: 0, count: 16)]
        var tag = tags[0].mutableRaw
        keys.initiatorToResponder.seal(&tag, after: 0, counter: 0)
        var other = tags[1].mutableRaw
        keys.responderToInitiator.seal(&other, after: 0, counter: 0)
        #expect(tags[0] == hex("fcdd30c50a6681c4116b0d1208026a35"))
        #expect(tags[1] == hex("57cd4d4fdd1d08d5f0ec3759e4f40c32"))
    }

    @Test func anotherPresharedKeyIsRefused() throws {
        var initiator = Side(.ours, .initiator)
        var stranger = Side(.ours, .responder, psk: 8)
        // psk2 enters with the second message, so the first one does not show it.
        _ = try stranger.read(try initiator.write([]))
        let refusal = initiator.refusal(of: try stranger.write([]))
        #expect(refusal == .notAuthentic)
    }

    @Test func anotherPrologueIsRefused() throws {
        var initiator = Side(.ours, .initiator)
        var stranger = Side(.ours, .responder, prologue: "there")
        let refusal = stranger.refusal(of: try initiator.write([]))
        #expect(refusal == .notAuthentic)
    }

    @Test(arguments: [NoiseProtocol.ours, .joining])
    func aMessageCutAnywhereIsRefused(_ noise: NoiseProtocol) throws {
        for cutMessage in 0..<noise.messageCount {
            var length = 0
            while true {
                var initiator = Side(noise, .initiator)
                var responder = Side(noise, .responder)
                var message: [UInt8] = []
                for number in 0...cutMessage {
                    let isFirst = number.isMultiple(of: 2)
                    message = isFirst ? try initiator.write([1, 2, 3]) : try responder.write([1, 2, 3])
                    guard number < cutMessage else { break }
                    _ = isFirst ? try responder.read(message) : try initiator.read(message)
                }
                guard length < message.count else { break }
                let isFirst = cutMessage.isMultiple(of: 2)
                let least = isFirst ? responder.handshake.overhead : initiator.handshake.overhead
                let cut = Array(message.prefix(length))
                let refusal = isFirst ? responder.refusal(of: cut) : initiator.refusal(of: cut)
                if length < least {
                    #expect(refusal == .badLength)
                } else if noise.pattern == .ik || cutMessage > 0 {
                    #expect(refusal == .notAuthentic)
                } else {
                    // The first message of XX seals nothing: a shorter payload is found out with the next message.
                    #expect(refusal == nil)
                    let later = initiator.refusal(of: try responder.write([]))
                    #expect(later == .notAuthentic)
                }
                length += 1
            }
        }
    }

    @Test func nothingIsLongerThanNoiseAllows() throws {
        var initiator = Side(.ours, .initiator)
        var responder = Side(.ours, .responder)
        let most = Handshake.longestMessage - initiator.handshake.overhead
        let message = try initiator.write([UInt8](repeating: 1, count: most))
        #expect(message.count == Handshake.longestMessage)
        let payload = try responder.read(message)
        #expect(payload.count == most)
        var other = Side(.ours, .responder)
        let refusal = other.refusal(of: message + [0])
        #expect(refusal == .badLength)
    }

    @Test func aRefusedMessageEndsTheHandshakeForGood() throws {
        var initiator = Side(.ours, .initiator)
        var responder = Side(.ours, .responder)
        let message = try initiator.write([1])
        for bit in 0..<message.count * 8 {
            var victim = Side(.ours, .responder)
            let refusal = victim.refusal(of: tampered(message, bit: bit))
            #expect(refusal == .notAuthentic)
            let after = victim.refusal(of: message)
            #expect(after == .dead)
            #expect(throws: NoiseError.dead) { try victim.write([]) }
            let isOver = [victim.handshake.isFinished, victim.handshake.isOurTurn]
            #expect(isOver == [false, false])
            let remembered = [victim.handshake.remoteStatic, victim.handshake.remoteEphemeral]
            #expect(remembered == [nil, nil])
        }
        let payload = try responder.read(message)
        #expect(payload == [1])
    }

    @Test func aMessageOutOfTurnChangesNothing() throws {
        var initiator = Side(.ours, .initiator)
        var responder = Side(.ours, .responder)
        let message = try initiator.write([])
        // Before it has answered, the responder is sent the same again; so is the initiator its own.
        _ = try responder.read(message)
        let early = responder.refusal(of: message)
        #expect(early == .outOfTurn)
        _ = try initiator.read(try responder.write([]))
        let reflected = initiator.refusal(of: message)
        #expect(reflected == .outOfTurn)
        let areFinished = [initiator.handshake.isFinished, responder.handshake.isFinished]
        #expect(areFinished == [true, true])
    }

    @Test func whoIsNotAdmittedIsRefusedBeforeItsProof() throws {
        var initiator = Side(.ours, .initiator)
        var responder = Side(.ours, .responder)
        let message = try initiator.write([])
        var asked: [AgreementPublicKey] = []
        let refused: NoiseError?
        do throws(NoiseError) {
            _ = try responder.read(
                message,
                admit: { key in
                    asked.append(key)
                    return false
                })
            refused = nil
        } catch {
            refused = error
        }
        #expect(refused == .notAdmitted)
        #expect(asked == [initiator.key.publicKey])
        let after = responder.refusal(of: message)
        #expect(after == .dead)
    }

    @Test func aWriterKeepsWhatItHeldWhenAMessageCannotBeWritten() throws {
        var initiator = Side(.ours, .initiator, remote: .zero)
        var writer = ByteWriter()
        writer.raw([1, 2, 3])
        var refused: NoiseError?
        do throws(NoiseError) {
            try initiator.handshake.write(
                [UInt8](repeating: 0, count: 9).raw, key: initiator.key, ephemeral: key("e"), into: &writer)
        } catch {
            refused = error
        }
        #expect(refused == .weakKey)
        #expect(writer.bytes == [1, 2, 3])
        #expect(throws: NoiseError.dead) { try initiator.write([]) }
    }

    @Test func theWrongResponderCannotReadTheFirstMessage() throws {
        var initiator = Side(.ours, .initiator, remote: key("x").publicKey.bytes)
        var responder = Side(.ours, .responder)
        let refusal = responder.refusal(of: try initiator.write([]))
        #expect(refusal == .notAuthentic)
    }
}

@Suite struct NoiseProtocolTests {
    @Test func everyNameIsReadAsItIsWritten() throws {
        for pattern in HandshakePattern.allCases {
            let places = PresharedKeyPlace.allCases.filter { $0.rawValue <= pattern.table.messages.count }
            for place in [nil] + places.map(Optional.some) {
                let name = NoiseProtocol(pattern, place, hash: .blake2b512).name
                #expect(NoiseProtocol(name: name)?.name == name)
            }
        }
        #expect(NoiseProtocol.ours.name == "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b")
        #expect(NoiseProtocol.joining.name == "Noise_XX_25519_ChaChaPoly_BLAKE2b")
    }

    @Test(arguments: [
        "", "Noise_IK_25519_ChaChaPoly_BLAKE2s", "Noise_IK_448_ChaChaPoly_BLAKE2b", "Noise_IK_25519_AESGCM_SHA256",
        "Noise_IKpsk3_25519_ChaChaPoly_BLAKE2b", "Noise_ik_25519_ChaChaPoly_BLAKE2b",
        "Noise_XX_25519_ChaChaPoly_BLAKE2b ", "Noise_ZZ_25519_ChaChaPoly_BLAKE2b",
    ])
    func aNameThatIsNoneOfOursIsNoProtocol(_ name: String) {
        #expect(NoiseProtocol(name: name) == nil)
    }
}
