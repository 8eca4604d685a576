/// How a loss-based TCP reckons its window.
package enum RivalKind: String, CaseIterable, Sendable {
    case reno, cubic
}

/// A TCP flow with endless data, as a model: windows in packets of a full Ethernet frame, an acknowledgement for each,
/// fast recovery after three overtook a lost one, slow start after a timeout. CUBIC is RFC 9438 with its Reno-friendly
/// region.
struct Rival {
    static let packetBytes = 1_500

    let kind: RivalKind
    private var window = 10.0
    private var threshold = Double.infinity
    private(set) var nextNumber = 0
    /// Everything below is acknowledged or given up.
    private var base = 0
    private var outstanding: [Int: Int64] = [:]
    private var highestAcknowledged = -1
    private var recovery = -1
    private var roundTrip = 0.0
    private var lastHeard: Int64
    private(set) var delivered = 0
    // CUBIC's curve.
    private var top = 0.0
    private var turned: Int64 = 0
    private var friendly = 0.0

    init(_ kind: RivalKind, at now: Int64) {
        self.kind = kind
        lastHeard = now
    }

    /// A packet to send now, if the window allows.
    mutating func send(at now: Int64) -> Int? {
        guard Double(outstanding.count) < window.rounded(.down) else { return nil }
        defer { nextNumber += 1 }
        if outstanding.isEmpty { lastHeard = now }
        outstanding[nextNumber] = now
        return nextNumber
    }

    /// A packet came to the other side.
    mutating func arrive() { delivered += Self.packetBytes }

    var timeout: Int64? {
        outstanding.isEmpty ? nil : lastHeard + Int64(max(0.2, 2.5 * roundTrip) * 1e9)
    }

    mutating func wake(at now: Int64) {
        guard let timeout, now >= timeout else { return }
        threshold = max(2, window / 2)
        window = 1
        outstanding.removeAll()
        base = nextNumber
        recovery = nextNumber - 1
        lastHeard = now
        top = 0
    }

    mutating func acknowledge(_ number: Int, at now: Int64) {
        guard let sent = outstanding.removeValue(forKey: number) else { return }
        let sample = Double(now - sent) / 1e9
        roundTrip = roundTrip == 0 ? sample : roundTrip + (sample - roundTrip) / 8
        lastHeard = now
        highestAcknowledged = max(highestAcknowledged, number)
        var isCut = false
        while base <= highestAcknowledged - 3 {
            if outstanding.removeValue(forKey: base) != nil, base > recovery { isCut = true }
            base += 1
        }
        if isCut { cut(at: now) } else { grow(at: now) }
    }

    private mutating func cut(at now: Int64) {
        recovery = nextNumber - 1
        switch kind {
        case .reno: threshold = max(2, window / 2)
        case .cubic:
            top = window < top ? window * 0.85 : window
            threshold = max(2, window * 0.7)
            turned = now
            friendly = threshold
        }
        window = threshold
    }

    private mutating func grow(at now: Int64) {
        guard window >= threshold else { return window += 1 }
        switch kind {
        case .reno: window += 1 / window
        case .cubic:
            if top == 0 {
                top = window
                turned = now
                friendly = window
            }
            let time = Double(now - turned) / 1e9 + roundTrip
            let flat = Self.cubeRoot(top * 0.3 / 0.4)
            let curve = 0.4 * (time - flat) * (time - flat) * (time - flat) + top
            friendly += 3 * 0.3 / 1.7 / window
            let wanted = max(curve, friendly)
            window += max(0.01, min(0.5 * window, wanted - window)) / window
        }
    }

    private static func cubeRoot(_ value: Double) -> Double {
        guard value > 0 else { return 0 }
        var root = max(1, value / 3)
        for _ in 0..<40 { root -= (root * root * root - value) / (3 * root * root) }
        return root
    }
}
