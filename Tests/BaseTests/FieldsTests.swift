import Base
import Testing

/// A record of two known fields, 1 and 4, as a later version might have written it with others.
private func record(_ bytes: [UInt8]) throws -> (one: UInt64, four: UInt64) {
    var (one, four) = (UInt64(0), UInt64(0))
    try read(bytes) { reader in
        try reader.fields(atMost: 100) { tag, value throws(DecodeError) in
            switch tag {
            case 1: one = try value.varint()
            case 4: four = try value.varint()
            default: return false
            }
            return true
        }
    }
    return (one, four)
}

private func fields(_ tags: [UInt64]) -> [UInt8] {
    written { writer in for tag in tags { writer.field(tag) { $0.varint(tag * 10) } } }
}

private func check(_ tags: [UInt64], refused: DecodeError, at location: SourceLocation = #_sourceLocation) {
    #expect(throws: refused, sourceLocation: location) { try record(fields(tags)) }
}

@Test func aFieldIsTagLengthValue() {
    #expect(written { $0.field(300) { $0.u16(0x0102) } } == [0xAC, 0x02, 2, 2, 1])
    #expect(written { $0.field(2) { _ in } } == [2, 0])
}

@Test func aRecordHasItsFieldsInAnyNumber() throws {
    #expect(try record([]) == (0, 0))
    #expect(try record(fields([1])) == (10, 0))
    #expect(try record(fields([1, 4])) == (10, 40))
}

@Test func anUnknownEvenFieldIsSkipped() throws {
    #expect(try record(fields([0, 1, 2, 4, 1_000_000])) == (10, 40))
}

@Test func anUnknownOddFieldChangesTheMeaningAndIsRefused() {
    check([1, 3, 4], refused: .unknown)
    check([5], refused: .unknown)
}

@Test func fieldsRiseStrictly() {
    check([4, 1], refused: .notCanonical)
    check([1, 1], refused: .notCanonical)
    check([2, 2], refused: .notCanonical)
    check([0, 0], refused: .notCanonical)
}

@Test func aKnownFieldIsUsedUp() {
    #expect(throws: DecodeError.trailing) { try record([1, 2, 5, 5]) }
    #expect(throws: DecodeError.truncated) { try record([1, 0]) }
}

@Test func aFieldIsReadUpToItsLimit() throws {
    func padded(_ count: Int) -> [UInt8] {
        written { writer in writer.field(2) { $0.raw([UInt8](repeating: 0, count: count)) } }
    }
    #expect(try record(padded(100)) == (0, 0))
    #expect(throws: DecodeError.tooLong) { try record(padded(101)) }
}

@Test func aRecordCutInsideAFieldIsTruncated() throws {
    let bytes = fields([1, 4, 300])
    let ends = [fields([]), fields([1]), fields([1, 4])].map(\.count)
    for length in 0..<bytes.count where !ends.contains(length) {
        #expect(throws: DecodeError.truncated) { try record(Array(bytes[..<length])) }
    }
}
