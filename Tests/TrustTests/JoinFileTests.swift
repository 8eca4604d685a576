import Base
import Crypto
import Testing

@testable import Trust

private func candidate(_ seed: UInt64 = 5) -> NodeIdentity {
    var entropy = Entropy.seeded(seed)
    return NodeIdentity(of: Digest(.zero), from: &entropy)
}

private var founder: SigningKey { Court.signer(1) }
private let charter = Charter(
    founding: "store", by: Person(name: "ada", keys: [SignerKey(founder.publicKey)]), key: founder, nodes: [],
    nonce: Bytes32(1, 2, 3, 4))

/// What the founder answers a node; `later` is what else it does.
private func answer(to keys: NodeKeys, _ later: [Act] = []) -> JoinAnswer {
    let acts = [.grant(Grant(.node(keys), Charter.everyNode))] + later
    let records = acts.enumerated().flatMap { number, act in
        OperatorActs.records(
            act, by: founder, epoch: UInt64(number) + 10, head: charter.mesh, at: WallTime(milliseconds: 1),
            in: charter.mesh)
    }
    let seeds = [Address(v4: 0x0A09_000B, port: 7946)]
    return JoinAnswer(to: keys.id, seeds: seeds, law: LawFile(of: charter.mesh, charter.records + records))
}

private func flaw(_ answer: JoinAnswer) -> JoinAnswer.Flaw? {
    do throws(JoinAnswer.Flaw) {
        _ = try answer.check()
        return nil
    } catch {
        return error
    }
}

@Test func aRequestIsOfTheNodeThatItNamesAndNoOther() throws {
    let request = JoinRequest(of: candidate(), named: "till-09")
    try request.verify()
    #expect(request.keys == candidate().keys)
    let bytes = request.encoded
    #expect(try JoinRequest(decoding: bytes.raw) == request)
    #expect(JoinRequest(of: candidate(), named: "till-09") == request, "asked again it is the same")
    for length in 0..<bytes.count {
        #expect(throws: DecodeError.self) { try JoinRequest(decoding: Array(bytes[..<length]).raw) }
    }
    for index in bytes.indices {
        var other = bytes
        other[index] ^= 1
        guard let read = try? JoinRequest(decoding: other.raw) else { continue }
        #expect(throws: CryptoError.self, "changed at \(index)") { try read.verify() }
    }
}

@Test func anAnswerLetsItsNodeInAndKeepsItsKey() throws {
    let answer = answer(to: candidate().keys)
    #expect(try answer.check() == "store")
    #expect(try JoinAnswer(decoding: answer.encoded.raw) == answer)
    let identity = NodeIdentity(candidate(), of: charter.mesh, seeds: answer.seeds)
    #expect(identity.keys == candidate().keys && identity.mesh == charter.mesh && identity.seeds == answer.seeds)
}

@Test func anAnswerThatLetsNobodyInIsNone() {
    let keys = candidate().keys
    #expect(flaw(answer(to: candidate(6).keys)) == nil)
    let other = answer(to: candidate(6).keys)
    #expect(flaw(JoinAnswer(to: keys.id, seeds: [], law: other.law)) == .noMember)
    let revoked = answer(to: keys, [.revoke(Revocation(.key(keys.signing), reason: .stolen, cuts: []))])
    #expect(flaw(revoked) == .revoked)
    let bare = JoinAnswer(to: keys.id, seeds: [], law: LawFile(of: charter.mesh, []))
    #expect(flaw(bare) == .law(.noGenesis))
}

/// Whatever is changed on the way, but for the addresses, which nobody signs: it never lets in somebody else.
@Test func anAnswerThatWasChangedOrCutShortLetsNobodyIn() throws {
    let made = answer(to: candidate().keys)
    let bytes = made.encoded
    for length in 0..<bytes.count {
        #expect(throws: DecodeError.self) { try JoinAnswer(decoding: Array(bytes[..<length]).raw) }
    }
    for index in bytes.indices {
        var other = bytes
        other[index] ^= 1
        guard let read = try? JoinAnswer(decoding: other.raw), flaw(read) == nil else { continue }
        #expect(read.node == made.node && read.law == made.law, "changed at \(index)")
    }
}
