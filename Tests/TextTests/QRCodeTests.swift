import Base
import Choices
import Testing

@testable import Text

private let set = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")

/// Any text of the set.
func qrText(_ length: Int, _ random: inout Random) -> String {
    String((0..<length).map { _ in set[random.below(set.count)] })
}

let qrShapes = QRCode.versions.flatMap { version in
    QRCode.Shape.Level.allCases.map { QRCode.Shape(version: version, level: $0) }
}

/// What is printed in ISO/IEC 18004 as examples: of data, of a correction, of a format and of a version.
@Test func theExamplesOfTheStandardComeOut() throws {
    let words = try #require(QRCode.codewords(of: "AC-42", QRCode.Shape(version: 1, level: .medium)))
    // 0010 000000101 00111001110 11100111001 000010 0000
    #expect(words.prefix(7) == [0b0010_0000, 0b0010_1001, 0b1100_1110, 0b1110_0111, 0b0010_0001, 0b0000_0000, 0xEC])
    let data: [UInt8] = [0x10, 0x20, 0x0C, 0x56, 0x61, 0x80] + (0..<10).map { $0 % 2 == 0 ? 0xEC : 0x11 }
    #expect(
        QRCode.correction(of: data, count: 10) == [0xA5, 0x24, 0xD4, 0xC1, 0xED, 0x36, 0xC7, 0x87, 0x2C, 0x55])
    #expect(QRCode.protected(0b00101, bits: 5, by: 0x537) == 0b001_0100_1101_1100)
    #expect(QRCode.protected(7, bits: 6, by: 0x1F25) == 0b00_0111_1100_1001_0100)
}

@Test func asManyCharactersFitAsTheStandardSays() {
    let low = [25, 47, 77, 114, 154, 195, 224, 279, 335, 395, 468, 535, 619]
    let medium = [20, 38, 61, 90, 122, 154, 178, 221, 262, 311, 366, 419, 483]
    for shape in qrShapes {
        #expect(shape.capacity == (shape.level == .low ? low : medium)[shape.version - 1], "\(shape)")
    }
}

@Test func aCodeIsReadBack() throws {
    var random = Random(seed: 18_004)
    func check(_ length: Int, _ shape: QRCode.Shape, mask: Int) throws {
        let text = qrText(length, &random)
        let code = QRCode(try #require(QRCode.codewords(of: text, shape)), shape, mask: mask)
        let read = try QRCodeReader(code)
        #expect(read.text == text && read.version == shape.version && read.mask == mask)
        #expect(read.isMedium == (shape.level == .medium))
    }
    for shape in qrShapes {
        for mask in QRCode.masks { try check(shape.capacity - mask, shape, mask: mask) }
    }
    // Seven has no divisor with the eight masks in common.
    for length in stride(from: 0, through: 619, by: 7) {
        try check(length, try #require(QRCode.Shape.smallest(for: length)), mask: length % 8)
    }
}

@Test func theLinesShowTheModules() throws {
    for length in [5, 100, 395] {
        let code = try #require(QRCode(String(repeating: "7", count: length)))
        let lines = code.lines.map(Array.init)
        let reach = code.side + 8
        // Four light modules around, and one more below because a line has two.
        #expect(lines.count == (reach + 1) / 2 && lines.allSatisfy { $0.count == reach })
        for row in 0...reach {
            let parts = row % 2 == 0 ? "█▀" : "█▄"
            for column in 0..<reach {
                let isDark = parts.contains(lines[row / 2][column])
                #expect(isDark == code[row - 4, column - 4])
            }
        }
    }
}

@Test func theSmallestCodeIsTakenAndInItTheBestMask() throws {
    let cases = [(20, 1, true), (25, 1, false), (122, 5, true), (311, 9, false), (619, 13, false)]
    for (length, version, isMedium) in cases {
        let text = String(repeating: "M", count: length)
        let code = try #require(QRCode(text))
        let read = try QRCodeReader(code)
        #expect(read.text == text && read.version == version && read.isMedium == isMedium)
        let shape = QRCode.Shape(version: version, level: isMedium ? .medium : .low)
        let codewords = try #require(QRCode.codewords(of: text, shape))
        let penalties = QRCode.masks.map { QRCode(codewords, shape, mask: $0).penalty }
        #expect(penalties.min() == penalties[read.mask], "\(penalties)")
        #expect(Set(penalties).count > 1, "there was a choice")
    }
    #expect(QRCode(String(repeating: "M", count: 620)) == nil)
    for strange in ["marram", "A\n", "Ä", "A_B", "\u{0}"] { #expect(QRCode(strange) == nil) }
}

@Test func whatMisleadsAReaderIsCounted() {
    func line(_ text: String) -> [Bool] { text.map { $0 == "#" } }
    #expect(QRCode.runs(in: line("####.#.#")) == 0 && QRCode.runs(in: line("#####.#.")) == 3)
    #expect(QRCode.runs(in: line(".......#####")) == 5 + 3)
    #expect(QRCode.finders(in: line("#.###.#....##")) == 40 && QRCode.finders(in: line("##....#.###.#")) == 40)
    // Light lies around the square, so one at the edge has it on that side.
    #expect(QRCode.finders(in: line("#.###.###")) == 40 && QRCode.finders(in: line("##.#.###.#.#.##")) == 0)
    #expect(QRCode.finders(in: line("...##.###.#..#")) == 0)
}

/// As libqrencode draws it, which likes another mask better; and what each mask costs as a script reckoned it.
@Test func aCodeLooksAsItDoesElsewhere() throws {
    let shape = QRCode.Shape(version: 1, level: .medium)
    let codewords = try #require(QRCode.codewords(of: "AC-42", shape))
    let codes = QRCode.masks.map { QRCode(codewords, shape, mask: $0) }
    #expect(codes[0].lines.dropFirst(2).dropLast(2).map { "|" + $0 + "|" } == acFortyTwo)
    #expect(codes.map(\.penalty) == [1_108, 1_106, 1_032, 1_102, 1_102, 1_126, 1_076, 1_093])
    #expect(QRCode("AC-42") == codes[2])
}

private let acFortyTwo = [
    "|    █▀▀▀▀▀█ ▄▀▀█  █▀▀▀▀▀█    |",
    "|    █ ███ █   ▄█▀ █ ███ █    |",
    "|    █ ▀▀▀ █ ▀ ▄█▀ █ ▀▀▀ █    |",
    "|    ▀▀▀▀▀▀▀ ▀▄█ ▀ ▀▀▀▀▀▀▀    |",
    "|    ▀ ▀▄█▄▀▄ ▀▄▄▀▄ ▄▀ ▄█▄    |",
    "|    ▀ ▀██ ▀▀▄███▄█▀█▄  █     |",
    "|    ▀ ▀▀ ▀▀▀█▀▄▀ ▀█▀ █ ▀     |",
    "|    █▀▀▀▀▀█  ▀▀ ▀ ▄ ▀▄ ▄▄    |",
    "|    █ ███ █ ▀█▀▄▀▄▀▄▀█▀▄▀    |",
    "|    █ ▀▀▀ █ ▀█ █▄█▀█▄▄▀▄█    |",
    "|    ▀▀▀▀▀▀▀ ▀  ▀ ▀▀▀  ▀ ▀    |",
]
