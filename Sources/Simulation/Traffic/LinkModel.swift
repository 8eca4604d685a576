package import Base

/// One direction of a path, as a line or a rival of it meets it: a narrowest place with a queue that drops what does
/// not fit, then a way on which packets are lost at random. `Link` says how gossip fares in a mesh; this says how fast
/// something is.
package struct LinkModel: Sendable {
    /// Bytes of UDP payload per second; nil for as many as come.
    package var bytesPerSecond: Double?
    package var delay: Interval
    /// What waits at the narrowest place; a packet that does not fit is dropped.
    package var queueBytes: Int
    /// Packets in a million; what is lost has passed the narrowest place.
    package var loss = 0
    package var duplication = 0
    package var reordering = 0
    /// Up to this much is added to the delay, evenly. Packets keep no order then.
    package var jitter = Interval.zero
    package var largestPacket = 1_472
    /// A policer: bytes per second and at once; what exceeds them is dropped without waiting.
    package var policed: (rate: Double, burst: Double)?

    package init(bytesPerSecond: Double?, delay: Interval, queueBytes: Int, loss: Int = 0) {
        self.bytesPerSecond = bytesPerSecond
        self.delay = delay
        self.queueBytes = queueBytes
        self.loss = loss
    }
}

/// A link in use.
struct LinkInUse {
    var model: LinkModel
    private var free: Int64 = 0
    private var tokens: Double
    private var filled: Int64 = 0
    private(set) var dropped = 0
    private(set) var longestQueue: Int64 = 0

    init(_ model: LinkModel) {
        self.model = model
        tokens = model.policed?.burst ?? 0
    }

    /// When a packet that enters now comes out: once, not at all, or twice.
    mutating func pass(_ bytes: Int, at now: Int64, _ random: inout Random, _ arrive: (Int64) -> Void) {
        guard bytes <= model.largestPacket, isLawful(bytes, at: now) else {
            dropped += 1
            return
        }
        var out = now
        if let rate = model.bytesPerSecond {
            let waiting = Double(max(0, free - now)) / 1e9 * rate
            guard Int(waiting) + bytes <= max(model.queueBytes, bytes) else {
                dropped += 1
                return
            }
            free = max(free, now) + Int64(Double(bytes) / rate * 1e9)
            longestQueue = max(longestQueue, free - now)
            out = free
        }
        guard !random.strikes(perMillion: model.loss) else { return }
        out += model.delay.nanoseconds
        if model.jitter > .zero { out += Int64(random.below(Int(model.jitter.nanoseconds))) }
        if random.strikes(perMillion: model.reordering) { out += model.delay.nanoseconds / 2 }
        arrive(out)
        if random.strikes(perMillion: model.duplication) { arrive(out + Int64(random.below(5_000_000))) }
    }

    private mutating func isLawful(_ bytes: Int, at now: Int64) -> Bool {
        guard let policed = model.policed else { return true }
        tokens = min(policed.burst, tokens + Double(now - filled) / 1e9 * policed.rate)
        filled = now
        guard tokens >= Double(bytes) else { return false }
        tokens -= Double(bytes)
        return true
    }
}
