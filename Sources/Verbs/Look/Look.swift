internal import Base
internal import Text

/// How a stream wants its text: with colour, with signs beyond ASCII, or plain. A pipe gets plain text, because what
/// reads it is a program or a log; a terminal gets what its locale can show. Nothing is ever said by colour alone.
struct Look: Hashable, Sendable {
    /// ANSI colours.
    var colour = false
    /// Signs such as ● and ✓.
    var signs = false
    /// Not even names may leave ASCII: the locale, or the person, says so.
    var ascii = true

    static let plain = Look()

    init(colour: Bool = false, signs: Bool = false, ascii: Bool = true) {
        self.colour = colour
        self.signs = signs
        self.ascii = ascii
    }

    /// What the terminal, the environment and the options allow together.
    init(isTerminal: Bool, environment: (String) -> String?, noColour: Bool, ascii: Bool) {
        let isDumb = environment("TERM") == "dumb"
        self.ascii = ascii || !Self.isUTF8(environment)
        signs = isTerminal && !isDumb && !self.ascii
        colour = isTerminal && !isDumb && !noColour && (environment("NO_COLOR") ?? "").isEmpty
    }

    /// The first of the three that is set decides, as `setlocale` has it.
    private static func isUTF8(_ environment: (String) -> String?) -> Bool {
        for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
            guard let locale = environment(name), !locale.isEmpty else { continue }
            let letters = locale.lowercased()
            return letters.hasSuffix("utf-8") || letters.hasSuffix("utf8")
        }
        return false
    }

    enum Tone: Sendable {
        case good, doubtful, bad, faint, strong

        fileprivate var number: Int {
            switch self {
            case .good: 32
            case .doubtful: 33
            case .bad: 31
            case .faint: 2
            case .strong: 1
            }
        }
    }

    func paint(_ text: String, _ tone: Tone?) -> String {
        guard colour, let tone, !text.isEmpty else { return text }
        return "\u{1B}[\(tone.number)m\(text)\u{1B}[0m"
    }

    /// Dark on light whatever the terminal has otherwise, for what a camera reads; nil where the look has no signs or
    /// no colours.
    func onPaper(_ lines: [String]) -> String? {
        guard signs, colour else { return nil }
        return lines.map { "\u{1B}[30;47m\($0)\u{1B}[0m\n" }.joined()
    }

    /// One of two spellings of the same thing.
    func sign(_ sign: String, else word: String) -> String { signs ? sign : word }

    /// Joins what stands side by side on a line.
    var between: String { sign(" · ", else: ", ") }

    /// Somebody else's text, made fit for this stream: it cannot drive the terminal, and is ASCII where that is asked.
    func clean(_ text: String) -> String {
        // Nearly every text is plain: looking at its bytes is ten times cheaper than at its characters.
        if text.isPlain { return text }
        let printable = printable(text)
        guard ascii else { return printable }
        return String(String.UnicodeScalarView(printable.unicodeScalars.map { $0.isASCII ? $0 : "?" }))
    }

    /// A text of several lines, each as `clean` has it, and an end of line after the last.
    func clean(lines text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return (lines.last == "" ? lines.dropLast() : lines[...]).map { clean(String($0)) + "\n" }.joined()
    }

    /// The three lines of an error: what, because, try.
    func lines(_ complaint: Complaint) -> String {
        let mark = paint(sign("✗", else: "error"), .bad)
        return """
            \(mark) \(complaint.code) \(clean(complaint.what))
              because  \(clean(complaint.because))
              try      \(clean(complaint.remedy))        (marram help \(complaint.code))

            """
    }
}

extension String {
    /// Printable ASCII only: one byte, one character, one cell of a terminal.
    var isPlain: Bool { utf8.allSatisfy { (0x20..<0x7F).contains($0) } }
}
