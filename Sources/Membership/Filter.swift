internal import Base

/// A Bloom filter of six bits for each member, and four probes. Of eighteen that are not in it one seems to be, and is
/// found by the next question, whose salt is another: on a bad link the bytes of a question count for more than that.
struct Filter {
    /// For each member.
    static let bits = 6
    /// Of so many that are not in it one seems to be.
    static let oneSeems = 18
    private static let probes: UInt64 = 4
    private(set) var bytes: [UInt8]
    private let salt: UInt64

    init(members: Int, salt: UInt64) {
        bytes = [UInt8](repeating: 0, count: min(max(members * Self.bits / 8 + 1, 8), Limits.filterBytes))
        self.salt = salt
    }

    init(bytes: [UInt8], salt: UInt64) {
        self.bytes = bytes
        self.salt = salt
    }

    private func probe(_ hash: UInt64, _ number: UInt64) -> Int {
        var mixed = TraceHash(value: salt)
        mixed.absorb(hash)
        let (low, high) = (mixed.value & 0xFFFF_FFFF, mixed.value >> 32 | 1)
        return Int((low + number * high) % UInt64(bytes.count * 8))
    }

    mutating func insert(_ hash: UInt64) {
        for number in 0..<Self.probes {
            let bit = probe(hash, number)
            bytes[bit / 8] |= 1 << UInt8(bit % 8)
        }
    }

    func holds(_ hash: UInt64) -> Bool {
        (0..<Self.probes).allSatisfy { number in
            let bit = probe(hash, number)
            return bytes[bit / 8] & (1 << UInt8(bit % 8)) != 0
        }
    }
}
