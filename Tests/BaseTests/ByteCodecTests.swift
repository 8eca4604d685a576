import Base
import Testing

@Test func fixedNumbersAreLittleEndian() {
    #expect(written { $0.u16(0x0102) } == [2, 1])
    #expect(written { $0.u32(0x0102_0304) } == [4, 3, 2, 1])
    #expect(written { $0.u64(0x0102_0304_0506_0708) } == [8, 7, 6, 5, 4, 3, 2, 1])
}

@Test func idsAndAddressesKeepTheirReadingOrder() {
    let id = Bytes32(0x0102_0304_0506_0708, 2, 3, 4)
    #expect(written { $0.bytes32(id) } == id.bytes)
    #expect(written { $0.address(Address(v4: 0x7F00_0001, port: 7946)) }.suffix(6) == [127, 0, 0, 1, 0x0A, 0x1F])
    #expect(written { $0.address(Address(v4: 0, port: 0)) }.count == Address.byteCount)
}

@Test func aVarintHasTheWidthOfItsValue() throws {
    for shift in UInt64(0)..<64 {
        for value in [(1 << shift) - 1, 1 << shift, (1 << shift) + 1] as [UInt64] {
            let bytes = written { $0.varint(value) }
            #expect(bytes.count == max(1, (64 - value.leadingZeroBitCount + 6) / 7))
            #expect(try read(bytes) { try $0.varint() } == value)
        }
    }
    #expect(written { $0.varint(300) } == [0xAC, 0x02])
}

@Test func aVarintOfSixtyFourBitsFitsInTenBytes() throws {
    let bytes = [UInt8](repeating: 0xFF, count: 9) + [0x01]
    #expect(written { $0.varint(.max) } == bytes)
    #expect(try read(bytes) { try $0.varint() } == .max)
}

@Test func aVarintOfMoreThanSixtyFourBitsIsRefused() {
    let nine = [UInt8](repeating: 0xFF, count: 9)
    #expect(refusal(of: nine + [0x02]) { try $0.varint() } == .outOfRange)
    #expect(refusal(of: nine + [0x81, 0x00]) { try $0.varint() } == .outOfRange)
    #expect(refusal(of: nine + [0x00]) { try $0.varint() } == .notCanonical)
    #expect(refusal(of: nine) { try $0.varint() } == .truncated)
}

@Test func aVarintWithAnIdleLastByteIsRefused() {
    #expect(refusal(of: [0x80, 0x00]) { try $0.varint() } == .notCanonical)
    #expect(refusal(of: [0xFF, 0x80, 0x00]) { try $0.varint() } == .notCanonical)
    #expect(refusal(of: [0x00]) { try $0.varint() } == nil)
}

@Test func aTruthIsZeroOrOne() throws {
    #expect(try read([0]) { try $0.bool() } == false)
    #expect(try read([1]) { try $0.bool() } == true)
    for byte in UInt8(2)...255 { #expect(refusal(of: [byte]) { try $0.bool() } == .notCanonical) }
}

@Test func aCountIsReadUpToItsLimit() throws {
    #expect(try read([100]) { try $0.count(atMost: 100) } == 100)
    #expect(refusal(of: [101]) { try $0.count(atMost: 100) } == .tooLong)
    #expect(refusal(of: written { $0.varint(.max) }) { try $0.count(atMost: .max) } == .tooLong)
}

@Test func aLengthAboveItsLimitIsRefusedBeforeItsBytesAreLookedFor() throws {
    let atLimit = written { $0.bytes([UInt8](repeating: 7, count: 300)) }
    #expect(try read(atLimit) { try $0.bytes(atMost: 300) }.count == 300)
    #expect(refusal(of: atLimit) { try $0.bytes(atMost: 299) } == .tooLong)
    // The announced terabyte is not there, and must not be waited or allocated for.
    let announced = written { $0.varint(1 << 40) }
    #expect(refusal(of: announced) { try $0.bytes(atMost: 300) } == .tooLong)
    #expect(refusal(of: announced) { try $0.bytes(atMost: 1 << 50) } == .truncated)
}

@Test func aListStopsAtItsLimit() throws {
    let addresses = (0..<4).map { Address(v4: $0, port: 1) }
    let bytes = written { $0.list(addresses) }
    #expect(try read(bytes) { try $0.list(of: Address.self, atMost: 4) } == addresses)
    #expect(refusal(of: bytes) { try $0.list(of: Address.self, atMost: 3) } == .tooLong)
    #expect(refusal(of: written { $0.varint(1 << 60) }) { try $0.list(of: Address.self, atMost: .max) } == .truncated)
}

@Test func textIsUTF8() throws {
    let text = "dune grass: Strandhafer, 海浜植物 🌾"
    #expect(try read(written { $0.text(text) }) { try $0.text(atMost: 100) } == text)
    for bad: [UInt8] in [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] {
        #expect(refusal(of: written { $0.bytes(bad) }) { try $0.text(atMost: 100) } == .notCanonical)
    }
}

@Test func textIsMeasuredInBytes() throws {
    let bytes = written { $0.text("äöü") }
    #expect(try read(bytes) { try $0.text(atMost: 6) } == "äöü")
    #expect(refusal(of: bytes) { try $0.text(atMost: 5) } == .tooLong)
}

@Test func whatIsLeftOverIsRefused() {
    #expect(refusal(of: [1, 2]) { try $0.u8() } == .trailing)
    #expect(refusal(of: []) { _ in } == nil)
}

@Test func aRefusedReadMovesNothing() throws {
    var reader = ByteReader([1, 2, 3].raw)
    #expect(try reader.u8() == 1)
    #expect(throws: DecodeError.truncated) { try reader.u32() }
    #expect(reader.offset == 1)
    #expect(reader.remaining == 2)
    #expect(try reader.u16() == 0x0302)
}

@Test func aSliceIsTheBytesInPlace() throws {
    let bytes = written { $0.bytes([9, 8, 7]) } + [6]
    var reader = ByteReader(bytes.raw)
    #expect([UInt8](copying: try reader.slice(atMost: 3)) == [9, 8, 7])
    #expect([UInt8](copying: try reader.raw(1)) == [6])
    #expect([UInt8](copying: try reader.raw(0)) == [])
    try reader.finish()
}

@Test func aWriterIsCutAndEmptiedWithoutLosingItsStorage() {
    var writer = ByteWriter(capacity: 64)
    writer.raw([1, 2, 3, 4])
    writer.truncate(to: 2)
    #expect(writer.bytes == [1, 2])
    writer.removeAll()
    #expect(writer.count == 0)
    #expect(writer.bytes.capacity >= 64)
}

@Test func timesCrossTheWireWhole() throws {
    let moment = Now(instant: Instant(nanoseconds: .max), wall: WallTime(milliseconds: -1))
    #expect(try read(written { $0.now(moment) }) { try $0.now() } == moment)
    #expect(try read(written { $0.interval(.nanoseconds(.min)) }) { try $0.interval() } == .nanoseconds(.min))
    #expect(try read(written { $0.instant(moment.instant) }) { try $0.instant() } == moment.instant)
}
