import Base
import Crypto
import Foundation
import Testing
import Trust

@testable import Host

private let at = WallTime(milliseconds: 1_795_183_331_118)

private func order(_ scratch: Scratch) throws -> (OperatorDesk.Order, Law) {
    let identity = try scratch.directory.identity()
    var law = try Law(genesis: identity.charter[0], mesh: identity.mesh)
    for record in identity.charter { _ = law.admit(try Verified(record, in: identity.mesh)) }
    let order = OperatorDesk.Order(
        mesh: identity.mesh.description, head: law.root.head.id.description,
        .revoke(key: hexadecimal(identity.keys.signing.encoded), cuts: "00", reason: .stolen))
    return (order, law)
}

@Test(arguments: [nil, "correct horse"])
func whatTheOperatorSignsIsLaw(_ passphrase: String?) throws {
    let scratch = Scratch()
    _ = try scratch.directory.initialise(
        mesh: "store", name: "till-01", site: nil, listen: nil, passphrase: passphrase)
    var (order, law) = try order(scratch)
    let path = scratch.directory.operatorPath
    let records = try OperatorDesk.sign(order, keyAt: path, at: at) { passphrase }
    for record in records { #expect(law.admit(try Verified(record, in: law.mesh)) == .new) }
    let judgement = Judgement(of: law)
    #expect(judgement.verdict(on: records[1].id) == .valid && judgement.members.values[0].isRevoked)
    if passphrase != nil {
        for wrong in [nil, "correct house"] as [String?] {
            let refused = complaint { _ = try OperatorDesk.sign(order, keyAt: path, at: at) { wrong } }
            #expect(refused?.code.description == "M1216")
        }
    }
}

@Test func aKeyThatOthersMayReadOrThatIsDamagedSignsNothing() throws {
    let scratch = Scratch()
    _ = try scratch.directory.initialise(mesh: "store", name: "till-01", site: nil, listen: nil, passphrase: nil)
    let (order, _) = try order(scratch)
    let path = scratch.directory.operatorPath
    func refusal() -> String? {
        complaint { _ = try OperatorDesk.sign(order, keyAt: path, at: at) { nil } }?.code.description
    }
    #expect(refusal() == nil)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    #expect(refusal() == "M1216")
    for text in ["", "x", String(repeating: "\u{1}", count: 60)] {
        try scratch.write(text, to: "operator")
        #expect(refusal() == "M1216")
    }
}

@Test func aNewKeyWritesOverNothing() throws {
    let scratch = Scratch()
    let path = scratch.path + "/ada.key"
    let card = try OperatorDesk.makeKey(named: "ada", at: path, passphrase: nil)
    #expect(card.person.name == "ada")
    #expect(try OperatorDesk.card("\(path).pub") == card && OperatorDesk.card(card.text) == card)
    #expect(try OperatorDesk.card(path) == nil, "the key is no card")
    #expect(
        complaint { _ = try OperatorDesk.makeKey(named: "ada", at: path, passphrase: nil) }?.code.description == "M1204"
    )
    #expect(
        complaint { _ = try OperatorDesk.makeKey(named: "a b", at: path + "2", passphrase: nil) }?.code.description
            == "M1205")
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
}
