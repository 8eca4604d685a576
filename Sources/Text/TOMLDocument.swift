internal import Base

/// A TOML 1.0 document as it was written: every key and value in order, each with the stretch of text it came from, so
/// that whoever finds fault with a value later can still point at it.
///
/// Reading never stops at the first mistake. `problems` holds all that were found, and `root` what could be read
/// regardless, so that the next reader (a schema) can name its own complaints in the same go. A document with problems
/// must not be acted upon.
package struct TOMLDocument: Sendable {
    package let root: TOMLTable
    /// In the order of the text; at most `Limits.diagnostics`.
    package let problems: [Diagnostic]

    package init(reading bytes: [UInt8]) {
        guard bytes.count <= Limits.configurationBytes else {
            root = TOMLTable(entries: [])
            let what = "the file has \(bytes.count) bytes, and \(Limits.configurationBytes) is the most it may have"
            problems = [Diagnostic(.documentTooLarge, at: SourceSpan(start: 0, end: 0), what)]
            return
        }
        var reader = TOMLReader(bytes)
        reader.readDocument()
        root = reader.tree.finished(TOMLTree.root)
        problems = reader.problems
    }
}

package struct TOMLKey: Sendable {
    /// What the key spells, its quotes and escapes resolved.
    package let text: String
    package let span: SourceSpan

    /// Whether the key is `name`, byte by byte. Swift's `==` would also take a canonically equivalent spelling, which
    /// to TOML is another key.
    package func spells(_ name: String) -> Bool { text.utf8.elementsEqual(name.utf8) }
}

package struct TOMLEntry: Sendable {
    package let key: TOMLKey
    package let value: TOMLValue
}

package struct TOMLTable: Sendable {
    package let entries: [TOMLEntry]
}

package struct TOMLValue: Sendable {
    package enum Kind: Sendable {
        case string(String)
        case integer(Int64)
        case float(Double)
        case boolean(Bool)
        case dateTime(TOMLDateTime)
        case array([TOMLValue])
        case table(TOMLTable)
    }

    package let kind: Kind
    /// The value itself. A table made by `[header]`: the header; one made by a dotted key: that part of the key.
    package let span: SourceSpan

    /// What a person calls such a value.
    package var noun: String {
        switch kind {
        case .string: "text"
        case .integer: "a whole number"
        case .float: "a number with a fraction"
        case .boolean: "a truth value"
        case .dateTime: "a date or time"
        case .array: "an array"
        case .table: "a table"
        }
    }
}

/// A date, a time or both, proven to be one. It stays text: nothing in Marram computes with a site's calendar.
package struct TOMLDateTime: Hashable, Sendable {
    package enum Shape: Sendable {
        case offsetDateTime
        case localDateTime
        case localDate
        case localTime
    }

    package let shape: Shape
    /// As written.
    package let text: String
}
