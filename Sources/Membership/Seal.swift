package import Base
package import Crypto

/// What makes a record its subject's own word: the key whose hash is the subject's id, and its signature. Whoever
/// passes a record on passes the seal on with it, so nobody can make somebody else live, live longer or leave.
package struct Seal: Hashable, Sendable {
    package let key: VerifyingKey
    package let signature: Signature

    /// What seals are, among the kinds of things that are signed.
    static let kind = StatementKind("member")

    package init(_ key: VerifyingKey, _ signature: Signature) {
        self.key = key
        self.signature = signature
    }
}

extension MemberRecord {
    /// The bytes that a seal covers: all that the subject says of itself. The host is left out when others filled it
    /// in; a lie about it costs packets that nobody opens. The id is the hash of the key that verifies.
    var sealedBytes: [UInt8] {
        var said = self
        said.seal = nil
        if isHostSeen {
            said.isHostSeen = false
            said.address = Address(v4: 0, port: address.port)
        }
        var writer = ByteWriter()
        said.encodeBody(into: &writer)
        return writer.bytes
    }

    /// The record with its subject's signature.
    package func sealed(by key: borrowing SigningKey, in mesh: Digest) -> MemberRecord {
        var record = self
        record.seal = Seal(key.publicKey, key.sign(sealedBytes.raw, as: Seal.kind, in: mesh))
        return record
    }
}

/// How seals are told from forgeries. A value, so that a recording replays without the world that it was made in.
package enum Notary: Hashable, Sendable {
    /// Ed25519, in the mesh of that name.
    case mesh(Digest)
    /// In an invented world a hash stands in for the signature: as many bytes on the wire, and so cheap that thousands
    /// of nodes can be played. It keeps out only those who do not look up how it is made.
    case invented(UInt64)

    /// Whether the subject itself says what the record says.
    package func vouches(for record: MemberRecord) -> Bool {
        guard let seal = record.seal else { return false }
        switch self {
        case .mesh(let mesh):
            guard seal.key.nodeID == record.id else { return false }
            do throws(CryptoError) {
                try seal.key.verify(seal.signature, of: record.sealedBytes.raw, as: Seal.kind, in: mesh)
                return true
            } catch {
                return false
            }
        case .invented(let word): return seal == Self.invented(seal.key, record, word)
        }
    }

    /// Whether the owner of the key accuses somebody so.
    func vouches(for word: SignedCharge, by key: VerifyingKey) -> Bool {
        switch self {
        case .mesh(let mesh):
            do throws(CryptoError) {
                try key.verify(word.signature, of: word.charge.encoded.raw, as: SignedCharge.kind, in: mesh)
                return true
            } catch {
                return false
            }
        case .invented(let world): return word == Self.invent(key, for: word.charge, in: world)
        }
    }

    /// The charge as the owner of the key would have signed it in the invented world of `word`.
    package static func invent(_ key: VerifyingKey, for charge: Charge, in word: UInt64) -> SignedCharge {
        SignedCharge(charge, signature(by: key, of: charge.encoded, key.nodeID, word))
    }

    /// The record as its subject would have sealed it in the invented world of `word`.
    package static func invent(_ key: VerifyingKey, for record: MemberRecord, in word: UInt64) -> MemberRecord {
        var record = record
        record.seal = invented(key, record, word)
        return record
    }

    private static func invented(_ key: VerifyingKey, _ record: MemberRecord, _ word: UInt64) -> Seal {
        Seal(key, signature(by: key, of: record.sealedBytes, record.id, word))
    }

    private static func signature(
        by key: VerifyingKey, of bytes: [UInt8], _ id: NodeID, _ word: UInt64
    ) -> Signature {
        var hash = TraceHash(value: word)
        hash.absorb(bytes.raw)
        hash.absorb(id)
        return Signature(Bytes32(hash.value, word, 0, 0), key.bytes)
    }
}

extension Notary: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .mesh(let mesh):
            writer.u8(1)
            writer.digest(mesh)
        case .invented(let word):
            writer.u8(2)
            writer.u64(word)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1: self = .mesh(try reader.digest())
        case 2: self = .invented(try reader.u64())
        default: throw .unknown
        }
    }
}

extension Seal: WireValue {
    package func encode(into writer: inout ByteWriter) {
        key.encode(into: &writer)
        signature.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        key = try VerifyingKey(from: &reader)
        signature = try Signature(from: &reader)
    }
}
