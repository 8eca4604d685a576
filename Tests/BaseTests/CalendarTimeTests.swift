import Base
import Testing

private func wall(day: Int64, millisecondsInDay: Int64 = 0) -> WallTime {
    WallTime(milliseconds: day * 86_400_000 + millisecondsInDay)
}

@Test(
    arguments: [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_800_000, "2000-03-01T00:00:00.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        (1_795_183_331_118, "2026-11-20T14:02:11.118Z"),
        (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
func aWallTimeIsWrittenAsRFC3339(_ milliseconds: Int64, _ text: String) {
    #expect(WallTime(milliseconds: milliseconds).rfc3339 == text)
    #expect(WallTime(rfc3339: text) == WallTime(milliseconds: milliseconds))
}

@Test func timesThatRFC3339CannotWriteBecomeTheNearestThatItCan() {
    #expect(WallTime(milliseconds: .max).rfc3339 == "9999-12-31T23:59:59.999Z")
    #expect(WallTime(milliseconds: 253_402_300_800_000).rfc3339 == "9999-12-31T23:59:59.999Z")
    #expect(WallTime(milliseconds: -62_167_219_200_001).rfc3339 == "0000-01-01T00:00:00.000Z")
    #expect(WallTime(milliseconds: .min).rfc3339 == "0000-01-01T00:00:00.000Z")
}

/// Walks every day of ten thousand years by the rule that a child learns, and compares.
@Test func everyDayOfTheCalendarAgreesWithCounting() {
    var day: Int64 = -719_528
    for year in 0...9_999 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        for (index, length) in [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
            for dayOfMonth in 1...length {
                let time = CalendarTime(wall(day: day, millisecondsInDay: 86_399_999))
                if time.year != year || time.month != index + 1 || time.day != dayOfMonth
                    || time.wall != wall(day: day, millisecondsInDay: 86_399_999)
                {
                    Issue.record("day \(day) is \(year)-\(index + 1)-\(dayOfMonth), not \(time)")
                    return
                }
                day += 1
            }
        }
    }
    #expect(wall(day: day).milliseconds == CalendarTime.last.milliseconds + 1)
}

@Test(arguments: [
    "", "2026-02-30T00:00:00.000Z", "2100-02-29T00:00:00.000Z", "2026-13-01T00:00:00.000Z", "2026-00-01T00:00:00.000Z",
    "2026-01-00T00:00:00.000Z", "2026-01-01T24:00:00.000Z", "2026-01-01T00:60:00.000Z", "2026-01-01T00:00:60.000Z",
    "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000z", "2026-01-01 00:00:00.000Z", "2026-01-01T00:00:00.000+",
    "202a-01-01T00:00:00.000Z", "-001-01-01T00:00:00.000Z", "2026-01-01T00:00:00.0000Z", "２026-01-01T00:00:00.00Z",
])
func whatIsNotATimeIsNotReadAsOne(_ text: String) {
    #expect(WallTime(rfc3339: text) == nil)
}
