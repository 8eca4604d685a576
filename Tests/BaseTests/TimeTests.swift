import Base
import Testing

@Test func unitsAgree() {
    #expect(Interval.days(1) == .hours(24))
    #expect(Interval.hours(1) == .minutes(60))
    #expect(Interval.minutes(1) == .seconds(60))
    #expect(Interval.seconds(1) == .milliseconds(1_000))
    #expect(Interval.milliseconds(1) == .microseconds(1_000))
    #expect(Interval.microseconds(1) == .nanoseconds(1_000))
    #expect((Interval.seconds(90).seconds, Interval.seconds(90).milliseconds) == (90, 90_000))
    #expect(Interval.seconds(1) / 4 * 2 - .milliseconds(250) + .zero == .milliseconds(250))
}

@Test func anInstantStopsAtBothEndsOfTime() {
    let end = Instant(nanoseconds: .max)
    #expect(end + .nanoseconds(1) == end)
    #expect(end - .nanoseconds(.min) == end)
    #expect(Instant.zero - .nanoseconds(1) == .zero)
    #expect(Instant.zero + .nanoseconds(.min) == .zero)
    #expect(Instant.zero + .seconds(2) - .seconds(2) == .zero)
}

@Test func theTimeBetweenTwoInstantsIsSigned() {
    let (early, late) = (Instant(nanoseconds: 100), Instant(nanoseconds: 350))
    #expect(late - early == .nanoseconds(250))
    #expect(early - late == .nanoseconds(-250))
    #expect(Instant(nanoseconds: .max) - .zero == .nanoseconds(.max))
    #expect(Instant.zero - Instant(nanoseconds: .max) == .nanoseconds(-.max))
}

@Test func aWallTimeStopsAtBothEndsOfTime() {
    #expect(WallTime(milliseconds: 5) + .seconds(1) == WallTime(milliseconds: 1_005))
    #expect(WallTime(milliseconds: .max) + .seconds(1) == WallTime(milliseconds: .max))
    #expect(WallTime(milliseconds: .min) + .seconds(-1) == WallTime(milliseconds: .min))
}
