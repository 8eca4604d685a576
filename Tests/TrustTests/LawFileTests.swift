import Base
import Crypto
import Testing

@testable import Trust

private func signer(_ number: UInt64) -> SigningKey {
    var entropy = Entropy.seeded(number)
    return .drawn(from: &entropy)
}

private let node = NodeKeys(
    signing: SignerKey(signer(2).publicKey), agreement: AgreementPublicKey(Bytes32(1, 2, 3, 4)))

/// A mesh of one node, which its operator threw out.
private func lawFile() -> LawFile {
    let charter = Charter(
        founding: "store", by: Person(name: "ada", keys: [SignerKey(signer(1).publicKey)]), key: signer(1),
        nodes: [node], nonce: Bytes32(1, 1, 1, 1))
    let acts = OperatorActs.records(
        .revoke(Revocation(.key(node.signing), reason: .stolen, cuts: [])), by: signer(1), epoch: 9,
        head: charter.mesh, at: WallTime(milliseconds: 1_000), in: charter.mesh)
    return LawFile(of: charter.mesh, charter.records + acts)
}

@Test func aLawsFileIsCheckedByItselfAndReadsAsLines() throws {
    let law = try LawFile(decoding: lawFile().encoded.raw).check()
    let lines = law.lines(Judgement(of: law)) { _ in "till-01" }
    #expect(
        lines.map(\.act).sorted() == [
            "ends its feed", "grants till-01: invite.create, invite.sponsor, lease.renew on *",
            "revokes till-01: stolen",
        ])
    #expect(lines.allSatisfy { $0.actor == "ada" && $0.verdict == .valid } && lines[0].time.bits == 0)
    #expect(law.waitingEntries == 0 && law.forkedOwners.isEmpty)
}

@Test func aLawsFileThatWasChangedAnywhereIsRefused() {
    let bytes = lawFile().encoded
    for index in bytes.indices {
        var changed = bytes
        changed[index] ^= 1
        #expect(throws: (any Error).self, "byte \(index)") { try LawFile(decoding: changed.raw).check() }
    }
}

@Test func aLawsFileWithAPieceMissingSaysSo() throws {
    let file = lawFile()
    func without(_ place: Int) -> LawFile {
        var records = file.records
        records.remove(at: place)
        return LawFile(of: file.mesh, records)
    }
    #expect(throws: LawFile.Flaw.noGenesis) { try without(0).check() }
    #expect(throws: LawFile.Flaw.misplaced(2)) { try without(1).check() }
    // The revocation itself: what follows it in its feed waits for it.
    #expect(try without(4).check().waitingEntries == 1)
    #expect(throws: LawFile.Flaw.misplaced(7)) {
        try LawFile(of: file.mesh, file.records + [file.records[3]]).check()
    }
}
