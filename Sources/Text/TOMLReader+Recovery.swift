/// Going on after a mistake. What follows a broken line is as a rule whole again; inside brackets the lines to come
/// belong to the broken value, and would only give rise to complaints that mean nothing.
extension TOMLReader {
    mutating func recover(from start: Int) {
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
