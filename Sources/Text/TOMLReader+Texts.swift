internal import Base

/// The four kinds of quoted text.
extension TOMLReader {
    /// `"…"` on one line.
    mutating func readBasicText() throws(Diagnostic) -> String {
        let start = position
        position += 1
        var content: [UInt8] = []
        while !take(UInt8(ascii: "\"")) {
            if take(UInt8(ascii: "\\")) {
                try readEscape(into: &content)
            } else {
                content.append(try plainByte(ofTextFrom: start))
            }
        }
        return String(decoding: content, as: UTF8.self)
    }

    /// `'…'` on one line: nothing in it is an escape.
    mutating func readLiteralText() throws(Diagnostic) -> String {
        let start = position
        position += 1
        var content: [UInt8] = []
        while !take(UInt8(ascii: "'")) { content.append(try plainByte(ofTextFrom: start)) }
        return String(decoding: content, as: UTF8.self)
    }

    /// `"""…"""`, over any number of lines.
    mutating func readMultiLineBasicText() throws(Diagnostic) -> String {
        try readMultiLineText { reader, content throws(Diagnostic) in
            guard reader.take(UInt8(ascii: "\\")) else { return false }
            if try !reader.skipFoldedLines() { try reader.readEscape(into: &content) }
            return true
        }
    }

    /// `'''…'''`, over any number of lines, as it stands.
    mutating func readMultiLineLiteralText() throws(Diagnostic) -> String {
        try readMultiLineText { _, _ throws(Diagnostic) in false }
    }

    /// `readSpecial` takes what has a meaning of its own in this kind of text, and answers whether there was anything.
    private mutating func readMultiLineText(
        _ readSpecial: (inout TOMLReader, inout [UInt8]) throws(Diagnostic) -> Bool
    ) throws(Diagnostic) -> String {
        let start = position
        let quote = bytes[position]
        enclosures.append(.multiLineText(quote: quote))
        position += 3
        // A line end right behind the opening quotes is there for looks.
        _ = takeLineEnd()
        var content: [UInt8] = []
        while true {
            if isTriple(quote, at: position) {
                position += 3
                // Up to two more quotes belong to the text, so that it can end with a quotation.
                for _ in 0..<2 where take(quote) { content.append(quote) }
                enclosures.removeLast()
                return String(decoding: content, as: UTF8.self)
            }
            if takeLineEnd() {
                // The same text on every system, whichever way the file's lines end.
                content.append(UInt8(ascii: "\n"))
            } else if position == bytes.count {
                throw problem(
                    from: start, upTo: start + 3, "this text is never closed", hint: "it ends with three quotes")
            } else if try !readSpecial(&self, &content) {
                content.append(try plainByte(ofTextFrom: start))
            }
        }
    }

    /// A byte that stands for itself.
    private mutating func plainByte(ofTextFrom start: Int) throws(Diagnostic) -> UInt8 {
        guard let byte = peek(), !isLineEnd(position) else {
            throw problem(from: start, "the text's closing quote is missing")
        }
        if Self.isForbidden(byte) { throw controlCharacter() }
        position += 1
        return byte
    }

    /// A backslash at the end of a line, already taken, swallows the line end and all space up to the next text.
    private mutating func skipFoldedLines() throws(Diagnostic) -> Bool {
        let start = position
        skipBlanks()
        guard takeLineEnd() else {
            if position > start { throw problem(from: start - 1, "only a line end may follow a backslash and a blank") }
            return false
        }
        repeat { skipBlanks() } while takeLineEnd()
        return true
    }

    /// What follows a backslash, already taken.
    private mutating func readEscape(into content: inout [UInt8]) throws(Diagnostic) {
        let start = position - 1
        let letter = peek()
        if letter != nil, !isLineEnd(position) { position += 1 }
        switch letter {
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "t"): content.append(UInt8(ascii: "\t"))
        case UInt8(ascii: "n"): content.append(UInt8(ascii: "\n"))
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "r"): content.append(UInt8(ascii: "\r"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): content.append(bytes[position - 1])
        case UInt8(ascii: "u"): content.append(contentsOf: try readScalarEscape(digits: 4, from: start))
        case UInt8(ascii: "U"): content.append(contentsOf: try readScalarEscape(digits: 8, from: start))
        default:
            // The whole character is underlined, not its first byte.
            while let byte = peek(), byte & 0xC0 == 0x80 { position += 1 }
            let hint = "write \\\\ for a backslash, or the text in single quotes"
            throw problem(from: start, "there is no such escape", hint: hint)
        }
    }

    /// The bytes of the character whose number the next digits spell.
    private mutating func readScalarEscape(digits: Int, from start: Int) throws(Diagnostic) -> String.UTF8View {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = peek().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
                throw problem(from: start, "\(digits) hexadecimal digits are expected in this escape")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw problem(from: start, "no character has this number")
        }
        return String(scalar).utf8
    }
}
