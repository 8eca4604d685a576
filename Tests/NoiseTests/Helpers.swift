import Base
import Crypto

@testable import Noise

/// The bytes that `text` spells; white space is for the reader.
func hex(_ text: String) -> [UInt8] {
    guard let bytes = bytes(hexadecimal: text.filter { !$0.isWhitespace }) else {
        fatalError("not hexadecimal: \(text)")
    }
    return bytes
}

func secret(_ bytes: [UInt8]) -> SecretBytes { SecretBytes(copying: bytes.raw) }

func key(_ bytes: [UInt8]) -> AgreementKey {
    do {
        return try AgreementKey(secret(bytes))
    } catch {
        fatalError("a key has 32 bytes, this one \(bytes.count)")
    }
}

/// A key of 32 equal bytes: an owner's name in a test.
func key(_ name: Character) -> AgreementKey { key([UInt8](repeating: name.asciiValue ?? 0, count: 32)) }

/// `bytes` with one bit turned over.
func tampered(_ bytes: [UInt8], bit: Int) -> [UInt8] {
    var bytes = bytes
    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    return bytes
}

extension NoiseProtocol {
    static let ours = NoiseProtocol(.ik, .psk2, hash: .blake2b512)
    static let joining = NoiseProtocol(.xx, nil, hash: .blake2b512)
}

/// One side with its static key, writing and reading arrays.
struct Side: ~Copyable {
    var handshake: Handshake
    let key: AgreementKey

    init(_ handshake: consuming Handshake, _ key: consuming AgreementKey) {
        self.handshake = handshake
        self.key = key
    }

    /// One of two sides of a conversation under a test's usual keys.
    init(
        _ noise: NoiseProtocol, _ role: HandshakeRole, prologue: String = "here", psk: UInt8 = 7,
        remote: Bytes32? = nil
    ) {
        let own = staticKey(of: role)
        let other = staticKey(of: role == .initiator ? .responder : .initiator).publicKey
        let table = noise.table
        let prologue = Array(prologue.utf8)
        let isKnown = role == .initiator ? table.knowsResponder : table.knowsInitiator
        handshake = Handshake(
            noise, role, prologue: prologue.raw, own: own.publicKey,
            remoteStatic: isKnown ? remote.map(AgreementPublicKey.init) ?? other : nil,
            presharedKey: noise.presharedKey == nil
                ? nil : secret([UInt8](repeating: psk, count: 32)))
        key = own
    }

    mutating func write(_ payload: [UInt8], ephemeral: [UInt8]? = nil) throws(NoiseError) -> [UInt8] {
        var writer = ByteWriter()
        if handshake.takesEphemeral {
            let secret = ephemeral ?? [UInt8](repeating: handshake.role == .initiator ? 3 : 4, count: 32)
            try handshake.write(payload.raw, key: key, ephemeral: agreementKey(secret), into: &writer)
        } else {
            try handshake.write(payload.raw, key: key, ephemeral: nil, into: &writer)
        }
        return writer.bytes
    }

    mutating func read(
        _ message: [UInt8], admit: (AgreementPublicKey) -> Bool = { _ in true }
    ) throws(NoiseError) -> [UInt8] {
        var message = message
        var span = message.mutableRaw
        let payload = try handshake.read(&span, key: key, admit: admit)
        return Array(message[payload])
    }

    /// Why a message is refused, or nil when it is not.
    mutating func refusal(of message: [UInt8]) -> NoiseError? {
        do throws(NoiseError) {
            _ = try read(message)
            return nil
        } catch {
            return error
        }
    }
}

private func staticKey(of role: HandshakeRole) -> AgreementKey { key(role == .initiator ? "i" : "r") }
private func agreementKey(_ bytes: [UInt8]) -> AgreementKey { key(bytes) }
