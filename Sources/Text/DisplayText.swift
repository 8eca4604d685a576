/// A piece of a line as a terminal shows it, and how many cells it fills there: a Chinese character or an emoji fills
/// two, a combining mark none. Tabs become four blanks, so that a caret below the line stands where it should on every
/// terminal. What could drive a terminal or hide text (escape sequences, direction marks) is shown as `�`: a
/// configuration file may come from anywhere.
struct DisplayText {
    private var pieces: [(text: String, cells: Int)] = []
    private(set) var cells = 0

    /// Lines wider than this are cut around the place that is meant.
    static let widestLine = 160
    private static let cutTo = 50

    init(_ bytes: some Collection<UInt8>) {
        for character in String(decoding: bytes, as: UTF8.self) {
            if character == "\t" {
                append("    ", cells: 4)
            } else if character.unicodeScalars.contains(where: \.isUnprintable) {
                append("\u{FFFD}", cells: 1)
            } else {
                append(String(character), cells: displayCells(of: character))
            }
        }
    }

    var text: String { pieces.reduce(into: "") { $0 += $1.text } }

    private mutating func append(_ text: String, cells: Int) {
        pieces.append((text, cells))
        self.cells += cells
    }

    /// Cuts what is too long at the end.
    mutating func keepStart() {
        guard cells > Self.cutTo else { return }
        while cells >= Self.cutTo { cells -= pieces.removeLast().cells }
        append("…", cells: 1)
    }

    /// Cuts what is too long at the start.
    mutating func keepEnd() {
        pieces.reverse()
        keepStart()
        pieces.reverse()
    }
}

/// How many cells of a terminal a text fills.
package func displayCells(of text: String) -> Int { text.reduce(0) { $0 + displayCells(of: $1) } }

/// How many cells of a terminal a character fills (Unicode Standard Annex #11, its wide and full-width blocks).
package func displayCells(of character: Character) -> Int {
    guard let first = character.unicodeScalars.first else { return 0 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    // U+FE0F asks for the coloured form of a symbol, which is as wide as every emoji.
    let asksForEmoji = character.unicodeScalars.contains { $0.value == 0xFE0F }
    if asksForEmoji || first.properties.isEmojiPresentation { return 2 }
    return wideBlocks.contains { $0.contains(first.value) } ? 2 : 1
}

private let wideBlocks: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1_F200...0x1_F265, 0x2_0000...0x3_FFFD,
]

/// `text` for a terminal: without what could drive it or hide something.
package func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isUnprintable ? "\u{FFFD}" : $0 }))
}

/// `text` in quotes for a message: printable, on one line, and not longer than a person reads.
package func quoted(_ text: String) -> String {
    let longest = 40
    let shown = printable(text.count > longest ? text.prefix(longest - 1) + "…" : text)
    return "\"\(shown)\""
}

extension Unicode.Scalar {
    /// Control characters, line and paragraph separators, and the marks that turn the direction of writing.
    fileprivate var isUnprintable: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
