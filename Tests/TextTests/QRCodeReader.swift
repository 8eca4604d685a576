import Text

/// Reads a QR code as a camera's program does once it has found the modules. It shares nothing with what makes the code
/// but the standard (ISO/IEC 18004), whose tables it holds in the form in which they are printed there.
struct QRCodeReader {
    let version: Int
    let isMedium: Bool
    let mask: Int
    let text: String

    struct Unreadable: Error { let why: String }

    init(_ code: QRCode) throws {
        version = (code.side - 17) / 4
        let format = try Self.format(of: code)
        isMedium = format < 8
        mask = format % 8
        try Self.checkVersion(of: code)
        let words = Self.codewords(of: code, mask: mask)
        let blocks = Self.blocks(version, isMedium: isMedium)
        guard words.count == blocks.reduce(0, { $0 + $1.total }) else { throw Unreadable(why: "\(words.count) words") }
        var data: [UInt8] = []
        for (block, places) in zip(blocks, Self.places(blocks)) {
            let word = places.map { words[$0] }
            guard Self.isTrue(word, correction: block.total - block.data) else { throw Unreadable(why: "correction") }
            data += word.prefix(block.data)
        }
        text = try Self.text(data, version)
    }

    /// What is printed as formats of M and then of L, by their masks.
    private static let formats = [
        0b101_0100_0001_0010, 0b101_0001_0010_0101, 0b101_1110_0111_1100, 0b101_1011_0100_1011, 0b100_0101_1111_1001,
        0b100_0000_1100_1110, 0b100_1111_1001_0111, 0b100_1010_1010_0000, 0b111_0111_1100_0100, 0b111_0010_1111_0011,
        0b111_1101_1010_1010, 0b111_1000_1001_1101, 0b110_0110_0010_1111, 0b110_0011_0001_1000, 0b110_1100_0100_0001,
        0b110_1001_0111_0110,
    ]

    private static func format(of code: QRCode) throws -> Int {
        func number(_ places: [(Int, Int)]) -> Int {
            places.reduce(0) { number, place in number << 1 | (code[place.0, place.1] ? 1 : 0) }
        }
        // From the highest bit.
        let around = (0...5).map { (8, $0) } + [(8, 7), (8, 8), (7, 8)] + (0...5).reversed().map { ($0, 8) }
        let beside = (1...7).map { (code.side - $0, 8) } + (1...8).reversed().map { (8, code.side - $0) }
        guard number(around) == number(beside), let place = formats.firstIndex(of: number(around)) else {
            throw Unreadable(why: "format \(String(number(around), radix: 2)), \(String(number(beside), radix: 2))")
        }
        return place
    }

    /// From 7 on.
    private static let versions = [0x07C94, 0x085BC, 0x09A99, 0x0A4D3, 0x0BBF6, 0x0C762, 0x0D847]

    private static func checkVersion(of code: QRCode) throws {
        let version = (code.side - 17) / 4
        guard version >= 7 else { return }
        for isTurned in [false, true] {
            var said = 0
            for bit in (0..<18).reversed() {
                let (far, near) = (code.side - 11 + bit % 3, bit / 3)
                said = said << 1 | ((isTurned ? code[near, far] : code[far, near]) ? 1 : 0)
            }
            guard said == versions[version - 7] else { throw Unreadable(why: "version \(said)") }
        }
    }

    // MARK: The data

    private static let middles = [
        [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50],
        [6, 30, 54], [6, 32, 58], [6, 34, 62],
    ]

    private static func isData(_ row: Int, _ column: Int, side: Int) -> Bool {
        let last = side - 1
        if row == 6 || column == 6 { return false }
        if row <= 8 && (column <= 8 || column >= last - 7) || row >= last - 7 && column <= 8 { return false }
        if side >= 45 && (row <= 5 && column >= last - 10 || row >= last - 10 && column <= 5) { return false }
        let lines = middles[(side - 17) / 4 - 1]
        for middle in lines where abs(row - middle) <= 2 {
            for other in lines where abs(column - other) <= 2 {
                let isFinder = [[6, 6], [6, last - 6], [last - 6, 6]].contains([middle, other])
                if !isFinder { return false }
            }
        }
        return true
    }

    private static func codewords(of code: QRCode, mask: Int) -> [UInt8] {
        let conditions: [(Int, Int) -> Bool] = [
            { ($0 + $1) % 2 == 0 }, { i, _ in i % 2 == 0 }, { $1 % 3 == 0 }, { ($0 + $1) % 3 == 0 },
            { ($0 / 2 + $1 / 3) % 2 == 0 }, { ($0 * $1) % 2 + ($0 * $1) % 3 == 0 },
            { (($0 * $1) % 2 + ($0 * $1) % 3) % 2 == 0 }, { (($0 * $1) % 3 + ($0 + $1) % 2) % 2 == 0 },
        ]
        var bits: [Bool] = []
        var column = code.side - 1
        var rows = Array((0..<code.side).reversed())
        while column > 0 {
            if column == 6 { column -= 1 }
            for row in rows {
                for column in [column, column - 1] where isData(row, column, side: code.side) {
                    bits.append(code[row, column] != conditions[mask](row, column))
                }
            }
            rows.reverse()
            column -= 2
        }
        return (0..<bits.count / 8).map { word in (0..<8).reduce(0) { $0 << 1 | (bits[word * 8 + $1] ? 1 : 0) } }
    }

    typealias Block = (total: Int, data: Int)

    /// Table 9: how many blocks of which length, in all and of data.
    static func blocks(_ version: Int, isMedium: Bool) -> [Block] {
        let low = [
            [(1, 26, 19)], [(1, 44, 34)], [(1, 70, 55)], [(1, 100, 80)], [(1, 134, 108)], [(2, 86, 68)], [(2, 98, 78)],
            [(2, 121, 97)], [(2, 146, 116)], [(2, 86, 68), (2, 87, 69)], [(4, 101, 81)], [(2, 116, 92), (2, 117, 93)],
            [(4, 133, 107)],
        ]
        let medium = [
            [(1, 26, 16)], [(1, 44, 28)], [(1, 70, 44)], [(2, 50, 32)], [(2, 67, 43)], [(4, 43, 27)], [(4, 49, 31)],
            [(2, 60, 38), (2, 61, 39)], [(3, 58, 36), (2, 59, 37)], [(4, 69, 43), (1, 70, 44)],
            [(1, 80, 50), (4, 81, 51)], [(6, 58, 36), (2, 59, 37)], [(8, 59, 37), (1, 60, 38)],
        ]
        return (isMedium ? medium : low)[version - 1].flatMap { count, total, data in
            [Block](repeating: (total, data), count: count)
        }
    }

    /// Where in the sequence the words of each block are.
    static func places(_ blocks: [Block]) -> [[Int]] {
        var places = [[Int]](repeating: [], count: blocks.count)
        var next = 0
        func deal(_ count: (Block) -> Int) {
            for turn in 0..<(blocks.map(count).max() ?? 0) {
                for block in blocks.indices where turn < count(blocks[block]) {
                    places[block].append(next)
                    next += 1
                }
            }
        }
        deal { $0.data }
        deal { $0.total - $0.data }
        return places
    }

    /// Whether a block is zero at each root of its correction.
    private static func isTrue(_ block: [UInt8], correction: Int) -> Bool {
        (0..<correction).allSatisfy { root in
            block.reduce(0) { sum, word in (sum == 0 ? 0 : powers[(logarithms[sum] + root) % 255]) ^ Int(word) } == 0
        }
    }

    private static let powers: [Int] = sequence(first: 1) { $0 < 128 ? $0 * 2 : $0 * 2 ^ 0x11D }.prefix(255).map { $0 }
    private static let logarithms: [Int] = (0..<256).map { powers.firstIndex(of: $0) ?? 0 }

    private static func text(_ data: [UInt8], _ version: Int) throws -> String {
        let bits = data.flatMap { word in (0..<8).map { Int(word) >> (7 - $0) & 1 } }
        var place = 0
        func take(_ count: Int) throws -> Int {
            guard place + count <= bits.count else { throw Unreadable(why: "no more bits") }
            defer { place += count }
            return bits[place..<place + count].reduce(0) { $0 << 1 | $1 }
        }
        let set = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
        guard try take(4) == 2 else { throw Unreadable(why: "mode") }
        var left = try take(version < 10 ? 9 : 11)
        var text = ""
        while left > 0 {
            let pair = try take(left > 1 ? 11 : 6)
            if left > 1 { text.append(set[pair / 45]) }
            text.append(set[pair % 45])
            left -= 2
        }
        // What is left: an end of zeros as far as there is room, zeros up to a whole word, and the two words by turns.
        guard try take(min(4, bits.count - place)) == 0, try take((8 - place % 8) % 8) == 0 else {
            throw Unreadable(why: "end")
        }
        for (turn, filler) in data[(place / 8)...].enumerated() where filler != [0xEC, 0x11][turn % 2] {
            throw Unreadable(why: "filler")
        }
        return text
    }
}
