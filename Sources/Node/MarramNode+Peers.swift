internal import Base
internal import Control
internal import Membership
internal import Session

/// What a node answers about one member: why it is as it is.
extension MarramNode {
    func explainPeer(_ word: String, at now: Now) -> Envelope {
        do throws(Complaint) {
            let member = try member(named: word)
            let id = member.record.id
            let facts = PeerFacts(id, member, in: self, at: now)
            let (cause, confidence) = cause(of: facts.evidence)
            let title = member.record.name
            let reply = PeerReply(
                member: row(of: member, at: now), cause: cause, confidence: confidence, what: cause.sentence(of: title),
                evidence: facts.sentences(), events: facts.events { name(of: $0) },
                others: facts.others { name(of: $0) },
                remedies: cause.remedies(title, facts.session?.path.address ?? member.record.address, own: ownAddress))
            return envelope(.peer(reply), view: view(at: now), at: now)
        } catch {
            return envelope(.failure(error), at: now)
        }
    }

    private var ownAddress: Address { configuration.reachable.first ?? configuration.listen }

    /// The member that `word` names: by its name, its id or the start of it, or its address.
    func member(named word: String) throws(Complaint) -> Member {
        let subject = try linkSubject(word, for: "peer")
        if case .node(let id) = subject, let member = others[id] { return member }
        throw Complaint(
            .unknownPeer, what: "nobody at \(word) is known by name",
            remedy: "marram explain link \(word), or marram members")
    }
}
