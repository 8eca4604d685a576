extension QRCode {
    /// A version with a level of correction, and how its codewords are parted into blocks (ISO/IEC 18004, table 9).
    struct Shape: Hashable {
        /// How much of a code may be lost: the number is what the format says.
        enum Level: Int, CaseIterable {
            /// About 15 %.
            case medium = 0
            /// About 7 %.
            case low = 1
        }

        let version: Int
        let level: Level
        let blocks: Int
        /// Of one block, all of which have the same.
        let correction: Int

        /// Of data and correction together.
        private static let codewords = [26, 44, 70, 100, 134, 172, 196, 242, 292, 346, 404, 466, 532]
        private static let low = [
            (1, 7), (1, 10), (1, 15), (1, 20), (1, 26), (2, 18), (2, 20), (2, 24), (2, 30), (4, 18), (4, 20), (4, 24),
            (4, 26),
        ]
        private static let medium = [
            (1, 10), (1, 16), (1, 26), (2, 18), (2, 24), (4, 16), (4, 18), (4, 22), (5, 22), (5, 26), (5, 30), (8, 22),
            (9, 22),
        ]

        init(version: Int, level: Level) {
            precondition(QRCode.versions.contains(version), "a version that has its row in the tables")
            self.version = version
            self.level = level
            (blocks, correction) = level == .low ? Self.low[version - 1] : Self.medium[version - 1]
        }

        /// The smallest that so many characters fit, with the better of the two levels that they fit there.
        static func smallest(for characters: Int) -> Shape? {
            for version in QRCode.versions {
                for level in Level.allCases {
                    let shape = Shape(version: version, level: level)
                    if characters <= shape.capacity { return shape }
                }
            }
            return nil
        }

        var side: Int { 17 + 4 * version }
        var codewords: Int { Self.codewords[version - 1] }
        var dataCodewords: Int { codewords - blocks * correction }
        /// How wide the number is that says how many characters follow.
        var countBits: Int { version < 10 ? 9 : 11 }

        /// How many characters fit: after the mode and the count, two of them take eleven bits, and one alone six.
        var capacity: Int {
            let bits = dataCodewords * 8 - QRCode.modeBits - countBits
            return bits / 11 * 2 + (bits % 11 >= 6 ? 1 : 0)
        }

        /// Which part of the data each block holds: when they cannot be of one length, the last are longer by one.
        var parts: [Range<Int>] {
            let (short, longer) = dataCodewords.quotientAndRemainder(dividingBy: blocks)
            return (0..<blocks).map { block in
                let start = block * short + max(0, block - (blocks - longer))
                return start..<start + short + (block < blocks - longer ? 0 : 1)
            }
        }

        /// Rows and columns of the middles of alignment patterns, in which three corners have finders instead.
        var alignments: [Int] {
            switch version {
            case 1: []
            case 2...6: [6, side - 7]
            default: [6, (side - 1) / 2, side - 7]
            }
        }
    }
}
