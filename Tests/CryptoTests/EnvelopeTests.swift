import Base
import Testing

@testable import Crypto

private func makeKey(_ seed: UInt64 = 1) -> EnvelopeKey {
    var entropy = Entropy.seeded(seed)
    return EnvelopeKey(from: &entropy)
}

/// Room for an envelope around `body`.
private func room(for body: [UInt8]) -> [UInt8] {
    [UInt8](repeating: 0, count: EnvelopeKey.nonceByteCount) + body
        + [UInt8](repeating: 0, count: EnvelopeKey.tagByteCount)
}

extension EnvelopeKey {
    fileprivate func packet(_ body: [UInt8], from entropy: inout Entropy) -> [UInt8] {
        var packet = header + room(for: body)
        var span = packet.mutableRaw
        seal(&span, after: header.count, from: &entropy)
        return packet
    }

    /// The body of `packet`; nil when it does not open, and then nothing may be left of it.
    fileprivate func body(of packet: [UInt8]) -> [UInt8]? {
        var packet = packet
        var range: Range<Int>?
        do {
            var span = packet.mutableRaw
            range = try open(&span, after: header.count)
        } catch {
            #expect(error == .notAuthentic)
        }
        if let range { return Array(packet[range]) }
        if packet.count >= header.count + EnvelopeKey.overhead {
            #expect(packet[header.count...].allSatisfy { $0 == 0 })
        }
        return nil
    }
}

@Test func anEnvelopeOpensToItsText() {
    let key = makeKey()
    var entropy = Entropy.seeded(5)
    for count in [0, 1, 64, 300, 65_536] {
        let packet = key.packet(text(count), from: &entropy)
        #expect(packet[..<header.count].elementsEqual(header))
        #expect(key.body(of: packet) == text(count))
        #expect(makeKey(2).body(of: packet) == nil)
    }
}

@Test func twoEnvelopesOfOneTextHaveNothingInCommon() {
    let key = makeKey()
    var entropy = Entropy.seeded(5)
    let one = key.packet(text(64), from: &entropy)
    let other = key.packet(text(64), from: &entropy)
    #expect(one[16..<40] != other[16..<40])
    #expect(one[40...] != other[40...])
}

@Test func oneChangedBitAnywhereInAnEnvelopeIsRefusedAndLeavesNothing() {
    let key = makeKey()
    var entropy = Entropy.seeded(5)
    let packet = key.packet(text(60), from: &entropy)
    for bit in 0..<packet.count * 8 { #expect(key.body(of: tampered(packet, bit: bit)) == nil) }
    for count in 0..<packet.count { #expect(key.body(of: Array(packet[..<count])) == nil) }
}

@Test func anEnvelopeMovedToAnotherPlaceDoesNotOpen() throws {
    let key = makeKey()
    var entropy = Entropy.seeded(5)
    var envelope = room(for: text(60))
    var span = envelope.mutableRaw
    key.seal(&span, with: Array("secrets/7/value".utf8).raw, from: &entropy)

    var copy = envelope
    var opening = copy.mutableRaw
    let range = try key.open(&opening, with: Array("secrets/7/value".utf8).raw)
    #expect(Array(copy[range]) == text(60))

    var moved = envelope
    var movedSpan = moved.mutableRaw
    #expect(refusal { _ = try key.open(&movedSpan, with: Array("secrets/8/value".utf8).raw) } == .notAuthentic)
    #expect(moved.allSatisfy { $0 == 0 })
}

@Test func anEnvelopeKeyOfAnotherLengthIsRefused() {
    for count in [1, 31, 33, 64] {
        #expect(refusal { _ = try EnvelopeKey(secret(text(count))) } == .malformed)
    }
}

@Test(.reads(.xChaChaPoly)) func xChaChaPolyJudgesAsWycheproofSays() throws {
    let file = try Vectors.load(.xChaChaPoly, as: Wycheproof<SealingGroup>.self)
    var judged = 0
    for group in file.testGroups {
        for test in group.tests {
            judged += 1
            guard group.ivSize == 192 else {
                #expect(test.result == .invalid, "case \(test.tcId): a nonce that the type cannot hold")
                continue
            }
            let key = try EnvelopeKey(secret(test.key.bytes))
            let packet = test.iv.bytes + test.ct.bytes + test.tag.bytes
            var made = room(for: test.msg.bytes)
            made.replaceSubrange(..<EnvelopeKey.nonceByteCount, with: test.iv.bytes)
            made.withUnsafeMutableBytes { envelope in
                test.aad.bytes.withUnsafeBytes { key.encrypt(envelope, additional: $0) }
            }
            #expect((made == packet) == (test.result == .valid), "case \(test.tcId)")

            var read = packet
            var opening = read.mutableRaw
            let range = try? key.open(&opening, with: test.aad.bytes.raw)
            #expect(
                range.map { Array(read[$0]) } == (test.result == .valid ? test.msg.bytes : nil), "case \(test.tcId)")
        }
    }
    #expect(judged == 315)
}
