extension QRCode {
    private static let alphanumeric = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".utf8)
    private static let alphanumericMode = 2
    static let modeBits = 4

    /// What is laid into the square: the data, a codeword of each block by turns, and then their correction likewise.
    /// Nil for text with a character that is not in the set, or for which there is no room.
    static func codewords(of text: String, _ shape: Shape) -> [UInt8]? {
        var values: [Int] = []
        for byte in text.utf8 {
            guard let value = alphanumeric.firstIndex(of: byte) else { return nil }
            values.append(value)
        }
        guard values.count <= shape.capacity else { return nil }
        let data = data(of: values, shape)
        let blocks = shape.parts.map { Array(data[$0]) }
        return byTurns(blocks) + byTurns(blocks.map { correction(of: $0, count: shape.correction) })
    }

    private static func byTurns(_ blocks: [[UInt8]]) -> [UInt8] {
        let longest = blocks.map(\.count).max() ?? 0
        return (0..<longest).flatMap { place in blocks.compactMap { place < $0.count ? $0[place] : nil } }
    }

    /// The mode, how many characters there are, and they; then what fills the room that is left.
    private static func data(of values: [Int], _ shape: Shape) -> [UInt8] {
        var bits: [Bool] = []
        func put(_ value: Int, _ width: Int) {
            for bit in stride(from: width - 1, through: 0, by: -1) { bits.append(value >> bit & 1 == 1) }
        }
        put(alphanumericMode, modeBits)
        put(values.count, shape.countBits)
        for place in stride(from: 0, to: values.count, by: 2) {
            if place + 1 < values.count {
                put(values[place] * 45 + values[place + 1], 11)
            } else {
                put(values[place], 6)
            }
        }
        // Up to four zeros end the data, and more fill the last byte; then two bytes by turns.
        put(0, min(4, shape.dataCodewords * 8 - bits.count))
        put(0, (8 - bits.count % 8) % 8)
        var bytes = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) } as UInt8
        }
        var filler: UInt8 = 0xEC
        while bytes.count < shape.dataCodewords {
            bytes.append(filler)
            filler ^= 0xEC ^ 0x11
        }
        return bytes
    }

    // MARK: Reed-Solomon

    /// What is left of the data, as a polynomial over the field of 256, when it is divided by the one whose roots are
    /// the first `count` powers of 2.
    static func correction(of data: [UInt8], count: Int) -> [UInt8] {
        var divisor: [UInt8] = [1]
        var root: UInt8 = 1
        for _ in 0..<count {
            var product = divisor + [0]
            for place in divisor.indices { product[place + 1] ^= multiply(divisor[place], root) }
            divisor = product
            root = multiply(root, 2)
        }
        var rest = data + [UInt8](repeating: 0, count: count)
        for place in data.indices where rest[place] != 0 {
            let factor = rest[place]
            for offset in divisor.indices { rest[place + offset] ^= multiply(divisor[offset], factor) }
        }
        return Array(rest.suffix(count))
    }

    /// In the field that the standard names: modulo x⁸ + x⁴ + x³ + x² + 1.
    private static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var product = 0
        for bit in stride(from: 7, through: 0, by: -1) {
            product = product << 1 ^ (product >> 7) * 0x11D
            if right >> UInt8(bit) & 1 == 1 { product ^= Int(left) }
        }
        return UInt8(product)
    }
}
