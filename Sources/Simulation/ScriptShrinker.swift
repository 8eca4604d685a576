internal import Base

/// Makes a failing script smaller by editing it: fewer kinds of fault, fewer nodes, an earlier end, fewer actions,
/// lower rates and shorter times, in this order, because the first edits take away the most. An edit stays when the
/// same oracle is still violated. When a round over all passes changes nothing, or the attempts are used up, it stops.
struct ScriptShrinker {
    /// Plays a script: the violation of the wanted oracle, or nil.
    let fails: (Script) -> Violation?
    private(set) var best: Script
    private(set) var attemptsLeft: Int

    init(_ failing: Script, attempts: Int, fails: @escaping (Script) -> Violation?) {
        best = failing
        attemptsLeft = attempts
        self.fails = fails
    }

    mutating func shrink() {
        var before: Script
        repeat {
            before = best
            for kind in best.kinds { accept(best.without(kind)) }
            removeNodes()
            endEarlier()
            deleteActions()
            lowerRates()
            lowerTimes()
        } while best != before && attemptsLeft > 0
    }

    @discardableResult
    private mutating func accept(_ edited: Script) -> Bool {
        let candidate = edited.tidied
        guard attemptsLeft > 0, candidate != best else { return false }
        attemptsLeft -= 1
        guard fails(candidate) != nil else { return false }
        best = candidate
        return true
    }

    /// Takes nodes out, one at a time after a bold first half; the others keep their order.
    private mutating func removeNodes() {
        while best.nodes > 3, accept(best.without(nodes: best.nodes / 2..<best.nodes)) {}
        var node = best.nodes - 1
        while node >= 0, best.nodes > 1 {
            accept(best.without(nodes: node..<node + 1))
            node -= 1
        }
        if best.sites > 1 {
            var script = best
            script.sites = 1
            accept(script)
        }
    }

    /// Ends the faults soon after the violation, then ever earlier. The liveness phase keeps its length: it is what the
    /// nodes were promised, and with less of it sound ones would fail too.
    private mutating func endEarlier() {
        if let violation = fails(best), violation.time < best.safety {
            accept(best.ending(safetyAt: .seconds(violation.time.seconds + 1)))
        }
        for divisor in [2, 4, 8, 16, 64] as [Int64] {
            while accept(best.ending(safetyAt: .seconds((best.safety - best.safety / divisor).seconds))) {}
        }
        var script = best
        script.safety = .seconds((best.safety + .nanoseconds(999_999_999)).seconds)
        accept(script)
    }

    /// Delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002): takes away
    /// chunks of actions, half of them first, single ones last.
    private mutating func deleteActions() {
        var length = max(best.actions.count / 2, 1)
        while attemptsLeft > 0, !best.actions.isEmpty {
            var start = 0
            while start < best.actions.count {
                var script = best
                script.actions.removeSubrange(start..<min(start + length, script.actions.count))
                if !accept(script) { start += length }
            }
            if length == 1 { return }
            length = (length + 1) / 2
        }
    }

    private mutating func lowerRates() {
        for place in [\Script.near, \Script.far] {
            for (_, rate) in Link.rates {
                var script = best
                script[keyPath: place][keyPath: rate] = 0
                if accept(script) { continue }
                for _ in 0..<8 {
                    script = best
                    script[keyPath: place][keyPath: rate] /= 2
                    if !accept(script) { break }
                }
            }
        }
    }

    /// Takes out the waiting between actions, moves them to whole seconds, and halves how long they last.
    private mutating func lowerTimes() {
        for index in best.actions.indices {
            for divisor in [1, 2, 4] as [Int64] where accept(best.pulled(from: index, divisor)) { break }
        }
        for index in best.actions.indices {
            var script = best
            script.actions[index].at = .seconds(script.actions[index].at.seconds)
            script.sort()
            accept(script)
        }
        for index in best.actions.indices {
            while attemptsLeft > 0, let shorter = best.actions[index].deed.halved {
                var script = best
                script.actions[index].deed = shorter
                if !accept(script) { break }
            }
        }
    }
}

extension Script {
    /// The script as its reader wants it, after an edit: no action behind the end, no backup from the future.
    var tidied: Script {
        var script = self
        script.actions.removeAll { $0.at > length }
        for index in script.actions.indices {
            guard case .restore(let node, let from, let duration) = script.actions[index].deed else { continue }
            script.actions[index].deed = .restore(node, from: min(from, script.actions[index].at), for: duration)
        }
        return script
    }

    /// The script without some nodes: what spoke of them is gone, the nodes behind them move up.
    func without(nodes gone: Range<Int>) -> Script {
        var script = self
        script.nodes -= gone.count
        script.sites = min(sites, script.nodes)
        func moved(_ node: Int) -> Int { node >= gone.upperBound ? node - gone.count : node }
        script.actions = actions.compactMap { action in
            action.deed.renamed(moved, without: gone).map { Action(at: action.at, $0) }
        }
        return script
    }

    /// The script with a part of the waiting before one action taken out: it and all later ones come sooner.
    func pulled(from index: Int, _ divisor: Int64) -> Script {
        // What is asked in the liveness phase keeps its distance from the faults.
        guard actions[index].at < safety else { return self }
        var script = self
        let wait = actions[index].at - (index > 0 ? actions[index - 1].at : .zero)
        let gap = Interval.milliseconds((wait / divisor).milliseconds)
        for later in index..<actions.count { script.actions[later].at = script.actions[later].at - gap }
        script.safety = script.safety - gap
        return script
    }

    /// The script with a shorter safety phase; what began later in it is gone, and what is asked after it comes sooner.
    func ending(safetyAt end: Interval) -> Script {
        guard end < safety else { return self }
        var script = self
        script.safety = end
        script.actions.removeAll { $0.at >= end && $0.at < safety }
        for index in script.actions.indices where script.actions[index].at >= safety {
            script.actions[index].at = script.actions[index].at - (safety - end)
        }
        return script
    }
}

extension Deed {
    /// The deed with its nodes renamed; nil when it needs one that is gone.
    func renamed(_ name: (Int) -> Int, without gone: Range<Int>) -> Deed? {
        if case .partition(let side, let length) = self {
            let left = side.filter { !gone.contains($0) }.map(name)
            return left.isEmpty ? nil : .partition(left, for: length)
        }
        guard !nodes.contains(where: gone.contains) else { return nil }
        switch self {
        case .ask(let node, let errand): return .ask(name(node), errand)
        case .crash(let node, let effects, let length): return .crash(name(node), afterEffects: effects, for: length)
        case .pause(let node, let length): return .pause(name(node), for: length)
        case .wipe(let node, let length): return .wipe(name(node), for: length)
        case .restore(let node, let from, let length): return .restore(name(node), from: from, for: length)
        case .clock(let node, let jump, let drift): return .clock(name(node), jump: jump, drift: drift)
        case .slowDisk(let node, let latency, let length):
            return .slowDisk(name(node), latency: latency, for: length)
        case .fullDisk(let node, let length): return .fullDisk(name(node), for: length)
        case .lyingDisk(let node, let length): return .lyingDisk(name(node), for: length)
        case .rebind(let node, let length): return .rebind(name(node), for: length)
        case .cut(let from, let to, let length): return .cut(from: name(from), to: name(to), for: length)
        case .spoil(let from, let to, let link, let length):
            return .spoil(from: name(from), to: name(to), link, for: length)
        case .partition, .weather, .replay: return self
        }
    }

    /// The deed for half as long; nil when that would be no shorter than a millisecond.
    var halved: Deed? {
        guard let length, length > .milliseconds(1) else { return nil }
        let half = Interval.milliseconds(length.milliseconds / 2)
        switch self {
        case .crash(let node, let effects, _): return .crash(node, afterEffects: effects, for: half)
        case .pause(let node, _): return .pause(node, for: half)
        case .wipe(let node, _): return .wipe(node, for: half)
        case .restore(let node, let from, _): return .restore(node, from: from, for: half)
        case .slowDisk(let node, let latency, _): return .slowDisk(node, latency: latency, for: half)
        case .fullDisk(let node, _): return .fullDisk(node, for: half)
        case .lyingDisk(let node, _): return .lyingDisk(node, for: half)
        case .rebind(let node, _): return .rebind(node, for: half)
        case .cut(let from, let to, _): return .cut(from: from, to: to, for: half)
        case .partition(let side, _): return .partition(side, for: half)
        case .weather(let link, _): return .weather(link, for: half)
        case .spoil(let from, let to, let link, _): return .spoil(from: from, to: to, link, for: half)
        case .ask, .clock, .replay: return nil
        }
    }
}
