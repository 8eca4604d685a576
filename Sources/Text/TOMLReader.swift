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

/// Going on after a mistake. What follows a broken line is as a rule whole again; inside brackets the lines to come
/// belong to the broken value, and would only give rise to complaints that mean nothing.
extension TOMLReader {
    private mutating func recover(from start: Int) {
        defer { enclosures = [] }
        if case .multiLineText(let quote) = enclosures.last {
            while position < bytes.count, !isTriple(quote, at: position) { position += 1 }
            position = min(position + 3, bytes.count)
        }
        switch enclosures.first {
        case nil, .multiLineText: skipLine()
        case .array:
            // The line with the mistake may itself be the next setting, when the array was never closed.
            let line = startOfLine(position)
            if line > start { position = line } else { skipLine() }
            while position < bytes.count, !beginsSetting(position) {
                if closes(position, with: UInt8(ascii: "]")) { return skipLine() }
                skipLine()
            }
        case .inlineTable:
            skipLine()
            let next = position
            while position < bytes.count, !beginsHeader(position) {
                if closes(position, with: UInt8(ascii: "}")) { return skipLine() }
                skipLine()
            }
            position = next
        }
    }

    private mutating func skipLine() {
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
        position = min(position + 1, bytes.count)
    }

    private func startOfLine(_ offset: Int) -> Int {
        var start = offset
        while start > 0, bytes[start - 1] != UInt8(ascii: "\n") { start -= 1 }
        return start
    }

    private func closes(_ line: Int, with bracket: UInt8) -> Bool {
        let first = endOfBlanks(line)
        return first < bytes.count && bytes[first] == bracket
    }

    /// Whether a line reads like `[header]`, and not like a row of numbers or texts.
    private func beginsHeader(_ line: Int) -> Bool {
        var at = endOfBlanks(line)
        guard at < bytes.count, bytes[at] == UInt8(ascii: "[") else { return false }
        while at < bytes.count, bytes[at] == UInt8(ascii: "[") { at += 1 }
        return at < bytes.count && Self.isBareKey(bytes[at]) && !Self.isDigit(bytes[at])
    }

    /// Whether a line reads like `[header]` or `key = …`.
    private func beginsSetting(_ line: Int) -> Bool {
        let first = endOfBlanks(line)
        var at = first
        while at < bytes.count, Self.isBareKey(bytes[at]) || bytes[at] == UInt8(ascii: ".") { at += 1 }
        guard at > first else { return beginsHeader(line) }
        at = endOfBlanks(at)
        return at < bytes.count && bytes[at] == UInt8(ascii: "=")
    }
}

/// The cursor's small change.
extension TOMLReader {
    func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    /// A line feed, or a carriage return and a line feed.
    mutating func takeLineEnd() -> Bool {
        guard isLineEnd(position) else { return false }
        position += bytes[position] == UInt8(ascii: "\r") ? 2 : 1
        return true
    }

    func isLineEnd(_ offset: Int) -> Bool {
        guard offset < bytes.count else { return false }
        if bytes[offset] == UInt8(ascii: "\n") { return true }
        return bytes[offset] == UInt8(ascii: "\r") && offset + 1 < bytes.count
            && bytes[offset + 1] == UInt8(ascii: "\n")
    }

    mutating func skipBlanks() { position = endOfBlanks(position) }

    mutating func skipComment() throws(Diagnostic) {
        guard take(UInt8(ascii: "#")) else { return }
        while let byte = peek() {
            if isLineEnd(position) { return }
            if Self.isForbidden(byte) { throw controlCharacter() }
            position += 1
        }
    }

    private func endOfBlanks(_ start: Int) -> Int {
        var end = start
        while end < bytes.count, Self.isBlank(bytes[end]) { end += 1 }
        return end
    }

    /// The end of what a person would take for one word at `start`: what a complaint underlines.
    func endOfWord(_ start: Int) -> Int {
        var end = start
        while end < bytes.count, !Self.isBlank(bytes[end]) {
            switch bytes[end] {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"),
                UInt8(ascii: "#"), UInt8(ascii: "="):
                return max(end, min(start + 1, bytes.count))
            default: end += 1
            }
        }
        return end
    }

    func isTriple(_ quote: UInt8, at offset: Int) -> Bool {
        offset + 2 < bytes.count && bytes[offset] == quote && bytes[offset + 1] == quote && bytes[offset + 2] == quote
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    static func isBareKey(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower) || isDigit(byte)
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    /// Control characters other than the tab: nowhere allowed as they are.
    static func isForbidden(_ byte: UInt8) -> Bool { byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7F }
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
