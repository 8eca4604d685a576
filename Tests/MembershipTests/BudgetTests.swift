import Base
import Testing

@testable import Membership

extension [Effect] {
    fileprivate var wireBytes: Int {
        sent.reduce(0) { $0 + $1.message.encoded.count + Limits.membershipOverhead }
    }
}

/// The most that a node of sixty says in any second while half of the others fall silent and the rest ask it about them
/// as fast as they can.
private func busiestSecond(_ change: (inout MembershipRules) -> Void = { _ in }) -> (bytes: Int, pongs: Int) {
    var subject = Subject(2...60, rules: change)
    _ = subject.run(until: 60_000)
    for number in UInt64(2)...60 where number % 2 == 0 { subject.beating[number] = nil }
    var (steps, pongs): ([Int], Int) = ([], 0)
    for step in UInt64(0)..<100 {
        var said = subject.run(until: subject.now + 50)
        for peer in stride(from: UInt64(3), through: 59, by: 2) {
            let other = 2 + 2 * ((peer + step) % 29)
            let charge = charge(other, pulse: 60)
            for question in [MembershipMessage.accuse(word(by: peer, charge)), .seek(charge)] {
                said += subject.receive(question, from: peer)
            }
        }
        if step % 4 == 0 {
            let answer = subject.receive(.ping(number: step, pulse: 60, held: nil), from: 3)
            pongs += answer.sent.count { if case .pong = $0.message { true } else { false } }
            said += answer
        }
        steps.append(said.wireBytes)
    }
    let seconds = (0...steps.count - 20).map { steps[$0..<$0 + 20].reduce(0, +) }
    return (seconds.max() ?? 0, pongs)
}

@Test func noSecondHoldsMoreThanTheBudgetAndPingsAreAnsweredFirst() {
    let busiest = busiestSecond()
    #expect((15_000...25_000).contains(busiest.bytes), "\(busiest.bytes) bytes")
    #expect(busiest.pongs == 25)
}

/// Planted bug: with a budget that is never spent the same minute is far above the bound.
@Test func withoutTheBudgetTheBusiestSecondIsFarWorse() {
    #expect(busiestSecond { $0.bytesPerSecond = 1 << 20 }.bytes > 40_000)
}

@Test func aNewBudgetIsAFullOne() {
    var allowance = Allowance()
    for _ in 0..<4 {
        #expect(allowance.allows(at: .zero, perSecond: 10, burst: 3))
        allowance.spend(1, perSecond: 10, at: .zero)
    }
    #expect(!allowance.allows(at: .zero, perSecond: 10, burst: 3), "one more than was saved up is a debt")
    #expect(allowance.opens(perSecond: 10, burst: 3) == .zero + .milliseconds(100))
    #expect(!allowance.allows(at: .zero + .seconds(9), perSecond: 0), "no budget is never there")
}

@Test func whoeverHasAnsweredAnAccusationIsNotToldItAgainAtOnce() {
    var subject = Subject(2...5)
    _ = subject.run(until: 60_000)
    subject.beating[2] = nil
    _ = subject.run(until: 63_000)
    func accusations(_ effects: [Effect], to peer: UInt64) -> Int {
        effects.sent.count { if case .accuse = $0.message { $0.to == peer } else { false } }
    }
    _ = subject.receive(.witness(charge(2, pulse: 0)), from: 3)
    let next = subject.run(until: 63_900)
    #expect(accusations(next, to: 3) == 0 && accusations(next, to: 4) >= 3)
    #expect(accusations(subject.run(until: 66_900), to: 3) >= 6, "it counts for three seconds, and is repeated by then")
}
