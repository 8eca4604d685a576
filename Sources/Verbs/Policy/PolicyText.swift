internal import Base
internal import Text
internal import Trust

/// The tables of a mesh as a policy file: what `policy show` prints can be edited and applied.
extension RootState {
    var policyText: String {
        var parts: [String] = []
        for role in roles {
            parts.append(
                "[roles.\(role.name)]\ncan = \(Self.list(role.can.map(\.name)))\n"
                    + "scope = \(Self.list(role.scope.patterns.map(\.text)))\n"
                    + (role.delegate == 0 ? "" : "delegate = \(role.delegate)\n"))
        }
        for policy in policies {
            var text = "[policy.\"\(policy.capability)\"]\n"
            if policy.scope != .everything { text += "on = \(Self.list(policy.scope.patterns.map(\.text)))\n" }
            let needs = Self.needs(of: policy)
            if !needs.isEmpty { text += "needs = { \(needs.joined(separator: ", ")) }\n" }
            parts.append(text)
        }
        for site in sites {
            parts.append(
                "[sites.\(site.site)]\nquorum = \(site.quorum)\nlease = \"\(site.leaseHours)h\"\n"
                    + (site.acrossSites ? "across_sites = true\n" : ""))
        }
        return parts.joined(separator: "\n")
    }

    private static func needs(of policy: Policy) -> [String] {
        var needs: [String] = []
        if let approver = policy.approver { needs += ["approvals = \(policy.approvals)", "of = \"\(approver)\""] }
        if let age = policy.maxAge { needs.append("max_age = \"\(words(age))\"") }
        if policy.needsFreshLease { needs.append("lease = \"fresh\"") }
        if let group = policy.group { needs.append("group = \"\(group)\"") }
        return needs
    }

    /// In the largest unit that divides it.
    private static func words(_ time: Interval) -> String {
        let units: [(Int64, String)] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")]
        let milliseconds = time.nanoseconds / 1_000_000
        guard let (unit, name) = units.first(where: { milliseconds.isMultiple(of: $0.0) }) else {
            return "\(milliseconds)ms"
        }
        return "\(milliseconds / unit)\(name)"
    }

    /// Names and patterns hold nothing that TOML would want escaped.
    private static func list(_ words: [String]) -> String {
        words.count == 1 ? "\"\(words[0])\"" : "[\(words.map { "\"\($0)\"" }.joined(separator: ", "))]"
    }
}
