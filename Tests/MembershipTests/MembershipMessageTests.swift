import Base
import Testing

@testable import Membership

private let sample = MembershipMessage.gossip(
    [
        MemberRecord(
            id: NodeID(Bytes32(0x0102_0304_0506_0708, 0, 0, 1)), name: "till-01", site: "front",
            address: Address(v4: 0x0A09_000B, port: 7946), life: Life(boot: 3, beat: 300), isLeaving: false)
    ], view: 0x0102_0304_0506_0708)

/// The golden bytes: a change of these is a change of the wire, and belongs in docs/wire.md.
private let golden =
    "02" + "0807060504030201" + "01" + "0102030405060708" + "00000000000000000000000000000000" + "0000000000000001"
    + "0774696c6c2d3031"
    + "0566726f6e74" + "00000000000000000000ffff0a09000b" + "0a1f" + "03" + "ac02" + "00"

@Test func gossipHasItsGoldenBytes() throws {
    #expect(hexadecimal(sample.encoded) == golden)
    #expect(try MembershipMessage(decoding: sample.encoded.raw) == sample)
}

@Test func gossipCutShortAnywhereIsRefused() {
    let bytes = sample.encoded
    for length in 0..<bytes.count {
        #expect(throws: DecodeError.self, "cut at \(length)") {
            try MembershipMessage(decoding: Array(bytes[..<length]).raw)
        }
    }
    #expect(throws: DecodeError.trailing) { try MembershipMessage(decoding: (bytes + [0]).raw) }
}

@Test func aGossipMayHoldAsManyRecordsAsItsLimitAndNoMore() throws {
    guard case .gossip(let records, _) = sample else { return }
    func gossip(_ count: Int) -> MembershipMessage { .gossip(Array(repeating: records[0], count: count), view: 9) }
    #expect(throws: Never.self) { try MembershipMessage(decoding: gossip(Limits.recordsPerGossip).encoded.raw) }
    #expect(throws: DecodeError.tooLong) {
        try MembershipMessage(decoding: gossip(Limits.recordsPerGossip + 1).encoded.raw)
    }
}

@Test func theCountedSizeOfARecordIsItsEncodedSize() {
    guard case .gossip(let records, _) = sample, var record = records.first else { return }
    for power in 0..<64 {
        record.life = Life(boot: 1 << UInt64(power), beat: (1 << UInt64(power)) - 1)
        #expect(record.encodedByteCount == record.encoded.count)
    }
}
