import Base
import Control
import Testing

private let at = Samples.at

private let requests: [StoreRequest] = [
    .get(key: "till/tax", kind: nil, at: nil), .get(key: "till/tax", kind: .strictSet, at: at),
    .list(prefix: "", from: "till/b", at: at, onlyConflicts: true), .history(key: "ä", kind: .log),
    .write(
        [
            Assignment(key: "a", kind: .brake, .put(ValueBytes("on")), version: "00ff", resolves: true),
            Assignment(key: "b", .put(ValueBytes([0xFF, 0x00]))), Assignment(key: "c", .remove(nil)),
            Assignment(key: "d", .remove(ValueBytes("x"))), Assignment(key: "e", .become([])),
            Assignment(key: "f", .become([ValueBytes("x"), ValueBytes([0x80])])),
        ], isTrial: true),
    .changes(prefix: "till/", since: "00", patience: .seconds(30)), .changes(prefix: "", since: nil, patience: .zero),
    .expect(key: "a", value: ValueBytes(""), patience: .milliseconds(1_500)),
    .expect(key: "a", value: nil, patience: .zero),
]

@Test(arguments: requests) func aQuestionAboutKeysReadsBack(_ request: StoreRequest) throws {
    let body = try Samples.body(Request.store(request).frame)
    #expect(try Request(decoding: body) == .store(request))
    for length in 0..<body.count {
        #expect(throws: Complaint.self, "cut at \(length)") { try Request(decoding: Array(body[..<length])) }
    }
}

private func write(_ key: String, _ value: [UInt8] = []) -> StoreRequest {
    .write([Assignment(key: key, .put(ValueBytes(value)))], isTrial: false)
}

private func code(_ request: StoreRequest) -> Code? {
    do {
        _ = try Request(decoding: try Samples.body(Request.store(request).frame))
        return nil
    } catch {
        return (error as? Complaint)?.code ?? .ourMistake
    }
}

@Test func keysAndValuesAreHeldToTheirLimitsOnTheSocketToo() throws {
    #expect(code(write(String(repeating: "k", count: Limits.keyBytes))) == nil)
    #expect(code(write(String(repeating: "k", count: Limits.keyBytes + 1))) == .badKey)
    for key in ["", "/a", "a/", "a//b", "a\nb", "a\u{85}b"] { #expect(code(write(key)) == .badKey, "\(key)") }
    #expect(code(write("a", [UInt8](repeating: 0xFF, count: Limits.valueBytes))) == nil)
    #expect(code(write("a", [UInt8](repeating: 0xFF, count: Limits.valueBytes + 1))) == .valueTooLarge)
    let many = (0...Limits.operations).map { Assignment(key: "k\($0)", .remove(nil)) }
    #expect(code(.write(many, isTrial: false)) == .writeTooLarge)
    #expect(code(.write(Array(many.dropLast()), isTrial: false)) == nil)
    #expect(code(.write([], isTrial: false)) == .writeTooLarge)
    let patience = Limits.watchPatience
    #expect(code(.changes(prefix: "", since: nil, patience: patience)) == nil)
    #expect(code(.changes(prefix: "", since: nil, patience: patience + .seconds(1))) == .badArgument)
}

private let row = KeyRow(
    key: "till/tax", kind: .register, value: ValueBytes([0xFF]), elements: [ValueBytes("a"), ValueBytes([0x80])],
    isInConflict: true, isStored: false, version: "00ff", writer: "till-01", at: at, clock: .peers)
private let written = WriteRow(
    isRemoval: true, element: ValueBytes("e"), value: nil, writer: "till-02", node: Samples.id, sequence: 7, at: at,
    clock: .unknown, state: .superseded, why: "was seen")

private let replies: [Reply] = [
    .key(KeyReply(row: row, kind: .register, rule: "r", writes: [written], omitted: 3)),
    .key(KeyReply(row: nil, kind: .escrow, rule: "r", writes: [], omitted: 0)),
    .keys(KeysReply(rows: [row, row], next: "till/z")), .keys(KeysReply(rows: [], next: nil)),
    .wrote(
        WriteReply(
            rows: [.init(key: "a", kind: .set, before: nil, after: "x", isChanged: true)], isTrial: false,
            sequence: 9)),
    .wrote(WriteReply(rows: [], isTrial: true, sequence: nil)),
    .changes(
        ChangesReply(
            rows: [
                .init(
                    key: "a", kind: .flag, isRemoval: true, element: nil, value: ValueBytes("off"), writer: "w",
                    sequence: 2, at: at)
            ], cursor: "00", hasGap: true)),
]

@Test(arguments: replies) func anAnswerAboutKeysReadsBack(_ reply: Reply) throws {
    let envelope = Samples.envelope(reply)
    #expect(try Envelope(decoding: try Samples.body(envelope.frame())) == envelope)
}
