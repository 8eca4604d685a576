/// A running 64-bit fingerprint of what happened, for telling two runs apart. Not a defence against anyone: that is
/// what `Digest` is for. Each word is folded in by a 64 × 64 → 128 bit multiplication, as wyhash does.
package struct TraceHash: Hashable, Sendable {
    package private(set) var value: UInt64

    @inlinable package init() { self.init(value: 0xA076_1D64_78BD_642F) }
    package init(value: UInt64) { self.value = value }

    package mutating func absorb(_ word: UInt64) {
        let product = (value ^ word).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
        value = (product.high ^ product.low) &+ word &+ 0x8EBC_6AF0_9C88_C6E3
    }

    package mutating func absorb(_ bytes: RawSpan) {
        absorb(UInt64(bytes.byteCount))
        var offset = 0
        while offset + 8 <= bytes.byteCount {
            // Safe: the loop's condition keeps all eight bytes inside the span.
            absorb(
                UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
            )
            offset += 8
        }
        var last: UInt64 = 0
        while offset < bytes.byteCount {
            last = last << 8 | UInt64(unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self))
            offset += 1
        }
        absorb(last)
    }

    package mutating func absorb(text: StaticString) {
        text.withUTF8Buffer { buffer in unsafe absorb(RawSpan(_unsafeElements: buffer)) }
    }

    package mutating func absorb(_ id: NodeID) {
        absorb(id.value.w0)
        absorb(id.value.w1)
        absorb(id.value.w2)
        absorb(id.value.w3)
    }
}
