package import Base

/// Counting heads.
extension Judgement {
    /// The yeses to a proposal, one for each person who may say it: verified first, then counted, by person and not by
    /// key; whoever proposed is not among them. Of several by one person, the one that lasts longest.
    package func approvals(of proposal: Digest, by approver: Capability) -> [Yes] {
        countsByProposal[proposal]?.first { $0.approver == approver }?.yeses ?? count(of: proposal, by: approver)
    }

    func count(of proposal: Digest, by approver: Capability) -> [Yes] {
        guard let (proposer, subjects) = proposals[proposal] else { return [] }
        var yesByPerson = SortedMap<Int, Yes>()
        for yes in yeses[proposal] ?? [] where yes.person != proposer && mayApprove(yes, approver, subjects.object) {
            yesByPerson.update(yes.person, default: yes) { $0 = $0.notAfter < yes.notAfter ? yes : $0 }
        }
        return yesByPerson.values
    }

    /// Operators approve in their own right. Everybody else was granted it, by as many different operators as it takes
    /// to update the root: otherwise one operator alone could invent as many persons as a policy asks for.
    private func mayApprove(_ yes: Yes, _ approver: Capability, _ object: String) -> Bool {
        guard let authority = yes.authority else { return true }
        guard let used = holdings[authority], grants(used, approver, object) else { return false }
        var founders: [String] = []
        for key in used.keys {
            for id in holdingsByKey[key] ?? [] {
                guard let holding = holdings[id], grants(holding, approver, object), let founder = holding.founder
                else { continue }
                founders.append(founder)
            }
        }
        return founders.risingOnce.count >= root.threshold
    }

    private func grants(_ holding: Holding, _ capability: Capability, _ object: String) -> Bool {
        holding.terms.can.risingContains(capability) && holding.terms.scope.contains(object)
    }
}
