import Base
import Crypto
import Testing

@testable import Vitals

@Test func theBytesAreThese() {
    #expect(VitalsMessage.root(0x0102).encoded == [1, 2, 1, 0, 0, 0, 0, 0, 0])
    let line = Summary.Line(hash: 0x0102_0304, version: Sheet.Version(boot: 5, count: 300))
    let summary = Summary(salt: 9, parts: 1, part: 0, isAnswer: true, lines: [line])
    #expect(
        VitalsMessage.summary(summary).encoded
            == [2, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 4, 3, 2, 1, 5, 0xAC, 2])
    let sheet = told(1, 2, ["a": "b"], age: 3)
    let body = sheet.signed.sheet.encoded
    #expect(body.suffix(9) == [1, 2, 0xD8, 4, 1, 1, 97, 1, 98] && body.count == 41)
    #expect(VitalsMessage.sheets([sheet]).encoded == [3, 1] + body + sheet.signed.signature.encoded + [3])
    #expect(VitalsMessage.have(Mark(sheet.signed.sheet)).encoded.count == 11)
}

@Test func everyMessageComesBack() throws {
    let summary = Summary(
        salt: 1, parts: 2, part: 1, isAnswer: false,
        lines: [3, 7].map { Summary.Line(hash: $0, version: Sheet.Version(boot: 1, count: 1)) })
    let messages: [VitalsMessage] = [
        .root(.max), .summary(summary), .sheets([told(1, 2), told(2, 9, age: 12)]),
        .have(Mark(told(3, 1).signed.sheet)),
    ]
    for message in messages { #expect(try VitalsMessage(decoding: message.encoded.raw) == message) }
}

@Test func whatIsBeyondALimitOrOutOfOrderIsRefused() {
    func refuses(_ message: VitalsMessage) -> Bool { (try? VitalsMessage(decoding: message.encoded.raw)) == nil }
    func sheet(_ entries: [Sheet.Entry], lifetime: Int = 600) -> VitalsMessage {
        let sheet = Sheet(
            owner: id(1), version: Sheet.Version(boot: 1, count: 1), lifetime: lifetime, entries: entries)
        return .sheets([AgedSheet(SignedSheet(sheet, signature(of: sheet)), age: 0)])
    }
    func entry(_ key: String, _ count: Int = 1) -> Sheet.Entry {
        Sheet.Entry(key: bytes(key), value: [UInt8](repeating: 0, count: count))
    }
    #expect(!refuses(sheet([entry("a"), entry("b")])))
    #expect(refuses(sheet([entry("b"), entry("a")])) && refuses(sheet([entry("a"), entry("a")])))
    #expect(refuses(sheet([entry("")])) && refuses(sheet([entry("a", 900)])))
    #expect(refuses(sheet([entry("a", 450), entry("b", 450)])))
    #expect(!refuses(sheet([], lifetime: Limits.sheetSeconds)) && refuses(sheet([], lifetime: Limits.sheetSeconds + 1)))
    let many = (0...Limits.sheetEntries).map { entry("k\($0 + 100)") }
    #expect(refuses(sheet(many)) && !refuses(sheet(Array(many.dropLast()))))
    let crowd = (1...Limits.sheetsPerMessage + 1).map { told($0, 1) }
    #expect(refuses(.sheets(crowd)) && !refuses(.sheets(Array(crowd.dropLast()))))
    func summary(_ hashes: [UInt32], parts: Int = 1, part: Int = 0) -> VitalsMessage {
        let version = Sheet.Version(boot: 1, count: 1)
        return .summary(
            Summary(
                salt: 1, parts: parts, part: part, isAnswer: false,
                lines: hashes.map { Summary.Line(hash: $0, version: version) }))
    }
    #expect(refuses(summary([2, 2])) && refuses(summary([3, 2])) && !refuses(summary([2, 3])))
    #expect(refuses(summary([2, 3], parts: 2)) && refuses(summary([], parts: 0)) && refuses(summary([], part: 1)))
    let lines = (0...UInt32(Limits.sheetsPerSummary)).map { $0 }
    #expect(refuses(summary(lines)) && !refuses(summary(Array(lines.dropLast()))))
}

@Test func aSheetOfTheLargestSizeFitsADatagram() {
    let room = Limits.sheetBytes - 32 - 9 - 9 - 3 - 1 - 2 - 3
    let entry = Sheet.Entry(key: [1], value: [UInt8](repeating: 0, count: room))
    let version = Sheet.Version(boot: Limits.counted, count: Limits.counted)
    let sheet = Sheet(owner: id(1), version: version, lifetime: Limits.sheetSeconds, entries: [entry])
    #expect(sheet.fits)
    let message = VitalsMessage.sheets([AgedSheet(SignedSheet(sheet, signature(of: sheet)), age: 600_000)])
    #expect(message.encoded.count < Limits.lineDatagramBytes - 8)
}
