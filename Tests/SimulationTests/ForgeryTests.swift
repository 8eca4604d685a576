import Base
import Testing

@testable import Simulation

@Test(arguments: [1, 2] as [UInt64]) func nothingThatAnAttackerMakesOfTheWireIsTaken(seed: UInt64) {
    var forgery = Forgery(seed: seed)
    let packets = forgery.tryPackets(100_000)
    #expect(packets.tried == 100_000 && packets.accepted == 0 && packets.stateChanges == 0)
    // Each trick is refused for the reason that it was thought of for.
    for reason in ["bad-seal", "replayed", "unknown-session", "bad-length", "bad-header", "old-phase"] {
        #expect(packets.refused[reason] ?? 0 > 0, "\(reason) never came")
    }
    let handshakes = forgery.tryHandshakes(10_000)
    #expect(handshakes.tried == 10_000 && handshakes.accepted == 0 && handshakes.stateChanges == 0)
    for reason in ["bad-code", "bad-handshake", "unexpected", "bad-length"] {
        #expect(handshakes.refused[reason] ?? 0 > 0, "\(reason) never came")
    }
}
