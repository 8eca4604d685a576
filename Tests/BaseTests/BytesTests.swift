import Base
import Testing

@Test func thirtyTwoBytesAreOrderedAsTheirBytes() {
    var random = Random(seed: 8)
    for _ in 0..<500 {
        let (left, right) = (random.bytes(32), random.bytes(32))
        guard let one = Bytes32(left), let other = Bytes32(right) else {
            Issue.record("32 bytes are 32 bytes")
            return
        }
        #expect((one < other) == left.lexicographicallyPrecedes(right))
        #expect(one.bytes == left)
    }
}

@Test func everyWordCountsInTheOrder() {
    let ordered = [Bytes32(0, 0, 0, 1), Bytes32(0, 0, 1, 0), Bytes32(0, 1, 0, 0), Bytes32(1, 0, 0, 0)]
    #expect(ordered.reversed().sorted() == ordered)
    #expect(Bytes32.zero < ordered[0])
    #expect(!(Bytes32.zero < Bytes32.zero))
}

@Test(arguments: [0, 31, 33, 64])
func fewerOrMoreThanThirtyTwoBytesAreRefused(_ count: Int) {
    #expect(Bytes32([UInt8](repeating: 1, count: count)) == nil)
}

@Test func anIdIsWrittenInHexadecimal() {
    let id = NodeID(Bytes32(0x0102_0304_0506_0708, 0, 0, 0xFF))
    #expect(id.description == "0102030405060708" + String(repeating: "0", count: 46) + "ff")
    #expect(id.short == "01020304")
    #expect(NodeID(hexadecimal: id.description) == id)
    #expect(NodeID(hexadecimal: id.description.uppercased()) == id)
    #expect(NodeID(hexadecimal: String(id.description.dropLast())) == nil)
    #expect(NodeID(hexadecimal: id.description + "00") == nil)
    #expect(Digest(id.value).description == id.description)
}

@Test func hexadecimalSpellsEveryByte() {
    let all = (0...255).map { UInt8($0) }
    #expect(bytes(hexadecimal: hexadecimal(all)) == all)
    #expect(hexadecimal([]) == "")
    #expect(bytes(hexadecimal: "") == [])
}

@Test(arguments: ["0", "0g", "+1", " 1", "1 ", "0x", "é", "000"])
func whatIsNotHexadecimalIsRefused(_ text: String) {
    #expect(bytes(hexadecimal: text) == nil)
}
