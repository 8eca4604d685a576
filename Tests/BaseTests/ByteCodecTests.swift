import Testing

@testable import Base

@Test func aVarintHasOneEncoding() throws {
    #expect(try [0x80, 0x01].decoded { reader throws(DecodeError) in try reader.varint() } == 128)
    #expect(throws: DecodeError.notCanonical) {
        try [0x80, 0x00].decoded { reader throws(DecodeError) in try reader.varint() }
    }
}
