import Base
import Testing

/// Every primitive and every wire value of Base, as bytes in and bytes out again: what the properties below range over.
private struct Codec: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Decodes and encodes again; throws what the decoder throws.
    let again: @Sendable ([UInt8]) throws -> [UInt8]
    /// The bytes of a random value.
    let make: @Sendable (inout Random) -> [UInt8]
}

private let codecs: [Codec] = [
    Codec(testDescription: "u8") { bytes in
        let value = try read(bytes) { try $0.u8() }
        return written { $0.u8(value) }
    } make: { random in
        random.bytes(1)
    },
    Codec(testDescription: "u16") { bytes in
        let value = try read(bytes) { try $0.u16() }
        return written { $0.u16(value) }
    } make: { random in
        random.bytes(2)
    },
    Codec(testDescription: "u32") { bytes in
        let value = try read(bytes) { try $0.u32() }
        return written { $0.u32(value) }
    } make: { random in
        random.bytes(4)
    },
    Codec(testDescription: "u64") { bytes in
        let value = try read(bytes) { try $0.u64() }
        return written { $0.u64(value) }
    } make: { random in
        random.bytes(8)
    },
    Codec(testDescription: "varint") { bytes in
        let value = try read(bytes) { try $0.varint() }
        return written { $0.varint(value) }
    } make: { random in
        let value = random.anyWidth()
        return written { $0.varint(value) }
    },
    Codec(testDescription: "bool") { bytes in
        let value = try read(bytes) { try $0.bool() }
        return written { $0.bool(value) }
    } make: { random in
        [UInt8(random.below(2))]
    },
    Codec(testDescription: "bytes") { bytes in
        let value = try read(bytes) { try $0.bytes(atMost: 200) }
        return written { $0.bytes(value) }
    } make: { random in
        let value = random.bytes(random.below(201))
        return written { $0.bytes(value) }
    },
    Codec(testDescription: "text") { bytes in
        let value = try read(bytes) { try $0.text(atMost: 200) }
        return written { $0.text(value) }
    } make: { random in
        let value = String(
            (0..<random.below(20)).map { _ in random.pick("aé海🌾\u{301}".unicodeScalars.map(Character.init)) ?? "a" })
        return written { $0.text(value) }
    },
    Codec(testDescription: "node id") { bytes in
        let value = try read(bytes) { try $0.nodeID() }
        return written { $0.nodeID(value) }
    } make: { random in
        random.bytes(32)
    },
    Codec(testDescription: "digest") { bytes in
        let value = try read(bytes) { try $0.digest() }
        return written { $0.digest(value) }
    } make: { random in
        random.bytes(32)
    },
    Codec(testDescription: "now") { bytes in
        let value = try read(bytes) { try $0.now() }
        return written { $0.now(value) }
    } make: { random in
        random.bytes(16)
    },
    Codec(testDescription: "address") { bytes in
        try Address(decoding: bytes.raw).encoded
    } make: { random in
        random.bytes(Address.byteCount)
    },
    Codec(testDescription: "list of addresses") { bytes in
        let value = try read(bytes) { try $0.list(of: Address.self, atMost: 5) }
        return written { $0.list(value) }
    } make: { random in
        let count = random.below(6)
        return [UInt8(count)] + random.bytes(count * Address.byteCount)
    },
    Codec(testDescription: "fact") { bytes in
        try Fact(decoding: bytes.raw).encoded
    } make: { random in
        let value = random.below(3) == 0 ? nil : random.bytes(random.below(40))
        return Fact(shelf: UInt8(random.below(256)), key: random.bytes(random.below(20)), value: value).encoded
    },
]

@Test(arguments: codecs)
private func aValueComesBackAsItWas(_ codec: Codec) throws {
    var random = Random(seed: 1)
    for _ in 0..<300 {
        let bytes = codec.make(&random)
        #expect(try codec.again(bytes) == bytes)
    }
}

@Test(arguments: codecs)
private func aValueCutAtAnyLengthIsTruncated(_ codec: Codec) {
    var random = Random(seed: 2)
    for _ in 0..<100 {
        let bytes = codec.make(&random)
        for length in 0..<bytes.count {
            #expect(throws: DecodeError.truncated) { try codec.again(Array(bytes[..<length])) }
        }
    }
}

@Test(arguments: codecs)
private func aValueWithAByteTooManyIsRefused(_ codec: Codec) {
    var random = Random(seed: 3)
    for _ in 0..<100 {
        #expect(throws: DecodeError.trailing) { try codec.again(codec.make(&random) + [0]) }
    }
}

/// The law of the wire: bytes that are accepted are exactly the bytes that would have been written.
@Test(arguments: codecs)
private func whateverIsAcceptedHasNoSecondEncoding(_ codec: Codec) {
    var random = Random(seed: 4)
    var accepted = 0
    for round in 0..<3_000 {
        var bytes = round.isMultiple(of: 2) ? codec.make(&random) : random.bytes(random.below(24))
        if round.isMultiple(of: 2), !bytes.isEmpty {
            bytes[random.below(bytes.count)] = UInt8(random.below(256))
        }
        guard let again = try? codec.again(bytes) else { continue }
        accepted += 1
        #expect(again == bytes)
    }
    #expect(accepted > 0, "a property about accepted bytes that accepts none says nothing")
}

@Test func aFactIsReadUpToItsLimits() throws {
    func check(key: Int, value: Int, refused: DecodeError?) {
        let fact = Fact(
            shelf: 1, key: [UInt8](repeating: 1, count: key), value: [UInt8](repeating: 2, count: value))
        #expect(refusal(of: fact.encoded) { try Fact(from: &$0) } == refused)
    }
    check(key: Limits.factKeyBytes, value: Limits.factValueBytes, refused: nil)
    check(key: Limits.factKeyBytes + 1, value: 0, refused: .tooLong)
    check(key: 0, value: Limits.factValueBytes + 1, refused: .tooLong)
}

@Test func aForgottenFactIsNotAnEmptyOne() throws {
    let forgotten = Fact(shelf: 3, key: [1], value: nil)
    let empty = Fact(shelf: 3, key: [1], value: [])
    #expect(forgotten.encoded == [3, 1, 1, 0])
    #expect(empty.encoded == [3, 1, 1, 1, 0])
    #expect(try Fact(decoding: forgotten.encoded.raw) == forgotten)
    #expect(try Fact(decoding: empty.encoded.raw) == empty)
}
