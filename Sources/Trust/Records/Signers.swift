package import Base
package import Crypto

/// A key on a record, with the algorithm that it is for: a later one will stand beside Ed25519, in the same places.
package struct SignerKey: Hashable, Comparable, Sendable {
    package let key: VerifyingKey

    private static let ed25519: UInt8 = 1
    package static let byteCount = 1 + Bytes32.byteCount

    package init(_ key: VerifyingKey) { self.key = key }

    package static func < (left: SignerKey, right: SignerKey) -> Bool { left.key < right.key }
}

extension SignerKey: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u8(Self.ed25519)
        key.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        guard try reader.u8() == Self.ed25519 else { throw .unknown }
        key = try VerifyingKey(from: &reader)
    }
}

/// Somebody who can be asked why: a name and one or more keys. Votes are counted by person, never by key.
package struct Person: Hashable, Sendable {
    package let name: String
    /// Rising, each once.
    package let keys: [SignerKey]

    package init(name: String, keys: [SignerKey]) {
        precondition(isName(name) && (1...Limits.keysPerPerson).contains(keys.count), "a person has a name and keys")
        self.name = name
        self.keys = keys.risingOnce
    }
}

extension Person: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.text(name)
        writer.list(keys)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        name = try reader.name()
        keys = try reader.rising(of: SignerKey.self, in: 1...Limits.keysPerPerson)
    }
}

/// One of those who found and change the mesh.
package struct Operator: Hashable, Comparable, Sendable {
    package enum Kind: UInt8, Sendable {
        /// Grants, revokes and signs updates of the root.
        case acting = 1
        /// A key in a safe: counts as a person when the root is updated, and does nothing else.
        case recovery = 2
    }

    package let kind: Kind
    package let person: Person

    package init(_ person: Person, _ kind: Kind = .acting) {
        self.kind = kind
        self.person = person
    }

    package static func < (left: Operator, right: Operator) -> Bool { left.person.name < right.person.name }
}

extension Operator: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u8(kind.rawValue)
        person.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        guard let kind = Kind(rawValue: try reader.u8()) else { throw .unknown }
        self.init(try Person(from: &reader), kind)
    }
}

/// What a node is known by: the key that it signs with, and another that it agrees on sessions with.
package struct NodeKeys: Hashable, Comparable, Sendable {
    package let signing: SignerKey
    package let agreement: AgreementPublicKey

    private static let x25519: UInt8 = 1

    package init(signing: SignerKey, agreement: AgreementPublicKey) {
        self.signing = signing
        self.agreement = agreement
    }

    package var id: NodeID { signing.key.nodeID }

    package static func < (left: NodeKeys, right: NodeKeys) -> Bool {
        left.signing == right.signing ? left.agreement.bytes < right.agreement.bytes : left.signing < right.signing
    }
}

extension NodeKeys: WireValue {
    package func encode(into writer: inout ByteWriter) {
        signing.encode(into: &writer)
        writer.u8(Self.x25519)
        agreement.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        signing = try SignerKey(from: &reader)
        guard try reader.u8() == Self.x25519 else { throw .unknown }
        agreement = try AgreementPublicKey(from: &reader)
    }
}

extension Digest: WireValue {
    package func encode(into writer: inout ByteWriter) { writer.digest(self) }
    package init(from reader: inout ByteReader) throws(DecodeError) { self = try reader.digest() }
}
