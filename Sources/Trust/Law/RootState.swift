package import Base

/// What the root says at one place of its chain.
package struct RootState: Hashable, Sendable {
    /// By rising names; no key stands under two names.
    package private(set) var operators: [Operator]
    package private(set) var threshold: Int
    package private(set) var witnesses: Int
    package private(set) var roles: [Role]
    package private(set) var policies: [Policy]
    package private(set) var sites: [SiteRule]
    package private(set) var channels: SortedMap<String, UInt64>
    package private(set) var liftedSuspensions: [Digest]

    private static let usualWitnesses = 2

    /// Why an update of the root is no update.
    package enum Refusal: Error, Hashable, Sendable {
        /// Fewer different persons signed than it takes; two keys of one person are one.
        case tooFewPersons
        /// A key that signed belongs to nobody here.
        case stranger
        case nameTaken
        case keyTaken
        case noSuchOperator
        /// Fewer acting operators would be left than it takes to govern.
        case tooFewOperators
        case outOfRange
        case tooMany
        /// A removal that names nothing of what the operator did would undo all of it, the founding included.
        case nothingLeft
        /// The policy asks of this capability what nobody can bring who uses it.
        case unmeetable(Capability)
    }

    package init(_ genesis: Genesis) throws(Refusal) {
        operators = genesis.operators
        threshold = Int(genesis.threshold)
        witnesses = Self.usualWitnesses
        (roles, policies, sites, channels, liftedSuspensions) = ([], [], [], SortedMap(), [])
        try check()
        guard try persons(among: genesis.signers) >= threshold else { throw .tooFewPersons }
    }

    /// Whose key it is.
    package func holder(of key: SignerKey) -> Operator? { operators.first { $0.person.keys.contains(key) } }

    package func isActing(_ key: SignerKey) -> Bool { holder(of: key)?.kind == .acting }

    /// The policy that speaks of a capability on an object.
    package func policy(for capability: Capability, on object: String) -> Policy? {
        policies.first { $0.capability == capability && $0.scope.contains(object) }
    }

    package func rule(for site: String) -> SiteRule? { sites.first { $0.site == site } }

    /// How many different persons hold these keys. The persons are counted, so a person's second key adds nothing.
    func persons(among keys: [SignerKey]) throws(Refusal) -> Int {
        var names: [String] = []
        for key in keys {
            guard let holder = holder(of: key) else { throw .stranger }
            names.append(holder.person.name)
        }
        return names.risingOnce.count
    }

    /// The state after `update`, and how many persons signed it.
    func updated(by update: RootUpdate) throws(Refusal) -> (state: RootState, weight: Int) {
        let weight = try persons(among: update.signers)
        guard weight >= threshold else { throw .tooFewPersons }
        var state = self
        for change in update.changes { try state.apply(change) }
        try state.check()
        return (state, weight)
    }

    private mutating func apply(_ change: RootChange) throws(Refusal) {
        switch change {
        case .add(let person): operators = (operators + [person]).sorted()
        case .remove(let name, let cuts):
            guard operators.contains(where: { $0.person.name == name }) else { throw .noSuchOperator }
            guard !cuts.isEmpty else { throw .nothingLeft }
            operators.removeAll { $0.person.name == name }
        case .setThreshold(let count): threshold = Int(count)
        case .setRole(let role): roles = Self.replaced(roles, by: role) { $0.name == role.name }
        case .setPolicy(let policy):
            guard policy.isMeetable else { throw .unmeetable(policy.capability) }
            policies = Self.replaced(policies, by: policy) { $0.capability == policy.capability }
        case .setSite(let rule): sites = Self.replaced(sites, by: rule) { $0.site == rule.site }
        case .setWitnesses(let count): witnesses = Int(count)
        case .resetChannel(let name, let epoch):
            guard epoch > channels[name] ?? 0 else { throw .outOfRange }
            channels[name] = epoch
        case .liftSuspension(let entry): liftedSuspensions = (liftedSuspensions + [entry]).risingOnce
        }
    }

    private static func replaced<Row: Comparable>(_ rows: [Row], by row: Row, _ isSame: (Row) -> Bool) -> [Row] {
        (rows.filter { !isSame($0) } + [row]).sorted()
    }

    /// What holds of every state: people whose names and keys are their own, and enough of them to govern.
    private func check() throws(Refusal) {
        guard operators.count <= Limits.operators else { throw .tooMany }
        guard operators.isRising else { throw .nameTaken }
        let keys = operators.flatMap(\.person.keys)
        guard keys.risingOnce.count == keys.count else { throw .keyTaken }
        guard threshold >= 1, (1...Limits.signers).contains(witnesses) else { throw .outOfRange }
        guard operators.count(where: { $0.kind == .acting }) >= threshold else { throw .tooFewOperators }
        let rows = max(roles.count, policies.count, sites.count, channels.count)
        guard rows <= Limits.tableRows, liftedSuspensions.count <= Limits.rootUpdates else { throw .tooMany }
    }
}

extension Policy {
    /// What keeps a mesh alive must work on its worst day: whoever comes back with a stale lease renews it, and is
    /// vouched for. And a write of a key brings no proposal along, so it can have been approved by nobody.
    package var isMeetable: Bool {
        switch capability {
        case .renew, .sponsor: approvals == 0 && !needsFreshLease && group == nil
        case .write: approvals == 0 && group == nil
        default: cuts.isEmpty
        }
    }
}
