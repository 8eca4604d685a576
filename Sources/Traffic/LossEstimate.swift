/// How likely a packet is lost, and from how many that is known.
struct LossEstimate: Sendable {
    private(set) var lost = 0.0
    private(set) var sent = 0.0
    /// Older packets count less and less: this many are remembered.
    private let memory: Double

    init(memory: Double) { self.memory = memory }

    var rate: Double { sent > 0 ? lost / sent : 0 }

    mutating func add(lost: Double, of sent: Double) {
        self.lost += lost
        self.sent += sent
        if self.sent > memory {
            self.lost *= memory / self.sent
            self.sent = memory
        }
    }

    mutating func set(_ rate: Double, of sent: Double) {
        lost = rate * sent
        self.sent = sent
    }

    /// Whether `lost` of `count` packets are more than chance makes of this rate: so many standard deviations up.
    func isExceeded(
        by lost: Double, of count: Double, deviations: Double = 3, margin: Double = 0.02
    ) -> Bool {
        guard count > 0 else { return false }
        guard sent > 0 else { return lost / count > 0.1 }
        let pooled = (self.lost + lost) / (sent + count)
        let spread = (pooled * (1 - pooled) * (1 / sent + 1 / count)).squareRoot()
        return lost / count > rate + deviations * spread + margin
    }
}

/// The path's own loss. It is learnt while nothing queues, but congestion on a path without a queue looks the same; so
/// once it is known it may fall freely and rises little by itself. More has to be proven by sending less.
struct OwnLoss: Sendable {
    private(set) var estimate = LossEstimate(memory: 2_000)
    /// What was known when enough packets were seen, or proven.
    private var anchor: LossEstimate?

    var rate: Double { estimate.rate }
    var sent: Double { estimate.sent }

    /// What is proven of it.
    var proven: Double { min(anchor?.rate ?? rate, rate) }

    private var bound: Double {
        guard let anchor else { return 1 }
        return anchor.rate + 3 * (anchor.rate * (1 - anchor.rate) / anchor.sent).squareRoot() + 0.01
    }

    /// Learns from an epoch without a queue.
    mutating func add(lost: Double, of sent: Double) {
        estimate.add(lost: lost, of: sent)
        if estimate.sent >= 500, anchor.map({ estimate.rate < $0.rate }) ?? true { anchor = estimate }
    }

    mutating func set(_ rate: Double, of sent: Double) {
        estimate.set(rate, of: sent)
        anchor = estimate
    }

    func isExceeded(by lost: Double, of count: Double, deviations: Double = 3) -> Bool {
        // A handful of packets knows nothing of much loss: it has to be proven, too.
        if estimate.sent < 30, count >= 30, lost / count > rate + 0.3 { return true }
        return estimate.isExceeded(by: lost, of: count, deviations: deviations)
    }

    /// It crept above what was proven.
    var isUnproven: Bool { rate > bound }
}
