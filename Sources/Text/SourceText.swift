/// A text that a person wrote, with the name under which they know it. Readers work on its bytes and speak of places by
/// byte offset, which is cheap and exact; only when something must be shown to the person does an offset become a line
/// and a column. A column counts characters as a person does: a tab is one, and so is an accented letter or an emoji.
package struct SourceText: Sendable {
    package let path: String
    package let bytes: [UInt8]
    /// The offset at which each line begins.
    private let lineStarts: [Int]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
        lineStarts = starts
    }

    package init(path: String, text: String) { self.init(path: path, bytes: Array(text.utf8)) }

    package func position(of offset: Int) -> SourcePosition {
        let line = line(of: offset)
        let before = bytes[lineStarts[line - 1]..<min(offset, bytes.count)]
        return SourcePosition(line: line, column: String(decoding: before, as: UTF8.self).count + 1)
    }

    /// The number of the line that `offset` lies on, from 1.
    package func line(of offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while low + 1 < high {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low + 1
    }

    /// Where the content of a line lies, without its line end.
    func content(ofLine line: Int) -> Range<Int> {
        let start = lineStarts[line - 1]
        var end = line < lineStarts.count ? lineStarts[line] - 1 : bytes.count
        if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return start..<end
    }
}

/// A stretch of a text, by byte offsets: from `start` up to but not including `end`.
package struct SourceSpan: Hashable, Sendable {
    package var start: Int
    package var end: Int

    package init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }
}

/// A place in a text as people count: lines and columns from 1.
package struct SourcePosition: Hashable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}
