package import Base

/// Everything that will be done to a world, decided before it begins: how its links are, what breaks when and for how
/// long, what its nodes are asked. The seed only decides the small change (which packet is lost at a given rate). A
/// failing run is made small by editing its script, and the smallest script is kept as a `.scenario` file.
package struct Script: Hashable, Sendable {
    package var scenario: String
    package var seed: UInt64
    package var nodes: Int
    package var sites = 1
    /// The safety phase: faults happen. All of them are over when it ends, except crashes for ever.
    package var safety: Interval
    /// The liveness phase after it: what the nodes have to put things right.
    package var settle: Interval
    package var mischief = Mischief.none
    /// The links inside a site and between sites.
    package var near: Link
    package var far: Link
    /// By time; at one time in this order.
    package var actions: [Action] = []

    package init(
        scenario: String, seed: UInt64, nodes: Int, safety: Interval, settle: Interval, near: Link, far: Link
    ) {
        self.scenario = scenario
        self.seed = seed
        self.nodes = nodes
        self.safety = safety
        self.settle = settle
        self.near = near
        self.far = far
    }

    package var length: Interval { safety + settle }

    /// Puts the actions in order of time and leaves those of one time in theirs.
    mutating func sort() {
        let order = actions.indices.sorted {
            actions[$0].at == actions[$1].at ? $0 < $1 : actions[$0].at < actions[$1].at
        }
        actions = order.map { actions[$0] }
    }
}

/// One line of a script.
package struct Action: Hashable, Sendable {
    package var at: Interval
    package var deed: Deed

    package init(at: Interval, _ deed: Deed) {
        self.at = at
        self.deed = deed
    }
}

extension Script {
    /// The kinds of fault in this script, in the order of their declaration.
    package var kinds: [FaultKind] { FaultKind.allCases.filter(has) }

    private func has(_ kind: FaultKind) -> Bool {
        switch kind {
        case .loss: near.loss + far.loss > 0
        case .duplication: near.duplication + far.duplication > 0
        case .reordering: near.reordering + far.reordering > 0
        case .flips: near.flips + far.flips > 0
        case .truncation: near.truncation + far.truncation > 0
        case .delay: near.jitter > near.delay || far.jitter > far.delay
        case .bandwidth: near.bandwidth + far.bandwidth > 0
        case .mischief: mischief != .none
        case .weather, .cut, .partition, .spoil, .replay, .rebind, .crash, .death, .pause, .wipe, .restore, .clock,
            .slowDisk, .fullDisk, .lyingDisk:
            actions.contains { $0.deed.kind == kind }
        }
    }

    /// The script with one kind of fault taken out.
    func without(_ kind: FaultKind) -> Script {
        var script = self
        script.near.mend(kind)
        script.far.mend(kind)
        if kind == .mischief { script.mischief = .none }
        script.actions.removeAll { $0.deed.kind == kind }
        return script
    }
}

extension Link {
    /// Takes one kind of fault out.
    mutating func mend(_ kind: FaultKind) {
        switch kind {
        case .loss: loss = 0
        case .duplication: duplication = 0
        case .reordering: reordering = 0
        case .flips: flips = 0
        case .truncation: truncation = 0
        case .delay: jitter = min(jitter, delay)
        case .bandwidth: bandwidth = 0
        case .weather, .cut, .partition, .spoil, .replay, .rebind, .crash, .death, .pause, .wipe, .restore, .clock,
            .slowDisk, .fullDisk, .lyingDisk, .mischief:
            break
        }
    }
}
