import Base
import Testing

@testable import Membership

private func beat(_ pulse: UInt64, echo: UInt64, boot: UInt64 = 1) -> Beat {
    Beat(
        life: Life(boot: boot, beat: 0), pulse: pulse, echo: echo, echoAge: 0, loss: 0, root: 0, interval: .seconds(1),
        isDeaf: false)
}

private func second(_ tenths: Int64) -> Instant { .zero + .milliseconds(100 * tenths) }

@Test func lostBeatsAreNotTakenForSlowOnes() throws {
    var pace = Pace(beat(1, echo: 1), at: second(0))
    for pulse in stride(from: UInt64(3), through: 41, by: 2) {
        pace.learn(beat(pulse, echo: pulse), at: second(Int64(pulse) * 10 - 10))
    }
    #expect(pace.between == .seconds(1), "every other beat was lost")
    for pulse in UInt64(42)...80 { pace.learn(beat(pulse, echo: pulse), at: second(400 + Int64(pulse - 41) * 25)) }
    let slow = try #require(pace.between)
    #expect(slow > .milliseconds(2_300) && slow <= .milliseconds(2_500))
    #expect(try Pace(decoding: pace.encoded.raw) == pace)
}

@Test func beatsThatNameNoNewerOneAreCounted() {
    var pace = Pace(beat(1, echo: 9), at: second(0))
    for pulse in UInt64(2)...12 { pace.learn(beat(pulse, echo: 9), at: second(Int64(pulse) * 10)) }
    #expect(pace.unechoed == 11)
    pace.learn(beat(12, echo: 30), at: second(121))
    #expect(pace.unechoed == 11, "the same beat again is no other beat")
    pace.learn(beat(13, echo: 10), at: second(130))
    #expect(pace.unechoed == 0)
    pace.learn(beat(1, echo: 0, boot: 2), at: second(140))
    #expect(pace.between == nil, "another process beats in its own time")
}
