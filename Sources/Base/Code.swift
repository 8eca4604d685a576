/// Every way in which Marram tells a person that something is wrong, in one table. Error text, `marram help CODE`, the
/// manual and the `code` fields of JSON all follow from it: a new error is a new row here and nothing else.
///
/// M1xxx set-up, configuration, joining · M2xxx membership · M3xxx network · M4xxx clock and identity ·
/// M5xxx services and rollouts · M6xxx artifacts · M7xxx state and storage · M8xxx uplink · M9xxx our own mistakes.
package struct Code: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: UInt16
    /// What is wrong, without the particulars.
    package let title: String
    /// Why this happens, for `marram help CODE`.
    package let because: String
    /// What to do about it in general; a `Complaint` may carry a more particular remedy.
    package let remedy: String

    /// A row of the table. Outside of it, only a reader of other versions' words makes one, for a code it does not
    /// list.
    package init(number: UInt16, title: String, because: String, remedy: String) {
        self.number = number
        self.title = title
        self.because = because
        self.remedy = remedy
    }

    package var description: String { "M\(number)" }

    package static func < (left: Code, right: Code) -> Bool { left.number < right.number }
    package static func == (left: Code, right: Code) -> Bool { left.number == right.number }
    package func hash(into hasher: inout Hasher) { hasher.combine(number) }

    /// The row for `text`, as a person writes it: `M1103`, `m1103` or `1103`.
    package static func named(_ text: String) -> Code? {
        let digits = text.hasPrefix("M") || text.hasPrefix("m") ? text.dropFirst() : text[...]
        return all.first { String($0.number) == digits }
    }

    /// Every row, by number.
    package static let all: [Code] =
        (setUp + configuration + control + instruments + membership + network + clock + policy + storage + state
        + ourOwn)
        .sorted()
}

/// A `Code` with the particulars of one case: what, because, try. This is what is thrown and what a person reads.
package struct Complaint: Error, Hashable, Sendable {
    package var code: Code
    /// The sentence with the particulars; the code's title when nothing more is known.
    package var what: String
    package var because: String
    package var remedy: String

    package init(_ code: Code, what: String? = nil, because: String? = nil, remedy: String? = nil) {
        self.code = code
        self.what = what ?? code.title
        self.because = because ?? code.because
        self.remedy = remedy ?? code.remedy
    }

    /// The three lines of an error.
    package var lines: String {
        """
        ✗ \(code) \(what)
          because  \(because)
          try      \(remedy)        (marram help \(code))
        """
    }
}
