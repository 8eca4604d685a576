package import Base
internal import Control
internal import Crypto
internal import Registry
package import Trust

/// What a node answers about single acts: what was done by whom, whether it counts, and who may do what.
extension MarramNode {
    /// The newest acts of the law.
    func acts(_ count: Int) -> ActsReply {
        let lines = lawLines
        let rows = lines.suffix(count).map { line in
            ActsReply.Row(
                record: line.record.description, at: WallTime(milliseconds: Int64(clamping: line.time.milliseconds)),
                actor: line.actor, act: line.act, isValid: line.verdict == .valid, why: why(line.verdict))
        }
        return ActsReply(rows: rows, total: lines.count)
    }

    private var lawLines: [LawLine] {
        let registry = switchboard.registry
        guard let law = registry.book.law, let judgement = registry.judgement else { return [] }
        return law.lines(judgement) { name(of: $0.key.nodeID) }
    }

    private func why(_ verdict: Verdict?) -> String {
        switch verdict {
        case .valid: ""
        case .void(let fault): fault.sentence
        case nil: "an entry before it is missing here"
        }
    }

    func explainAuthority(_ word: String, by who: String?, on object: String?, at now: Now) -> Envelope {
        answer(at: now) { () throws(Complaint) in .authority(try explain(word, by: who, on: object, at: now)) }
    }

    /// Explains an act, named by the beginning of its record's id; or whether a node may do something, named by its
    /// capability, here and now.
    private func explain(
        _ word: String, by who: String?, on object: String?, at now: Now
    ) throws(Complaint) -> AuthorityReply {
        let isRecord = word.utf8.count >= Limits.shortestID && word.lowercased().utf8.allSatisfy(\.isHexadecimal)
        if isRecord { return try explainAct(word) }
        guard let capability = Capability(word) else {
            throw Complaint(
                .badArgument, what: "\(word) is neither a capability nor the beginning of a record's id",
                remedy: "name a record that marram audit tail shows, or a capability such as invite.create")
        }
        return try explain(capability, by: who, on: object ?? "mesh", at: now)
    }

    private func explainAct(_ prefix: String) throws(Complaint) -> AuthorityReply {
        let line = try onlyAct(startingWith: prefix)
        guard let entry = switchboard.registry.book.law?.entry(line.record) else {
            preconditionFailure("lines are made of the law's entries")
        }
        var grounds = ["made under the head \(entry.head.description.prefix(8)) of the root"]
        if let authority = entry.authority {
            grounds.append(words(of: authority) ?? "by the grant \(authority.description.prefix(8)), which is void")
        } else {
            grounds.append("by no grant: an operator's act, or one that the owner of a feed may always do")
        }
        grounds.append("entry \(entry.sequence) of the feed \(entry.feed.description.prefix(8))")
        let isValid = line.verdict == .valid
        return AuthorityReply(
            question: "\(line.actor) \(line.act)", isAllowed: isValid,
            why: isValid ? "it counts: its chain leads to an operator, and nothing took it back" : why(line.verdict),
            grounds: grounds)
    }

    private func onlyAct(startingWith prefix: String) throws(Complaint) -> LawLine {
        let lines = lawLines.filter { $0.record.description.hasPrefix(prefix.lowercased()) }
        guard prefix.utf8.count >= Limits.shortestID, lines.count == 1 else {
            throw Complaint(
                .unknownRecord, what: "\(lines.count) acts of the law have an id that begins with \(prefix)")
        }
        return lines[0]
    }

    private func words(of grant: Digest) -> String? {
        guard let holding = switchboard.registry.judgement?.holding(grant) else { return nil }
        let origin = holding.founder.map { "of the operator \($0)" } ?? "of nobody who is an operator now"
        let state = holding.isRevoked ? ", and revoked since" : ""
        return "by the grant \(grant.description.prefix(8)) \(origin): \(holding.terms.words)\(state)"
    }

    private func explain(
        _ capability: Capability, by who: String?, on object: String, at now: Now
    ) throws(Complaint) -> AuthorityReply {
        let registry = switchboard.registry
        guard let judgement = registry.judgement else { throw Self.noLaw }
        let node = try who.map { word throws(Complaint) in try memberOfLaw(word).1.node } ?? signatory.keys
        let title = name(of: node.id)
        func answer(_ isAllowed: Bool, _ why: String, _ grounds: [String]) -> AuthorityReply {
            AuthorityReply(
                question: "may \(title) do \(capability) on \(object)", isAllowed: isAllowed, why: why,
                grounds: grounds)
        }
        guard let member = registry.members[node.id] else { return answer(false, "it is no member of the mesh", []) }
        let rights = Rights(judgement, of: node.signing, here: circumstances(of: node.signing, at: now))
        let grounds = ["its standing is \(standing(of: member).rawValue)", clockWords(at: now)]
        let (isAllowed, why, grant, more) = rights.explain(capability, on: object)
        return answer(isAllowed, why, grounds + more + [grant.flatMap { words(of: $0) }].compactMap(\.self))
    }

    /// Of other nodes it is not known here how their leases stand: they ask themselves.
    private func circumstances(of node: SignerKey, at now: Now) -> Circumstances {
        let lease = isMine(node) ? switchboard.registry.leaseStanding(at: now) : nil
        return Circumstances(now: now, time: switchboard.registry.time, lease: lease)
    }

    private func isMine(_ key: SignerKey) -> Bool { key == signatory.keys.signing }

    /// Throws unless this node may write these keys here and now.
    func checkRight(toWrite keys: [String], at now: Now) throws(Complaint) {
        guard let judgement = switchboard.registry.judgement else { return }
        let me = signatory.keys.signing
        try Rights(judgement, of: me, here: circumstances(of: me, at: now))
            .check(toWrite: keys, called: configuration.name)
    }

    /// The law as a file; with the id of an act, only the records that its verdict rests on.
    package func lawFile(about prefix: String?) throws(Complaint) -> LawFile {
        let act = try prefix.map { prefix throws(Complaint) in try onlyAct(startingWith: prefix).record }
        return switchboard.registry.file(about: act)
    }
}
