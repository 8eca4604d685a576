internal import Base

/// How numbers are written for people. Programs read JSON, where numbers stay numbers.
enum Figures {
    /// The two largest units: `2d 4h`, `6h`, `3m 20s`, `48s`.
    static func elapsed(_ interval: Interval) -> String {
        let seconds = max(0, interval.seconds)
        let units: [(count: Int64, name: String)] = [
            (seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"),
        ]
        guard let first = units.firstIndex(where: { $0.count > 0 }) else { return "0s" }
        let shown = units[first..<min(first + 2, units.count)].filter { $0.count > 0 }
        return shown.map { "\($0.count)\($0.name)" }.joined(separator: " ")
    }

    /// An age to the tenth of a second while it is young: `4.2 s`.
    static func age(_ interval: Interval) -> String {
        let tenths = max(0, interval.milliseconds) / 100
        return tenths < 600 ? "\(tenths / 10).\(tenths % 10) s" : elapsed(interval)
    }

    /// A short time with one place behind the point as long as it says something: `0.4 ms`, `41 ms`, `1.2 s`.
    static func brief(_ interval: Interval) -> String {
        let microseconds = max(0, interval.nanoseconds / 1_000)
        if microseconds < 10_000 { return "\(microseconds / 1_000).\(microseconds / 100 % 10) ms" }
        return microseconds < 1_000_000 ? "\(microseconds / 1_000) ms" : age(interval)
    }

    /// Seconds to the microsecond, for programs.
    static func rawSeconds(_ interval: Interval) -> String {
        let microseconds = max(0, interval.nanoseconds / 1_000)
        let fraction = String(microseconds % 1_000_000)
        return "\(microseconds / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
    }

    /// Parts per million as a person reads them: `0.4%`, `12%`.
    static func percent(_ millionths: Int) -> String {
        millionths < 100_000 ? "\(millionths / 10_000).\(millionths / 1_000 % 10)%" : "\(millionths / 10_000)%"
    }

    /// The same for programs, without the sign.
    static func rawPercent(_ millionths: Int) -> String { "\(millionths / 10_000).\(millionths / 1_000 % 10)" }

    /// `1,204,311`
    static func count(_ number: Int) -> String {
        var groups: [Substring] = []
        var rest = String(number.magnitude)[...]
        while rest.count > 3 {
            groups.append(rest.suffix(3))
            rest = rest.dropLast(3)
        }
        groups.append(rest)
        return (number < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
    }

    /// `1 member`, `12 members`
    static func count(_ number: Int, _ noun: String) -> String { "\(count(number)) \(noun)\(number == 1 ? "" : "s")" }

    /// Decimal units, as disks and networks count: `812 B`, `96.3 kB`, `1.2 GB`.
    static func bytes(_ count: Int) -> String {
        guard count >= 1_000 else { return "\(count) B" }
        var unit = 0
        var scale = 1_000
        while count / scale >= 1_000, unit < 4 {
            scale *= 1_000
            unit += 1
        }
        return "\(count / scale).\(count % scale * 10 / scale) \(["kB", "MB", "GB", "TB", "PB"][unit])"
    }

    /// The time of day to the millisecond: `14:02:11.118`.
    static func clock(_ wall: WallTime, secondsEast: Int) -> String {
        let shown = CalendarTime(wall + .seconds(Int64(secondsEast)))
        let fraction = String(shown.millisecond)
        return shown.clock + "." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }

    /// A moment for people: `2026-11-20 14:02:11 UTC`, or with the zone's distance: `2026-11-20 15:02:11 +01:00`.
    static func moment(_ wall: WallTime, secondsEast: Int) -> String {
        let shown = CalendarTime(wall + .seconds(Int64(secondsEast)))
        guard secondsEast != 0 else { return "\(shown.date) \(shown.clock) UTC" }
        let minutes = secondsEast.magnitude / 60
        let distance = CalendarTime(WallTime(milliseconds: Int64(minutes) * 60_000)).clock.prefix(5)
        return "\(shown.date) \(shown.clock) \(secondsEast < 0 ? "-" : "+")\(distance)"
    }
}
