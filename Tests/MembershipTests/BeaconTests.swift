import Base
import Testing

@testable import Membership

private let caller = Address(v4: 0x0A09_0001, port: 7946)

/// A node that calls out, with so many present besides it.
private func subject(present: UInt64 = 0, at start: Int64 = 10_000) -> Subject {
    Subject(present == 0 ? nil : 2...present + 1, at: start, callsOut: true)
}

extension [Effect] {
    fileprivate var calls: [Bool] { compactMap { if case .callOut(let isLonely) = $0 { isLonely } else { nil } } }
    fileprivate var hellos: [Address] {
        compactMap { effect in
            guard case .send(.hello, to: let contact) = effect, contact.node == nil else { return nil }
            return contact.address
        }
    }
}

@Test func whoIsAloneCallsEveryFewSeconds() {
    var alone = subject()
    let calls = alone.run(until: 300_000).calls
    #expect((40...90).contains(calls.count) && calls.allSatisfy { $0 })
    var silent = Subject(at: 0)
    #expect(silent.run(until: 300_000).calls.isEmpty, "it is switched off")
}

@Test func thoseWhoAreTogetherCallSeldomAndTheMoreTheyAreTheMoreSeldom() {
    var three = subject(present: 2)
    #expect((5...20).contains(three.run(until: 3_600_000 / 2).calls.count))
    var thirty = subject(present: 29)
    let calls = thirty.run(until: 3_600_000 / 2).calls
    #expect(calls.count <= 3 && calls.allSatisfy { !$0 })
}

@Test func whoIsLeftAloneDoesNotWaitForTheQuietPause() {
    var subject = subject(present: 3)
    _ = subject.run(until: 100_000)
    subject.beating = [:]
    let calls = subject.run(until: 200_000).calls
    #expect(calls.contains(true))
}

@Test func aCallIsAnsweredWithAHelloAndOnce() {
    var alone = subject()
    let call = Call(isLonely: true, addresses: [caller, Address(v4: 0x0A09_0002, port: 7946)])
    #expect(alone.hear(call).hellos == [caller])
    #expect(alone.hear(call).hellos.isEmpty, "it came by broadcast, too")
    _ = alone.run(until: 15_000)
    #expect(alone.hear(call).hellos == [caller], "it calls again: the hello was lost")
    #expect(alone.hear(Call(isLonely: true, addresses: [])).isEmpty)
}

@Test func aMemberThatIsNotLonelyNeedsNoAnswer() {
    var subject = subject(present: 2)
    #expect(subject.hear(Call(isLonely: false, addresses: [port(2)])).hellos.isEmpty)
    #expect(subject.hear(Call(isLonely: true, addresses: [port(2)])).hellos == [port(2)])
    #expect(subject.hear(Call(isLonely: false, addresses: [caller])).hellos == [caller], "nobody here knows it")
}

/// Of a hundred that hear a call about four answer; and one that hears calls without end answers one a second.
@Test func answersAreFew() {
    var alone = subject()
    var subject = subject(present: 99)
    var answers = 0
    for number in UInt64(1)...400 {
        _ = subject.run(until: 10_000 + Int64(number) * 1_500)
        answers += subject.hear(Call(isLonely: true, addresses: [port(1_000 + number)])).hellos.count
    }
    #expect((4...40).contains(answers), "\(answers) of 400")

    var flood = 0
    for number in UInt64(1)...1_000 {
        flood += alone.hear(Call(isLonely: true, addresses: [port(1_000 + number)])).hellos.count
    }
    #expect((1...5).contains(flood), "\(flood) of 1,000 at once")
}

@Test func whoHasLeftNeitherCallsNorAnswers() {
    var subject = subject(present: 2)
    _ = subject.leave()
    #expect(subject.hear(Call(isLonely: true, addresses: [caller])).hellos.isEmpty)
    #expect(subject.engine.deadline == nil)
}
