internal import Base
internal import Control
internal import Registry
internal import Trust

/// What a node says about the time: what its peers have signed, and what to think of its own clock.
extension MarramNode {
    func clockWords(at now: Now) -> String {
        let registry = switchboard.registry
        guard let ceiling = registry.time.ceiling(at: now) else {
            return "no majority of the members asked has said what time it is; this node's own clock decides"
        }
        let between = "\(registry.time.floor.rfc3339) and \(ceiling.rfc3339)"
        return "the clocks of \(registry.clocksHeard) members put the time between \(between); \(ownClock(at: now))"
    }

    private func ownClock(at now: Now) -> String {
        switch switchboard.registry.time.judge(now) {
        case .plausible: "this node's clock agrees"
        case .behind(let time): "this node's clock is \(Self.words(time)) behind"
        case .ahead(let time): "this node's clock is \(Self.words(time)) ahead"
        }
    }

    func clockProblems(at now: Now) -> [StatusReply.Problem] {
        guard switchboard.registry.time.judge(now) != .plausible else { return [] }
        return [StatusReply.Problem(.clockSuspect, what: clockWords(at: now), remedy: Code.clockSuspect.remedy)]
    }

    private static func words(_ time: Interval) -> String {
        switch time.seconds {
        case 0..<7_200: "\(time.seconds) s"
        case 7_200..<172_800: "\(time.seconds / 3_600) hours"
        default: "\(time.seconds / 86_400) days"
        }
    }
}
