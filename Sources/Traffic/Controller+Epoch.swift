internal import Base

/// What the controller makes of feedback.
extension Controller {
    private var target: Double { max(isScavenging ? 0.002 : 0.005, 3 * 1_452 / max(capacity, Self.floor)) }

    /// A feedback was taken; `arrived` was told of its samples before.
    mutating func conclude(_ feedback: Feedback, at now: Instant) {
        guard mode != .carried else { return }
        queueing = gauge.conclude()
        if let epoch {
            let length = UInt64(max(mode == .start ? 10_000 : 60_000, roundTrip.nanoseconds / 800))
            if feedback.clock - epoch.clock >= length, feedback.highest > epoch.highest {
                end(epoch, feedback, at: now)
            }
        } else if isSpread, slowEnd == nil {
            slowEnd = latest
            decide(.steady, .burstSpacing)
        } else if feedback.highest > slowEnd ?? burst?.upperBound ?? 0 {
            learnSlowLoss(feedback)
            begin(feedback)
        }
        lastClock = feedback.clock
        apply(at: now)
    }

    private mutating func begin(_ feedback: Feedback) {
        epoch = Epoch(
            clock: feedback.clock, highest: feedback.highest, packets: feedback.packets, bytes: feedback.bytes,
            first: last, last: last)
    }

    /// What was sent behind the burst went slowly: what is lost of it is hardly ours.
    private mutating func learnSlowLoss(_ feedback: Feedback) {
        guard let edge = burst?.upperBound, let end = slowEnd, end > edge else { return }
        var came: UInt64 = 0
        for range in feedback.ranges where range.upper > edge + 1 && range.lower <= end {
            came += min(range.upper, end + 1) - max(range.lower, edge + 1)
        }
        own.add(lost: Double(end - edge - came), of: Double(end - edge))
    }

    private mutating func end(_ epoch: Epoch, _ feedback: Feedback, at now: Instant) {
        let offered = Double(feedback.highest - epoch.highest)
        // A count that falls is a lie, and gets what it says: nothing came.
        let came = feedback.packets > epoch.packets ? min(offered, Double(feedback.packets - epoch.packets)) : 0
        let time = Double(feedback.clock - epoch.clock) / 1e6
        arrivalRate = feedback.bytes > epoch.bytes ? Double(feedback.bytes - epoch.bytes) / time : 0
        recent.add(lost: offered - came, of: offered)
        var measured = Measured(
            offered: offered, lost: offered - came, arriving: arrivalRate, passing: arrivalRate, sending: 0,
            queueing: epoch.queueing.isFinite ? epoch.queueing : queueing)
        if let first = epoch.first, let last = epoch.last, last.arrived > first.arrived, last.sent > first.sent,
            last.through > first.through
        {
            measured.passing = Double(last.through - first.through) / (Double(last.arrived - first.arrived) / 1e9)
            measured.began = first.sent
            measured.sending = Double(last.through - first.through) / (Double(last.sent - first.sent) / 1e9)
        }
        begin(feedback)
        judge(measured, at: now)
    }

    private mutating func judge(_ measured: Measured, at now: Instant) {
        if trial != nil { return judgeTrial(measured, at: now) }
        let isExcess = own.isExceeded(by: measured.lost, of: measured.offered) || own.isUnproven
        if measured.queueing >= 0.012 || !isExcess { lossy = 0 }
        if measured.queueing < 0.012 {
            if !isExcess {
                own.add(lost: measured.lost, of: measured.offered)
            } else if measured.isBusy(rate) {
                lossy += 1
                let isGlaring =
                    measured.offered >= 30 && measured.loss > own.rate + 0.4
                    || own.isExceeded(by: measured.lost, of: measured.offered, deviations: 6)
                if lossy >= 3 || isGlaring { return beginTrial(measured) }
            } else if measured.sending < rate / 2, measured.began > steppedAt {
                // We sent little, so it is not our doing.
                own.add(lost: measured.lost, of: measured.offered)
            }
        }
        if mode == .competing { return compete(measured, isExcess, at: now) }
        if isCrowded(measured) { return }
        if measured.queueing > target * 0.3 {
            saturated(measured, isExcess)
        } else {
            grow(measured, at: now)
        }
    }

    /// How much comes through, as a divisor.
    private static func survival(_ loss: Double) -> Double { max(0.02, 1 - loss) }

    /// Something stands in the queue: what passes is what the path carries. Of what the queue dropped nothing passed.
    private mutating func saturated(_ measured: Measured, _ isExcess: Bool) {
        roomy = 0
        checkpoint = nil
        var passing = measured.passing
        if isExcess { passing *= (1 - measured.loss) / Self.survival(own.rate) }
        capacity = capacity > 1.5 * passing ? passing : capacity + (passing - capacity) / 2
        if isScavenging, measured.queueing > 0.005 {
            capacity = max(Self.floor, min(capacity, measured.passing) / 2)
            return decide(.yielding, .standingQueue)
        }
        known = max(passing, known * 0.99)
        decide(.steady, .saturated)
    }

    /// Nothing queues: there may be room. A rate that grows without more arriving has met a limit that shows no queue.
    private mutating func grow(_ measured: Measured, at now: Instant) {
        guard measured.isBusy(rate) else { return }
        if let ceiling, now < ceiling.until {
            capacity = min(capacity * 1.01, ceiling.rate)
            return
        }
        if let start = checkpoint {
            if measured.sending > 1.12 * start.rate {
                // Were nothing more let through than at the checkpoint, loss would have risen to this.
                let expected = 1 - (1 - start.loss.rate) * start.rate / measured.sending
                let middle = (start.loss.rate + expected) / 2
                if recent.rate > middle, start.loss.isExceeded(by: recent.lost, of: recent.sent, margin: 0) {
                    return stopGrowing(at: start.rate, start.loss, now)
                }
                if recent.rate < middle { checkpoint = (measured.sending, own.estimate) }
            }
        } else {
            checkpoint = (measured.sending, own.estimate)
        }
        // What the last step did is seen only in packets that were sent after it.
        guard measured.began > steppedAt else { return }
        steppedAt = Int64(clamping: now.nanoseconds)
        roomy += 1
        let factor: Double
        if mode == .start {
            factor = 2
        } else {
            factor = roomy < 3 ? 1.03 : roomy == 3 ? 1.06 : roomy == 4 ? 1.12 : 1.25
        }
        capacity = min(capacity * factor, max(measured.sending * 2, capacity))
        decide(mode == .yielding || mode == .policed ? .steady : mode, .room)
    }

    private mutating func stopGrowing(at rate: Double, _ loss: LossEstimate, _ now: Instant) {
        capacity = rate
        own.set(loss.rate, of: loss.sent)
        ceiling = (capacity, now + .seconds(10))
        checkpoint = nil
        roomy = 0
        decide(.policed, .excessLoss)
    }

    /// The queue stays although we send less than passes: somebody else fills it.
    private mutating func isCrowded(_ measured: Measured) -> Bool {
        guard !isScavenging, measured.queueing > max(0.010, 2 * target), measured.sending < measured.passing * 1.02,
            measured.passing < 0.85 * known
        else {
            crowded = 0
            return false
        }
        // A queue of our own shrinks meanwhile.
        if crowded == 0 || measured.queueing < 0.8 * crowdedQueue {
            crowded = 0
            crowdedQueue = measured.queueing
        }
        crowded += 1
        guard crowded >= 4 else { return false }
        crowded = 0
        known = max(known, measured.passing)
        capacity = max(measured.passing * 0.7, known * Self.leastShare)
        quietSince = nil
        decide(.competing, .standingQueue)
        return true
    }

    static let leastShare = 0.34
    static let mostShare = 0.5

    /// Beside a sender that fills the queue until it overflows: more by a packet or so every round trip, less by a
    /// third when packets are lost, between two bounds of the path that are fair to both.
    private mutating func compete(_ measured: Measured, _ isExcess: Bool, at now: Instant) {
        let trip = max(roundTrip.inSeconds, 0.001)
        let isLoss = measured.lost > measured.offered * own.rate + 2 * (measured.offered * own.rate).squareRoot() + 0.5
        if isLoss, now - cutAt > roundTrip {
            cutAt = now
            if capacity <= known * Self.leastShare { known *= 0.97 }
            capacity *= 0.7
        } else {
            capacity += 0.5 * 1_452 / (trip * trip) * max(0.06, 1.25 * trip)
        }
        capacity = min(max(capacity, known * Self.leastShare), known * Self.mostShare)
        guard measured.queueing < target else { return quietSince = nil }
        let since = quietSince ?? now
        quietSince = since
        if now - since >= .seconds(3) {
            quietSince = nil
            decide(.steady, .queueDrained)
        }
    }

    private mutating func beginTrial(_ measured: Measured) {
        lossy = 0
        var before = LossEstimate(memory: 2_000)
        before.set(measured.loss, of: measured.offered)
        trial = Trial(capacity: capacity, arrivalRate: measured.arriving, before: before)
        capacity = max(Self.floor, 0.9 * measured.arriving / Self.survival(own.proven))
        decide(.policed, .excessLoss)
    }

    /// The first epoch of a trial still measures what was sent before it.
    private mutating func judgeTrial(_ measured: Measured, at now: Instant) {
        guard var trial else { return }
        trial.epochs += 1
        if trial.epochs > 2 { trial.seen.add(lost: measured.lost, of: measured.offered) }
        self.trial = trial
        guard trial.seen.sent >= 100 || trial.epochs >= 8 else { return }
        self.trial = nil
        if trial.seen.isExceeded(by: trial.before.lost, of: trial.before.sent) {
            capacity = max(Self.floor, 0.97 * trial.arrivalRate / Self.survival(trial.seen.rate))
            own.set(trial.seen.rate, of: trial.seen.sent)
            ceiling = (capacity, now + .seconds(10))
            checkpoint = nil
        } else {
            own.set(trial.seen.rate, of: trial.seen.sent)
            capacity = trial.capacity
            decide(.steady, .lossIsThePaths)
        }
    }

    /// The rate of the moment: the capacity, a little more while the queue is shorter than wanted, less while longer.
    mutating func apply(at now: Instant) {
        var factor = 1.0
        if mode != .competing {
            let patience = max(2 * (shortest ?? roundTrip).inSeconds, 0.1)
            factor = max(0.75, min(1.08, 1 + (target - queueing) / patience))
            if let draining, now < draining.until { factor = min(factor, draining.factor) }
            if now - drained > .seconds(10), mode == .steady {
                drained = now
                let time = max(0.02, roundTrip.inSeconds)
                draining = (now + Interval(seconds: time), max(0.5, 1 - (queueing + 0.003) / time))
            }
        }
        capacity = min(capacity, Self.most)
        rate = max(Self.floor, capacity * factor)
        if let cap = settings.rateCap { rate = min(rate, Double(cap)) }
    }
}

/// What an epoch showed: packets offered and lost; bytes per second that arrived, that passed the narrowest place,
/// lost ones included, and that were sent; and the least waiting time.
struct Measured {
    var offered: Double
    var lost: Double
    var arriving: Double
    var passing: Double
    var sending: Double
    var queueing: Double
    /// When the first packet of the epoch was sent, in nanoseconds.
    var began = Int64.min

    var loss: Double { offered > 0 ? lost / offered : 0 }

    /// Whether we sent about as much as we might have: else nothing about the path was learnt.
    func isBusy(_ rate: Double) -> Bool { sending > 0.8 * rate }
}
