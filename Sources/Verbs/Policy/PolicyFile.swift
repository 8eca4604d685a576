internal import Base
package import Text
package import Trust

/// Roles, policies and the rules of sites as people write them:
///
///     [roles.pricing]
///     can = ["key.write"]
///     scope = "key:prices/*"
///
///     [policy."key.write"]
///     on = ["key:prices/*", "key:config/*"]
///
///     [policy."rollout.start"]
///     needs = { approvals = 2, of = "approver", max_age = "72h", lease = "fresh", group = "pos" }
///
///     [sites.kiosk]
///     quorum = 1
///     lease = "90d"
///     across_sites = true
///
/// A file says only what it names: rows of the mesh's tables that it does not name stay as they are. It is read as a
/// whole, and nothing of it counts when anything in it is wrong.
package struct PolicyFile {
    private(set) var roles: [Role] = []
    private(set) var policies: [Policy] = []
    private(set) var sites: [SiteRule] = []
    package private(set) var problems: [Diagnostic] = []
    /// Roles that the mesh has already, and that the file may speak of.
    private let known: [Role]

    package init(_ bytes: [UInt8], known: [Role]) {
        self.known = known
        let document = TOMLDocument(reading: bytes)
        problems = document.problems
        // Roles first: policies speak of them, wherever they stand.
        for section in ["roles", "policy", "sites"] {
            for entry in document.root.entries where entry.key.spells(section) { read(entry, section) }
        }
        for entry in document.root.entries where !["roles", "policy", "sites"].contains(where: entry.key.spells) {
            complain(
                .unknownKey, entry.key,
                "\(quoted(entry.key.text)) is none of [roles.NAME], [policy.\"CAPABILITY\"], [sites.NAME]")
        }
        problems.sort { $0.span.start < $1.span.start }
    }

    private mutating func read(_ entry: TOMLEntry, _ section: String) {
        guard let rows = table(entry.value, "[\(section)]") else { return }
        if rows.entries.count > Limits.tableRows {
            return complain(.outOfRange, entry.key, "[\(section)] has more than \(Limits.tableRows) rows")
        }
        for row in rows.entries {
            guard let fields = table(row.value, "[\(section).\(row.key.text)]") else { continue }
            switch section {
            case "roles": readRole(row.key, fields)
            case "policy": readPolicy(row.key, fields)
            default: readSite(row.key, fields)
            }
        }
    }

    // MARK: Rows

    private mutating func readRole(_ name: TOMLKey, _ fields: TOMLTable) {
        let count = problems.count
        check(fields, knows: ["can", "scope", "delegate"], in: "[roles.\(name.text)]")
        if !isName(name.text) { complain(.badName, name, "\(quoted(name.text)) cannot be the name of a role") }
        let can = texts(fields, "can", Limits.capabilities).compactMap { capability($0.text, $0.span) }
        if can.isEmpty, problems.count == count {
            complain(.wrongKind, name, "a role names what it can do: can = [\"key.write\"]")
        }
        let scope = fields.value("scope") == nil ? Scope.everything : self.scope(fields, "scope")
        let delegate = number(fields, "delegate", 0...Limits.grantDepth - 1) ?? 0
        guard problems.count == count else { return }
        roles.append(Role(name: name.text, can: can, scope: scope, delegate: UInt8(delegate)))
    }

    private mutating func readPolicy(_ name: TOMLKey, _ fields: TOMLTable) {
        let count = problems.count
        check(fields, knows: ["on", "needs"], in: "[policy.\"\(name.text)\"]")
        guard let capability = capability(name.text, name.span) else { return }
        var policy = Policy(capability)
        if fields.value("on") != nil { policy.scope = scope(fields, "on") }
        if let needs = fields.value("needs"), let table = table(needs, "needs") { readNeeds(table, &policy) }
        guard problems.count == count else { return }
        guard policy.isMeetable else {
            return complain(.ruleRequired, name, "\(capability) must not wait for that")
        }
        policies.append(policy)
    }

    private mutating func readNeeds(_ needs: TOMLTable, _ policy: inout Policy) {
        check(needs, knows: ["approvals", "of", "max_age", "lease", "group"], in: "needs")
        policy.approvals = UInt8(number(needs, "approvals", 0...Limits.signers) ?? 0)
        if let of = text(needs, "of") { policy.approver = approver(of.text, of.span) }
        if (policy.approvals == 0) != (needs.value("of") == nil), let key = needs.entries.first?.key {
            complain(.settingsContradict, key, "approvals and of belong together: how many persons, and of which role")
        }
        if let age = text(needs, "max_age") { policy.maxAge = time(age.text, age.span) }
        if let lease = text(needs, "lease") {
            if lease.text != "fresh" { complain(.outOfRange, lease.span, "lease takes \"fresh\"") }
            policy.needsFreshLease = true
        }
        if let group = text(needs, "group") {
            if !isName(group.text) { complain(.badName, group.span, "\(quoted(group.text)) cannot name a group") }
            policy.group = group.text
        }
    }

    /// A role, or what has a dot in it: a capability.
    private mutating func approver(_ word: String, _ span: SourceSpan) -> Capability? {
        if word.contains(".") { return capability(word, span) }
        let all = roles + known
        guard let role = all.first(where: { $0.name == word }) else {
            let near = nearest(to: word, among: all.map(\.name)).map { "did you mean \"\($0)\"?" }
            complain(.unknownRole, span, "no role is called \(quoted(word))", hint: near)
            return nil
        }
        guard let approves = role.can.first(where: { $0.name.hasSuffix(".approve") }) else {
            complain(.settingsContradict, span, "the role \(word) approves nothing", hint: "give it release.approve")
            return nil
        }
        return approves
    }

    private mutating func readSite(_ name: TOMLKey, _ fields: TOMLTable) {
        let count = problems.count
        check(fields, knows: ["quorum", "lease", "across_sites"], in: "[sites.\(name.text)]")
        if !isName(name.text) { complain(.badName, name, "\(quoted(name.text)) cannot be the name of a site") }
        guard let quorum = number(fields, "quorum", 1...Limits.signers) else {
            if problems.count == count { complain(.wrongKind, name, "a site says how many sign: quorum = 1") }
            return
        }
        var hours = Int64(Lease.usualHours)
        if let lease = text(fields, "lease"), let time = time(lease.text, lease.span) {
            hours = time.seconds / 3_600
            if !(1...Int64(Lease.longestHours)).contains(hours) {
                complain(.outOfRange, lease.span, "a lease lives for 1h to \(Lease.longestHours / 24)d")
            }
        }
        var across = false
        if let value = fields.value("across_sites") {
            if case .boolean(let said) = value.kind {
                across = said
            } else {
                complain(.wrongKind, value.span, "across_sites is true or false, not \(value.noun)")
            }
        }
        guard problems.count == count else { return }
        sites.append(
            SiteRule(site: name.text, quorum: UInt8(quorum), leaseHours: UInt16(hours), acrossSites: across))
    }

    // MARK: Fields

    private mutating func complain(_ code: Code, _ key: TOMLKey, _ what: String) { complain(code, key.span, what) }

    private mutating func complain(_ code: Code, _ span: SourceSpan, _ what: String, hint: String? = nil) {
        if problems.count < Limits.diagnostics { problems.append(Diagnostic(code, at: span, what, hint: hint)) }
    }

    private mutating func check(_ table: TOMLTable, knows names: [String], in place: String) {
        for entry in table.entries where !names.contains(where: entry.key.spells) {
            let near = nearest(to: entry.key.text, among: names).map { "did you mean \"\($0)\"?" }
            complain(.unknownKey, entry.key.span, "unknown key \(quoted(entry.key.text)) in \(place)", hint: near)
        }
    }

    private mutating func table(_ value: TOMLValue, _ place: String) -> TOMLTable? {
        if case .table(let table) = value.kind { return table }
        complain(.wrongKind, value.span, "\(place) is a table, not \(value.noun)")
        return nil
    }

    private mutating func text(_ table: TOMLTable, _ name: String) -> (text: String, span: SourceSpan)? {
        guard let value = table.value(name) else { return nil }
        if case .string(let text) = value.kind { return (text, value.span) }
        complain(.wrongKind, value.span, "\(name) is text in quotes, not \(value.noun)")
        return nil
    }

    /// One text or an array of them.
    private mutating func texts(_ table: TOMLTable, _ name: String, _ limit: Int) -> [(text: String, span: SourceSpan)]
    {
        guard let value = table.value(name) else { return [] }
        var values = [value]
        if case .array(let inner) = value.kind { values = inner }
        guard values.count <= limit else {
            complain(.outOfRange, value.span, "\(name) has more than \(limit) entries")
            return []
        }
        return values.compactMap { value in
            if case .string(let text) = value.kind { return (text, value.span) }
            complain(.wrongKind, value.span, "\(name) is text in quotes or an array of it, not \(value.noun)")
            return nil
        }
    }

    private mutating func number(_ table: TOMLTable, _ name: String, _ range: ClosedRange<Int>) -> Int? {
        guard let value = table.value(name) else { return nil }
        guard case .integer(let number) = value.kind else {
            complain(.wrongKind, value.span, "\(name) is a whole number, not \(value.noun)")
            return nil
        }
        guard let small = Int(exactly: number), range.contains(small) else {
            complain(.outOfRange, value.span, "\(name) is \(range.lowerBound) to \(range.upperBound), not \(number)")
            return nil
        }
        return small
    }

    private mutating func capability(_ text: String, _ span: SourceSpan) -> Capability? {
        if let capability = Capability(text) { return capability }
        complain(.outOfRange, span, "\(quoted(text)) is no capability: lower-case words with dots, such as key.write")
        return nil
    }

    private mutating func scope(_ table: TOMLTable, _ name: String) -> Scope {
        Scope(
            texts(table, name, Limits.scopePatterns).compactMap { text, span in
                if let pattern = Scope.Pattern(text) { return pattern }
                complain(.outOfRange, span, "\(quoted(text)) is no pattern", hint: "write it like \"key:prices/*\"")
                return nil
            })
    }

    private mutating func time(_ text: String, _ span: SourceSpan) -> Interval? {
        guard let time = try? Settings.time(text, of: "time"), time <= Limits.patience else {
            complain(.needsUnit, span, "\(quoted(text)) is no length of time", hint: "write it like \"72h\" or \"90d\"")
            return nil
        }
        return time
    }
}

extension TOMLTable {
    fileprivate func value(_ name: String) -> TOMLValue? { entries.first { $0.key.spells(name) }?.value }
}

/// What a file changes in the tables of a mesh.
extension PolicyFile {
    /// Only rows that are not there just so. `written` are the ends of the store's logs: a rule about writing does not
    /// judge what was written before it.
    func changes(of state: RootState, written: [Cut]) -> [RootChange] {
        var changes: [RootChange] = []
        changes += roles.filter { !state.roles.contains($0) }.map { .setRole($0) }
        for var policy in policies {
            let former = state.policies.first { $0.capability == policy.capability }
            policy.cuts = former?.cuts ?? []
            guard policy != former else { continue }
            policy.cuts = policy.capability == .write ? written : []
            changes.append(.setPolicy(policy))
        }
        return changes + sites.filter { !state.sites.contains($0) }.map { .setSite($0) }
    }

    /// What the file loosens of the rules that are in force, a sentence each.
    func weakened(_ state: RootState) -> [String] {
        policies.compactMap { policy in
            guard let former = state.policies.first(where: { $0.capability == policy.capability }) else { return nil }
            return policy.weakening(of: former).map { "\(policy.capability): \($0)" }
        }
    }
}

extension Policy {
    /// In what this asks for less than a former policy; nil when in nothing.
    fileprivate func weakening(of former: Policy) -> String? {
        if approvals < former.approvals { return "\(approvals) approvals instead of \(former.approvals)" }
        if let approver, former.approver.map({ $0 != approver }) ?? false { return "others approve: \(approver)" }
        if let age = former.maxAge, maxAge.map({ $0 > age }) ?? true { return "approvals may be older" }
        if former.needsFreshLease, !needsFreshLease { return "the lease may be stale" }
        if let group = former.group, self.group != group { return "the group \(group) is no longer asked for" }
        return former.scope.isWithin(scope) ? nil : "it no longer speaks of all that it spoke of"
    }
}
