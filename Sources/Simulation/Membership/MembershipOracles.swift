internal import Base
internal import Membership

/// What must hold in a world of membership engines, whatever happens to it.
enum MembershipOracles {
    /// Who was out of reach at some time in so many last seconds is no false alarm: news of it may still be under way.
    static let grace = Interval.seconds(10)
    /// So long a verdict may be told on.
    static let verdictLife = Interval.seconds(30)
    /// What a node may send in any one second, be it at a boot of five hundred.
    static let peakBytes = 25_000

    static func all(_ log: MembershipLog) -> [Checker<MembershipNode>] {
        // The log hears first: the others ask it.
        [
            keepsLog(log), falseAlarms(log), goodbyes(log), evidence(), nobodyIsForgotten(log.script), deaths(log),
            boots(log), heals(log), boundedBytes(log), oneRoster(log), nobodyInventsLife(), verdicts(log),
            borneFades(log),
        ]
    }

    private static func keepsLog(_ log: MembershipLog) -> Checker<MembershipNode> {
        var checker = Checker<MembershipNode>("log")
        checker.hear = { happening, world in
            log.hear(happening, world)
            return nil
        }
        checker.atCheckpoint = { world in
            log.lookAgain(world)
            for node in world.nodes { log.peak = max(log.peak, world.inspect(node) { $0.meter.peak } ?? 0) }
            if log.bootPeak == nil, log.bootFull != nil { log.bootPeak = log.peak }
            let edges = [log.plan.watch.lowerBound, log.plan.watch.upperBound]
            if log.watchBytes.count < 2, world.now >= edges[log.watchBytes.count] {
                log.watchBytes.append(MembershipLog.wireBytes(world))
            }
            return nil
        }
        return checker
    }

    /// Nobody ever calls a node unreachable that runs and can be reached over live nodes.
    private static func falseAlarms(_ log: MembershipLog) -> Checker<MembershipNode> {
        var checker = Checker<MembershipNode>("false-down")
        checker.hear = { happening, world in
            guard case .noted(let node, let note) = happening, note.to == .unreachable else { return nil }
            log.declared += 1
            let start = max(0, world.time - grace.nanoseconds)
            guard log.truth.reached(note.peer, by: node, from: start, to: world.time),
                !log.truth.hasLeft(note.peer, by: world.time)
            else { return nil }
            // A verdict that was right where it was made, and comes late to where it is not.
            let verdict = max(0, world.time - grace.nanoseconds - verdictLife.nanoseconds)
            let wasRight = note.tellers.contains { teller in
                !log.truth.reached(note.peer, by: teller, from: verdict, to: world.time)
            }
            if wasRight {
                log.lateDown += 1
                return nil
            }
            log.falseDown += 1
            return Finding("calls node \(note.peer) unreachable, which it is not: \(note.because)", at: node)
        }
        return checker
    }

    /// Nobody says goodbye for somebody else.
    private static func goodbyes(_ log: MembershipLog) -> Checker<MembershipNode> {
        var checker = Checker<MembershipNode>("no-invented-goodbye")
        checker.hear = { happening, world in
            guard case .noted(let node, let note) = happening, note.to == .left,
                !log.script.actions.contains(where: {
                    $0.deed == .ask(note.peer, Errand("leave", [])) && $0.at <= world.now
                })
            else { return nil }
            return Finding("says that node \(note.peer) has left, which never did", at: node)
        }
        return checker
    }

    /// Each change of state says what it rests on.
    private static func evidence() -> Checker<MembershipNode> {
        var checker = Checker<MembershipNode>("evidence")
        checker.hear = { happening, _ in
            guard case .noted(let node, let note) = happening, let lack = note.lack else { return nil }
            return Finding("calls node \(note.peer) \(note.to), \(lack)", at: node)
        }
        return checker
    }

    /// While a node lives, the number of those it knows only rises; and those it had stored it knows again when it is
    /// started again.
    private static func nobodyIsForgotten(_ script: Script) -> Checker<MembershipNode> {
        var known = [Int](repeating: 0, count: script.nodes)
        func look(_ node: Int, _ world: borrowing World<MembershipNode>) -> Finding? {
            guard let count = world.inspect(node, { $0.engine.members.count }) else { return nil }
            defer { known[node] = count }
            return count < known[node] ? Finding("knew \(known[node]) members and knows \(count)", at: node) : nil
        }
        var checker = Checker<MembershipNode>("nobody-forgotten")
        checker.hear = { happening, world in
            if case .died(let node, _) = happening {
                known[node] = world.disks[node].image.facts.count { $0.shelf == Shelf.members }
            }
            if case .born(let node) = happening { return look(node, world) }
            return nil
        }
        checker.atCheckpoint = { world in
            for node in world.nodes {
                if let finding = look(node, world) { return finding }
            }
            return nil
        }
        return checker
    }

    private static func deaths(_ log: MembershipLog) -> Checker<MembershipNode> {
        var checker = Checker<MembershipNode>("death-known")
        checker.atCheckpoint = { world in
            for death in log.deaths {
                let limit = log.plan.deathLimit(of: death.node, log.script.near)
                guard (death.knownAt ?? world.time) - death.at > limit.nanoseconds else { continue }
                return Finding(
                    "its death was not known to all within \(limit.text), \(log.unaware(of: death))",
                    at: death.node)
            }
            return nil
        }
        return checker
    }

    private static func boots(_ log: MembershipLog) -> Checker<MembershipNode> {
        let limit = MembershipPlan.bootLimit(log.script)
        var checker = Checker<MembershipNode>("boot-full")
        checker.atCheckpoint = { world in
            guard log.plan.isTimed, (log.bootFull ?? world.time) > limit.nanoseconds else { return nil }
            return Finding("not everybody saw everybody within \(limit.text), \(log.missingText)")
        }
        return checker
    }

    private static func heals(_ log: MembershipLog) -> Checker<MembershipNode> {
        let limit = log.plan.healLimit(log.script.near)
        var checker = Checker<MembershipNode>("heal")
        checker.atCheckpoint = { world in
            guard log.plan.isTimed, let end = log.splitEnd, (log.healed ?? world.time) - end > limit.nanoseconds else {
                return nil
            }
            return Finding("not everybody saw everybody within \(limit.text), \(log.missingText)")
        }
        return checker
    }

    private static func boundedBytes(_ log: MembershipLog) -> Checker<MembershipNode> {
        var checker = Checker<MembershipNode>("bounded-bytes")
        checker.atCheckpoint = { world in
            for node in world.nodes {
                let peak = world.inspect(node) { $0.meter.peak } ?? 0
                if peak > peakBytes { return Finding("sent \(peak) bytes in one second", at: node) }
            }
            return nil
        }
        return checker
    }

    /// A verdict carries its evidence: whoever holds a member for down names accusers of a verdict that was pronounced,
    /// however it came to know of it.
    private static func verdicts(_ log: MembershipLog) -> Checker<MembershipNode> {
        let people = MembershipPeople(log.script.nodes)
        var pronounced = [[[Int]]](repeating: [], count: people.ids.count)
        func isKnown(_ accusers: [Int], against subject: Int) -> Bool {
            !accusers.isEmpty && pronounced[subject].contains { accusers.allSatisfy($0.contains) }
        }
        var checker = Checker<MembershipNode>("verdict-evidence")
        checker.hear = { happening, _ in
            guard case .noted(let node, let note) = happening, note.to == .unreachable else { return nil }
            if note.because.isOwnVerdict { pronounced[note.peer].append(note.accusers) }
            guard note.because.isToldVerdict, !isKnown(note.accusers, against: note.peer) else { return nil }
            return Finding("believes that \(note.accusers) gave up node \(note.peer), who never did", at: node)
        }
        checker.atCheckpoint = { world in
            for node in world.nodes {
                let finding: Finding?? = world.inspect(node) { node in
                    for member in node.engine.members.values where member.standing == .down {
                        let accusers = member.proof.accusers.compactMap { people.numbers[$0] }
                        guard let subject = people.numbers[member.record.id],
                            !isKnown(accusers, against: subject)
                        else { continue }
                        return Finding("holds node \(subject) for down on the word of \(accusers), who never gave it")
                    }
                    return nil
                }
                if let finding = finding ?? nil { return finding }
            }
            return nil
        }
        return checker
    }

    /// Whoever came back from a silence is borne with for as long the next time. Asked in small meshes only, where
    /// everybody observes everybody and so remembers.
    private static func borneFades(_ log: MembershipLog) -> Checker<MembershipNode> {
        let memory = Interval.minutes(10)
        let fades = log.script.actions.compactMap { action -> (node: Int, at: Interval, end: Interval)? in
            guard case .partition(let side, let length) = action.deed, side.count == 1 else { return nil }
            return (side[0], action.at, action.at + length)
        }
        let isAsked = log.plan.fades == .nodes && log.script.nodes <= 9
        var checker = Checker<MembershipNode>("borne-fades")
        checker.hear = { happening, world in
            guard isAsked, case .noted(let node, let note) = happening, note.to == .unreachable,
                let fade = fades.first(where: { $0.node == note.peer && $0.at <= world.now && world.now < $0.end })
            else { return nil }
            let silence = world.now - fade.at
            let burst = log.plan.deathLimit(of: note.peer, log.script.near)
            let earlier = fades.filter { $0.node == note.peer && $0.end < fade.at && fade.at - $0.end < memory }
            let longest = earlier.map { $0.end - $0.at }.max() ?? .zero
            guard longest > burst, longest < MembershipRules().longestGap, silence < longest else { return nil }
            return Finding(
                "gave up node \(note.peer) after \(silence.text), which had come back after \(longest.text)", at: node)
        }
        return checker
    }

    /// When the faults are long over, all that run and stay say the same of everybody, and it is so.
    private static func oneRoster(_ log: MembershipLog) -> Checker<MembershipNode> {
        var checker = Checker<MembershipNode>("one-roster")
        checker.atEnd = { world in
            var roster: [Member.State?] = Array(repeating: nil, count: world.nodes.count)
            for node in world.nodes where world.inspect(node, { !$0.engine.me.isLeaving }) ?? false {
                for peer in world.nodes where peer != node {
                    let id = MembershipNode.id(peer)
                    guard let found = world.inspect(node, { $0.engine.members[id]?.state }), let state = found else {
                        return Finding("does not know node \(peer)", at: node)
                    }
                    let told = state == .suspect ? .alive : state
                    let stays = world.inspect(peer) { !$0.engine.me.isLeaving } ?? false
                    if (told == .alive) != stays {
                        return Finding("takes node \(peer) for \(state), which is not so", at: node)
                    }
                    if let other = roster[peer], other != told {
                        return Finding("takes node \(peer) for \(told), another for \(other)", at: node)
                    }
                    roster[peer] = told
                }
            }
            return nil
        }
        return checker
    }

    /// Nobody holds of a node a life that it has not lived: only the node itself makes its life longer.
    private static func nobodyInventsLife() -> Checker<MembershipNode> {
        var checker = Checker<MembershipNode>("no-invented-life")
        checker.atEnd = { world in
            for peer in world.nodes {
                let id = MembershipNode.id(peer)
                guard let lived = world.inspect(peer, { $0.engine.me.life }) else { continue }
                for node in world.nodes where node != peer {
                    let told = world.inspect(node) { $0.engine.members[id]?.record.life }
                    if let told = told ?? nil, told > lived {
                        return Finding("holds that node \(peer) has lived longer than it has", at: node)
                    }
                }
            }
            return nil
        }
        return checker
    }
}

extension Member.Reason {
    fileprivate var isOwnVerdict: Bool { if case .givenUp = self { true } else { false } }
    fileprivate var isToldVerdict: Bool { if case .toldGone = self { true } else { false } }
}

extension Membership.Finding {
    /// What a verdict of this node itself lacks.
    fileprivate var lack: String? {
        if silence <= .zero { return "though it was not silent" }
        if edges >= 4, silentEdges * 2 > edges { return "though it hardly heard anybody itself" }
        let quorum = observers < 3 ? observers : max(3, (observers + 1) / 2)
        return accusers.count < quorum ? "with \(accusers.count) of \(observers) observers" : nil
    }
}

extension MembershipNode.Note {
    /// What the evidence of this change lacks, in words; nil when it is whole.
    fileprivate var lack: String? {
        switch (to, because) {
        case (.suspect, .silent), (.suspect, .vouched): nil
        case (.suspect, _): "though it was not silent"
        case (.unreachable, .givenUp(let finding)):
            finding.lack
        case (.unreachable, .toldGone(_, let accusers)): accusers.isEmpty ? "though nobody accused it" : nil
        case (.unreachable, .notHeardByTheDeaf), (.unreachable, .notHeardSinceStart): nil
        case (.unreachable, _): "and says neither who gave it up nor why"
        case (.left, .saidGoodbye): nil
        case (.left, _): "which said no goodbye"
        case (.alive, .heardDirectly), (.alive, .heardThrough): nil
        case (.alive, _): "which was not heard"
        }
    }
}
