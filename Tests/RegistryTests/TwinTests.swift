import Base
import Testing
import Trust

@testable import Registry

/// A node that hears the starts of its peer in this order; answers whether it calls it twins.
private func twins(after starts: [UInt64]) -> Bool {
    var parish = Parish(2)
    parish.connect(0, 1)
    for start in starts { parish.receive(.start(start, twin: false), at: 0, from: 1) }
    return parish.engines[0].twins[Parish.id(1)] != nil
}

@Test func aStartThatComesBackTwiceIsATwin() {
    #expect(!twins(after: [5]) && !twins(after: [5, 5, 5]))
    #expect(!twins(after: Array(1...50)), "a node may start as often as it likes")
    #expect(!twins(after: [5, 6, 5, 5, 7, 8]), "one datagram that was overtaken is no twin")
    #expect(twins(after: [5, 6, 5, 6]) && twins(after: [5, 6, 5, 7, 6]))
}

@Test func aTwinIsToldAndForgottenWhenItIsNotHeardForAnHour() throws {
    var parish = Parish(3)
    parish.connect(0, 1)
    for start in [5, 6, 5, 6] as [UInt64] { parish.receive(.start(start, twin: false), at: 0, from: 1) }
    #expect(parish.notes.contains { $0.node == 0 && $0.note == .twin(Parish.id(1)) })
    parish.run(milliseconds: 1_000)
    #expect(parish.engines[1].twins[Parish.id(1)] != nil, "it was told")
    let before = parish.engines[0]
    #expect(try RegistryEngine(decoding: before.encoded.raw).encoded == before.encoded)
    var engine = parish.engines[0]
    var outbox = Outbox<RegistryEngine.Effect>()
    engine.wake(at: Now(instant: parish.now.instant + .hours(2), wall: parish.now.wall), into: &outbox)
    #expect(engine.twins.isEmpty)
    // Strangers are told nothing, and heard about nothing.
    parish.receive(.start(1, twin: true), at: 0, from: 50)
    #expect(parish.engines[0].twins[Parish.id(0)] == nil && parish.engines[0].starts[Parish.id(50)] == nil)
}
