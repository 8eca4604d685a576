import Base
import Membership
import Node
import Testing

private let sample = Frame.membership(
    .hello(
        MemberRecord(
            id: NodeID(Bytes32(0x0102_0304_0506_0708, 0, 0, 1)), name: "till-01", site: "front",
            address: Address(v4: 0x0A09_000B, port: 7946), life: Life(boot: 3, beat: 300), isLeaving: false), pulse: 7))

/// The golden bytes: a change of these is a change of the wire, and belongs in docs/wire.md.
private let golden =
    "01" + "01" + "07"
    + "01" + "0102030405060708" + "00000000000000000000000000000000" + "0000000000000001" + "0a09000b"
    + "0774696c6c2d3031" + "0566726f6e74" + "0a1f" + "03" + "ac02"

@Test func aFrameHasItsGoldenBytes() throws {
    #expect(hexadecimal(sample.encoded) == golden)
    #expect(try Frame(decoding: sample.encoded.raw) == sample)
}

@Test func aFrameCutShortAnywhereIsRefused() {
    let bytes = sample.encoded
    for length in 0..<bytes.count {
        #expect(throws: DecodeError.self, "cut at \(length)") { try Frame(decoding: Array(bytes[..<length]).raw) }
    }
    #expect(throws: DecodeError.trailing) { try Frame(decoding: (bytes + [0]).raw) }
}

@Test func aFrameOfAnUnknownEngineIsRefused() {
    for tag in UInt8.min...UInt8.max where ![1, 2, 3, 4, 8].contains(tag) {
        let bytes = [tag] + Array(sample.encoded.dropFirst())
        #expect(throws: DecodeError.unknown) { try Frame(decoding: bytes.raw) }
    }
}

@Test func aRecordWhoseNameIsNoneIsRefused() throws {
    guard case .membership(.hello(var record, pulse: _)) = sample else { return }
    for name in ["", "till 01", "till\n01", "\u{1B}[2J", "-till", String(repeating: "a", count: 64)] {
        record.name = name
        #expect(throws: DecodeError.self, "\(name)") { try MemberRecord(decoding: record.encoded.raw) }
        (record.name, record.site) = ("till-01", name)
        #expect(throws: DecodeError.self, "\(name)") { try MemberRecord(decoding: record.encoded.raw) }
        record.site = "front"
    }
    record.name = String(repeating: "a", count: 63)
    #expect(try MemberRecord(decoding: record.encoded.raw) == record)
}
