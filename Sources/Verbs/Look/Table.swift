internal import Text

/// Rows and columns, to be printed for people (aligned by what a terminal shows, not by bytes), as CSV for
/// spreadsheets, or as bare names for loops in a shell.
struct Table: Sendable {
    struct Column: Sendable {
        /// The heading for people; the CSV heading is the same in small letters.
        let title: String
        /// Shown only in the wide form. CSV has every column.
        var isWide = false
    }

    struct Cell: Sendable {
        /// For people.
        let text: String
        var tone: Look.Tone?
        /// For programs, where it differs.
        let raw: String

        init(_ text: String, _ tone: Look.Tone? = nil, raw: String? = nil) {
            self.text = text
            self.tone = tone
            self.raw = raw ?? text
        }
    }

    let columns: [Column]
    var rows: [[Cell]]

    func rendered(_ look: Look, isWide: Bool) -> String {
        let shown = columns.indices.filter { isWide || !columns[$0].isWide }
        let cells = rows.map { row in shown.map { (text: look.clean(row[$0].text), tone: row[$0].tone) } }
        let lines = [shown.map { (text: columns[$0].title, tone: Look.Tone.faint as Look.Tone?) }] + cells
        var widths = [Int](repeating: 0, count: shown.count)
        for line in lines {
            for (column, cell) in line.enumerated() {
                widths[column] = max(widths[column], Self.cells(of: cell.text))
            }
        }
        var text = ""
        for line in lines {
            // The last cell that says something ends the line: no blanks behind it.
            let end = line.lastIndex { !$0.text.isEmpty } ?? 0
            for (column, cell) in line[...end].enumerated() {
                text += look.paint(cell.text, cell.tone)
                guard column < end else { break }
                text += String(repeating: " ", count: widths[column] - Self.cells(of: cell.text) + 2)
            }
            text += "\n"
        }
        return text
    }

    private static func cells(of text: String) -> Int { text.isPlain ? text.utf8.count : displayCells(of: text) }

    /// RFC 4180, except that lines end as everything else here ends them. No field can hold the end of a line: cleaning
    /// took it out.
    func csv(_ look: Look) -> String {
        var lines = [columns.map { $0.title.lowercased() }]
        lines += rows.map { $0.map { look.clean($0.raw) } }
        return lines.map { $0.map(Self.csvField).joined(separator: ",") + "\n" }.joined()
    }

    private static func csvField(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: ",") }) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            escaped.unicodeScalars.append(scalar)
            if scalar == "\"" { escaped.unicodeScalars.append(scalar) }
        }
        return "\"\(escaped)\""
    }
}
