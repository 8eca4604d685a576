package import Base

/// When a register was written, and by whom: the order of all writes in the mesh. The salt is drawn anew for each life,
/// so that a node whose disk and clock were both put back cannot write two values under one stamp.
package struct ToyStamp: Hashable, Comparable, Sendable {
    package var time: HybridTime
    package var author: UInt16
    package var salt: UInt32

    package static let never = ToyStamp(time: HybridTime(bits: 0), author: 0, salt: 0)

    package static func == (left: ToyStamp, right: ToyStamp) -> Bool {
        left.time.bits == right.time.bits && left.author == right.author && left.salt == right.salt
    }

    package static func < (left: ToyStamp, right: ToyStamp) -> Bool {
        if left.time.bits != right.time.bits { return left.time.bits < right.time.bits }
        return left.author == right.author ? left.salt < right.salt : left.author < right.author
    }
}

/// What a register holds: the value written last, or the fact that it was deleted.
package struct ToyRecord: Hashable, Sendable {
    package var stamp: ToyStamp
    /// Nil marks a deletion, which is remembered like a value.
    package var value: UInt64?

    package static let unwritten = ToyRecord(stamp: .never, value: nil)
    package var isWritten: Bool { stamp != .never }

    /// A fingerprint for the digest of all registers.
    func hash(_ key: Int) -> UInt64 {
        guard isWritten else { return 0 }
        var hash = TraceHash()
        hash.absorb(UInt64(key))
        hash.absorb(stamp.time.bits)
        hash.absorb(UInt64(stamp.author) << 32 | UInt64(stamp.salt))
        hash.absorb(value.map { $0 &+ 1 } ?? 0)
        return hash.value
    }
}

extension ByteWriter {
    /// Three words: the time; author, salt and whether there is a value; the value.
    mutating func toyRecord(_ record: ToyRecord) {
        let stamp = record.stamp
        let name = UInt64(stamp.author) << 48 | UInt64(stamp.salt) << 16 | (record.value == nil ? 0 : 1)
        let words: [3 of UInt64] = [
            stamp.time.bits.littleEndian, name.littleEndian, (record.value ?? 0).littleEndian,
        ]
        // Safe: words have no padding, and the span is read before they go.
        raw(unsafe words.span.bytes)
    }
}

extension ByteReader {
    /// One record. `lenient` is the planted bug that takes a missing value for zero.
    mutating func toyRecord(lenient: Bool = false) throws(DecodeError) -> ToyRecord {
        let time = HybridTime(bits: try u64())
        let word = try u64()
        guard word & 0xFFFE == 0 else { throw .notCanonical }
        let salt = UInt32(truncatingIfNeeded: word >> 16)
        let stamp = ToyStamp(time: time, author: UInt16(word >> 48), salt: salt)
        let isValue = word & 1 == 1
        if lenient, remaining < 8 { return ToyRecord(stamp: stamp, value: isValue ? 0 : nil) }
        let value = try u64()
        if !isValue, value != 0 { throw .notCanonical }
        return ToyRecord(stamp: stamp, value: isValue ? value : nil)
    }
}
