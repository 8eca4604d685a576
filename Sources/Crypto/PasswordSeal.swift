internal import Base
internal import CSodium

/// A secret behind a password, as bytes for a file: Argon2id (RFC 9106) makes a key of the password at a cost in memory
/// and time that a guesser pays for each guess, and an envelope holds the secret.
///
/// It protects keys, never data: data is sealed with a key that lies here, so that a new password rewrites some hundred
/// bytes. The cost stands in the clear in front, since the reader needs it first; it is authenticated with the rest,
/// and bounded before anything is done with it, for whoever wrote the file chose it.
package struct PasswordSeal {
    /// What one guess costs: passes over so much memory.
    package struct Cost: Hashable, Sendable {
        package let passes: Int
        package let kibibytes: Int

        /// For a person who waits: about a tenth of a second on a small machine, 64 MiB.
        package static let everyday = Cost(passes: 2, kibibytes: 65_536)
        /// For an operator's key, opened seldom: about a second, 256 MiB.
        package static let guarded = Cost(passes: 3, kibibytes: 262_144)
        /// The least that Argon2id takes, for tests.
        static let least = Cost(passes: 1, kibibytes: 8)

        init(passes: Int, kibibytes: Int) {
            self.passes = passes
            self.kibibytes = kibibytes
        }

        var isAcceptable: Bool {
            (1...Limits.passwordPasses).contains(passes) && (8...Limits.passwordKibibytes).contains(kibibytes)
        }
    }

    private static let magic = Array("marram-password-seal/1".utf8)
    private static let saltByteCount = 16
    private static let headerByteCount = magic.count + 8 + saltByteCount
    private static let largest = headerByteCount + EnvelopeKey.overhead + SecretBytes.largest

    /// Seals `secret` behind `password`. Takes as long as `cost` says, so it does not belong on the loop's thread.
    package static func seal(
        _ secret: borrowing SecretBytes, password: RawSpan, cost: Cost, from entropy: inout Entropy
    ) throws(CryptoError) -> [UInt8] {
        guard cost.isAcceptable else { throw .malformed }
        let salt = entropy.bytes(saltByteCount)
        var writer = ByteWriter(capacity: largest)
        writer.raw(magic)
        writer.u32(UInt32(cost.passes))
        writer.u32(UInt32(cost.kibibytes))
        writer.raw(salt)
        writer.raw([UInt8](repeating: 0, count: EnvelopeKey.nonceByteCount))
        secret.withBytes { writer.raw($0) }
        writer.raw([UInt8](repeating: 0, count: EnvelopeKey.tagByteCount))

        let key = try key(of: password, salt: salt, cost: cost)
        var packet = writer.mutableRaw
        key.seal(&packet, after: headerByteCount, from: &entropy)
        return writer.bytes
    }

    /// The secret behind `password`. A wrong password and a changed file look the same: `.notAuthentic`.
    package static func open(_ sealed: RawSpan, password: RawSpan) throws(CryptoError) -> SecretBytes {
        guard sealed.byteCount <= largest else { throw .malformed }
        var reader = ByteReader(sealed)
        let (cost, salt) = try header(&reader)
        guard cost.isAcceptable, reader.remaining > EnvelopeKey.overhead else { throw .malformed }

        let key = try key(of: password, salt: salt, cost: cost)
        var packet = [UInt8](copying: sealed)
        defer { packet.wipe() }
        var span = packet.mutableRaw
        let text = try key.open(&span, after: headerByteCount)
        return SecretBytes(copying: packet.raw.extracting(text))
    }

    private static func header(_ reader: inout ByteReader) throws(CryptoError) -> (Cost, [UInt8]) {
        do throws(DecodeError) {
            guard [UInt8](copying: try reader.raw(magic.count)) == magic else { throw .unknown }
            let passes = Int(try reader.u32())
            let cost = Cost(passes: passes, kibibytes: Int(try reader.u32()))
            return (cost, [UInt8](copying: try reader.raw(saltByteCount)))
        } catch {
            throw .malformed
        }
    }

    private static func key(of password: RawSpan, salt: [UInt8], cost: Cost) throws(CryptoError) -> EnvelopeKey {
        var result: Int32 = -1
        let secret = unsafe SecretBytes(count: EnvelopeKey.byteCount) { key in
            unsafe password.withBytesAsCharacters { characters, count in
                unsafe salt.withUnsafeBytes { salt in
                    unsafe result = crypto_pwhash_argon2id(
                        key, UInt64(EnvelopeKey.byteCount), characters, UInt64(count), salt.address,
                        UInt64(cost.passes),
                        cost.kibibytes * 1_024, crypto_pwhash_argon2id_alg_argon2id13())
                }
            }
        }
        // The lengths and the cost are inside Argon2id's bounds, so memory is the one thing that can be missing.
        guard result == 0 else { throw .outOfMemory }
        return try EnvelopeKey(secret)
    }
}

extension RawSpan {
    /// The bytes as C's `char`, never a nil pointer: `crypto_pwhash` takes even an empty password by address.
    fileprivate func withBytesAsCharacters(_ body: (UnsafePointer<CChar>, Int) -> Void) {
        unsafe withUnsafeBytes { buffer in
            if let base = buffer.baseAddress {
                unsafe body(base.assumingMemoryBound(to: CChar.self), buffer.count)
            } else {
                var nothing: CChar = 0
                unsafe body(&nothing, 0)
            }
        }
    }
}
