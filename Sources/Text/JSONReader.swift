internal import Base

/// Reads one JSON document (RFC 8259) that somebody else wrote, and is strict where the RFC lets readers choose: a name
/// that appears twice in an object, half a surrogate pair, a whole number beyond 64 bits and a fraction beyond a double
/// are refused, because two readers that guess differently disagree about what was said. The length is checked before
/// the first byte is read and the depth before each descent, so neither memory nor stack is in the writer's hands.
struct JSONReader: ~Copyable {
    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The only door: the whole of `bytes` is one document.
    static func document(_ bytes: [UInt8], atMost limit: Int) throws(JSONError) -> JSONValue {
        guard bytes.count <= limit else { throw JSONError(.documentTooLong(limit: limit), line: 1, column: 1) }
        var reader = JSONReader(bytes)
        let value = try reader.value()
        reader.skipSpace()
        guard reader.offset == bytes.count else { throw reader.error(.somethingAfterTheEnd) }
        return value
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        skipSpace()
        guard let byte = peek() else { throw error(.endsEarly) }
        switch byte {
        case UInt8(ascii: "{"): return try nested { reader throws(JSONError) in try reader.object() }
        case UInt8(ascii: "["): return try nested { reader throws(JSONError) in try reader.array() }
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error(.unexpectedCharacter)
        }
    }

    private mutating func nested(
        _ read: (inout JSONReader) throws(JSONError) -> JSONValue
    ) throws(JSONError) -> JSONValue {
        guard depth < Limits.nesting else { throw error(.nestedTooDeeply(limit: Limits.nesting)) }
        depth += 1
        defer { depth -= 1 }
        offset += 1
        return try read(&self)
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        var members: [JSONMember] = []
        var seen: Set<String> = []
        if skip(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipSpace()
            guard let byte = peek() else { throw error(.endsEarly) }
            guard byte == UInt8(ascii: "\"") else { throw error(.unexpectedCharacter) }
            let start = offset
            let name = try text()
            // Most objects have a handful of members: comparing is cheaper there than hashing, and only there.
            let isDuplicate =
                members.count < Self.fewMembers
                ? members.contains { $0.name == name } : seen.contains(name)
            guard !isDuplicate else { throw error(.duplicateName(name), at: start) }
            try expect(UInt8(ascii: ":"))
            members.append(JSONMember(name, try value()))
            if members.count == Self.fewMembers {
                seen = Set(members.map(\.name))
            } else if members.count > Self.fewMembers {
                seen.insert(name)
            }
            if skip(UInt8(ascii: "}")) { return .object(members) }
            try expect(UInt8(ascii: ","))
        }
    }

    private static let fewMembers = 16

    private mutating func array() throws(JSONError) -> JSONValue {
        var elements: [JSONValue] = []
        if skip(UInt8(ascii: "]")) { return .array([]) }
        while true {
            elements.append(try value())
            if skip(UInt8(ascii: "]")) { return .array(elements) }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for letter in "\(word)".utf8 {
            guard let byte = peek() else { throw error(.endsEarly) }
            guard byte == letter else { throw error(.unexpectedCharacter) }
            offset += 1
        }
        return value
    }

    // MARK: Numbers

    /// A number without fraction and exponent is a whole number and must fit 64 bits. The one exception is -0, which
    /// only a double can hold.
    private mutating func number() throws(JSONError) -> JSONValue {
        let start = offset
        var isWhole = true
        let isNegative = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if let next = peek(), isDigit(next) { throw error(.badNumber, at: start) }
        } else {
            try digits(of: start)
        }
        if take(UInt8(ascii: ".")) {
            isWhole = false
            try digits(of: start)
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isWhole = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits(of: start)
        }
        let spelling = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isWhole, spelling != "-0" {
            guard let whole = Int64(spelling) else { throw error(.numberOutOfRange, at: start) }
            return .integer(whole)
        }
        guard let value = Double(spelling), value.isFinite else { throw error(.numberOutOfRange, at: start) }
        assert(isNegative == (value.sign == .minus), "the sign is the first character of the spelling")
        return .number(value)
    }

    private mutating func digits(of start: Int) throws(JSONError) {
        guard let first = peek() else { throw error(.endsEarly) }
        guard isDigit(first) else { throw error(.badNumber, at: start) }
        while let byte = peek(), isDigit(byte) { offset += 1 }
    }

    // MARK: Text

    private mutating func text() throws(JSONError) -> String {
        offset += 1
        let start = offset
        skipPlainText()
        if peek() == UInt8(ascii: "\"") {
            defer { offset += 1 }
            return try validated(bytes[start..<offset], from: start)
        }
        var content = Array(bytes[start..<offset])
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return try validated(content[...], from: start)
            case UInt8(ascii: "\\"): try escape(into: &content)
            case 0x00...0x1F: throw error(.controlCharacterInText)
            default:
                let plain = offset
                skipPlainText()
                content.append(contentsOf: bytes[plain..<offset])
            }
        }
        throw error(.endsEarly)
    }

    private mutating func skipPlainText() {
        while let byte = peek(), byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { offset += 1 }
    }

    private func validated(_ content: ArraySlice<UInt8>, from start: Int) throws(JSONError) -> String {
        guard let text = String(validating: content, as: UTF8.self) else { throw error(.notUTF8, at: start) }
        return text
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
        let start = offset
        offset += 1
        guard let letter = peek() else { throw error(.endsEarly) }
        offset += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content.append(contentsOf: try escapedScalar(from: start).utf8)
        default: throw error(.badEscape, at: start)
        }
    }

    /// The scalar of `\uXXXX`, or of two of them when the first is the high half of a surrogate pair.
    private mutating func escapedScalar(from start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try fourDigits(from: start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800...0xDBFF).contains(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw error(offset == bytes.count ? .endsEarly : .loneSurrogate, at: start)
        }
        let second = try fourDigits(from: start)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first & 0x3FF) << 10 + second & 0x3FF)
        else { throw error(.loneSurrogate, at: start) }
        return scalar
    }

    private mutating func fourDigits(from start: Int) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek() else { throw error(.endsEarly) }
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw error(.badEscape, at: start) }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }

    // MARK: Bytes

    private func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        offset += 1
        return true
    }

    /// White space, then `byte` if it is there.
    private mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        return take(byte)
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard !skip(byte) else { return }
        throw error(offset == bytes.count ? .endsEarly : .unexpectedCharacter)
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    /// Lines and columns are worked out only when something is wrong. A column counts characters by their first bytes.
    private func error(_ problem: JSONError.Problem, at place: Int? = nil) -> JSONError {
        let before = bytes[..<(place ?? offset)]
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let line = before.count { $0 == 0x0A } + 1
        return JSONError(problem, line: line, column: before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1)
    }
}

extension JSONValue {
    /// Reads the document that is all of `bytes`, of which there may be `limit`.
    package init(reading bytes: [UInt8], atMost limit: Int) throws(JSONError) {
        self = try JSONReader.document(bytes, atMost: limit)
    }
}
