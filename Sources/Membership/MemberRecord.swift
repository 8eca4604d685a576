package import Base
internal import Crypto

/// What a node says of itself, and others pass on: who, called what, where, and how far its life has come.
package struct MemberRecord: Hashable, Sendable {
    package var id: NodeID
    package var name: String
    package var site: String
    /// Where it listens. A node that listens on every address does not know its own: the first peer that hears it
    /// directly fills in the host it saw.
    package var address: Address
    /// The host is what a peer saw, not what the node says.
    package var isHostSeen = false
    package var life: Life
    /// It said goodbye in this life.
    package var isLeaving: Bool
    /// Its own signature; nil until it has signed.
    package var seal: Seal?

    package init(id: NodeID, name: String, site: String, address: Address, life: Life, isLeaving: Bool) {
        self.id = id
        self.name = name
        self.site = site
        self.address = address
        self.life = life
        self.isLeaving = isLeaving
    }
}

extension MemberRecord {
    /// How to write to it.
    package var contact: Contact { Contact(id, at: address) }

    /// What is held of it when that is what it says: it leaves, or it is here.
    var ownStanding: Standing { isLeaving ? .left : .here }

    /// How many bytes it takes on the wire, alone or behind another, with the whole key.
    func encodedByteCount(after other: MemberRecord? = nil) -> Int {
        func varintBytes(_ value: UInt64) -> Int { max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7) }
        return 1 + Bytes32.byteCount + Host(address).byteCount + 1 + name.utf8.count
            + (isAtHome(with: other) ? 0 : 2 + 1 + site.utf8.count) + varintBytes(life.boot) + varintBytes(life.beat)
            + (seal == nil ? 0 : Signature.byteCount)
    }

    /// Whether it has the site and the port of the record in front of it, which then need not be said again.
    fileprivate func isAtHome(with other: MemberRecord?) -> Bool {
        other.map { $0.site == site && $0.address.port == address.port } ?? false
    }

    /// Whether the stored form need not be written again: the beats of one life are not worth a write each.
    func isStoredLike(_ other: MemberRecord) -> Bool {
        name == other.name && site == other.site && address == other.address && life.boot == other.life.boot
            && isLeaving == other.isLeaving
    }
}

/// How far a node's life has come: the stored count of its boots, then how often it has spoken up in this boot because
/// others held it for gone. No wall clock: a node whose clock starts in 1970 is not younger for it. Only the node
/// itself makes its life longer.
package struct Life: Hashable, Comparable, Sendable {
    package var boot: UInt64
    package var beat: UInt64

    package init(boot: UInt64, beat: UInt64) {
        self.boot = boot
        self.beat = beat
    }

    package static func < (left: Life, right: Life) -> Bool {
        left.boot == right.boot ? left.beat < right.beat : left.boot < right.boot
    }
}

/// A host in as few bytes as it needs, which stand in their reading order.
private enum Host: UInt8 {
    case any4, v4, v6, any6

    init(_ address: Address) {
        self = address.v4 == 0 ? .any4 : address.v4 != nil ? .v4 : address.isUnspecified ? .any6 : .v6
    }

    var byteCount: Int {
        switch self {
        case .any4, .any6: 0
        case .v4: 4
        case .v6: 16
        }
    }
}

extension Address {
    /// The kind of host, the host, and the port.
    func encodeShort(into writer: inout ByteWriter) {
        writer.u8(Host(self).rawValue)
        encodeHost(into: &writer)
        writer.u16(port)
    }

    /// A kind, a host of IPv6 and a port.
    static let mostShortBytes = 19

    init(short reader: inout ByteReader) throws(DecodeError) {
        guard let host = Host(rawValue: try reader.u8()) else { throw .outOfRange }
        self = try Address(host, from: &reader)
        port = try reader.u16()
    }

    fileprivate func encodeHost(into writer: inout ByteWriter) {
        switch Host(self) {
        case .any4, .any6: break
        case .v4: writer.u32(UInt32(truncatingIfNeeded: low).byteSwapped)
        case .v6:
            writer.u64(high.byteSwapped)
            writer.u64(low.byteSwapped)
        }
    }

    /// A host, with no port yet.
    fileprivate init(_ host: Host, from reader: inout ByteReader) throws(DecodeError) {
        switch host {
        case .any4: self.init(v4: 0, port: 0)
        case .v4: self.init(v4: try reader.u32().byteSwapped, port: 0)
        case .v6: self.init(high: try reader.u64().byteSwapped, low: try reader.u64().byteSwapped, port: 0)
        case .any6: self.init(high: 0, low: 0, port: 0)
        }
        guard Host(self) == host else { throw .notCanonical }
    }
}

/// The first byte holds all that is a choice of few: the kind of host (two bits), leaving, host seen, sealed, room for
/// the standing of a claim (two bits), and whether site and port are those of the record before. Instead of leaving,
/// which its standing says, a claim has there whether the key is short. A sealed record has the key in the place of the
/// id, which is the key's hash.
extension MemberRecord: WireValue {
    package func encode(into writer: inout ByteWriter) { encode(isLeaving ? 4 : 0, after: nil, into: &writer) }

    /// As a part of a claim.
    func encode(
        _ standing: Standing, hasShortKey: Bool, after other: MemberRecord?, into writer: inout ByteWriter
    ) {
        encode(standing.rawValue << 5 | (hasShortKey ? 4 : 0), hasShortKey: hasShortKey, after: other, into: &writer)
    }

    private func encode(
        _ choices: UInt8, hasShortKey: Bool = false, after other: MemberRecord?, into writer: inout ByteWriter
    ) {
        let isShort = isAtHome(with: other)
        let said: UInt8 = (isHostSeen ? 8 : 0) | (seal == nil ? 0 : 16) | (isShort ? 128 : 0)
        writer.u8(Host(address).rawValue | choices | said)
        if hasShortKey, let seal { writer.u64(seal.key.firstWord) } else { writer.bytes32(seal?.key.bytes ?? id.value) }
        encodeFields(isShort: isShort, into: &writer)
        seal?.signature.encode(into: &writer)
    }

    /// What is signed: all but id and seal.
    func encodeBody(into writer: inout ByteWriter) {
        writer.u8(Host(address).rawValue | (isLeaving ? 4 : 0))
        encodeFields(isShort: false, into: &writer)
    }

    private func encodeFields(isShort: Bool, into writer: inout ByteWriter) {
        address.encodeHost(into: &writer)
        writer.text(name)
        if !isShort {
            writer.text(site)
            writer.u16(address.port)
        }
        life.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        let choices = try reader.u8()
        guard choices & 0x60 == 0 else { throw .notCanonical }
        self = try Self.read(choices, isLeaving: choices & 4 != 0, hasShortKey: false, after: nil, from: &reader)
    }

    /// As a part of a claim: with its standing, and whether its key, and with it the id, has still to be completed.
    static func inClaim(
        after other: MemberRecord?, from reader: inout ByteReader
    ) throws(DecodeError) -> (record: MemberRecord, standing: Standing, hasShortKey: Bool) {
        let choices = try reader.u8()
        guard let standing = Standing(rawValue: choices >> 5 & 3) else { throw .outOfRange }
        let hasShortKey = choices & 4 != 0
        let record = try read(
            choices, isLeaving: standing == .left, hasShortKey: hasShortKey, after: other, from: &reader)
        return (record, standing, hasShortKey)
    }

    private static func read(
        _ choices: UInt8, isLeaving: Bool, hasShortKey: Bool, after other: MemberRecord?, from reader: inout ByteReader
    ) throws(DecodeError) -> MemberRecord {
        let isShort = choices & 128 != 0
        guard !isShort || other != nil, let host = Host(rawValue: choices & 3) else { throw .outOfRange }
        let isSealed = choices & 16 != 0
        guard isSealed || !hasShortKey else { throw .notCanonical }
        let key = hasShortKey ? VerifyingKey(beginning: try reader.u64()) : VerifyingKey(try reader.bytes32())
        var address = try Address(host, from: &reader)
        let isHostSeen = choices & 8 != 0
        guard !isHostSeen || !address.isUnspecified else { throw .notCanonical }
        let name = try reader.name()
        var site = ""
        if isShort, let other { (site, address.port) = (other.site, other.address.port) }
        if !isShort { (site, address.port) = (try reader.name(), try reader.u16()) }
        var record = MemberRecord(
            id: isSealed && !hasShortKey ? key.nodeID : NodeID(key.bytes), name: name, site: site, address: address,
            life: try Life(from: &reader), isLeaving: isLeaving)
        guard record.isAtHome(with: other) == isShort else { throw .notCanonical }
        record.isHostSeen = isHostSeen
        if isSealed { record.seal = Seal(key, try Signature(from: &reader)) }
        return record
    }
}
