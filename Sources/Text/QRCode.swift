/// A QR code (ISO/IEC 18004): a square of dark and light modules that a camera reads. Only what an invitation needs
/// is made: text of the alphanumeric set, in versions 1 to 13, which have 21 to 69 modules a side. The square is made
/// in four steps: the text becomes codewords, a Reed-Solomon code is added to each block of them, both are laid in a
/// zigzag around the fixed patterns, and of eight masks the one is taken that leaves the fewest misleading shapes.
package struct QRCode: Hashable, Sendable {
    /// How many modules a side has.
    package let side: Int
    private var dark: [Bool]
    /// Finder, timing and alignment patterns and the places of the format: no data lie there, and no mask is laid on.
    private var isFixed: [Bool]

    /// The largest is the last that 80 columns of a terminal can show.
    static let versions = 1...13
    static let masks = 0..<8
    /// How many light modules the standard asks for on each side of the square.
    private static let quiet = 4

    /// The smallest code of `text`, with the better of two levels of correction that still fits it. Nil when the text
    /// is too long, or has a character that is not in the alphanumeric set.
    package init?(_ text: String) {
        guard let shape = Shape.smallest(for: text.utf8.count), let codewords = Self.codewords(of: text, shape) else {
            return nil
        }
        let candidates = Self.masks.map { QRCode(codewords, shape, mask: $0) }
        // Of two that are as good the first: so one text has one code.
        guard let best = candidates.min(by: { $0.penalty < $1.penalty }) else { return nil }
        self = best
    }

    init(_ codewords: [UInt8], _ shape: Shape, mask: Int) {
        precondition(codewords.count == shape.codewords, "as many codewords as there is room for")
        side = shape.side
        dark = [Bool](repeating: false, count: shape.side * shape.side)
        isFixed = dark
        layFixedPatterns(shape)
        layFormat(of: shape.level, mask: mask)
        if shape.version >= 7 { layVersion(shape.version) }
        lay(codewords)
        apply(mask: mask)
    }

    /// Whether the module is dark; all around the square is light.
    package subscript(row: Int, column: Int) -> Bool {
        guard (0..<side).contains(row), (0..<side).contains(column) else { return false }
        return dark[row * side + column]
    }

    /// The code with the light around it for a terminal, whose cells are twice as high as wide: two rows of modules a
    /// line, in which the dark ones are what is written. It is to be shown dark on light.
    package var lines: [String] {
        let reach = -Self.quiet..<side + Self.quiet
        return stride(from: reach.lowerBound, to: reach.upperBound, by: 2).map { row in
            let cells = reach.map { column -> Character in
                switch (self[row, column], self[row + 1, column]) {
                case (false, false): " "
                case (false, true): "▄"
                case (true, false): "▀"
                case (true, true): "█"
                }
            }
            return String(cells)
        }
    }

    // MARK: The fixed patterns

    private mutating func fix(_ row: Int, _ column: Int, _ isDark: Bool) {
        guard (0..<side).contains(row), (0..<side).contains(column) else { return }
        dark[row * side + column] = isDark
        isFixed[row * side + column] = true
    }

    private mutating func layFixedPatterns(_ shape: Shape) {
        for place in 0..<side {
            fix(6, place, place % 2 == 0)
            fix(place, 6, place % 2 == 0)
        }
        let corners = [(3, 3), (3, side - 4), (side - 4, 3)]
        for (row, column) in corners { layRings(around: row, column, to: 4, light: [2, 4]) }
        for row in shape.alignments {
            for column in shape.alignments {
                let isInCorner = corners.contains { abs($0 - row) <= 3 && abs($1 - column) <= 3 }
                if !isInCorner { layRings(around: row, column, to: 2, light: [1]) }
            }
        }
    }

    private mutating func layRings(around row: Int, _ column: Int, to reach: Int, light: [Int]) {
        for down in -reach...reach {
            for right in -reach...reach {
                fix(row + down, column + right, !light.contains(max(abs(down), abs(right))))
            }
        }
    }

    /// The level and the mask, protected by a BCH code, twice; and one module that is always dark.
    private mutating func layFormat(of level: Shape.Level, mask: Int) {
        let format = Self.protected(level.rawValue << 3 | mask, bits: 5, by: 0x537) ^ 0x5412
        for bit in 0..<15 {
            let isDark = format >> bit & 1 == 1
            let (row, column) = Self.formatPlaces[bit]
            fix(row, column, isDark)
            if bit < 8 { fix(8, side - 1 - bit, isDark) } else { fix(side - 15 + bit, 8, isDark) }
        }
        fix(side - 8, 8, true)
    }

    /// Around the finder at the top left, from the lowest bit; row 6 and column 6 belong to the timing.
    private static let formatPlaces = [
        (0, 8), (1, 8), (2, 8), (3, 8), (4, 8), (5, 8), (7, 8), (8, 8), (8, 7), (8, 5), (8, 4), (8, 3), (8, 2), (8, 1),
        (8, 0),
    ]

    /// From version 7 on it is said too, beside the two outer finders.
    private mutating func layVersion(_ version: Int) {
        let said = Self.protected(version, bits: 6, by: 0x1F25)
        for bit in 0..<18 {
            let isDark = said >> bit & 1 == 1
            fix(bit / 3, side - 11 + bit % 3, isDark)
            fix(side - 11 + bit % 3, bit / 3, isDark)
        }
    }

    /// A number of so many bits, and behind it what is left when it is divided by the generator of a BCH code.
    static func protected(_ number: Int, bits: Int, by generator: Int) -> Int {
        let degree = Int.bitWidth - 1 - generator.leadingZeroBitCount
        var rest = number << degree
        for bit in stride(from: bits + degree - 1, through: degree, by: -1) where rest >> bit & 1 == 1 {
            rest ^= generator << (bit - degree)
        }
        return number << degree | rest
    }

    // MARK: The data

    /// In pairs of columns from the right, up and down by turns; what is left over at the end stays light.
    private mutating func lay(_ codewords: [UInt8]) {
        var bit = 0
        var goesUp = true
        for right in [Int](stride(from: side - 1, through: 7, by: -2)) + [5, 3, 1] {
            for step in 0..<side {
                let row = goesUp ? side - 1 - step : step
                for column in [right, right - 1] where !isFixed[row * side + column] && bit < codewords.count * 8 {
                    dark[row * side + column] = codewords[bit / 8] >> (7 - bit % 8) & 1 == 1
                    bit += 1
                }
            }
            goesUp.toggle()
        }
        precondition(bit == codewords.count * 8, "the square has room for its codewords")
    }

    private mutating func apply(mask: Int) {
        for row in 0..<side {
            for column in 0..<side where !isFixed[row * side + column] && Self.flips(mask, row, column) {
                dark[row * side + column].toggle()
            }
        }
    }

    private static func flips(_ mask: Int, _ row: Int, _ column: Int) -> Bool {
        switch mask {
        case 0: (row + column) % 2 == 0
        case 1: row % 2 == 0
        case 2: column % 3 == 0
        case 3: (row + column) % 3 == 0
        case 4: (row / 2 + column / 3) % 2 == 0
        case 5: row * column % 2 + row * column % 3 == 0
        case 6: (row * column % 2 + row * column % 3) % 2 == 0
        default: ((row + column) % 2 + row * column % 3) % 2 == 0
        }
    }
}
