internal import Base

/// The largest packet that the path carries: found with padded packets, never from what routers say (RFC 8899). It
/// begins with what every path carries, and returns there when large packets vanish while small ones pass.
struct PacketSize: Sendable {
    /// What is tried: an Ethernet with a tunnel, Ethernet, jumbo frames, loopback.
    private static let candidates = [1_452, 8_952, 65_000]
    /// When Ethernet's size fails: Ethernet with a tunnel's headers.
    private static let tunnel = 1_400

    private(set) var bytes = Limits.datagramBytes
    private let largest: Int
    private var candidate = 0
    private var triesTunnel = false
    private var tries = 0
    private var nextTry: Instant?
    /// Large packets lost, and small ones arrived, since a large one last arrived.
    private var largeLost = 0
    private var smallArrived = 0

    init(settings: LineSettings) {
        largest = settings.largestPacket
        switch settings.carrier {
        case .udp: bytes = min(Limits.datagramBytes, largest)
        case .tcp:
            bytes = largest
            candidate = Self.candidates.count
        }
    }

    private var target: Int? {
        if triesTunnel { return Self.tunnel <= largest ? Self.tunnel : nil }
        guard candidate < Self.candidates.count, Self.candidates[candidate] <= largest else { return nil }
        return Self.candidates[candidate]
    }

    /// The size of the probe that is due. Probes are sent while there is other traffic only, and where the path is so
    /// fast that one takes no more than twenty milliseconds of it.
    func probe(at now: Instant, rate: Double) -> Int? {
        guard let target, target > bytes, Double(target) < rate / 50 else { return nil }
        guard nextTry.map({ now >= $0 }) ?? true else { return nil }
        return target
    }

    /// A probe went out. As many are tried as make a false alarm unlikely at the path's loss.
    mutating func probed(at now: Instant, loss: Double, roundTrip: Interval) {
        tries += 1
        // The first two go together: the start of a transfer is when it counts.
        nextTry = tries == 1 && candidate == 0 ? now : now + roundTrip
        guard tries >= max(4, Self.tries(at: loss) + 1) else { return }
        tries = 0
        if candidate == 0, !triesTunnel {
            triesTunnel = true
        } else {
            rest(until: now + .minutes(5))
        }
    }

    private mutating func rest(until moment: Instant) {
        nextTry = moment
        triesTunnel = false
    }

    /// How many packets in a row are lost by chance in a thousand times once, or as seldom as `chance` says.
    private static func tries(at loss: Double, chance: Double = 0.001) -> Int {
        var count = 1
        var all = max(loss, 0.1)
        while all > chance, count < 60 {
            all *= max(loss, 0.1)
            count += 1
        }
        return count
    }

    /// A packet arrived. Answers whether the size grew.
    mutating func arrived(_ count: Int, isProbe: Bool) -> Bool {
        if count > Limits.datagramBytes {
            largeLost = 0
            smallArrived = 0
        } else {
            smallArrived += 1
        }
        guard isProbe, count > bytes else { return false }
        bytes = count
        tries = 0
        if triesTunnel {
            rest(until: (nextTry ?? .zero) + .minutes(5))
        } else {
            nextTry = nil
        }
        while candidate < Self.candidates.count, Self.candidates[candidate] <= bytes { candidate += 1 }
        return true
    }

    /// A packet that was no probe was lost. Answers whether it is a black hole, and the size fell.
    mutating func lost(_ count: Int, loss: Double, at now: Instant) -> Bool {
        guard count > Limits.datagramBytes else { return false }
        largeLost += 1
        guard largeLost >= Self.tries(at: loss, chance: 1e-7), smallArrived > 0 else { return false }
        bytes = Limits.datagramBytes
        candidate = 0
        tries = 0
        largeLost = 0
        smallArrived = 0
        rest(until: now + .seconds(30))
        return true
    }

    /// So many large packets were lost that a small one should show whether these still pass.
    func wantsSmall(loss: Double) -> Bool {
        largeLost > 0 && largeLost >= Self.tries(at: loss, chance: 1e-5) && smallArrived == 0
    }
}
