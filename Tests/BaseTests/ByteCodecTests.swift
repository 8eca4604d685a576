import Testing

@testable import Base

@Test func aVarintHasOneEncoding() throws {
    var reader = ByteReader([0x80, 0x01].raw)
    #expect(try reader.varint() == 128)
}
