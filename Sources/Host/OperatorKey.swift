internal import Base
internal import Crypto
internal import Disk
internal import Trust

/// The key of one who founds and changes a mesh, and the name that it goes by: a file of its own, which a person may
/// carry away on a stick. It may be sealed with a passphrase; it is never handed to the daemon.
struct OperatorKey: ~Copyable {
    let signing: SigningKey
    let name: String

    private static let version: UInt8 = 1
    static let fileBytes = 4_096

    init(from entropy: inout Entropy, name: String) {
        self.init(signing: SigningKey.drawn(from: &entropy), name: name)
    }

    private init(signing: consuming SigningKey, name: String) {
        self.signing = signing
        self.name = name
    }

    var person: Person { Person(name: name, keys: [SignerKey(signing.publicKey)]) }

    // MARK: The file

    /// The name, and the seed as it is or sealed.
    func write(to path: String, passphrase: String?, from entropy: inout Entropy) throws(Complaint) {
        let seed = signing.withSeed { SecretBytes(copying: $0) }
        let key: [UInt8]
        do throws(CryptoError) {
            key =
                if let passphrase {
                    try PasswordSeal.seal(
                        seed, password: Array(passphrase.utf8).raw, cost: .guarded, from: &entropy)
                } else {
                    seed.withBytes { [UInt8](copying: $0) }
                }
        } catch {
            throw Complaint(.operatorKeyUnreadable, what: "the key cannot be sealed with this passphrase")
        }
        let bytes = Content(name: name, isSealed: passphrase != nil, key: key).encoded
        try DataDirectory.attempt { () throws(FileError) in try DurableFile.write(bytes, to: path) }
    }

    /// Reads the key; asks for the passphrase when it is sealed.
    static func read(_ path: String, passphrase: () -> String?) throws(Complaint) -> OperatorKey {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try DurableFile.read(path, atMost: fileBytes, ownerOnly: true)
        } catch {
            throw Complaint(.operatorKeyUnreadable, what: "\(path): \(error.reason)")
        }
        let file: Content
        do throws(DecodeError) {
            file = try Content(decoding: bytes.raw)
        } catch {
            throw Complaint(.operatorKeyUnreadable, what: "\(path) is no operator's key", because: "\(error)")
        }
        do throws(CryptoError) {
            guard file.isSealed else {
                let seed = SecretBytes(copying: file.key.raw)
                return OperatorKey(signing: try SigningKey(seed: seed), name: file.name)
            }
            guard let passphrase = passphrase() else { throw CryptoError.notAuthentic }
            let seed = try PasswordSeal.open(file.key.raw, password: Array(passphrase.utf8).raw)
            return OperatorKey(signing: try SigningKey(seed: seed), name: file.name)
        } catch {
            throw Complaint(.operatorKeyUnreadable, what: "\(path) does not open with this passphrase")
        }
    }

    private struct Content: WireValue {
        let name: String
        let isSealed: Bool
        /// The seed, or what it is sealed in.
        let key: [UInt8]

        func encode(into writer: inout ByteWriter) {
            writer.u8(OperatorKey.version)
            writer.text(name)
            writer.bool(isSealed)
            writer.raw(key)
        }

        init(name: String, isSealed: Bool, key: [UInt8]) {
            self.name = name
            self.isSealed = isSealed
            self.key = key
        }

        init(from reader: inout ByteReader) throws(DecodeError) {
            guard try reader.u8() == OperatorKey.version else { throw .unknown }
            name = try reader.name()
            isSealed = try reader.bool()
            key = [UInt8](copying: try reader.raw(isSealed ? reader.remaining : SigningKey.seedByteCount))
        }
    }
}

/// A key in a list of them: what cannot be copied lies in no array by itself.
final class HeldKey {
    let own: OperatorKey

    init(_ own: consuming OperatorKey) { self.own = own }

    var signer: SignerKey { SignerKey(own.signing.publicKey) }
}
