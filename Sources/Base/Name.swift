/// Whether `text` may be the name of a node, a site or a mesh: up to `Limits.nameBytes` ASCII letters, digits, hyphens
/// and underscores, beginning and ending with a letter or digit. Such a name needs no quoting in a shell, a URL, a
/// table or a file name, and looks the same to everybody who reads it.
package func isName(_ text: String) -> Bool {
    func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
    let bytes = Array(text.utf8)
    guard let first = bytes.first, let last = bytes.last, bytes.count <= Limits.nameBytes else { return false }
    return isLetterOrDigit(first) && isLetterOrDigit(last)
        && bytes.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
}

extension ByteReader {
    /// A length and a name. Names that others send stand in logs and tables: one with a line break in it could pass for
    /// a line of our own.
    @_lifetime(self: copy self)
    package mutating func name() throws(DecodeError) -> String {
        let name = try text(atMost: Limits.nameBytes)
        guard isName(name) else { throw .outOfRange }
        return name
    }
}
