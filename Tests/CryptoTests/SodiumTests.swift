import Foundation
import Testing

@testable import Crypto

@Test func startingTwiceIsStartingOnce() throws {
    #expect(throws: Never.self) { try Sodium.start() }
    #expect(throws: Never.self) { try Sodium.start() }
}

/// A libsodium that nobody initialised computes the right bytes slowly; only this tells.
@Test func libsodiumIsReallyInitialisedAndSoKnowsTheProcessor() throws {
    let processor = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    let words = Set(processor.split(whereSeparator: \.isWhitespace))
    #expect(Sodium.usesVectorUnits || words.isDisjoint(with: ["sse2", "neon", "asimd"]))
}

@Test func aWitnessOfLibsodiumTakesNoSpace() {
    #expect(MemoryLayout<Sodium>.size == 0)
    #expect(MemoryLayout<Signature>.size == 64)
    #expect(MemoryLayout<VerifyingKey>.size == 32)
}
