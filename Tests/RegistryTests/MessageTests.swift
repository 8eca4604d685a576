import Base
import Choices
import Crypto
import Testing
import Trust

@testable import Registry

private let samples: [RegistryMessage] = {
    let parish = Parish(2, newcomers: 1)
    let ids = parish.engines[0].book.ids
    let records = parish.charter.records
    let range = IDRange.whole.part(3).part(15)
    return [
        .summary(RegistryMessage.Summary(warnings: ids[0], everything: ids[1])),
        .parts(.warnings, range, range.digestsOfParts(of: ids)), .list(.everything, .whole, ids), .want(ids),
        .records(Array(records.prefix(2))),
        .piece(
            RegistryMessage.Piece(
                record: ids[0], byteCount: 1_000, number: 1, bytes: [UInt8](repeating: 4, count: 40))),
        .redeem(parish.redemption(parish.invite(), by: 2)), .declined(.spent),
    ]
}()

@Test func everyMessageComesBackFromItsBytesAndFromNoOthers() throws {
    for sample in samples {
        let bytes = sample.encoded
        #expect(try RegistryMessage(decoding: bytes.raw) == sample)
        for length in 0..<bytes.count {
            #expect(throws: DecodeError.self) { try RegistryMessage(decoding: Array(bytes[..<length]).raw) }
        }
        #expect(throws: DecodeError.self) { try RegistryMessage(decoding: (bytes + [0]).raw) }
    }
}

@Test func whateverIsReadIsTheOneSpellingOfIt() throws {
    try Property.check("one spelling", cases: 3_000) { tape in
        var bytes = tape.pick(samples).encoded
        for _ in 0..<tape.range(1...4) { bytes[tape.below(bytes.count)] = UInt8(tape.below(256)) }
        guard let message = try? RegistryMessage(decoding: bytes.raw) else { return }
        try require(message.encoded == bytes, "read \(message) from another spelling")
    }
}

@Test func whatIsLargerThanItMayBeIsRefused() {
    let id = Digest(Bytes32(1, 2, 3, 4))
    func refusal(_ write: (inout ByteWriter) -> Void) -> DecodeError? {
        var writer = ByteWriter()
        write(&writer)
        do throws(DecodeError) {
            _ = try RegistryMessage(decoding: writer.bytes.raw)
            return nil
        } catch {
            return error
        }
    }
    let ids = (0...UInt64(Limits.listedRecords)).map { Digest(Bytes32($0, 0, 0, 0)) }
    #expect(refusal { RegistryMessage.want(Array(ids.dropLast())).encode(into: &$0) } == nil)
    #expect(refusal { RegistryMessage.want(ids).encode(into: &$0) } == .tooLong)
    for (count, number, answer) in [
        (Limits.recordBytes, 0, nil), (Limits.recordBytes + 1, 0, DecodeError.tooLong), (1_000, 2, .tooLong),
        (Limits.pieceBytes, 0, .outOfRange),
    ] {
        let seen = refusal { writer in
            writer.u8(6)
            writer.digest(id)
            writer.varint(UInt64(count))
            writer.varint(UInt64(number))
            writer.raw([UInt8](repeating: 1, count: max(0, min(960, count - 960 * number))))
        }
        #expect(seen == answer)
    }
}

@Test func rangesPartTheIDsWithoutGapOrOverlap() throws {
    try Property.check("ranges", cases: 200) { tape in
        let ids = (0..<tape.range(0...200)).map { _ in Digest(Bytes32(tape.word() << UInt64(tape.below(40)), 0, 0, 1)) }
            .risingOnce
        var range = IDRange.whole
        for _ in 0..<tape.below(6) { range = range.part(tape.below(16)) }
        let whole = range.indices(in: ids)
        var next = whole.lowerBound
        for number in 0..<16 {
            let part = range.part(number).indices(in: ids)
            try require(part.lowerBound == next, "a gap before part \(number)")
            next = part.upperBound
        }
        try require(next == whole.upperBound, "the parts are not the whole")
    }
}
