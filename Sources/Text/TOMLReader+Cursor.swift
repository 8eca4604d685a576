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

    func endOfBlanks(_ start: Int) -> Int {
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
