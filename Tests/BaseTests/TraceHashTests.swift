import Base
import Testing

// The numbers here come from an independent implementation in another language.

@Test func wordsHaveTheirHash() {
    var hash = TraceHash()
    hash.absorb(0 as UInt64)
    #expect(hash.value == 0xAEB2_2D82_D701_540F)
    hash.absorb(1 as UInt64)
    #expect(hash.value == 0xCEDF_37CA_4198_4BC5)
    hash.absorb(UInt64.max)
    #expect(hash.value == 0xEE3A_B7B2_D7C6_C2CC)
}

@Test(
    arguments: [
        ("", 0xE7EA_B880_624C_9AAC), ("a", 0xF956_1BF0_4369_6CE1), ("12345678", 0xA707_5C1B_D8D9_3152),
        ("marram grass", 0x96BF_A170_D62C_C2D2), ("\0", 0x31C9_86EA_7BB4_A864), ("\0\0", 0xA58B_E1B4_91F4_B273),
    ] as [(String, UInt64)])
func bytesHaveTheirHash(_ text: String, _ value: UInt64) {
    var hash = TraceHash()
    hash.absorb(Array(text.utf8).raw)
    #expect(hash.value == value)
}

@Test func aNameHashesAsItsBytesAndAnIdAsItsWords() {
    var (name, bytes, id) = (TraceHash(), TraceHash(), TraceHash())
    name.absorb(text: "marram grass")
    bytes.absorb(Array("marram grass".utf8).raw)
    id.absorb(NodeID(Bytes32(1, 2, 3, 4)))
    #expect(name == bytes)
    #expect(id.value == 0x92F1_B4E6_4263_33E3)
}

@Test func anyFlippedBitChangesTheHash() {
    var random = Random(seed: 3)
    for length in 1...40 {
        let bytes = random.bytes(length)
        var original = TraceHash()
        original.absorb(bytes.raw)
        for bit in 0..<length * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            var hash = TraceHash()
            hash.absorb(changed.raw)
            #expect(hash != original)
        }
    }
}

@Test func whereOneThingEndsAndTheNextBeginsIsPartOfTheHash() {
    func hash(_ parts: [[UInt8]]) -> TraceHash {
        var hash = TraceHash()
        for part in parts { hash.absorb(part.raw) }
        return hash
    }
    #expect(hash([[1, 2], [3]]) != hash([[1], [2, 3]]))
    #expect(hash([[1, 2, 3]]) != hash([[1, 2, 3], []]))
}
