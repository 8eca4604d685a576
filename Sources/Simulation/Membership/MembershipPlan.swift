internal import Base

/// The times of a membership world: a calm boot, a watch, some deaths, a split; then whatever else the seed has drawn.
/// The same plan tells the workload what to write into the script and the log what to measure in the run.
struct MembershipPlan: Sendable {
    /// Nodes are left alone while they find each other, and while their traffic is counted.
    var watch: ClosedRange<Interval> = .seconds(60) ... .seconds(120)
    /// When the first of the measured deaths comes, and how long each lasts.
    var deaths = Interval.seconds(120)
    var deathLength = Interval.seconds(45)
    /// When one half is parted from the other.
    var split = Interval.seconds(190)
    var splitLength = Interval.seconds(60)
    /// From here on everything may happen.
    var storm = Interval.seconds(320)
    var end = Interval.seconds(420)
    /// Nodes fade all the time, alone or with their whole site: then only false alarms are judged, not times.
    var fades = Fades.none
    var hasStorm = false
    /// All links lose so much from the beginning of the watch on, in millionths: what a change of weather costs.
    var lossOfWatch = 0
    /// The last node lies.
    var hasLiar = false
    /// How often the nodes beat, by turns.
    var intervals = [Interval.seconds(1)]

    enum Fades {
        case none
        case nodes
        case sites
    }

    var isTimed: Bool { fades == .none }

    func interval(of node: Int) -> Interval { intervals[node % intervals.count] }

    /// How long the death of a node may go unknown at this loss. The table is the design's goal for a beat a second.
    /// Whoever beats more seldom is accused when it has been silent for one and a half times the longest silence that
    /// was borne, and that is as many and a half of its pauses as its path loses in a row; on a clean path that is
    /// still young two and a half, each up to a tenth longer than it says.
    func deathLimit(of node: Int, _ link: Link) -> Interval {
        let extra = link.delay >= .milliseconds(100) ? Interval.seconds(3) : .zero
        let percent = Self.step(link.loss, [275, 375, 675, 975, 1_600])
        let later = (interval(of: node) - .seconds(1)) / 100 * percent
        return .seconds(Self.step(link.loss, [3, 5, 9, 14, 40])) + extra + later
    }

    /// How long a boot of all nodes at once may take.
    static func bootLimit(_ script: Script) -> Interval {
        let extra = script.near.delay >= .milliseconds(100) ? Interval.seconds(5) : .zero
        let loss = script.near.loss
        return extra
            + (script.nodes <= 50
                ? .milliseconds(step(loss, [2_500, 5_000, 10_000, 20_000, 60_000]))
                : .seconds(step(loss, [6, 12, 30, 60, 120])))
    }

    /// How long it may take until all see all again.
    func healLimit(_ link: Link) -> Interval {
        splitLength > .hours(1) ? .seconds(60) : .seconds(Self.step(link.loss, [15, 15, 15, 30, 60]))
    }

    /// The value for a loss of up to 0, 20, 45, 60 percent, and for more.
    private static func step(_ loss: Int, _ values: [Int64]) -> Int64 {
        let steps = [0, 200_000, 450_000, 600_000]
        return values[steps.firstIndex { loss <= $0 } ?? steps.count]
    }
}
