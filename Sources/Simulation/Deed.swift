package import Base

/// What a node is asked to do, in a form that every scenario understands in its own way: a verb and whole numbers.
package struct Errand: Hashable, Sendable {
    package var verb: String
    package var numbers: [Int]

    package init(_ verb: String, _ numbers: [Int]) {
        self.verb = verb
        self.numbers = numbers
    }
}

/// What is done to a world. Each deed that lasts says for how long, so that taking one out takes out its end too.
package enum Deed: Hashable, Sendable {
    /// The workload: somebody asks a node.
    case ask(Int, Errand)
    /// The process dies: at once, or in its next step after so many of the step's effects were carried out. It is
    /// started again after the interval, or never.
    case crash(Int, afterEffects: Int?, for: Interval?)
    /// The process stands still and goes on, as after SIGSTOP and SIGCONT.
    case pause(Int, for: Interval)
    /// The process dies and its disk is replaced by an empty one.
    case wipe(Int, for: Interval)
    /// The process dies and its disk is put back to what it was at an earlier time: a backup, a cloned machine.
    case restore(Int, from: Interval, for: Interval)
    /// The wall clock jumps, and both clocks run too fast from now on by so many parts per million.
    case clock(Int, jump: Interval, drift: Int)
    case slowDisk(Int, latency: Interval, for: Interval)
    /// Writes wait until there is room again.
    case fullDisk(Int, for: Interval)
    /// The disk says "stored" and forgets all of it in a crash within the interval.
    case lyingDisk(Int, for: Interval)
    /// The node has another address for a while, as a laptop that is carried about.
    case rebind(Int, for: Interval)
    /// Nothing passes from one node to another; the other direction is not touched.
    case cut(from: Int, to: Int, for: Interval)
    /// Nothing passes between these nodes and the others.
    case partition([Int], for: Interval)
    /// All links become at least as bad as this.
    case weather(Link, for: Interval)
    /// One direction of one link becomes at least as bad as this.
    case spoil(from: Int, to: Int, Link, for: Interval)
    /// So many packets of the past are sent again.
    case replay(Int)
}

/// The kinds of fault. Each seed turns a few of them on: a fault that is always there hides what happens without it
/// ("swarm testing", Groce et al., 2012).
package enum FaultKind: String, CaseIterable, Hashable, Sendable {
    case loss, duplication, reordering, flips, truncation, delay, bandwidth
    case weather, cut, partition, spoil, replay, rebind
    case crash, death, pause, wipe, restore
    case clock
    case slowDisk, fullDisk, lyingDisk
    case mischief
}

extension Deed {
    /// The kind of fault; nil for the workload.
    package var kind: FaultKind? {
        switch self {
        case .ask: nil
        case .crash(_, _, let length): length == nil ? .death : .crash
        case .pause: .pause
        case .wipe: .wipe
        case .restore: .restore
        case .clock: .clock
        case .slowDisk: .slowDisk
        case .fullDisk: .fullDisk
        case .lyingDisk: .lyingDisk
        case .rebind: .rebind
        case .cut: .cut
        case .partition: .partition
        case .weather: .weather
        case .spoil: .spoil
        case .replay: .replay
        }
    }

    /// How long it lasts; nil when it is over at once, or never.
    var length: Interval? {
        switch self {
        case .ask, .clock, .replay: nil
        case .crash(_, _, let length): length
        case .pause(_, let length), .wipe(_, let length), .restore(_, _, let length), .slowDisk(_, _, let length),
            .fullDisk(_, let length), .lyingDisk(_, let length), .rebind(_, let length), .cut(_, _, let length),
            .partition(_, let length),
            .weather(_, let length), .spoil(_, _, _, let length):
            length
        }
    }

    /// The nodes it speaks of.
    var nodes: [Int] {
        switch self {
        case .ask(let node, _), .crash(let node, _, _), .pause(let node, _), .wipe(let node, _),
            .restore(let node, _, _), .clock(let node, _, _), .slowDisk(let node, _, _), .fullDisk(let node, _),
            .lyingDisk(let node, _), .rebind(let node, _):
            [node]
        case .cut(let from, let to, _), .spoil(let from, let to, _, _): [from, to]
        case .partition(let nodes, _): nodes
        case .weather, .replay: []
        }
    }

    /// The node whose process it ends.
    var victim: Int? {
        switch self {
        case .crash(let node, _, _), .wipe(let node, _), .restore(let node, _, _): node
        case .ask, .pause, .clock, .slowDisk, .fullDisk, .lyingDisk, .rebind, .cut, .partition, .weather, .spoil,
            .replay:
            nil
        }
    }
}
