internal import Base

/// A datagram that tells whose it is: who says it to whom, in which life, the how-manieth. Its bytes follow from that,
/// so whoever hears it knows whether they are all there.
package struct Letter: Hashable, Sendable {
    /// Stands in every letter, so that an onlooker who finds it on the wire has read one.
    static let site = "site-of-cold-store"
    static let bytes = 2 + 2 + 8 + 8 + 1 + site.utf8.count

    package var from: Int
    package var to: Int
    /// Drawn by the process that wrote it.
    package var life: UInt64
    package var serial: UInt64

    /// The letter as a datagram of at least `count` bytes.
    func written(priority: UInt8, count: Int) -> [UInt8] {
        var writer = ByteWriter(capacity: count)
        writer.u16(UInt16(from))
        writer.u16(UInt16(to))
        writer.u64(life)
        writer.u64(serial)
        writer.u8(priority)
        writer.raw(Array(Self.site.utf8))
        let filling = Filling(seed: life ^ serial)
        while writer.count < count { writer.u8(filling[UInt64(writer.count)]) }
        return writer.bytes
    }

    /// Reads a datagram; nil when not all of it is as it was written.
    static func read(_ bytes: RawSpan, priority: UInt8) -> Letter? {
        var reader = ByteReader(bytes)
        guard let from = try? reader.u16(), let to = try? reader.u16(), let life = try? reader.u64(),
            let serial = try? reader.u64()
        else { return nil }
        let letter = Letter(from: Int(from), to: Int(to), life: life, serial: serial)
        let whole = letter.written(priority: priority, count: bytes.byteCount)
        return [UInt8](copying: bytes) == whole ? letter : nil
    }
}

/// What one stream carries: whose it is and how much, then a filling; and back comes another filling, a third as long.
package struct Parcel: Hashable, Sendable {
    static let headerBytes = 2 + 2 + 8 + 8 + 4

    package var letter: Letter
    /// Bytes that the opener writes, the header included.
    package var size: Int

    var answerSize: Int { size / 3 }

    private var header: [UInt8] {
        var writer = ByteWriter(capacity: Self.headerBytes)
        writer.u16(UInt16(letter.from))
        writer.u16(UInt16(letter.to))
        writer.u64(letter.life)
        writer.u64(letter.serial)
        writer.u32(UInt32(size))
        return writer.bytes
    }

    static func read(_ header: [UInt8]) -> Parcel? {
        var reader = ByteReader(header.raw)
        guard let from = try? reader.u16(), let to = try? reader.u16(), let life = try? reader.u64(),
            let serial = try? reader.u64(), let size = try? reader.u32(), size >= headerBytes
        else { return nil }
        return Parcel(letter: Letter(from: Int(from), to: Int(to), life: life, serial: serial), size: Int(size))
    }

    /// What the opener writes at these places.
    func content(_ range: Range<Int>) -> [UInt8] {
        let filling = Filling(seed: letter.life ^ letter.serial)
        let header = range.lowerBound < Self.headerBytes ? header : []
        return range.map { $0 < header.count ? header[$0] : filling[UInt64($0)] }
    }

    /// What the other side answers at these places.
    func answer(_ range: Range<Int>) -> [UInt8] {
        let filling = Filling(seed: ~(letter.life ^ letter.serial))
        return range.map { filling[UInt64($0)] }
    }
}

/// Bytes that follow from a seed and their place.
struct Filling {
    let seed: UInt64

    subscript(place: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: Chance.mixed(seed &+ place >> 3) >> (8 * (place & 7)))
    }
}
