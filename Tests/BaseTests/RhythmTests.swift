import Base
import Testing

private func at(_ seconds: Int64) -> Instant { .zero + .seconds(seconds) }

@Test func comparisonsAreSeldomWhenNothingWasNewForAWhile() {
    var rhythm = Rhythm(lively: .seconds(2), calm: .seconds(8), patience: .seconds(30), at: at(10))
    #expect(rhythm.interval(at: at(10)) == .seconds(2))
    #expect(rhythm.interval(at: at(39)) == .seconds(2))
    #expect(rhythm.interval(at: at(40)) == .seconds(8))
    rhythm.notice(at: at(100))
    #expect(rhythm.interval(at: at(129)) == .seconds(2) && rhythm.interval(at: at(130)) == .seconds(8))
    // What was noticed later stands.
    rhythm.notice(at: at(50))
    #expect(rhythm.interval(at: at(129)) == .seconds(2))
}
