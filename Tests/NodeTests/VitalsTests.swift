import Base
import Control
import Testing
import Vitals

@testable import Node

/// Three nodes that know each other.
private func neighbours() -> Village {
    let village = Village(3)
    village.run(milliseconds: 5_000)
    return village
}

private func vitals(_ envelope: Envelope) throws -> [String] {
    guard case .vitals(let reply) = envelope.reply else {
        if case .failure(let complaint) = envelope.reply { throw complaint }
        return []
    }
    return reply.rows.map { "\($0.name) \($0.key)=\($0.value.text ?? "?") \($0.state)" }
}

private func code(_ envelope: Envelope) -> Code? {
    if case .failure(let complaint) = envelope.reply { complaint.code } else { nil }
}

@Test func whatANodeSaysOfItselfIsKnownToTheOthers() throws {
    let village = neighbours()
    let own = try vitals(village.ask(1, .setVital(key: "disk", value: ValueBytes("82 %"))))
    #expect(own == ["till-01 disk=82 % alive"])
    village.run(milliseconds: 200)
    for number in 1...3 {
        #expect(try vitals(village.ask(number, .vitals(node: nil, from: nil))) == own, "node \(number)")
        #expect(try vitals(village.ask(number, .vitals(node: "till-01", from: nil))) == own)
        #expect(try vitals(village.ask(number, .vitals(node: "till-02", from: nil))).isEmpty)
    }
    #expect(try vitals(village.ask(1, .setVital(key: "disk", value: nil))).isEmpty)
    village.run(milliseconds: 200)
    #expect(try vitals(village.ask(3, .vitals(node: nil, from: nil))).isEmpty)
}

@Test func whatCannotBeSaidIsRefusedAndChangesNothing() throws {
    let village = neighbours()
    _ = village.ask(1, .setVital(key: "mood", value: ValueBytes("good")))
    let before = village[1].node.switchboard.vitals
    #expect(
        code(village.ask(1, .setVital(key: "long", value: ValueBytes(Array(repeating: 1, count: 1_000))))) == .sheetFull
    )
    #expect(code(village.ask(1, .setVital(key: "nothing", value: nil))) == .keyNotFound)
    #expect(code(village.ask(1, .vitals(node: "till-99", from: nil))) == .unknownNode)
    #expect(village[1].node.switchboard.vitals.encoded == before.encoded)
}

@Test func aSheetThatItsOwnerDidNotSignIsNotBelieved() throws {
    let village = neighbours()
    _ = village.ask(1, .setVital(key: "mood", value: ValueBytes("good")))
    village.run(milliseconds: 200)
    let sheet = Sheet(
        owner: id(1), version: Sheet.Version(boot: 9, count: 9), lifetime: 600,
        entries: [Sheet.Entry(key: Array("mood".utf8), value: Array("bad".utf8))])
    let forged = AgedSheet(sheet.signed(by: identity(3, mesh: 7).signing, in: charter(mesh: 7).mesh), age: 0)
    village[2].hear(Frame.vitals(.sheets([forged])).encoded, saidBy: 3)
    #expect(try vitals(village.ask(2, .vitals(node: nil, from: nil))) == ["till-01 mood=good alive"])
    #expect(try status(village.ask(2, .status)).counters.contains(.init("vitals-forged", 1)))
}
