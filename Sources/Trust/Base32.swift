/// Crockford's base 32: no letter that is mistaken for another, the same in capitals and small letters, so that it
/// survives being read aloud over a bad line. Hyphens may stand anywhere and mean nothing.
enum Base32 {
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    static func text(of bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(digits[Int(bits >> UInt32(count) & 31)])
            }
        }
        if count > 0 { text.append(digits[Int(bits << UInt32(5 - count) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil for a character that is no digit, or for left-over bits that are not zero.
    static func bytes(of text: some Collection<Character>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for character in text where character != "-" {
            guard let value = value(of: character) else { return nil }
            bits = bits << 5 | UInt32(value)
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        let rest = bits & (1 << UInt32(count) - 1)
        return count < 5 && rest == 0 ? bytes : nil
    }

    private static func value(of character: Character) -> UInt8? {
        switch character.uppercased() {
        case "O": return 0
        case "I", "L": return 1
        case let capital:
            guard let digit = capital.utf8.first, capital.utf8.count == 1 else { return nil }
            return digits.firstIndex(of: digit).map { UInt8($0) }
        }
    }
}
