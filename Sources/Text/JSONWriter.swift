/// Writes a JSON value as one line. There is one spelling of each value: members in the order given, no white space,
/// the shortest digits that read back as the same double. Control characters are escaped, those above 0x7E too, so a
/// line printed to a terminal cannot move its cursor.
extension JSONValue: CustomStringConvertible {
    /// The line, as bytes. With `ascii`, whatever is not ASCII is escaped, for terminals and pipes that know no more.
    package func encoded(ascii: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        write(into: &bytes, ascii: ascii)
        return bytes
    }

    package var description: String { String(decoding: encoded(), as: UTF8.self) }

    private func write(into bytes: inout [UInt8], ascii: Bool) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .boolean(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): bytes.append(contentsOf: String(value).utf8)
        case .number(let value):
            precondition(value.isFinite, "JSON has no infinity and no not-a-number")
            bytes.append(contentsOf: value.description.utf8)
        case .text(let text): Self.write(text, into: &bytes, ascii: ascii)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.write(into: &bytes, ascii: ascii)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(member.name, into: &bytes, ascii: ascii)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(into: &bytes, ascii: ascii)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, into bytes: inout [UInt8], ascii: Bool) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": bytes.append(contentsOf: "\\\"".utf8)
            case "\\": bytes.append(contentsOf: "\\\\".utf8)
            case "\u{8}": bytes.append(contentsOf: "\\b".utf8)
            case "\u{C}": bytes.append(contentsOf: "\\f".utf8)
            case "\n": bytes.append(contentsOf: "\\n".utf8)
            case "\r": bytes.append(contentsOf: "\\r".utf8)
            case "\t": bytes.append(contentsOf: "\\t".utf8)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}": escape(scalar, into: &bytes)
            case _ where ascii && !scalar.isASCII: escape(scalar, into: &bytes)
            default: bytes.append(contentsOf: scalar.utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// `\uXXXX` for each UTF-16 unit of the scalar: two of them, a surrogate pair, beyond the first 65,536.
    private static func escape(_ scalar: Unicode.Scalar, into bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        for unit in scalar.utf16 {
            bytes.append(contentsOf: "\\u".utf8)
            for shift in [12, 8, 4, 0] { bytes.append(digits[Int(unit >> UInt16(shift) & 15)]) }
        }
    }
}
