/// Thirty-two bytes as four machine words: compared and hashed without touching the heap.
/// Words hold the bytes big-endian, so that the order of the values is the order of the bytes.
package struct Bytes32: Hashable, Comparable, Sendable {
    package var w0: UInt64
    package var w1: UInt64
    package var w2: UInt64
    package var w3: UInt64

    package static let zero = Bytes32(0, 0, 0, 0)
    package static let byteCount = 32

    @inlinable package init(_ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
        self.w0 = w0
        self.w1 = w1
        self.w2 = w2
        self.w3 = w3
    }

    /// The value of exactly 32 bytes; nil for fewer or more.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        func word(_ index: Int) -> UInt64 {
            var word: UInt64 = 0
            for byte in bytes[index * 8..<index * 8 + 8] { word = word << 8 | UInt64(byte) }
            return word
        }
        self.init(word(0), word(1), word(2), word(3))
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        for word in [w0, w1, w2, w3] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return bytes
    }

    @inlinable package static func < (left: Bytes32, right: Bytes32) -> Bool {
        if left.w0 != right.w0 { return left.w0 < right.w0 }
        if left.w1 != right.w1 { return left.w1 < right.w1 }
        if left.w2 != right.w2 { return left.w2 < right.w2 }
        return left.w3 < right.w3
    }
}

/// Who a node is for life: the BLAKE2b-256 of its public signing key. Names are for people, ids are for nodes.
package struct NodeID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var value: Bytes32

    @inlinable package init(_ value: Bytes32) { self.value = value }

    @inlinable package static func < (left: NodeID, right: NodeID) -> Bool { left.value < right.value }

    /// The whole id in lower-case hexadecimal.
    package var description: String { hexadecimal(value.bytes) }
    /// The first eight hexadecimal digits: enough to tell neighbours apart in a table.
    package var short: String { hexadecimal(Array(value.bytes.prefix(4))) }

    package init?(hexadecimal text: String) {
        guard let bytes = bytes(hexadecimal: text), let value = Bytes32(bytes) else { return nil }
        self.init(value)
    }
}

/// A BLAKE2b-256 over some bytes.
package struct Digest: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var value: Bytes32

    @inlinable package init(_ value: Bytes32) { self.value = value }

    @inlinable package static func < (left: Digest, right: Digest) -> Bool { left.value < right.value }

    package var description: String { hexadecimal(value.bytes) }

    package init?(hexadecimal text: String) {
        guard let bytes = bytes(hexadecimal: text), let value = Bytes32(bytes) else { return nil }
        self.init(value)
    }
}
