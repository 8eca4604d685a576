internal import Base
internal import Trust

/// What one node may do here and now, and why, in words.
struct Rights {
    private let judgement: Judgement
    private let node: SignerKey
    private let here: Circumstances

    init(_ judgement: Judgement, of node: SignerKey, here: Circumstances) {
        self.judgement = judgement
        self.node = node
        self.here = here
    }

    /// Whether it may, why, by which grant if any, and what else was looked at.
    func explain(
        _ capability: Capability, on object: String
    ) -> (isAllowed: Bool, why: String, grant: Digest?, grounds: [String]) {
        let grounds = [policyWords(capability, on: object)] + [here.lease.map(Self.words)].compactMap(\.self)
        switch judgement.decide(Operation(capability, on: object, content: Digest(.zero)), by: node, here) {
        case .allow(let grant): return (true, "its grant lets it, and nothing forbids it here and now", grant, grounds)
        case .deny(.void(.lacks)): return (false, "no grant of it names \(capability)", nil, grounds)
        case .deny(let denial): return (false, denial.sentence, judgement.grant(of: node, for: capability), grounds)
        }
    }

    /// Throws at the first key that it may not write.
    func check(toWrite keys: [String], called name: String) throws(Complaint) {
        for key in keys {
            let operation = Operation(.write, on: WritingLaw.object(key), content: Digest(.zero))
            guard case .deny(let denial) = judgement.decide(operation, by: node, here) else { continue }
            throw Complaint(
                .writeNotAllowed, what: "\(name) may not write \(key)",
                because: "\(because(denial)); \(policyWords(.write, on: operation.object))",
                remedy: "an operator gives it a role: marram role grant \(name) ROLE")
        }
    }

    private func because(_ denial: Denial) -> String {
        switch denial {
        case .void(.lacks), .void(.outOfScope): "no role of this node lets it write that key"
        default: denial.sentence
        }
    }

    private func policyWords(_ capability: Capability, on object: String) -> String {
        if let policy = judgement.root.policy(for: capability, on: object) { return "decided by: \(policy.words)" }
        return capability == .write
            ? "no policy speaks of it: what none does, every member writes" : "no policy speaks of it: a grant does"
    }

    private static func words(_ lease: Lease.Standing) -> String {
        switch lease {
        case .fresh: "its lease is fresh: enough nodes of its site have signed it"
        case .renewOnly(.none): "it has no lease yet; it asks the nodes of its site for one"
        case .renewOnly(.tooFewSigners(let count, let needed)):
            "\(count) of the \(needed) nodes that it takes have signed its lease; a small site states its own rule"
        case .renewOnly: "its lease is stale, and it asks the nodes of its site for another"
        }
    }
}
