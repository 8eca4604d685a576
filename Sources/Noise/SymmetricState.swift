internal import Base
internal import Crypto

/// What both sides have in common after each step: the chaining key, from which all keys follow; the hash over all that
/// was said; and, once there was an agreement, a key with which the rest of the handshake is sealed (Noise, section
/// 5.2). The hash is no secret and shows which conversation this was.
struct SymmetricState: ~Copyable {
    private let derivation: KeyDerivation
    private var chainingKey: SecretBytes
    private(set) var hash: [UInt8]
    private var key: SealingKey?
    private var counter: UInt64 = 0

    /// `initiator` and `responder` are the static keys that are known beforehand.
    init(
        _ noise: NoiseProtocol, prologue: RawSpan, initiator: AgreementPublicKey?, responder: AgreementPublicKey?
    ) {
        var hash = noise.nameBytes
        if hash.count > noise.hash.byteCount {
            hash = noise.hash.hash(hash.raw)
        } else {
            for _ in hash.count..<noise.hash.byteCount { hash.append(0) }
        }
        derivation = KeyDerivation(noise.hash)
        chainingKey = SecretBytes(copying: hash.raw)
        noise.hash.extend(&hash, with: prologue)
        if let initiator { initiator.withBytes { bytes in noise.hash.extend(&hash, with: bytes) } }
        if let responder { responder.withBytes { bytes in noise.hash.extend(&hash, with: bytes) } }
        self.hash = hash
    }

    mutating func mix(hash bytes: RawSpan) { derivation.function.extend(&hash, with: bytes) }

    var isSealed: Bool { key != nil }

    /// Takes in a secret or, where there is a pre-shared key, an ephemeral public key.
    mutating func mix(key input: RawSpan) {
        let derived = derivation.advance(chainingKey, with: input)
        chainingKey = derived.first
        take(derived.second)
    }

    /// Takes in what the owners of `own` and `remote` alone can compute.
    mutating func mix(
        agreementOf own: borrowing AgreementKey, with remote: AgreementPublicKey
    ) throws(NoiseError) {
        let shared: SecretBytes
        do throws(CryptoError) {
            shared = try own.agree(with: remote)
        } catch {
            throw .weakKey
        }
        shared.withBytes { bytes in mix(key: bytes) }
    }

    /// Takes in the pre-shared key.
    mutating func mix(presharedKey: borrowing SecretBytes) {
        let derived = presharedKey.withBytes { input in derivation.advanceByThree(chainingKey, with: input) }
        chainingKey = derived.first
        derived.second.withBytes { bytes in mix(hash: bytes) }
        take(derived.third)
    }

    private mutating func take(_ secret: consuming SecretBytes) {
        key = SealingKey(secret)
        counter = 0
    }

    /// Appends `plain` to `writer`: sealed, with its tag, if there is a key by now.
    mutating func seal(_ plain: RawSpan, into writer: inout ByteWriter) {
        let start = writer.count
        writer.raw(plain)
        switch key {
        case .some(let key):
            writer.reserve(SealingKey.tagByteCount)
            var text = writer.mutableRaw(in: start..<writer.count)
            key.seal(&text, with: hash.raw, counter: counter)
            counter += 1
        case .none: break
        }
        mix(hash: writer.bytes.raw.extracting(start..<writer.count))
    }

    /// Opens the bytes of `message` in `range` where they lie, if they are sealed by now, and answers where the text
    /// is. When it throws, they are zeros.
    mutating func open(_ message: inout MutableRawSpan, _ range: Range<Int>) throws(NoiseError) -> Range<Int> {
        // What was sent is part of the transcript, and opening in place overwrites it: so the next hash comes first.
        var next = hash
        derivation.function.extend(&next, with: message.bytes.extracting(range))
        defer { hash = next }
        switch key {
        case .some(let key):
            var text = message._mutatingExtracting(range)
            do throws(CryptoError) {
                _ = try key.open(&text, with: hash.raw, counter: counter)
            } catch {
                throw .notAuthentic
            }
            counter += 1
            return range.dropLast(SealingKey.tagByteCount)
        case .none: return range
        }
    }

    /// Lets go of all secrets.
    mutating func forget() {
        key = nil
        chainingKey = SecretBytes(copying: hash.raw)
    }

    /// The two keys for what follows the handshake.
    consuming func split() -> TransportKeys {
        let derived = derivation.advance(chainingKey, with: nothing.raw)
        return TransportKeys(
            initiatorToResponder: SealingKey(derived.first), responderToInitiator: SealingKey(derived.second))
    }
}

private let nothing: [UInt8] = []
