import Base
import Testing

@testable import Crypto

private func makeKey(_ seed: UInt64 = 1) -> SealingKey {
    var entropy = Entropy.seeded(seed)
    return SealingKey(SecretBytes(from: &entropy))
}

extension SealingKey {
    /// A packet with `body` sealed behind the header.
    fileprivate func packet(_ body: [UInt8], counter: UInt64) -> [UInt8] {
        var packet = header + body + [UInt8](repeating: 0, count: SealingKey.tagByteCount)
        var span = packet.mutableRaw
        seal(&span, after: header.count, counter: counter)
        return packet
    }

    /// The body of `packet`; nil when it does not open, and then nothing may be left of it.
    fileprivate func body(of packet: [UInt8], counter: UInt64) -> [UInt8]? {
        var packet = packet
        var range: Range<Int>?
        do {
            var span = packet.mutableRaw
            range = try open(&span, after: header.count, counter: counter)
        } catch {
            #expect(error == .notAuthentic)
        }
        if let range { return Array(packet[range]) }
        if packet.count >= header.count + SealingKey.tagByteCount {
            #expect(packet[header.count...].allSatisfy { $0 == 0 })
        }
        return nil
    }
}

@Test func aSealedPacketOpensToItsText() {
    let key = makeKey()
    for count in [0, 1, 15, 16, 17, 255, 300, 1_200, 65_507] {
        let packet = key.packet(text(count), counter: UInt64(count))
        #expect(packet[..<header.count].elementsEqual(header))
        #expect(key.body(of: packet, counter: UInt64(count)) == text(count))
        if count >= 15 { #expect(!packet[header.count...].starts(with: text(count))) }
    }
}

@Test func oneChangedBitAnywhereInAPacketIsRefusedAndLeavesNothing() {
    let key = makeKey()
    let packet = key.packet(text(100), counter: 9)
    for bit in 0..<packet.count * 8 { #expect(key.body(of: tampered(packet, bit: bit), counter: 9) == nil) }
}

@Test func aPacketUnderAnotherNumberOrKeyIsRefused() {
    let key = makeKey()
    let packet = key.packet(text(100), counter: 9)
    for bit in 0..<64 { #expect(key.body(of: packet, counter: 9 ^ (1 << UInt64(bit))) == nil) }
    #expect(makeKey(2).body(of: packet, counter: 9) == nil)
}

@Test func aPacketCutShortAnywhereIsRefused() {
    let key = makeKey()
    let packet = key.packet(text(100), counter: 9)
    for count in 0..<packet.count { #expect(key.body(of: Array(packet[..<count]), counter: 9) == nil) }
    #expect(key.body(of: packet + [0], counter: 9) == nil)
}

/// The last number is Noise's own: a peer that sends it is refused before anything is computed.
@Test func theReservedNumberNeverOpens() {
    let key = makeKey()
    #expect(key.body(of: key.packet([], counter: .max - 1), counter: .max - 1) == [])
    var packet = [UInt8](repeating: 0, count: 32)
    var span = packet.mutableRaw
    #expect(refusal { _ = try key.open(&span, after: 0, counter: .max) } == .notAuthentic)
}

@Test func additionalBytesFromElsewhereAreSealedWithTheText() throws {
    let key = makeKey()
    var bytes = text(50) + [UInt8](repeating: 0, count: SealingKey.tagByteCount)
    let additional = header
    var span = bytes.mutableRaw
    key.seal(&span, with: additional.raw, counter: 5)
    // The header in the packet and the header from elsewhere are the same to the cipher.
    #expect(key.body(of: header + bytes, counter: 5) == text(50))

    for bit in 0..<header.count * 8 {
        var copy = bytes
        let other = tampered(additional, bit: bit)
        var span = copy.mutableRaw
        #expect(refusal { _ = try key.open(&span, with: other.raw, counter: 5) } == .notAuthentic)
        #expect(copy.allSatisfy { $0 == 0 })
    }
    var opening = bytes.mutableRaw
    let range = try key.open(&opening, with: additional.raw, counter: 5)
    #expect(Array(bytes[range]) == text(50))
}

@Test func aSuccessorIsAnotherKeyAndTheSameOneForBothSides() {
    let successor = makeKey().successor()
    let packet = successor.packet(text(10), counter: 0)
    #expect(makeKey().body(of: packet, counter: 0) == nil)
    #expect(makeKey().successor().body(of: packet, counter: 0) == text(10))
    #expect(makeKey().successor().successor().body(of: packet, counter: 0) == nil)
}

/// RFC 8439, section 2.8.2, whose nonce is no counter of ours.
@Test func chaChaPolyGivesTheAnswerOfItsRFC() {
    let key = SealingKey(secret(hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f")))
    let message = """
        Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the \
        future, sunscreen would be it.
        """
    let sealed = sealed(
        Array(message.utf8), key: key, additional: hex("50515253c0c1c2c3c4c5c6c7"),
        nonce: hex("070000004041424344454647"))
    #expect(hexadecimal(sealed.suffix(16)) == "1ae10b594f09e26a7e902ecbd0600691")
    #expect(hexadecimal(sealed.prefix(16)) == "d31a8d34648e60db7b86afbc53ef7ec2")
}

/// Noise, section 12.3: the counter stands in the last eight bytes, little-endian.
@Test func theNumberBecomesTheNonceAsNoiseSays() {
    let key = makeKey()
    let number: UInt64 = 0x0102_0304_0506_0708
    let expected = sealed(text(40), key: key, additional: header, nonce: hex("00000000 0807060504030201"))
    #expect(key.packet(text(40), counter: number) == header + expected)
}

private func sealed(
    _ text: [UInt8], key: borrowing SealingKey, additional: [UInt8], nonce: [UInt8]
) -> [UInt8] {
    var bytes = text + [UInt8](repeating: 0, count: SealingKey.tagByteCount)
    bytes.withUnsafeMutableBytes { buffer in
        nonce.withUnsafeBufferPointer { nonce in
            additional.withUnsafeBytes { additional in
                guard let nonce = nonce.baseAddress else { return }
                key.encrypt(buffer, additional: additional, nonce: nonce)
            }
        }
    }
    return bytes
}

private func opened(
    _ sealed: [UInt8], key: borrowing SealingKey, additional: [UInt8], nonce: [UInt8]
) -> [UInt8]? {
    var bytes = sealed
    let isGenuine = bytes.withUnsafeMutableBytes { buffer in
        nonce.withUnsafeBufferPointer { nonce in
            additional.withUnsafeBytes { additional in
                guard let nonce = nonce.baseAddress else { return false }
                return key.decrypt(buffer, additional: additional, nonce: nonce)
            }
        }
    }
    return isGenuine ? Array(bytes.dropLast(SealingKey.tagByteCount)) : nil
}

struct SealingGroup: Decodable {
    struct Case: Decodable {
        var tcId: Int
        var key: Hex
        var iv: Hex
        var aad: Hex
        var msg: Hex
        var ct: Hex
        var tag: Hex
        var result: Verdict
    }
    var ivSize: Int
    var tests: [Case]
}

@Test(.reads(.chaChaPoly)) func chaChaPolyJudgesAsWycheproofSays() throws {
    let file = try Vectors.load(.chaChaPoly, as: Wycheproof<SealingGroup>.self)
    var judged = 0
    for group in file.testGroups {
        for test in group.tests {
            judged += 1
            guard group.ivSize == 96 else {
                #expect(test.result == .invalid, "case \(test.tcId): a nonce that the type cannot hold")
                continue
            }
            let key = SealingKey(secret(test.key.bytes))
            let packet = test.ct.bytes + test.tag.bytes
            let made = sealed(test.msg.bytes, key: key, additional: test.aad.bytes, nonce: test.iv.bytes)
            let read = opened(packet, key: key, additional: test.aad.bytes, nonce: test.iv.bytes)
            #expect((made == packet) == (test.result == .valid), "case \(test.tcId)")
            #expect(read == (test.result == .valid ? test.msg.bytes : nil), "case \(test.tcId)")
        }
    }
    #expect(judged == 325)
}
