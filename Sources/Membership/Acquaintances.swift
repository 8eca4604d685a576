package import Base
package import Crypto

/// The keys of everybody of whom the law says that it belongs. A node that has them need not be told a whole key with
/// each record: the first eight bytes say which. Of two members whose keys begin alike, one is not told of that way.
package struct Acquaintances: Hashable, Sendable {
    private var keys = SortedMap<UInt64, VerifyingKey>()

    package init() {}

    package init(_ keys: [VerifyingKey]) {
        for key in keys.sorted() where self.keys[key.firstWord] == nil { self.keys[key.firstWord] = key }
    }

    package var count: Int { keys.count }

    func contains(_ key: VerifyingKey) -> Bool { keys[key.firstWord] == key }

    /// The claim with the whole key; nil when nobody is known whose key begins so.
    func completed(_ claim: Claim) -> Claim? {
        guard claim.hasShortKey else { return claim }
        guard let seal = claim.record.seal, let key = keys[seal.key.firstWord] else { return nil }
        var claim = claim
        claim.hasShortKey = false
        claim.record.id = key.nodeID
        claim.record.seal = Seal(key, seal.signature)
        return claim
    }

    package static func == (left: Acquaintances, right: Acquaintances) -> Bool { left.keys.values == right.keys.values }

    package func hash(into hasher: inout Hasher) { hasher.combine(keys.values) }
}

extension VerifyingKey {
    static let shortByteCount = 8

    var firstWord: UInt64 { bytes.w0 }

    /// What stands for a key that begins so until the whole is known: a point that nobody signs with.
    init(beginning word: UInt64) { self.init(Bytes32(word, 0, 0, 0)) }
}

extension Acquaintances: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.varint(UInt64(keys.count))
        for key in keys.values { key.encode(into: &writer) }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        for _ in 0..<(try reader.count(atMost: Limits.members)) {
            let key = try VerifyingKey(from: &reader)
            try keys.append(key, under: key.firstWord)
        }
    }
}
