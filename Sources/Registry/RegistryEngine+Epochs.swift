package import Base
package import Trust

/// The law about the epochs of what is replicated: who keeps them, and which of them it has heard.
extension RegistryEngine {
    /// Who keeps the epochs: of the members that an operator granted it, the one with the lowest id. Whoever has the
    /// same law names the same one, so two issue epochs only while a grant is on its way to one of them.
    package var keeper: NodeID? {
        guard let judgement else { return nil }
        return members.first { !$1.isRevoked && judgement.grant(of: $1.node.signing, for: .epochs) != nil }?.0
    }

    /// Members in good standing, rising.
    package var standing: [NodeID] { members.filter { !$1.isRevoked }.map(\.0) }

    /// Whether an entry that counts says that the epoch with this statement is issued.
    package func attests(_ entry: Digest, to epoch: Digest) -> Bool {
        guard case .operate(let operation)? = book.law?.entry(entry)?.act, operation.content == epoch else {
            return false
        }
        return operation.capability == .epochs && judgement?.verdict(on: entry) == .valid
    }
}

extension Operation {
    /// Issuing an epoch of the keys and values.
    package static func issue(_ epoch: Digest) -> Operation { Operation(.epochs, on: "epoch", content: epoch) }
}
