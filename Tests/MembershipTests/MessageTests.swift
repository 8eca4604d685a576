import Base
import Crypto
import Testing

@testable import Membership

private let subject = NodeID(Bytes32(0x0102_0304_0506_0708, 0, 0, 1))
private let about = MemberRecord(
    id: subject, name: "till-01", site: "front", address: Address(v4: 0x0A09_000B, port: 7946),
    life: Life(boot: 3, beat: 300), isLeaving: false)
private let subjectBytes = "0102030405060708" + "00000000000000000000000000000000" + "0000000000000001"
private let seal = Seal(
    VerifyingKey(Bytes32(0x0102_0304_0506_0708, 0, 0, 2)),
    Signature(Bytes32(0x1112_1314_1516_1718, 0, 0, 3), Bytes32(0, 0, 0, 4)))

/// The record behind the byte of its choices, with another key or place in front of its life.
private func recordBytes(
    _ choices: String, _ id: String = subjectBytes, home: String = "0566726f6e74" + "0a1f"
) -> String {
    choices + id + "0a09000b" + "0774696c6c2d3031" + home + "03" + "ac02"
}

private let signed = {
    var record = about
    record.id = seal.key.nodeID
    record.seal = seal
    return record
}()
private let life = Life(boot: 3, beat: 300)
private let charged = Charge(subject: subject, life: life, pulse: 5)
private let accusation = Accusation(by: subject, SignedCharge(charged, seal.signature))

/// The golden bytes: a change of these is a change of the wire, and belongs in docs/wire.md.
private let golden: [(MembershipMessage, String)] = [
    (
        .beat(
            Beat(
                life: life, pulse: 7, echo: 6, echoAge: 200, loss: 9, root: 1, interval: .seconds(2), isDeaf: false,
                coordinate: Coordinate())),
        "02" + "03ac02" + "07" + "06" + "c801" + "09" + "0100000000000000" + "d00f" + "02" + "000000" + "a001" + "8003"
    ),
    (.hello(about, pulse: 7), "01" + "07" + recordBytes("01")),
    (
        .beat(
            Beat(
                life: life, pulse: 7, echo: 6, echoAge: 200, loss: 9, root: 0x0102_0304_0506_0708,
                interval: .seconds(2), isDeaf: true)),
        "02" + "03ac02" + "07" + "06" + "c801" + "09" + "0807060504030201" + "d00f" + "01"
    ),
    (.ping(number: 5, pulse: 7, held: Held(life: life, pulse: 4)), "03" + "05" + "07" + "01" + "03ac02" + "04"),
    (.ping(number: 5, pulse: 7, held: nil), "03" + "05" + "07" + "00"),
    (.pong(number: 5, pulse: 7), "04" + "05" + "07"),
    (
        .accuse(SignedCharge(charged, seal.signature)),
        "05" + subjectBytes + "03ac02" + "05" + hexadecimal(seal.signature.encoded)
    ),
    (.witness(charged), "06" + subjectBytes + "03ac02" + "05"),
    (.seek(charged), "0d" + subjectBytes + "03ac02" + "05"),
    (.news([Claim(about, .here)]), "07" + "01" + recordBytes("21")),
    (
        .news([Claim(about, .here), Claim(signed, .here)]),
        "07" + "02" + recordBytes("21") + recordBytes("b1", hexadecimal(seal.key.bytes.bytes), home: "")
            + hexadecimal(seal.signature.encoded)
    ),
    (
        .news([Claim(about, .down, [accusation])]),
        "07" + "01" + recordBytes("41") + "01" + subjectBytes + "05" + hexadecimal(seal.signature.encoded)
    ),
    (.offer([Mark(subject: subject, life: life, standing: .down)]), "08" + "01" + subjectBytes + "03ac02" + "02"),
    (.want([subject]), "09" + "01" + subjectBytes),
    (.known([0x0102_0304_0506_0708]), "0a" + "01" + "0807060504030201"),
    (
        .ask(Question(asker: about, pulse: 7, root: 1, salt: 2, partBits: 1, part: 1, count: 3, filter: [0xFF])),
        "0b" + recordBytes("01") + "07" + "0100000000000000" + "0200000000000000" + "01" + "0100" + "03" + "01ff"
    ),
    (
        .told(
            Answer(
                pulse: 7, root: 1, claims: [Claim(about, .unheard)], rest: .owed,
                doors: [Address(v4: 0x0A09_000B, port: 5)])),
        "0c" + "07" + "0100000000000000" + "02" + "01" + recordBytes("01") + "01" + "01" + "0a09000b" + "0500"
    ),
]

@Test(arguments: golden.indices) func aMessageHasItsGoldenBytes(number: Int) throws {
    let (message, bytes) = golden[number]
    #expect(hexadecimal(message.encoded) == bytes)
    #expect(try MembershipMessage(decoding: message.encoded.raw) == message)
}

@Test(arguments: golden.indices) func aMessageCutShortAnywhereIsRefused(number: Int) {
    let bytes = golden[number].0.encoded
    for length in 0..<bytes.count {
        #expect(throws: DecodeError.self, "cut at \(length)") {
            try MembershipMessage(decoding: Array(bytes[..<length]).raw)
        }
    }
    #expect(throws: DecodeError.trailing) { try MembershipMessage(decoding: (bytes + [0]).raw) }
}

@Test func newsMayHoldAsManyClaimsAsItsLimitAndNoMore() throws {
    func news(_ count: Int) -> MembershipMessage { .news(Array(repeating: Claim(about, .here), count: count)) }
    #expect(throws: Never.self) { try MembershipMessage(decoding: news(Limits.claimsPerMessage).encoded.raw) }
    #expect(throws: DecodeError.tooLong) {
        try MembershipMessage(decoding: news(Limits.claimsPerMessage + 1).encoded.raw)
    }
}

@Test func theCountedSizeOfAClaimIsNoLessThanItsEncodedSize() {
    for power in 0..<62 {
        var record = about
        record.life = Life(boot: 1 << UInt64(power), beat: (1 << UInt64(power)) - 1)
        #expect(record.encodedByteCount() == record.encoded.count)
        var accusation = accusation
        accusation.pulse = 1 << UInt64(power)
        let claim = Claim(record, .down, [accusation])
        #expect(claim.encodedByteCount() >= claim.encoded.count)
    }
}

@Test func aClaimThatContradictsItselfIsRefused() {
    var nobodys = Claim(about, .here)
    nobodys.hasShortKey = true
    #expect(throws: DecodeError.notCanonical) { try Claim(decoding: nobodys.encoded.raw) }
    let unsorted = Claim(about, .down, [accusation, accusation])
    #expect(throws: DecodeError.notCanonical) { try Claim(decoding: unsorted.encoded.raw) }
}

@Test func anUnspecifiedHostIsFilledInForTheSpeakerOnly() {
    var nowhere = about
    nowhere.address = Address(v4: 0, port: 7946)
    let seen = Address(v4: 0x0A09_0063, port: 5)
    let message = MembershipMessage.news([Claim(nowhere, .here)])
    let located = Address(v4: 0x0A09_0063, port: 7946)
    guard case .news(let claims) = message.located(at: seen, saidBy: subject) else { return }
    #expect(claims[0].record.address == located)
    #expect(message.located(at: seen, saidBy: NodeID(Bytes32(9, 9, 9, 9))) == message)
}
