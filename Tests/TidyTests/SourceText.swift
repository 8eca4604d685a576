import Foundation

/// What a pattern found: where, and the texts of its groups.
struct Match {
    var line: Int
    var groups: [String]
    var range: Range<String.Index>
}

extension String {
    var lines: [Substring] { split(separator: "\n", omittingEmptySubsequences: false) }

    /// The line number, counted from 1, of the character at `index`.
    func line(of index: Index) -> Int { self[..<index].utf8.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 } }

    /// All places where the regular expression `pattern` matches; `^` and `$` are ends of lines.
    func matches(_ pattern: String) -> [Match] {
        guard let expression = try? NSRegularExpression(pattern: pattern, options: .anchorsMatchLines) else {
            preconditionFailure("a rule's own pattern is no regular expression: \(pattern)")
        }
        return expression.matches(in: self, range: NSRange(startIndex..., in: self)).compactMap { match in
            guard let range = Range(match.range, in: self) else { return nil }
            let groups = (1..<max(1, match.numberOfRanges)).map { index in
                Range(match.range(at: index), in: self).map { String(self[$0]) } ?? ""
            }
            return Match(line: line(of: range.lowerBound), groups: groups, range: range)
        }
    }

    /// Swift text without its comments, line for line: each is overwritten with spaces.
    var withoutComments: String { blanked(strings: false) }

    /// Swift text without comments and without what stands in string literals.
    var code: String { blanked(strings: true) }

    private func blanked(strings: Bool) -> String {
        var scanner = SwiftScanner(text: Array(utf8), blanksStrings: strings)
        return scanner.run()
    }
}

/// Tells code, comments and string literals apart, well enough for words to be looked for in the right ones. Knows
/// nested comments, raw and multi-line strings, and code inside interpolations; does not know regular-expression
/// literals.
private struct SwiftScanner {
    enum Context {
        case code(depth: Int)
        case string(hashes: Int, quotes: Int)
    }

    let text: [UInt8]
    let blanksStrings: Bool
    var output: [UInt8] = []
    var index = 0
    var stack: [Context] = [.code(depth: 0)]

    init(text: [UInt8], blanksStrings: Bool) {
        self.text = text
        self.blanksStrings = blanksStrings
        output.reserveCapacity(text.count)
    }

    mutating func run() -> String {
        while index < text.count, let context = stack.last {
            switch context {
            case .code(let depth): stepCode(depth)
            case .string(let hashes, let quotes): stepString(hashes, quotes)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private func starts(_ mark: String, at start: Int) -> Bool {
        start + mark.utf8.count <= text.count && text[start..<start + mark.utf8.count].elementsEqual(mark.utf8)
    }

    private mutating func keep(_ count: Int) {
        output += text[index..<min(index + count, text.count)]
        index += count
    }

    private mutating func blank(_ count: Int) {
        for byte in text[index..<min(index + count, text.count)] {
            output.append(byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " "))
        }
        index += count
    }

    private mutating func stepCode(_ depth: Int) {
        switch text[index] {
        case UInt8(ascii: "/"), UInt8(ascii: "#"), UInt8(ascii: "\""), UInt8(ascii: "("), UInt8(ascii: ")"): break
        default: return keep(1)
        }
        if starts("//", at: index) {
            while index < text.count, text[index] != UInt8(ascii: "\n") { blank(1) }
            return
        }
        if starts("/*", at: index) { return blankComment() }
        var hashes = 0
        while index + hashes < text.count, text[index + hashes] == UInt8(ascii: "#") { hashes += 1 }
        if starts("\"", at: index + hashes) {
            let quotes = starts("\"\"\"", at: index + hashes) ? 3 : 1
            stack.append(.string(hashes: hashes, quotes: quotes))
            return keep(hashes + quotes)
        }
        switch text[index] {
        case UInt8(ascii: "("): stack[stack.count - 1] = .code(depth: depth + 1)
        case UInt8(ascii: ")"):
            if depth == 0, stack.count > 1 {
                stack.removeLast()
            } else {
                stack[stack.count - 1] = .code(depth: depth - 1)
            }
        default: break
        }
        keep(max(1, hashes))
    }

    private mutating func blankComment() {
        var depth = 0
        repeat {
            if starts("/*", at: index) {
                depth += 1
                blank(2)
            } else if starts("*/", at: index) {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && index < text.count
    }

    private mutating func stepString(_ hashes: Int, _ quotes: Int) {
        let marks = String(repeating: "#", count: hashes)
        let end = String(repeating: "\"", count: quotes) + marks
        if starts(end, at: index) {
            stack.removeLast()
            return keep(end.utf8.count)
        }
        if starts("\\" + marks + "(", at: index) {
            stack.append(.code(depth: 0))
            return keep(hashes + 2)
        }
        if quotes == 1, text[index] == UInt8(ascii: "\n") { stack.removeLast() }
        let count = starts("\\" + marks, at: index) ? hashes + 2 : 1
        if blanksStrings { blank(count) } else { keep(count) }
    }
}
