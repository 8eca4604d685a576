/// The values of TOML that are neither quoted nor bracketed: numbers, truth values, dates and times. The whole word is
/// looked at before it is judged, so that a complaint can name it.
enum TOMLScalar {
    struct Mistake: Error {
        var what: String
        var hint: String?
    }

    static func read(_ word: ArraySlice<UInt8>) throws(Mistake) -> TOMLValue.Kind {
        let text = String(decoding: word, as: UTF8.self)
        switch text {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "inf", "+inf": return .float(.infinity)
        case "-inf": return .float(-.infinity)
        case "nan", "+nan", "-nan": return .float(.nan)
        default: break
        }
        var rest = Rest(bytes: word)
        if beginsDateOrTime(word) {
            guard let shape = dateOrTime(&rest), rest.bytes.isEmpty else {
                throw Mistake(what: "\(shown(text)) is not a date or time", hint: "write it like 1979-05-27T07:32:00Z")
            }
            return .dateTime(TOMLDateTime(shape: shape, text: text))
        }
        let unsigned = word.first == UInt8(ascii: "+") || word.first == UInt8(ascii: "-") ? word.dropFirst() : word
        guard let first = unsigned.first, TOMLReader.isDigit(first) || first == UInt8(ascii: ".") else {
            let hint =
                switch text.lowercased() {
                case "true", "yes", "on": "write true"
                case "false", "no", "off": "write false"
                default: "text needs quotes: \(quoted(text))"
                }
            throw Mistake(what: "\(shown(text)) is not a value", hint: hint)
        }
        return try number(&rest, text)
    }

    static func isDate(_ word: ArraySlice<UInt8>) -> Bool {
        var rest = Rest(bytes: word)
        return rest.date() && rest.bytes.isEmpty
    }

    private static func shown(_ text: String) -> String { String(quoted(text).dropFirst().dropLast()) }
}

/// What is left of a word. Each method takes what it is named after from the front and answers whether it was there.
private struct Rest {
    var bytes: ArraySlice<UInt8>

    mutating func take(_ byte: UInt8) -> Bool {
        guard bytes.first == byte else { return false }
        bytes.removeFirst()
        return true
    }

    /// Digits with single underscores between them; without the underscores.
    mutating func digits(where isDigit: (UInt8) -> Bool) -> String? {
        var digits: [UInt8] = []
        repeat {
            let part = bytes.prefix(while: isDigit)
            guard !part.isEmpty else { return nil }
            digits.append(contentsOf: part)
            bytes = bytes.dropFirst(part.count)
        } while take(UInt8(ascii: "_"))
        return String(decoding: digits, as: UTF8.self)
    }

    /// Exactly `count` digits that spell a number in `range`.
    mutating func number(digits count: Int, in range: ClosedRange<Int>) -> Int? {
        let part = bytes.prefix(count)
        guard part.count == count, part.allSatisfy(TOMLReader.isDigit) else { return nil }
        bytes = bytes.dropFirst(count)
        let number = part.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return range.contains(number) ? number : nil
    }

    /// `1979-05-27`, a day that there was or will be.
    mutating func date() -> Bool {
        guard let year = number(digits: 4, in: 0...9_999), take(UInt8(ascii: "-")),
            let month = number(digits: 2, in: 1...12), take(UInt8(ascii: "-")),
            let day = number(digits: 2, in: 1...31)
        else { return false }
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        switch month {
        case 2: return day <= (isLeap ? 29 : 28)
        case 4, 6, 9, 11: return day <= 30
        default: return true
        }
    }

    /// `07:32:00.25`. A leap second (60) is refused: no clock of ours could show it.
    mutating func time() -> Bool {
        guard number(digits: 2, in: 0...23) != nil, take(UInt8(ascii: ":")),
            number(digits: 2, in: 0...59) != nil, take(UInt8(ascii: ":")),
            number(digits: 2, in: 0...59) != nil
        else { return false }
        guard take(UInt8(ascii: ".")) else { return true }
        let fraction = bytes.prefix(while: TOMLReader.isDigit)
        bytes = bytes.dropFirst(fraction.count)
        return !fraction.isEmpty
    }

    /// `Z`, `+01:00`.
    mutating func offset() -> Bool {
        if take(UInt8(ascii: "Z")) || take(UInt8(ascii: "z")) { return true }
        return (take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))) && number(digits: 2, in: 0...23) != nil
            && take(UInt8(ascii: ":")) && number(digits: 2, in: 0...59) != nil
    }
}

extension TOMLScalar {
    /// Four digits and a hyphen, or two digits and a colon: no number looks like that.
    private static func beginsDateOrTime(_ word: ArraySlice<UInt8>) -> Bool {
        let digits = word.prefix(while: TOMLReader.isDigit).count
        let next = word.dropFirst(digits).first
        return digits == 4 && next == UInt8(ascii: "-") || digits == 2 && next == UInt8(ascii: ":")
    }

    private static func dateOrTime(_ rest: inout Rest) -> TOMLDateTime.Shape? {
        if rest.bytes.dropFirst(2).first == UInt8(ascii: ":") { return rest.time() ? .localTime : nil }
        guard rest.date() else { return nil }
        guard !rest.bytes.isEmpty else { return .localDate }
        guard rest.take(UInt8(ascii: "T")) || rest.take(UInt8(ascii: "t")) || rest.take(UInt8(ascii: " ")), rest.time()
        else { return nil }
        if rest.bytes.isEmpty { return .localDateTime }
        return rest.offset() ? .offsetDateTime : nil
    }

    private static func number(_ rest: inout Rest, _ text: String) throws(Mistake) -> TOMLValue.Kind {
        let isNegative = rest.take(UInt8(ascii: "-"))
        let isSigned = isNegative || rest.take(UInt8(ascii: "+"))
        if rest.bytes.count > 1, rest.bytes.first == UInt8(ascii: "0"), let radix = radix(rest.bytes.dropFirst().first)
        {
            rest.bytes = rest.bytes.dropFirst(2)
            let digits = rest.digits { byte in
                Character(Unicode.Scalar(byte)).hexDigitValue.map { $0 < radix } ?? false
            }
            guard !isSigned, let digits, rest.bytes.isEmpty else { throw notANumber(text) }
            guard let value = Int64(digits, radix: radix) else { throw tooLarge(text) }
            return .integer(value)
        }
        guard let whole = rest.digits(where: TOMLReader.isDigit) else { throw notANumber(text) }
        guard whole.utf8.count == 1 || !whole.hasPrefix("0") else {
            throw Mistake(what: "\(shown(text)) begins with a zero", hint: "an octal number begins with 0o")
        }
        var number = (isNegative ? "-" : "") + whole
        if rest.bytes.isEmpty {
            guard let value = Int64(number) else { throw tooLarge(text) }
            return .integer(value)
        }
        if rest.take(UInt8(ascii: ".")) {
            guard let fraction = rest.digits(where: TOMLReader.isDigit) else { throw notANumber(text) }
            number += "." + fraction
        }
        if rest.take(UInt8(ascii: "e")) || rest.take(UInt8(ascii: "E")) {
            let sign = rest.take(UInt8(ascii: "-")) ? "-" : ""
            if sign.isEmpty { _ = rest.take(UInt8(ascii: "+")) }
            guard let exponent = rest.digits(where: TOMLReader.isDigit) else { throw notANumber(text) }
            number += "e" + sign + exponent
        }
        guard rest.bytes.isEmpty, let value = Double(number) else { throw notANumber(text) }
        return .float(value)
    }

    private static func radix(_ letter: UInt8?) -> Int? {
        switch letter {
        case UInt8(ascii: "x"): 16
        case UInt8(ascii: "o"): 8
        case UInt8(ascii: "b"): 2
        default: nil
        }
    }

    private static func notANumber(_ text: String) -> Mistake {
        let hasLetters = text.utf8.contains { $0 > UInt8(ascii: "9") && $0 != UInt8(ascii: "_") }
        let hint = hasLetters ? "text needs quotes: \(quoted(text))" : nil
        return Mistake(what: "\(shown(text)) is not a number", hint: hint)
    }

    private static func tooLarge(_ text: String) -> Mistake {
        Mistake(what: "\(shown(text)) does not fit into 64 bits", hint: nil)
    }
}
