/// Why bytes were refused. A peer's mistake is data: it is counted by reason and shown, never a crash.
package enum DecodeError: Error, Hashable, Sendable {
    /// The bytes ended inside a value.
    case truncated
    /// Bytes were left over after the value.
    case trailing
    /// A length or count is larger than its limit.
    case tooLong
    /// A number written with more bytes than it needs, fields out of order, text that is not UTF-8: a second encoding
    /// of a value.
    case notCanonical
    /// A tag, kind or version that this build does not know and must not skip.
    case unknown
    /// A value outside its range.
    case outOfRange
}
