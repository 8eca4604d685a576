internal import Base

/// At what rate to send: as fast as the path carries, with a few milliseconds of queue and no more, whatever the path
/// loses. Loss says nothing here as long as it is the path's own; delay does. The page docs/algorithms/traffic.md has
/// the table of modes and numbers, and why they are what they are.
struct Controller: Sendable {
    let settings: LineSettings
    var mode = RateMode.start
    var reason = RateReason.room
    /// Bytes per second that may leave, seals included.
    var rate: Double
    /// What the path seems to carry of ours, and the most that it did when it was all ours.
    var capacity: Double
    var known = 0.0
    /// The path's own loss, learnt while nothing queues; the loss of late.
    var own = OwnLoss()
    var recent = LossEstimate(memory: 300)
    var gauge = DelayGauge()
    var queueing = 0.0
    var shortest: Interval?
    var smoothed: Interval?
    var arrivalRate = 0.0
    var notes: [LineNote] = []

    // Pacing.
    private var sendTime: Instant
    private var burstLeft = Self.burstPackets
    private var burstBegan: Instant?
    var burst: ClosedRange<UInt64>?
    private var blindLeft = Self.blindPackets

    // The epoch.
    var epoch: Epoch?
    var last: Way?
    var lastClock: UInt64 = 0
    /// Epochs in a row: with room and a full rate, with more loss than the path's own, with a queue that stays.
    var roomy = 0
    var lossy = 0
    var crowded = 0
    /// Rate and loss where growth began.
    var crowdedQueue = 0.0
    /// When the rate last grew by a step, in nanoseconds.
    var steppedAt = Int64.min
    var checkpoint: (rate: Double, loss: LossEstimate)?
    var trial: Trial?
    var ceiling: (rate: Double, until: Instant)?
    var drained: Instant
    var draining: (until: Instant, factor: Double)?
    var quietSince: Instant?
    var cutAt = Instant.zero
    /// Whether only scavengers had something to send of late.
    var isScavenging = false

    static let burstPackets = 32
    static let blindPackets = 96
    static let blindRate = 300_000.0
    static let slowBlindRate = 60_000.0
    static let floor = 20_000.0
    /// Faster than any path there is: what a lie may at most lead to.
    static let most = 1e11
    static let burstTime = Interval.milliseconds(4)

    init(settings: LineSettings, at now: Instant) {
        self.settings = settings
        sendTime = now
        drained = now
        capacity = Self.blindRate
        rate = Self.blindRate
        if settings.carrier == .tcp { mode = .carried }
    }

    /// The loss to reckon with: that of late, or the path's own where that is known better.
    var loss: Double {
        guard recent.sent >= 30 else { return own.sent >= 10 ? own.rate : 0 }
        return max(recent.rate, own.sent >= 100 ? min(own.rate, recent.rate * 2) : 0)
    }

    /// The same for a judgement that must not be rash: while nothing is known, much may be lost.
    var cautiousLoss: Double { recent.sent < 30 && own.sent < 10 ? 0.5 : loss }

    /// The rhythm of feedback that this path needs.
    var cadence: Interval {
        let eighth = (smoothed ?? .milliseconds(80)).milliseconds / 8
        return .milliseconds(max(10, min(100, eighth)))
    }

    var roundTrip: Interval { smoothed ?? .milliseconds(200) }

    /// How much may be under way: two round trips' worth; before the first is known, what may be sent blindly.
    func mayFly(_ flying: Int) -> Bool {
        if mode == .carried { return flying < Limits.lineWindow }
        guard let smoothed else { return blindLeft > 0 || burstLeft > 0 }
        return Double(flying) < rate * (2 * smoothed.inSeconds + 0.2) + 131_072
    }

    /// The first burst is not yet out.
    var isBursting: Bool { burstLeft > 0 }

    /// Whether the pace allows a packet now.
    func isOpen(at now: Instant) -> Bool { mode == .carried || burstLeft > 0 || sendTime <= now }

    /// When it does.
    var opening: Instant { burstLeft > 0 || mode == .carried ? .zero : sendTime }

    /// A packet went out. Those that carry no stream are not held back by the pace but count.
    mutating func sent(_ bytes: Int, number: UInt64, isPaced: Bool, at now: Instant) {
        latest = number
        if burstLeft > 0, isPaced {
            if burstBegan == now, let first = burst?.lowerBound {
                burst = first...number
            } else if (burst?.count ?? 0) < 8 {
                burstBegan = now
                burst = number...number
            }
            burstLeft -= 1
            sendTime = now
            return
        }
        var pace = rate
        if smoothed == nil {
            blindLeft -= 1
            pace = blindLeft > Self.blindPackets / 3 ? Self.blindRate : Self.slowBlindRate
        }
        if let cap = settings.rateCap { pace = min(pace, Double(cap)) }
        sendTime = max(sendTime, now - Self.burstTime) + Interval(seconds: Double(bytes) / pace)
    }

    /// A round trip was measured.
    mutating func measure(_ roundTrip: Interval) {
        shortest = min(shortest ?? roundTrip, roundTrip)
        smoothed = smoothed.map { $0 + (roundTrip - $0) / 8 } ?? roundTrip
    }

    /// One arrival, oldest first: what was sent up to the packet's end, when, and when it came by the peer's clock.
    mutating func arrived(_ way: Way, at now: Instant) {
        if epoch == nil { spread(way) }
        guard last.map({ way.arrived > $0.arrived }) ?? true else { return }
        gauge.enter(way.time, at: now, holds: mode == .competing)
        epoch?.enter(way, queueing: gauge.queueing(way.time))
        last = way
    }

    /// The first burst left at once: the spacing of its arrivals is the pace of the path's narrowest part. Whatever of
    /// it is lost at a queue's end leaves a gap behind the last that came, and none between the others.
    private mutating func spread(_ way: Way) {
        guard let burst, burst.contains(way.number) else { return }
        guard let first = burstFirst else {
            burstFirst = way
            return
        }
        guard way.number >= first.number + 7 else { return }
        let time = max(0.001, Double(way.arrived - first.arrived) / 1e9)
        capacity = Double(way.through - first.through) / time
        known = capacity
        isSpread = time > 0.001
    }

    var burstFirst: Way?
    /// The last packet that left before the burst told the rate: those between were sent slowly.
    var slowEnd: UInt64?
    var latest: UInt64 = 0
    /// The first burst's spacing told the capacity.
    var isSpread = false

    /// The silence of a peer whose feedback is overdue says that less arrives than is sent.
    mutating func silence() {
        guard mode != .carried, smoothed != nil else { return }
        capacity = max(Self.floor, capacity / 2)
        decide(mode, .silence)
        apply(at: sendTime)
    }

    mutating func decide(_ mode: RateMode, _ reason: RateReason) {
        let isNews = mode != self.mode
        self.mode = mode
        self.reason = reason
        if isNews, notes.count < Limits.lineNotes { notes.append(.rate(mode, Int(min(capacity, Self.most)), reason)) }
    }
}

/// The way of one packet: its number, the bytes sent up to its end, when it left and when it came, each by its own
/// side's clock, in nanoseconds.
struct Way: Sendable {
    var number: UInt64
    var through: UInt64
    var sent: Int64
    var arrived: Int64

    var time: Int64 { arrived &- sent }
}

/// What is measured over a round trip and a little.
struct Epoch: Sendable {
    let clock: UInt64
    let highest: UInt64
    let packets: UInt64
    let bytes: UInt64
    var first: Way?
    var last: Way?
    var queueing = Double.infinity

    mutating func enter(_ way: Way, queueing: Double) {
        if first == nil { first = way }
        last = way
        self.queueing = min(self.queueing, queueing)
    }
}

/// Whether loss is ours: less is sent, and it is seen whether less is lost.
struct Trial: Sendable {
    let capacity: Double
    let arrivalRate: Double
    /// The loss that led to it, and that since less is sent.
    let before: LossEstimate
    var seen = LossEstimate(memory: 2_000)
    var epochs = 0
}
