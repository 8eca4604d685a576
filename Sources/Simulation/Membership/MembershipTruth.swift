internal import Base

/// Who could reach whom at what time, worked out from the script alone. Two nodes reach each other when both run and
/// are awake, and a path of such nodes leads from each to the other over links that nothing cuts: then somebody could
/// always have told. Lost packets cut nothing, however many they are.
struct MembershipTruth {
    private let script: Script
    /// When something begins or ends, rising; the first is the birth of the world.
    private let moments: [Int64]
    /// What holds from each moment to the next, worked out when somebody asks.
    private var spans: [Span?]

    private struct Span {
        /// The island that each node is on; -1 for one that is down or stands still.
        var islands: [Int32]
        /// The same if those that stand still were awake.
        var awake: [Int32]
        var isStill: [Bool]
    }

    init(_ script: Script) {
        self.script = script
        var times: [Int64] = [0]
        for action in script.actions where action.deed.separates {
            times.append(action.at.nanoseconds)
            if let end = Self.end(of: action, script) { times.append(end) }
        }
        times.sort()
        moments = times.indices.filter { $0 == 0 || times[$0] != times[$0 - 1] }.map { times[$0] }
        spans = [Span?](repeating: nil, count: moments.count)
    }

    private static func end(of action: Action, _ script: Script) -> Int64? {
        action.deed.length.map { min(action.at.nanoseconds + $0.nanoseconds, script.safety.nanoseconds) }
    }

    /// Whether `one` and `other` reached each other all the time from `start` to `end`. That `observer` itself stood
    /// still is no excuse for what it says afterwards.
    mutating func reached(_ subject: Int, by observer: Int, from start: Int64, to end: Int64) -> Bool {
        var place = place(of: start)
        while place < moments.count, moments[place] <= end {
            let span = span(place)
            let islands = span.isStill[observer] ? span.awake : span.islands
            guard span.islands[subject] >= 0, islands[subject] == islands[observer] else { return false }
            place += 1
        }
        return true
    }

    /// Whether `node` said goodbye before `time` and was not started again since.
    func hasLeft(_ node: Int, by time: Int64) -> Bool {
        var hasLeft = false
        for action in script.actions where action.at.nanoseconds <= time {
            if case .ask(node, Errand("leave", [])) = action.deed { hasLeft = true }
            if case .crash(node, _, _) = action.deed { hasLeft = false }
        }
        return hasLeft
    }

    /// The last moment that is not after `time`.
    private func place(of time: Int64) -> Int {
        var low = 0
        var high = moments.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if moments[middle] <= time { low = middle } else { high = middle }
        }
        return low
    }

    private mutating func span(_ place: Int) -> Span {
        if let span = spans[place] { return span }
        let span = workedOut(at: moments[place])
        spans[place] = span
        return span
    }

    private func workedOut(at time: Int64) -> Span {
        var network = Network(nodes: script.nodes, sites: 1, near: .clear, far: .clear)
        var isDown = [Bool](repeating: false, count: script.nodes)
        var isStill = isDown
        var hasCuts = false
        for (index, action) in script.actions.enumerated() where action.deed.separates {
            if action.at.nanoseconds > time { break }
            if let end = Self.end(of: action, script), end <= time { continue }
            switch action.deed {
            case .crash(let node, _, _): isDown[node] = true
            case .pause(let node, _): isStill[node] = true
            case .cut(let from, let to, _):
                network.cut(from: from, to: to)
                hasCuts = true
            case .partition(let side, _): network.toggle(side, word: Chance.mixed(UInt64(index)))
            case .ask, .wipe, .restore, .clock, .slowDisk, .fullDisk, .lyingDisk, .rebind, .weather, .spoil, .replay:
                break
            }
        }
        let isAsleep = isDown.indices.map { isDown[$0] || isStill[$0] }
        let islands = Self.islands(network, without: isAsleep, hasCuts)
        return Span(
            islands: islands, awake: isAsleep == isDown ? islands : Self.islands(network, without: isDown, hasCuts),
            isStill: isStill)
    }

    /// Numbers the sets of nodes of which each reaches each.
    private static func islands(_ network: Network, without isOut: [Bool], _ hasCuts: Bool) -> [Int32] {
        var islands = [Int32](repeating: -1, count: network.nodes)
        var count: Int32 = 0
        for node in 0..<network.nodes where !isOut[node] && islands[node] < 0 {
            islands[node] = count
            if hasCuts {
                let told = reach(from: node, isOut) { !network.isCut(from: $0, to: $1) }
                let heard = reach(from: node, isOut) { !network.isCut(from: $1, to: $0) }
                for other in 0..<network.nodes where told[other] && heard[other] { islands[other] = count }
            } else {
                for other in node..<network.nodes where !isOut[other] && !network.isCut(from: node, to: other) {
                    islands[other] = count
                }
            }
            count += 1
        }
        return islands
    }

    private static func reach(from start: Int, _ isOut: [Bool], _ passes: (Int, Int) -> Bool) -> [Bool] {
        var isReached = [Bool](repeating: false, count: isOut.count)
        isReached[start] = true
        var open = [start]
        while let node = open.popLast() {
            for other in isOut.indices where !isReached[other] && !isOut[other] && passes(node, other) {
                isReached[other] = true
                open.append(other)
            }
        }
        return isReached
    }
}

extension Deed {
    /// Whether it keeps nodes from reaching each other.
    fileprivate var separates: Bool {
        switch self {
        case .crash, .pause, .cut, .partition: true
        case .ask, .wipe, .restore, .clock, .slowDisk, .fullDisk, .lyingDisk, .rebind, .weather, .spoil, .replay: false
        }
    }
}
