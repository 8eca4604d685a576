internal import Base
internal import CSodium

/// Where Swift's spans and words become C's pointers. Nothing here leaves the room: a pointer lives as long as the
/// closure that it is given to.
extension RawSpan {
    /// The bytes as C takes them. The pointer is nil for no bytes at all, which libsodium allows where a length is
    /// given.
    @inline(__always)
    func withPointer<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafePointer<UInt8>?, Int) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe withUnsafeBytes { buffer throws(Failure) in
            try unsafe body(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), buffer.count)
        }
    }
}

extension Bytes32 {
    @inline(__always)
    func withPointer<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafePointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let words: InlineArray<4, UInt64> = [w0.bigEndian, w1.bigEndian, w2.bigEndian, w3.bigEndian]
        return try unsafe words.span.withUnsafeBytes { buffer throws(Failure) in
            try unsafe body(buffer.address)
        }
    }

    /// The value that `fill` writes, all 32 bytes of it.
    @inline(__always)
    init<Failure: Error>(filledBy fill: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Void) throws(Failure) {
        var words: InlineArray<4, UInt64> = [0, 0, 0, 0]
        var span = words.mutableSpan
        try unsafe span.withUnsafeMutableBytes { buffer throws(Failure) in
            try unsafe fill(buffer.address)
        }
        self.init(
            UInt64(bigEndian: words[0]), UInt64(bigEndian: words[1]), UInt64(bigEndian: words[2]),
            UInt64(bigEndian: words[3]))
    }
}

extension UInt64 {
    /// The number as a nonce of twelve bytes.
    @inline(__always)
    func withNonce<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        // Noise, section 12.3: four bytes of zeros, then the counter.
        let nonce: InlineArray<3, UInt32> = [
            0, UInt32(truncatingIfNeeded: self).littleEndian, UInt32(truncatingIfNeeded: self >> 32).littleEndian,
        ]
        return unsafe nonce.span.withUnsafeBytes { buffer in unsafe body(buffer.address) }
    }
}

extension UnsafeRawBufferPointer {
    /// Where a buffer begins that is never empty.
    @inline(__always)
    var address: UnsafePointer<UInt8> {
        guard let base = baseAddress else { fatalError("a buffer that is never empty has no address") }
        return unsafe base.assumingMemoryBound(to: UInt8.self)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Where a buffer begins that is never empty.
    @inline(__always)
    var address: UnsafeMutablePointer<UInt8> {
        guard let base = baseAddress else { fatalError("a buffer that is never empty has no address") }
        return unsafe base.assumingMemoryBound(to: UInt8.self)
    }
}

/// Whether two runs of bytes are the same, in a time that depends on their lengths only. A comparison that stops at
/// the first difference tells a guesser how far the guess was right.
func areEqualInConstantTime(_ left: RawSpan, _ right: RawSpan) -> Bool {
    guard left.byteCount == right.byteCount else { return false }
    return unsafe left.withPointer { leftBytes, count in
        unsafe right.withPointer { rightBytes, _ in unsafe sodium_memcmp(leftBytes, rightBytes, count) == 0 }
    }
}

extension [UInt8] {
    /// Overwrites the bytes with zeros in a way that no optimiser leaves out. For what a key file or a terminal gave; a
    /// copy taken before is not reached, so take none.
    package mutating func wipe() {
        var span = mutableSpan
        unsafe span.withUnsafeMutableBytes { buffer in unsafe sodium_memzero(buffer.baseAddress, buffer.count) }
    }
}
