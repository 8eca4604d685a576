internal import Base

/// Reads TOML 1.0 from bytes: a cursor, the tree it builds, and what it found wrong. Each construct is a method that
/// stands before its first byte when called and behind its last when it returns; a mistake is thrown to the line that
/// contains it, noted there, and reading goes on where the next line most likely begins.
struct TOMLReader {
    /// What is open around the cursor, so that a mistake inside knows where to look for the end.
    enum Enclosure {
        case array(opening: Int)
        case inlineTable
        case multiLineText(quote: UInt8)
    }

    let bytes: [UInt8]
    var position = 0
    var tree = TOMLTree()
    var enclosures: [Enclosure] = []
    private(set) var problems: [Diagnostic] = []
    /// The table to which the lines belong that are read now.
    private var section = TOMLTree.root

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func readDocument() {
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            // Most likely not a text at all: one sentence rather than a hundred.
            let span = SourceSpan(start: error.byteOffsets.lowerBound, end: error.byteOffsets.upperBound)
            return note(Diagnostic(.tomlSyntax, at: span, "the file is not UTF-8 from here on"))
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            position = 3
            let hint = "save the file as UTF-8 without it"
            note(problem(from: 0, "the file begins with a byte order mark, which TOML does not allow", hint: hint))
        }
        while position < bytes.count, problems.count < Limits.diagnostics {
            let start = position
            do throws(Diagnostic) {
                try readLine()
            } catch {
                note(error)
                recover(from: start)
            }
        }
    }

    private mutating func note(_ problem: Diagnostic) {
        if problems.count < Limits.diagnostics { problems.append(problem) }
    }

    /// One line: nothing, a header, or a key and its value (which may itself run over several lines).
    private mutating func readLine() throws(Diagnostic) {
        skipBlanks()
        switch peek() {
        case nil, UInt8(ascii: "#"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): break
        case UInt8(ascii: "["): try readHeader()
        default:
            let (keys, value) = try readKeyAndValue(depth: tree.depth(of: section))
            do {
                try tree.insert(value, at: keys, from: section)
            } catch {
                note(problem(of: error))
            }
        }
        skipBlanks()
        try skipComment()
        guard position == bytes.count || takeLineEnd() else {
            throw problem(upTo: endOfWord(position), "nothing more may stand on this line")
        }
    }

    /// `[keys]` or `[[keys]]`. When it cannot be read, the lines below it must not land in the table above it.
    private mutating func readHeader() throws(Diagnostic) {
        let start = position
        position += 1
        let isArray = take(UInt8(ascii: "["))
        let keys: [TOMLKey]
        do throws(Diagnostic) {
            keys = try readKey()
            guard take(UInt8(ascii: "]")), !isArray || take(UInt8(ascii: "]")) else {
                let form = isArray ? "two brackets ]]" : "a bracket ]"
                throw problem(upTo: endOfWord(position), "a table's header ends with \(form)")
            }
        } catch {
            section = tree.detached()
            throw error
        }
        let span = SourceSpan(start: start, end: position)
        do {
            section = isArray ? try tree.append(keys, at: span) : try tree.open(keys, at: span)
        } catch {
            section = error.table ?? tree.detached()
            note(problem(of: error))
        }
    }

    /// `keys = value`, in a table that lies `depth` below the root.
    mutating func readKeyAndValue(depth: Int) throws(Diagnostic) -> (keys: [TOMLKey], value: TOMLValue) {
        let keys = try readKey()
        guard take(UInt8(ascii: "=")) else {
            let hint = "a setting is written key = value"
            throw problem(upTo: endOfWord(position), "there is no = behind the key", hint: hint)
        }
        skipBlanks()
        return (keys, try readValue(depth: depth + keys.count))
    }

    /// One or more parts with dots between them, and the blanks behind.
    private mutating func readKey() throws(Diagnostic) -> [TOMLKey] {
        var keys: [TOMLKey] = []
        repeat {
            skipBlanks()
            keys.append(try readKeyPart())
            skipBlanks()
        } while take(UInt8(ascii: "."))
        return keys
    }

    private mutating func readKeyPart() throws(Diagnostic) -> TOMLKey {
        let start = position
        let text: String
        switch peek() {
        case UInt8(ascii: "\""): text = try readBasicText()
        case UInt8(ascii: "'"): text = try readLiteralText()
        default:
            while let byte = peek(), Self.isBareKey(byte) { position += 1 }
            guard position > start else {
                let hint = "letters of A-Z, digits, _ and - may stand alone; any other key needs quotes"
                throw problem(upTo: endOfWord(start), "a key is expected here", hint: hint)
            }
            text = String(decoding: bytes[start..<position], as: UTF8.self)
        }
        return TOMLKey(text: text, span: SourceSpan(start: start, end: position))
    }
}

/// Sentences.
extension TOMLReader {
    func problem(from start: Int? = nil, upTo end: Int? = nil, _ what: String, hint: String? = nil) -> Diagnostic {
        let span = SourceSpan(start: start ?? position, end: end ?? position)
        return Diagnostic(.tomlSyntax, at: span, what, hint: hint)
    }

    func controlCharacter() -> Diagnostic {
        let name = "U+00" + hexadecimal([bytes[position]]).uppercased()
        let hint = bytes[position] == UInt8(ascii: "\r") ? "a line ends with LF or with CR LF" : nil
        return problem(upTo: position + 1, "a control character (\(name)) may not stand here", hint: hint)
    }

    func tooDeep(_ span: SourceSpan) -> Diagnostic {
        Diagnostic(.documentTooLarge, at: span, "nothing may lie deeper than \(Limits.nesting) levels")
    }

    func line(of offset: Int) -> Int {
        bytes[..<min(offset, bytes.count)].reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
    }

    func problem(of clash: TOMLTree.Clash) -> Diagnostic {
        let name = quoted(clash.key.text)
        let line = line(of: clash.earlier.start)
        switch clash.reason {
        case .keyTwice:
            let hint = "first given on line \(line)"
            return Diagnostic(.definedTwice, at: clash.key.span, "key \(name) is given twice", hint: hint)
        case .tableTwice:
            let hint = "first defined on line \(line)"
            return Diagnostic(.definedTwice, at: clash.key.span, "table \(name) is defined twice", hint: hint)
        case .complete:
            let what = "\(name) is complete and cannot be added to"
            return Diagnostic(.definedTwice, at: clash.key.span, what, hint: "it is defined on line \(line)")
        case .tooDeep: return tooDeep(clash.key.span)
        }
    }
}
