internal import Base

/// What stands behind an equals sign.
extension TOMLReader {
    /// A value that lies `depth` keys and array places below the root.
    mutating func readValue(depth: Int) throws(Diagnostic) -> TOMLValue {
        let start = position
        guard depth <= Limits.nesting else { throw tooDeep(SourceSpan(start: start, end: endOfWord(start))) }
        let kind: TOMLValue.Kind
        switch peek() {
        case UInt8(ascii: "\""):
            kind = .string(
                isTriple(UInt8(ascii: "\""), at: start) ? try readMultiLineBasicText() : try readBasicText())
        case UInt8(ascii: "'"):
            kind = .string(
                isTriple(UInt8(ascii: "'"), at: start) ? try readMultiLineLiteralText() : try readLiteralText())
        case UInt8(ascii: "["): kind = .array(try readArray(depth: depth))
        case UInt8(ascii: "{"): kind = .table(try readInlineTable(depth: depth))
        default: kind = try readScalar()
        }
        return TOMLValue(kind: kind, span: SourceSpan(start: start, end: position))
    }

    private mutating func readArray(depth: Int) throws(Diagnostic) -> [TOMLValue] {
        enclosures.append(.array(opening: position))
        position += 1
        var elements: [TOMLValue] = []
        try skipSpaceAndComments()
        while !take(UInt8(ascii: "]")) {
            elements.append(try readValue(depth: depth + 1))
            try skipSpaceAndComments()
            if take(UInt8(ascii: ",")) {
                try skipSpaceAndComments()
            } else if peek() != UInt8(ascii: "]") {
                throw notClosed() ?? problem(upTo: endOfWord(position), "a comma or the array's ] is expected here")
            }
        }
        enclosures.removeLast()
        return elements
    }

    /// Blanks, line ends and comments: what may stand between the elements of an array.
    private mutating func skipSpaceAndComments() throws(Diagnostic) {
        repeat {
            skipBlanks()
            try skipComment()
        } while takeLineEnd()
    }

    /// The complaint about the innermost open array, when the cursor has run into the next setting or the end.
    private func notClosed() -> Diagnostic? {
        guard case .array(let opening) = enclosures.last else { return nil }
        var end = position
        while end < bytes.count, Self.isBareKey(bytes[end]) || Self.isBlank(bytes[end]) { end += 1 }
        guard end == bytes.count || (end > position && bytes[end] == UInt8(ascii: "=")) else { return nil }
        return problem(from: opening, upTo: opening + 1, "this array is never closed", hint: "it ends with ]")
    }

    private mutating func readInlineTable(depth: Int) throws(Diagnostic) -> TOMLTable {
        enclosures.append(.inlineTable)
        position += 1
        let table = tree.beginInline(at: depth)
        skipBlanks()
        while !take(UInt8(ascii: "}")) {
            if isLineEnd(position) || position == bytes.count {
                throw problem("an inline table must end on the line on which it begins")
            }
            let (keys, value) = try readKeyAndValue(depth: depth)
            do {
                try tree.insert(value, at: keys, from: table)
            } catch {
                throw problem(of: error)
            }
            skipBlanks()
            if take(UInt8(ascii: ",")) {
                skipBlanks()
                if peek() == UInt8(ascii: "}") { throw problem(upTo: position + 1, "a comma may not stand before }") }
            } else if peek() != UInt8(ascii: "}"), !isLineEnd(position), position < bytes.count {
                throw problem(upTo: endOfWord(position), "a comma or the table's } is expected here")
            }
        }
        enclosures.removeLast()
        return tree.endInline(table)
    }

    /// A number, a truth value, a date or a time: whatever has no bracket and no quote.
    private mutating func readScalar() throws(Diagnostic) -> TOMLValue.Kind {
        let start = position
        if let unclosed = notClosed() { throw unclosed }
        while position < bytes.count, !Self.endsScalar(bytes[position]) { position += 1 }
        // A blank may stand between date and time instead of a T; a date followed by a digit can be nothing else.
        if TOMLScalar.isDate(bytes[start..<position]), position + 1 < bytes.count,
            bytes[position] == UInt8(ascii: " "), Self.isDigit(bytes[position + 1])
        {
            position += 1
            while position < bytes.count, !Self.endsScalar(bytes[position]) { position += 1 }
        }
        guard position > start else { throw problem(upTo: endOfWord(start), "a value is expected here") }
        do {
            return try TOMLScalar.read(bytes[start..<position])
        } catch {
            throw problem(from: start, error.what, hint: error.hint)
        }
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "#"): true
        default: isBlank(byte) || isForbidden(byte)
        }
    }
}
