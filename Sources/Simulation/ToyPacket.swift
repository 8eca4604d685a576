internal import Base

/// The head of every datagram of the toy. A few records follow it, and a checksum over everything at the very end: the
/// toy has no keys, so this is all that stands between it and a flipped bit.
struct ToyHead {
    enum Kind: UInt8 {
        case ping = 1
        case answer
        /// Records for somebody whose digest differs.
        case records
        /// "I have heard later things from you": `probe` and `digest` say which life and which packet.
        case stale
    }

    var kind: Kind
    var author: Int
    /// The author's life, and the number of this packet in it. Together they rise for ever.
    var life: UInt32
    var sequence: UInt32
    /// Which probe is asked or answered.
    var probe: UInt32
    /// The author's registers, as one number.
    var digest: UInt64

    /// Marks the protocol and its version in the first byte, the kind aside.
    private static let mark: UInt8 = 0xA0

    func write(to writer: inout ByteWriter) {
        writer.u8(Self.mark | kind.rawValue)
        writer.u16(UInt16(author))
        writer.u32(life)
        writer.u32(sequence)
        writer.u32(probe)
        writer.u64(digest)
    }

    init(kind: Kind, author: Int, life: UInt32, sequence: UInt32, probe: UInt32, digest: UInt64) {
        self.kind = kind
        self.author = author
        self.life = life
        self.sequence = sequence
        self.probe = probe
        self.digest = digest
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        let first = try reader.u8()
        guard first & 0xF0 == Self.mark, let kind = Kind(rawValue: first & 0x0F) else { throw .unknown }
        self.kind = kind
        author = Int(try reader.u16())
        life = try reader.u32()
        sequence = try reader.u32()
        probe = try reader.u32()
        digest = try reader.u64()
    }

    private static let checksumBytes = 8

    static func checksum(_ bytes: RawSpan) -> UInt64 {
        var hash = TraceHash()
        hash.absorb(bytes)
        return hash.value
    }
}

/// A register and what a datagram says about it.
struct ToyUpdate {
    var key: Int
    var record: ToyRecord
}

extension ToyHead {
    /// Reads a whole datagram; the updates go into `updates`, whose storage is reused. `lenient` plants the bug that
    /// makes do with a datagram whose end is missing.
    static func read(
        _ bytes: RawSpan, into updates: inout [ToyUpdate], lenient: Bool
    ) throws(DecodeError) -> ToyHead {
        updates.removeAll(keepingCapacity: true)
        var reader = ByteReader(bytes)
        let head = try ToyHead(reading: &reader)
        for _ in 0..<(try reader.count(atMost: Toy.recordsPerDatagram)) {
            if lenient, reader.remaining < 1 + 2 * 8 { return head }
            let key = Int(try reader.u8())
            guard key < Toy.registers else { throw .outOfRange }
            updates.append(ToyUpdate(key: key, record: try reader.toyRecord(lenient: lenient)))
        }
        if lenient, reader.remaining < checksumBytes { return head }
        let checked = bytes.extracting(0..<reader.offset)
        guard try reader.u64() == checksum(checked) else { throw .notCanonical }
        try reader.finish()
        return head
    }
}
