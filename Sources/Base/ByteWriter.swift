/// Writes the one encoding of each value that `ByteReader` accepts. Keeps its storage between uses: `removeAll` and
/// `truncate` free nothing, so a writer that lives as long as its owner stops allocating after the first few packets.
package struct ByteWriter: Sendable {
    package private(set) var bytes: [UInt8]

    package init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package var count: Int { bytes.count }

    /// The bytes, to be changed in place: for a seal that covers what was written.
    package var mutableRaw: MutableRawSpan {
        @_lifetime(&self)
        mutating get { bytes.mutableRaw }
    }

    /// A part of the bytes, to be changed in place.
    @_lifetime(&self)
    package mutating func mutableRaw(in range: Range<Int>) -> MutableRawSpan {
        var all = bytes.mutableRaw
        let part = unsafe _overrideLifetime(all._mutatingExtracting(range), copying: ())
        // Safe to promise: the result keeps the writer to itself for as long as it lives.
        return unsafe _overrideLifetime(part, mutating: &self)
    }

    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
    package mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

    /// Room for `count` bytes that something else will write, zero until then.
    package mutating func reserve(_ count: Int) {
        bytes.append(contentsOf: repeatElement(0, count: count))
    }

    /// Adds the bytes of `span` modulo two to those written from `offset` on.
    package mutating func mix(_ span: RawSpan, at offset: Int) { bytes.mix(span, at: offset) }

    package mutating func u8(_ value: UInt8) { bytes.append(value) }

    package mutating func u16(_ value: UInt16) { word(value.littleEndian) }
    package mutating func u32(_ value: UInt32) { word(value.littleEndian) }
    package mutating func u64(_ value: UInt64) { word(value.littleEndian) }

    /// All bytes of a word at once: one check of the array's storage instead of eight.
    @inline(__always)
    private mutating func word(_ word: some FixedWidthInteger) {
        // Safe: the buffer is the word itself, and read only while it lives.
        unsafe withUnsafeBytes(of: word) { buffer in unsafe bytes.append(contentsOf: buffer) }
    }

    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    package mutating func bool(_ value: Bool) { u8(value ? 1 : 0) }

    package mutating func bytes32(_ value: Bytes32) {
        u64(value.w0.byteSwapped)
        u64(value.w1.byteSwapped)
        u64(value.w2.byteSwapped)
        u64(value.w3.byteSwapped)
    }

    /// The bytes as they are.
    package mutating func raw(_ span: RawSpan) {
        unsafe span.withUnsafeBytes { buffer in unsafe bytes.append(contentsOf: buffer) }
    }

    package mutating func raw(_ values: [UInt8]) { bytes.append(contentsOf: values) }

    /// A length and the bytes.
    package mutating func slice(_ span: RawSpan) {
        varint(UInt64(span.byteCount))
        raw(span)
    }

    package mutating func bytes(_ values: [UInt8]) {
        varint(UInt64(values.count))
        raw(values)
    }

    package mutating func text(_ text: String) {
        varint(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func nodeID(_ id: NodeID) { bytes32(id.value) }
    package mutating func digest(_ digest: Digest) { bytes32(digest.value) }
    package mutating func instant(_ instant: Instant) { u64(instant.nanoseconds) }
    package mutating func interval(_ interval: Interval) { u64(UInt64(bitPattern: interval.nanoseconds)) }

    package mutating func now(_ now: Now) {
        instant(now.instant)
        u64(UInt64(bitPattern: now.wall.milliseconds))
    }

    package mutating func address(_ address: Address) {
        u64(address.high.byteSwapped)
        u64(address.low.byteSwapped)
        u16(address.port)
    }
}
