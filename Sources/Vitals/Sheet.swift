package import Base
package import Crypto

/// What a node says of itself that is true for a while: values under keys, all on one sheet. Only the node itself signs
/// it, each new sheet takes the place of the one before, and it lies in memory and on no disk.
package struct Sheet: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var key: [UInt8]
        package var value: [UInt8]

        package init(key: [UInt8], value: [UInt8]) {
            self.key = key
            self.value = value
        }
    }

    /// Of two sheets of one node the later counts. A start of the node is later than all that came before it, so the
    /// count need not lie on a disk.
    package struct Version: Hashable, Comparable, Sendable {
        package var boot: UInt64
        package var count: UInt64

        package init(boot: UInt64, count: UInt64) {
            self.boot = boot
            self.count = count
        }

        package static func < (left: Version, right: Version) -> Bool {
            left.boot != right.boot ? left.boot < right.boot : left.count < right.count
        }
    }

    package let owner: NodeID
    package let version: Version
    /// So many seconds after it was signed it says nothing any more.
    package let lifetime: Int
    /// Rising by key.
    package let entries: [Entry]

    package init(owner: NodeID, version: Version, lifetime: Int, entries: [Entry]) {
        self.owner = owner
        self.version = version
        self.lifetime = lifetime
        self.entries = entries
    }

    /// Within the limits that the decoder holds every sheet to.
    package var fits: Bool { entries.count <= Limits.sheetEntries && encoded.count <= Limits.sheetBytes }
}

/// A sheet with its owner's signature: whoever passes it on passes that on too.
package struct SignedSheet: Hashable, Sendable {
    package let sheet: Sheet
    package let signature: Signature

    /// What it is, among the kinds of things that are signed.
    static let kind = StatementKind("vitals")

    package init(_ sheet: Sheet, _ signature: Signature) {
        self.sheet = sheet
        self.signature = signature
    }

    package func isTrue(by key: VerifyingKey, in mesh: Digest) -> Bool {
        do throws(CryptoError) {
            try key.verify(signature, of: sheet.encoded.raw, as: Self.kind, in: mesh)
            return true
        } catch {
            return false
        }
    }
}

extension Sheet {
    package func signed(by key: borrowing SigningKey, in mesh: Digest) -> SignedSheet {
        SignedSheet(self, key.sign(encoded.raw, as: SignedSheet.kind, in: mesh))
    }
}

/// A sheet as one node tells it to another: how old it is by the clocks of those who had it, one after the other.
/// Nobody asks what time it is anywhere.
package struct AgedSheet: Hashable, Sendable {
    package let signed: SignedSheet
    /// In seconds.
    package let age: Int

    package init(_ signed: SignedSheet, age: Int) {
        self.signed = signed
        self.age = age
    }
}

extension Sheet.Version: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.varint(boot)
        writer.varint(count)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        boot = try reader.varint()
        count = try reader.varint()
        guard boot <= Limits.counted, count <= Limits.counted else { throw .outOfRange }
    }
}

extension Sheet.Entry: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.bytes(key)
        writer.bytes(value)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        key = try reader.bytes(atMost: Limits.keyBytes)
        value = try reader.bytes(atMost: Limits.sheetBytes)
        guard !key.isEmpty else { throw .outOfRange }
    }
}

extension [Sheet.Entry] {
    var risesByKey: Bool { zip(self, dropFirst()).allSatisfy { $0.key.lexicographicallyPrecedes($1.key) } }
}

extension Sheet: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.nodeID(owner)
        version.encode(into: &writer)
        writer.varint(UInt64(lifetime))
        writer.list(entries)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        let start = reader.remaining
        owner = try reader.nodeID()
        version = try Version(from: &reader)
        lifetime = try reader.count(atMost: Limits.sheetSeconds)
        entries = try reader.list(of: Entry.self, atMost: Limits.sheetEntries)
        guard entries.risesByKey else { throw .notCanonical }
        guard start - reader.remaining <= Limits.sheetBytes else { throw .tooLong }
    }
}

extension SignedSheet: WireValue {
    package func encode(into writer: inout ByteWriter) {
        sheet.encode(into: &writer)
        signature.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        sheet = try Sheet(from: &reader)
        signature = try Signature(from: &reader)
    }
}

extension AgedSheet: WireValue {
    package func encode(into writer: inout ByteWriter) {
        signed.encode(into: &writer)
        writer.varint(UInt64(age))
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        signed = try SignedSheet(from: &reader)
        age = try reader.count(atMost: Limits.sheetSeconds)
    }
}
