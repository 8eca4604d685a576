import Base
import Crypto
import Foundation
import Testing
import Trust

@testable import Host

private func signer() -> SigningKey {
    var entropy = Entropy.seeded(3)
    return SigningKey.drawn(from: &entropy)
}

private func charter(_ nonce: UInt64 = 1) -> Charter {
    Charter(
        founding: "store", by: Person(name: "ada", keys: [SignerKey(signer().publicKey)]), key: signer(), nodes: [],
        nonce: Bytes32(nonce, 2, 3, 4))
}

/// What an operator answers to a request.
private func answer(to request: JoinRequest, in charter: Charter = charter()) -> [UInt8] {
    let records = OperatorActs.records(
        .grant(Grant(.node(request.keys), Charter.everyNode)), by: signer(), epoch: 9, head: charter.mesh,
        at: WallTime(milliseconds: 1), in: charter.mesh)
    let seeds = [Address(v4: 0x0A09_000B, port: 7946)]
    let law = LawFile(of: charter.mesh, charter.records + records)
    return JoinAnswer(to: request.keys.id, seeds: seeds, law: law).encoded
}

/// Every file of a directory.
private func contents(_ path: String) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: path) {
        contents[name] = FileManager.default.contents(atPath: path + "/" + name)
    }
    return contents
}

@Test func aMachineAsksByAFileAndComesInWithTheAnswer() throws {
    let scratch = Scratch()
    let directory = DataDirectory(path: scratch.path + "/node")
    let request = try directory.request(name: "till-09", site: "yard", listen: nil)
    #expect(try directory.request(name: "till-09", site: nil, listen: nil) == request, "asked again it is the same")
    #expect(try DataDirectory.read(request: request.encoded) == request)
    #expect(complaint { _ = try directory.identity() }?.code.description == "M1201", "there is no node yet")

    let answer = answer(to: request)
    let founding = try directory.join(answer: answer, name: nil)
    #expect(founding.mesh == "store" && founding.name == "till-09" && founding.id == request.keys.id)
    let identity = try directory.identity()
    #expect(identity.mesh == charter().mesh && identity.keys == request.keys && identity.seeds.count == 1)
    #expect(try directory.configuration().configuration.node.site == "yard")
    let facts = try directory.lawFacts(of: identity.mesh)
    #expect(facts.count == 5, "the genesis, the founder's first feed, and the three records of the grant")

    // The same again changes nothing; and it mends what was lost of it.
    let before = try contents(directory.path)
    #expect(Set(before.keys) == ["identity", "law", "marram.toml"])
    #expect(try directory.join(answer: answer, name: nil) == founding)
    #expect(try contents(directory.path) == before)
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: directory.path + "/law"))
    #expect(complaint { _ = try directory.lawFacts(of: identity.mesh) }?.code.description == "M1223")
    _ = try directory.join(answer: answer, name: nil)
    #expect(try contents(directory.path) == before)
    #expect(complaint { _ = try directory.request(name: "b", site: nil, listen: nil) }?.code.description == "M1204")
}

@Test func aBadAnswerChangesNothing() throws {
    let scratch = Scratch()
    let directory = DataDirectory(path: scratch.path + "/node")
    let request = try directory.request(name: "till-09", site: nil, listen: nil)
    let other = try DataDirectory(path: scratch.path + "/other").request(name: "till-10", site: nil, listen: nil)
    let good = answer(to: request)
    let before = try contents(directory.path)
    func refusal(_ bytes: [UInt8], in directory: DataDirectory) -> String? {
        complaint { _ = try directory.join(answer: bytes, name: nil) }?.code.description
    }
    var forged = good
    forged[forged.count - 1] ^= 1
    for bytes in [[], Array("marram-answer/1\n".utf8), Array(good.dropLast()), good + [0], forged] {
        #expect(refusal(bytes, in: directory) == "M1236")
    }
    #expect(refusal(answer(to: other), in: directory) == "M1237")
    #expect(refusal(good, in: DataDirectory(path: scratch.path + "/third")) == "M1238")
    #expect(try contents(directory.path) == before)
    #expect(refusal(good, in: directory) == nil)
    // A node of one mesh does not go over to another.
    let settled = try contents(directory.path)
    #expect(refusal(answer(to: request, in: charter(7)), in: directory) == "M1204")
    #expect(try contents(directory.path) == settled)
}
