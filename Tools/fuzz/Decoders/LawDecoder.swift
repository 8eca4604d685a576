internal import Base
internal import Crypto
internal import Trust

/// Reads what a signed record says, and lets a small law take it: entries, updates and feeds of any kind, as if their
/// signatures were true, since bytes chosen blindly never carry a true one. Nothing that they say may trap the judge.
func readStatement(_ bytes: [UInt8]) {
    guard let statement = try? Statement(decoding: bytes.raw) else { return }
    precondition(statement.encoded == bytes, "a statement was accepted in a second encoding")
    guard bytes.count <= Limits.recordBodyBytes, var law = foundedLaw(), let signature else { return }
    let keys = signers(of: statement)
    guard !keys.isEmpty, keys.count <= Limits.signers else { return }
    let record = Record(body: bytes, seals: keys.map { Record.Seal($0, signature) })
    guard let verified = try? Verified(stored: record) else { return }
    _ = law.admit(verified)
    _ = law.admit(verified)
    let judgement = Judgement(of: law)
    precondition(judgement.valid.allSatisfy { judgement.verdict(on: $0) == .valid }, "valid, and yet not")
}

/// Reads a token's bytes; its signature keeps blind bytes out, so what matters is that nothing traps before it.
func readInviteToken(_ bytes: [UInt8]) {
    if let token = try? InviteToken(decoding: bytes.raw) {
        precondition(token.encoded == bytes, "a token was accepted in a second encoding")
    }
    _ = try? InviteToken(text: String(decoding: bytes, as: UTF8.self))
}

/// Reads a law's file and checks it.
func readLawFile(_ bytes: [UInt8]) {
    guard let file = try? LawFile(decoding: bytes.raw) else { return }
    precondition(file.encoded == bytes, "a law's file was accepted in a second encoding")
    if let law = try? file.check() { precondition(law.mesh == file.mesh, "a law of another mesh") }
}

/// Reads a change of the root and checks it; and a card, which is text.
func readRootProposal(_ bytes: [UInt8]) {
    if let card = OperatorCard(text: String(decoding: bytes, as: UTF8.self)) {
        precondition(OperatorCard(text: card.text) == card, "a card changes when it is written")
    }
    guard let proposal = try? RootProposal(decoding: bytes.raw) else { return }
    precondition(proposal.encoded == bytes, "a proposal was accepted in a second encoding")
    if (try? proposal.check()) != nil { precondition(!proposal.update.signers.isEmpty, "a change that nobody signs") }
    _ = proposal.record
}

/// Reads what a machine asks with, and what it is answered.
func readJoinFiles(_ bytes: [UInt8]) {
    if let request = try? JoinRequest(decoding: bytes.raw) {
        precondition(request.encoded == bytes, "a request was accepted in a second encoding")
        _ = try? request.verify()
    }
    guard let answer = try? JoinAnswer(decoding: bytes.raw) else { return }
    precondition(answer.encoded == bytes, "an answer was accepted in a second encoding")
    _ = try? answer.check()
}

/// Reads minisign's two files.
func readMinisign(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let key = try? Minisign.PublicKey(text: text) {
        precondition((try? Minisign.PublicKey(text: key.text)) == key, "a key changes when it is written")
    }
    if let signature = try? Minisign.SignatureFile(text: text) {
        precondition((try? Minisign.SignatureFile(text: signature.text)) == signature, "a signature changes")
    }
}

/// Reads a proof and looks at it, which a mesh of another id must never believe.
func readEvidence(_ bytes: [UInt8]) {
    guard let evidence = try? Evidence(decoding: bytes.raw) else { return }
    precondition(evidence.encoded == bytes, "a proof was accepted in a second encoding")
    precondition((try? evidence.verify(in: Digest(.zero))) == nil, "a proof in a mesh of nobody")
}

private func key(_ number: UInt64) -> SignerKey { SignerKey(VerifyingKey(Bytes32(number, 0, 0, 0))) }

private let signature = try? Signature(decoding: [UInt8](repeating: 0, count: Signature.byteCount).raw)

private func signers(of statement: Statement) -> [SignerKey] {
    switch statement {
    case .genesis(let genesis): genesis.signers
    case .rootUpdate(let update): update.signers
    case .feed(let certificate): [certificate.owner]
    case .invite(let invite): [invite.inviter]
    case .time(let vote): [vote.node]
    case .entry, .lease, .life, .audit: [key(1)]
    }
}

/// A law of one operator with an open feed.
private func foundedLaw() -> Law? {
    guard let signature else { return nil }
    func verified(_ statement: Statement) -> Verified? {
        try? Verified(stored: Record(body: statement.encoded, seals: [Record.Seal(key(1), signature)]))
    }
    let genesis = Genesis(
        name: "store", operators: [Operator(Person(name: "ann", keys: [key(1)]))], signers: [key(1)], threshold: 1,
        nonce: .zero)
    guard let first = verified(.genesis(genesis)), var law = try? Law(trusting: first),
        let feed = verified(.feed(FeedCertificate(owner: key(1), epoch: 1, key: key(1))))
    else { return nil }
    _ = law.admit(feed)
    return law
}
