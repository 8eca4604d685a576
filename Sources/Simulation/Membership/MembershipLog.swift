internal import Base
internal import Membership

/// What is written down of one run: who sees whom, held against who is there. A class, since the oracles and the
/// figures of a run share it.
final class MembershipLog {
    /// One of the deaths that the plan measures.
    struct Death {
        var node: Int
        var at: Int64
        var end: Int64
        var knownAt: Int64?
        var knownLast: Int?
    }

    let script: Script
    let plan: MembershipPlan
    var truth: MembershipTruth
    private let nodes: Int
    /// For each observer a row: does it take the other for alive, be it under suspicion?
    private var sees: [Bool]
    private var isUp: [Bool]
    private var upCount = 0
    /// Pairs of running nodes of which one does not see the other.
    private(set) var missing = 0
    /// How many running nodes see this one.
    private var seenBy: [Int]

    private(set) var bootFull: Int64?
    private(set) var bootBytes: UInt64 = 0
    var bootPeak: Int?
    private(set) var healed: Int64?
    private(set) var deaths: [Death] = []
    var watchBytes: [UInt64] = []
    var peak = 0
    var declared = 0
    var falseDown = 0
    var lateDown = 0

    init(_ script: Script, _ plan: MembershipPlan) {
        self.script = script
        self.plan = plan
        nodes = script.nodes
        truth = MembershipTruth(script)
        sees = [Bool](repeating: false, count: nodes * nodes)
        isUp = [Bool](repeating: false, count: nodes)
        seenBy = [Int](repeating: 0, count: nodes)
    }

    var splitEnd: Int64? {
        let end = min(plan.split + plan.splitLength, script.safety)
        return plan.split < script.safety ? end.nanoseconds : nil
    }

    func hear(
        _ happening: Happening<MembershipNode.Reply, MembershipNode.Note>, _ world: borrowing World<MembershipNode>
    ) {
        switch happening {
        case .born(let node): born(node)
        case .died(let node, _): died(node, at: world.time)
        case .replied: break
        case .noted(let node, let note):
            note.to == .alive || note.to == .suspect ? see(node, note.peer) : lose(node, note.peer, at: world.time)
        }
        lookForFullViews(world)
    }

    private func lookForFullViews(_ world: borrowing World<MembershipNode>) {
        guard missing == 0, upCount == nodes else { return }
        if bootFull == nil {
            bootFull = world.time
            bootBytes = Self.wireBytes(world)
        }
        if let splitEnd, healed == nil, world.time >= splitEnd { healed = world.time }
    }

    func lookAgain(_ world: borrowing World<MembershipNode>) { lookForFullViews(world) }

    /// Bytes of all nodes, with what the wire adds.
    static func wireBytes(_ world: borrowing World<MembershipNode>) -> UInt64 {
        world.nodes.reduce(0) {
            $0 + world.sentBytes($1) + world.sentPackets($1) * UInt64(MembershipNode.wireOverhead)
        }
    }

    private func see(_ observer: Int, _ subject: Int) {
        guard !sees[observer * nodes + subject], observer != subject else { return }
        sees[observer * nodes + subject] = true
        seenBy[subject] += 1
        if isUp[subject] { missing -= 1 }
    }

    private func lose(_ observer: Int, _ subject: Int, at time: Int64) {
        guard sees[observer * nodes + subject] else { return }
        sees[observer * nodes + subject] = false
        seenBy[subject] -= 1
        if isUp[subject] { missing += 1 } else { lookForKnownDeath(subject, by: observer, at: time) }
    }

    /// Who does not see whom, the first few of them.
    var missingText: String {
        let pairs = (0..<nodes * nodes).lazy.map { ($0 / self.nodes, $0 % self.nodes) }
        let found = pairs.filter { $0 != $1 && self.isUp[$0] && self.isUp[$1] && !self.sees[$0 * self.nodes + $1] }
        return "\(missing) views are missing: " + found.prefix(3).map { "of \($1) at \($0)" }.joined(separator: ", ")
    }

    /// Who still sees one that died, the first few, or who was the last.
    func unaware(of death: Death) -> String {
        if let last = death.knownLast { return "\(last) was the last to know" }
        let unaware = (0..<nodes).lazy.filter { self.isUp[$0] && self.sees[$0 * self.nodes + death.node] }
        return "unknown at " + unaware.prefix(8).map { "\($0)" }.joined(separator: ", ")
    }

    private func lookForKnownDeath(_ subject: Int, by observer: Int, at time: Int64) {
        guard seenBy[subject] == 0,
            let index = deaths.lastIndex(where: { $0.node == subject && $0.knownAt == nil && $0.end > time })
        else { return }
        deaths[index].knownAt = time
        deaths[index].knownLast = observer
    }

    private func born(_ node: Int) {
        isUp[node] = true
        upCount += 1
        for other in 0..<nodes where isUp[other] && other != node {
            missing += 1 + (sees[other * nodes + node] ? 0 : 1)
        }
    }

    private func died(_ node: Int, at time: Int64) {
        guard isUp[node] else { return }
        isUp[node] = false
        upCount -= 1
        let end = time + plan.deathLength.nanoseconds
        let isMeasured =
            plan.isTimed && time >= plan.deaths.nanoseconds && time < plan.split.nanoseconds
            && end <= script.safety.nanoseconds
        if isMeasured { deaths.append(Death(node: node, at: time, end: end)) }
        for other in 0..<nodes where other != node {
            if isUp[other] { missing -= (sees[other * nodes + node] ? 0 : 1) + (sees[node * nodes + other] ? 0 : 1) }
            if sees[node * nodes + other] {
                sees[node * nodes + other] = false
                seenBy[other] -= 1
                if !isUp[other] { lookForKnownDeath(other, by: node, at: time) }
            }
        }
    }
}
