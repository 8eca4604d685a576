package import Base

/// What a node says of itself, and others pass on: who, called what, where, and how far its life has come.
package struct MemberRecord: Hashable, Sendable {
    package var id: NodeID
    package var name: String
    package var site: String
    /// Where it listens. A node that listens on every address does not know its own: the first peer that hears it
    /// directly fills in the host it saw.
    package var address: Address
    package var life: Life
    /// It said goodbye in this life.
    package var isLeaving: Bool

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

    /// How many bytes `ByteWriter.memberRecord` writes for it.
    var encodedByteCount: Int {
        func varintBytes(_ value: UInt64) -> Int { max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7) }
        return Bytes32.byteCount + 1 + name.utf8.count + 1 + site.utf8.count + Address.byteCount
            + varintBytes(life.boot) + varintBytes(life.beat) + 1
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

extension MemberRecord: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.nodeID(id)
        writer.text(name)
        writer.text(site)
        writer.address(address)
        life.encode(into: &writer)
        writer.bool(isLeaving)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        id = try reader.nodeID()
        name = try reader.name()
        site = try reader.name()
        address = try reader.address()
        life = try Life(from: &reader)
        isLeaving = try reader.bool()
    }
}
