/// A wall time as people write it: year, month, day, hour, minute, second, in the proleptic Gregorian calendar. The
/// arithmetic is our own, so that the daemon needs no time zone files and a recording reads the same on every machine.
///
/// A wrong clock may claim any time at all, but RFC 3339 has room for the years 0000 to 9999: what lies outside is
/// written as the nearest moment inside.
package struct CalendarTime: Hashable, Sendable {
    package var year: Int
    package var month: Int
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int
    package var millisecond: Int

    /// The first and the last millisecond that RFC 3339 can write.
    package static let first = WallTime(milliseconds: -62_167_219_200_000)
    package static let last = WallTime(milliseconds: 253_402_300_799_999)

    package init(_ wall: WallTime) {
        let wall = min(max(wall, Self.first), Self.last)
        let day = floorDivide(wall.milliseconds, 86_400_000)
        let inDay = Int(wall.milliseconds - day * 86_400_000)
        (year, month, self.day) = Self.date(ofDay: Int(day))
        hour = inDay / 3_600_000
        minute = inDay / 60_000 % 60
        second = inDay / 1_000 % 60
        millisecond = inDay % 1_000
    }

    package var wall: WallTime {
        let seconds = Self.day(year: year, month: month, day: day) * 86_400 + hour * 3_600 + minute * 60 + second
        return WallTime(milliseconds: Int64(seconds) * 1_000 + Int64(millisecond))
    }

    /// Four hundred years of the calendar always have the same days, and counting years from March puts the leap day at
    /// a year's end; so a day number is taken apart by divisions only.
    private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let fromMarch = day + daysToEpoch
        let era = floorDivide(fromMarch, daysPerEra)
        let ofEra = fromMarch - era * daysPerEra
        let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * ofYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private static func day(year: Int, month: Int, day: Int) -> Int {
        let marchYear = month <= 2 ? year - 1 : year
        let era = floorDivide(marchYear, 400)
        let yearOfEra = marchYear - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * daysPerEra + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - daysToEpoch
    }

    private static let daysPerEra = 146_097
    /// From 1 March of the year 0 to 1 January 1970.
    private static let daysToEpoch = 719_468
}

/// RFC 3339 in Universal Time, always with milliseconds: `2026-11-20T14:02:11.118Z`, so that the texts sort as the
/// times do.
extension CalendarTime: CustomStringConvertible {
    package var description: String {
        "\(date)T\(clock).\(padded(millisecond, to: 3))Z"
    }

    /// `2026-11-20`
    package var date: String { "\(padded(year, to: 4))-\(padded(month, to: 2))-\(padded(day, to: 2))" }
    /// `14:02:11`
    package var clock: String { "\(padded(hour, to: 2)):\(padded(minute, to: 2)):\(padded(second, to: 2))" }

    /// Reads exactly what `description` writes; nil for anything else, such as the 30th of February.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 24 else { return nil }
        func number(_ range: Range<Int>) -> Int64 { bytes[range].reduce(0) { $0 * 10 + Int64($1 &- 0x30) } }
        self.init(.init(milliseconds: 0))
        year = Int(number(0..<4))
        month = Int(number(5..<7))
        day = Int(number(8..<10))
        hour = Int(number(11..<13))
        minute = Int(number(14..<16))
        second = Int(number(17..<19))
        millisecond = Int(number(20..<23))
        guard (1...12).contains(month), CalendarTime(wall).description == text else { return nil }
    }
}

extension WallTime {
    /// RFC 3339 in Universal Time with milliseconds.
    package var rfc3339: String { CalendarTime(self).description }

    package init?(rfc3339 text: String) {
        guard let time = CalendarTime(text) else { return nil }
        self = time.wall
    }
}

private func padded(_ number: Int, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

private func floorDivide<Number: SignedInteger>(_ dividend: Number, _ divisor: Number) -> Number {
    let quotient = dividend / divisor
    return dividend % divisor < 0 ? quotient - 1 : quotient
}
