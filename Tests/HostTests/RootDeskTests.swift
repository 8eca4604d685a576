import Base
import Crypto
import Foundation
import Testing
import Trust

@testable import Host

/// Keys of some people, in files named after them.
private func people(_ names: [String], in scratch: Scratch, passphrase: String? = nil) throws -> [String] {
    try names.map { name in
        let path = "\(scratch.path)/\(name).key"
        _ = try OperatorDesk.makeKey(named: name, at: path, passphrase: passphrase)
        return path
    }
}

/// Founds a mesh in a directory of its own; answers its first records.
private func found(
    _ scratch: Scratch, _ operators: [String], shares: [String] = [], threshold: Int, secret: String? = nil
) throws -> [Record] {
    let directory = DataDirectory(path: scratch.path + "/node")
    _ = try directory.initialise(
        mesh: "store", operators: operators, shares: shares, threshold: threshold, name: "till-01", site: nil,
        listen: nil
    ) { _ in secret }
    return try directory.identity().charter
}

private func law(_ records: [Record]) throws -> Law {
    var law = try Law(genesis: records[0], mesh: records[0].id)
    for record in records { _ = law.admit(try Verified(record, in: records[0].id)) }
    return law
}

@Test func severalFoundAMeshTogether() throws {
    let scratch = Scratch()
    let keys = try people(["ada", "bob", "cy", "safe"], in: scratch)
    let records = try found(scratch, [keys[1], keys[0], keys[2] + ".pub"], shares: [keys[3] + ".pub"], threshold: 2)
    let law = try law(records)
    let state = law.root.head.state
    #expect(state.operators.map(\.person.name) == ["ada", "bob", "cy", "safe"] && state.threshold == 2)
    #expect(state.operators.map(\.kind) == [.acting, .acting, .acting, .recovery])
    #expect(Judgement(of: law).members.count == 1, "and the first node is a member")
    #expect(!FileManager.default.fileExists(atPath: scratch.path + "/node/operator"), "no further key is made")
}

@Test func theKeysThatAreHereMustSufficeAndNothingIsWrittenIfTheyDoNot() throws {
    let scratch = Scratch()
    let keys = try people(["ada", "bob"], in: scratch)
    func refusal(_ operators: [String], shares: [String] = [], threshold: Int) -> String? {
        complaint { _ = try found(scratch, operators, shares: shares, threshold: threshold) }?.code.description
    }
    #expect(refusal([keys[0], keys[1] + ".pub"], threshold: 2) == "M1231")
    #expect(refusal([keys[0] + ".pub"], threshold: 1) == "M1231")
    #expect(refusal([keys[0] + ".pub"], shares: [keys[1]], threshold: 1) == "M1231", "a share grants nothing")
    #expect(refusal(keys, threshold: 3) == "M1225" && refusal(keys, threshold: 0) == "M1225")
    #expect(refusal([keys[0], keys[0]], threshold: 1) == "M1225", "one person twice")
    #expect(refusal([keys[0], keys[1]], shares: [keys[1]], threshold: 1) == "M1225")
    #expect(refusal([keys[0], scratch.path + "/nothing"], threshold: 1) == "M1230")
    #expect(refusal([keys[0], "ada:0000"], threshold: 1) == "M1230")
    #expect(!FileManager.default.fileExists(atPath: scratch.path + "/node"))
}

@Test func aSealedKeyFoundsWithItsPassphraseOnly() throws {
    let scratch = Scratch()
    let keys = try people(["ada"], in: scratch, passphrase: "correct horse")
    #expect(complaint { _ = try found(scratch, keys, threshold: 1, secret: "x") }?.code.description == "M1216")
    #expect(try found(scratch, keys, threshold: 1, secret: "correct horse").count == 3)
}

@Test func aChangeIsWrittenSignedElsewhereAndComesBackWhole() throws {
    let scratch = Scratch()
    let keys = try people(["ada", "bob", "cy"], in: scratch)
    let records = try found(scratch, Array(keys.prefix(2)), threshold: 2)
    let card = try #require(try OperatorDesk.card(keys[2] + ".pub"))
    func order(_ keys: [String], others: [String] = []) -> RootDesk.Order {
        RootDesk.Order(
            chain: [records[0]], changes: [.add(Operator(card.person)), .setThreshold(3)], keys: keys, others: others)
    }
    func refusal(_ work: () throws -> Void) -> String? { complaint(work)?.code.description }
    #expect(refusal { _ = try RootDesk.propose(order([keys[0]])) { _ in nil } } == "M1231")
    #expect(refusal { _ = try RootDesk.propose(order([keys[2]])) { _ in nil } } == "M1229")
    #expect(refusal { _ = try RootDesk.propose(order([keys[0]], others: ["eve"])) { _ in nil } } == "M1232")
    #expect(try RootDesk.propose(order(Array(keys.prefix(2)))) { _ in nil }.record != nil, "both at one table")

    let half = try RootDesk.propose(order([keys[0]], others: ["bob"])) { _ in nil }
    #expect(half.record == nil && half.missing.count == 1)
    let (carried, outlook) = try RootDesk.read(half.encoded)
    #expect(carried == half && outlook.mesh == "store" && outlook.after.threshold == 3)
    #expect(refusal { _ = try RootDesk.sign(carried, keyAt: keys[2]) { nil } } == "M1229")
    let whole = try RootDesk.sign(carried, keyAt: keys[1]) { nil }
    var law = try law(records)
    #expect(law.admit(try Verified(try #require(whole.record), in: law.mesh)) == .new)
    #expect(law.root.head.state.threshold == 3)

    for bytes in [[], Array("marram-root/1\n".utf8), Array(half.encoded.dropLast()), half.encoded + [0]] {
        #expect(refusal { _ = try RootDesk.read(bytes) } == "M1226")
    }
    var forged = whole.encoded
    forged[forged.count - 1] ^= 1
    #expect(refusal { _ = try RootDesk.read(forged) } == "M1226")
}

@Test func aFileForOthersIsWrittenOverNothingButItself() throws {
    let scratch = Scratch()
    let path = scratch.path + "/change"
    try OperatorDesk.write([1], to: path, isNew: true)
    #expect(complaint { try OperatorDesk.write([2], to: path, isNew: true) }?.code.description == "M1234")
    try OperatorDesk.write([3], to: path, isNew: false)
    #expect(FileManager.default.contents(atPath: path) == Data([3]))
    #expect(
        complaint { try OperatorDesk.write([2], to: scratch.path + "/no/change", isNew: true) }?.code.description
            == "M1234")
}
