internal import Base

/// The packets that came: what feedback is made of, and when it is due.
struct Arrivals: Sendable {
    private let began: Instant
    private var received = RangeSet()
    private(set) var packets: UInt64 = 0
    private(set) var bytes: UInt64 = 0
    /// Some of the latest arrivals, in a ring: one for every eighth of the time between two feedbacks, so that each is
    /// said about twice.
    private var samples: [(number: UInt64, at: Instant)] = []
    private var nextSample = 0
    private var sampled = Instant.zero
    /// When the last feedback went, and whether anything asks for the next.
    private var lastFeedback: Instant
    private var bytesSince = 0
    private var rangesSince = 0
    private(set) var isAsked = false
    private var hasNews = false
    /// The sender needs the first feedbacks sooner than it can know: its rate hangs on them.
    private var early = 64

    init(at now: Instant) {
        began = now
        lastFeedback = now
    }

    /// The lowest number that is told apart; nothing is known of those below.
    private var floor: UInt64 = 0

    /// Enters a packet. Answers whether it comes for the first time, as far as is known.
    mutating func enter(_ number: UInt64, bytes count: Int, at now: Instant, interval: Interval) -> Bool {
        guard number >= floor, number < .max else { return true }
        let ranges = received.count
        guard received.insert(number, number + 1) > 0 else { return false }
        if received.count > ranges { rangesSince += 1 }
        if received.count > 2 * Limits.feedbackRanges {
            floor = received[Limits.feedbackRanges].lower
            received.removeFirst(Limits.feedbackRanges)
        }
        packets += 1
        bytes += UInt64(count)
        bytesSince += count
        hasNews = true
        if samples.isEmpty || now - sampled >= interval / 8 { keepSample(number, now) }
        return true
    }

    private mutating func keepSample(_ number: UInt64, _ now: Instant) {
        sampled = now
        if samples.count < Limits.feedbackSamples {
            samples.append((number, now))
        } else {
            samples[nextSample] = (number, now)
        }
        nextSample = (nextSample + 1) % Limits.feedbackSamples
    }

    /// Whether feedback should go beside something else. When nobody has asked, it is seldom and short: two nodes that
    /// exchange nothing but beats would say more about the beats than the beats say.
    func isWorthSaying(at now: Instant) -> Bool { hasNews && (isAsked || now - lastFeedback >= Self.unaskedPause) }

    private static let unaskedPause = Interval.seconds(4)
    private static let unaskedSamples = 2
    private static let unaskedRangeBytes = 48

    /// The packet that came asks for feedback.
    mutating func ask() { isAsked = true }

    /// When feedback is due: after the usual time, sooner when much came or when many packets are missing.
    func deadline(interval: Interval) -> Instant? {
        guard isAsked else { return nil }
        if bytesSince >= Self.manyBytes || rangesSince >= Limits.feedbackRanges / 8 { return lastFeedback }
        return lastFeedback + (early > 0 ? min(interval, .milliseconds(10)) : interval)
    }

    /// So many bytes are worth a feedback: a sixteenth of a stream's window.
    private static let manyBytes = Limits.streamWindow / 16

    /// So many bytes of ranges go into one feedback, so that it fits the smallest packet whatever the numbers are.
    private static let rangeBytes = 600

    /// Fills in a feedback, and starts anew.
    mutating func report(into feedback: inout Feedback, at now: Instant) {
        feedback.clock = UInt64((now - began).nanoseconds / 1_000)
        feedback.highest = (received.last?.upper ?? 1) - 1
        feedback.packets = packets
        feedback.bytes = bytes
        feedback.samples.removeAll(keepingCapacity: true)
        let told = isAsked ? samples.count : min(samples.count, Self.unaskedSamples)
        for back in 1...max(1, told) where told > 0 {
            let sample = samples[(nextSample + samples.count - back) % samples.count]
            let age = UInt64(max(0, (now - sample.at).nanoseconds) / 1_000)
            feedback.samples.append(Feedback.Sample(number: sample.number, age: age))
        }
        feedback.ranges.removeAll(keepingCapacity: true)
        var size = 0
        let room = isAsked ? Self.rangeBytes : Self.unaskedRangeBytes
        for back in 1...min(received.count, Limits.feedbackRanges) where size < room {
            let range = received[received.count - back]
            let gap = feedback.ranges.last.map { $0.lower - range.upper } ?? 0
            size += varintBytes(gap) + varintBytes(UInt64(range.count))
            feedback.ranges.append(range)
        }
        lastFeedback = now
        bytesSince = 0
        rangesSince = 0
        isAsked = false
        hasNews = false
        if early > 0 { early -= 1 }
    }
}
