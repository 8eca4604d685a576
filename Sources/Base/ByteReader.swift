/// Reads values off bytes that somebody else wrote. Every read is bounded, every length is checked against a limit
/// before anything is allocated, and every value has one encoding only: what `ByteWriter` writes for it.
///
/// Integers of fixed size are little-endian. `varint` is LEB128 in its shortest form.
package struct ByteReader: ~Escapable, ~Copyable {
    private let span: RawSpan
    package private(set) var offset: Int

    @_lifetime(copy span)
    package init(_ span: RawSpan) {
        self.span = span
        offset = 0
    }

    package var remaining: Int { span.byteCount - offset }

    @_lifetime(self: copy self)
    private mutating func take(_ count: Int) throws(DecodeError) -> Int {
        guard count <= remaining else { throw .truncated }
        defer { offset += count }
        return offset
    }

    @_lifetime(self: copy self)
    package mutating func u8() throws(DecodeError) -> UInt8 {
        let at = try take(1)
        return unsafe span.unsafeLoad(fromUncheckedByteOffset: at, as: UInt8.self)
    }

    @_lifetime(self: copy self)
    package mutating func u16() throws(DecodeError) -> UInt16 {
        let at = try take(2)
        return UInt16(littleEndian: unsafe span.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt16.self))
    }

    @_lifetime(self: copy self)
    package mutating func u32() throws(DecodeError) -> UInt32 {
        let at = try take(4)
        return UInt32(littleEndian: unsafe span.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt32.self))
    }

    @_lifetime(self: copy self)
    package mutating func u64() throws(DecodeError) -> UInt64 {
        let at = try take(8)
        return UInt64(littleEndian: unsafe span.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self))
    }

    @_lifetime(self: copy self)
    package mutating func varint() throws(DecodeError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try u8()
            // The tenth byte holds the 64th bit and nothing else.
            if shift == 63, byte > 1 { throw .outOfRange }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 {
                if byte == 0, shift > 0 { throw .notCanonical }
                return value
            }
            shift += 7
        }
    }

    /// A count or length: a varint of at most `limit`.
    @_lifetime(self: copy self)
    package mutating func count(atMost limit: Int) throws(DecodeError) -> Int {
        let value = try varint()
        guard value <= UInt64(limit) else { throw .tooLong }
        return Int(value)
    }

    @_lifetime(self: copy self)
    package mutating func bool() throws(DecodeError) -> Bool {
        switch try u8() {
        case 0: return false
        case 1: return true
        default: throw .notCanonical
        }
    }

    @_lifetime(self: copy self)
    package mutating func bytes32() throws(DecodeError) -> Bytes32 {
        let w0 = try u64().byteSwapped
        let w1 = try u64().byteSwapped
        let w2 = try u64().byteSwapped
        let w3 = try u64().byteSwapped
        return Bytes32(w0, w1, w2, w3)
    }

    /// `count` bytes as they are, without copying them.
    @_lifetime(copy self)
    package mutating func raw(_ count: Int) throws(DecodeError) -> RawSpan {
        let at = try take(count)
        return span.extracting(at..<at + count)
    }

    /// A length and that many bytes, without copying them.
    @_lifetime(copy self)
    package mutating func slice(atMost limit: Int) throws(DecodeError) -> RawSpan {
        try raw(count(atMost: limit))
    }

    /// A length and that many bytes.
    @_lifetime(self: copy self)
    package mutating func bytes(atMost limit: Int) throws(DecodeError) -> [UInt8] {
        [UInt8](copying: try slice(atMost: limit))
    }

    /// A length and that many bytes of UTF-8.
    @_lifetime(self: copy self)
    package mutating func text(atMost limit: Int) throws(DecodeError) -> String {
        guard let text = String(validating: try bytes(atMost: limit), as: UTF8.self) else { throw .notCanonical }
        return text
    }

    @_lifetime(self: copy self)
    package mutating func nodeID() throws(DecodeError) -> NodeID { NodeID(try bytes32()) }

    @_lifetime(self: copy self)
    package mutating func digest() throws(DecodeError) -> Digest { Digest(try bytes32()) }

    @_lifetime(self: copy self)
    package mutating func instant() throws(DecodeError) -> Instant { Instant(nanoseconds: try u64()) }

    @_lifetime(self: copy self)
    package mutating func interval() throws(DecodeError) -> Interval {
        Interval(nanoseconds: Int64(bitPattern: try u64()))
    }

    @_lifetime(self: copy self)
    package mutating func now() throws(DecodeError) -> Now {
        let instant = try instant()
        return Now(instant: instant, wall: WallTime(milliseconds: Int64(bitPattern: try u64())))
    }

    @_lifetime(self: copy self)
    package mutating func address() throws(DecodeError) -> Address {
        let high = try u64().byteSwapped
        let low = try u64().byteSwapped
        return Address(high: high, low: low, port: try u16())
    }

    /// Padding: zeros to the end.
    @_lifetime(self: copy self)
    package mutating func zeros() throws(DecodeError) {
        while remaining >= 8 { if try u64() != 0 { throw .notCanonical } }
        while remaining > 0 { if try u8() != 0 { throw .notCanonical } }
    }

    /// Says that the value ends here. A decoder that forgets it accepts two encodings of one value.
    package borrowing func finish() throws(DecodeError) {
        if remaining > 0 { throw .trailing }
    }
}

extension [UInt8] {
    /// The bytes, to be read in place.
    package var raw: RawSpan {
        @_lifetime(borrow self)
        get { unsafe span.bytes }
    }

    /// The bytes, to be changed in place.
    package var mutableRaw: MutableRawSpan {
        @_lifetime(&self)
        mutating get {
            // The array lends its span for as long as the getter runs. Safe to promise for longer: the result keeps the
            // array to itself, and nobody can make it grow or share it meanwhile.
            var span = mutableSpan
            let bytes = unsafe _overrideLifetime(span.mutableBytes, copying: ())
            return unsafe _overrideLifetime(bytes, mutating: &self)
        }
    }

    /// A copy of the bytes of `span`.
    package init(copying span: RawSpan) {
        self = unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }
    }
}

extension [UInt8] {
    /// Puts `span` over the bytes from `offset` on.
    package mutating func overwrite(_ span: RawSpan, at offset: Int) {
        precondition(offset >= 0 && span.byteCount <= count - offset, "bytes are put over others, never beyond them")
        // Safe: both ranges were checked, and the array is this call's own while it runs.
        unsafe span.withUnsafeBytes { source in
            unsafe withUnsafeMutableBytes { target in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: source)
            }
        }
    }

    /// Adds the bytes of `span` modulo two to those from `offset` on.
    package mutating func mix(_ span: RawSpan, at offset: Int) {
        precondition(offset >= 0 && span.byteCount <= count - offset, "bytes are mixed with others, never beyond them")
        let words = span.byteCount / 8
        // Safe: both ranges were checked, and every load and store lies inside of them.
        unsafe span.withUnsafeBytes { source in
            unsafe withUnsafeMutableBytes { all in
                let target = unsafe UnsafeMutableRawBufferPointer(rebasing: all[offset...])
                for index in 0..<words {
                    let word = unsafe target.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                    let other = unsafe source.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                    unsafe target.storeBytes(of: word ^ other, toByteOffset: 8 * index, as: UInt64.self)
                }
                for index in 8 * words..<source.count { unsafe target[index] ^= source[index] }
            }
        }
    }
}
