package import Base

/// How packets fare on their way from one node to another. Rates are in packets per million; one packet suffers at most
/// one of them.
package struct Link: Hashable, Sendable {
    package var delay: Interval
    /// Up to this much is added to the delay, evenly.
    package var jitter: Interval
    package var loss = 0
    package var duplication = 0
    /// A reordered packet waits for ten more delays, so that later ones overtake it.
    package var reordering = 0
    package var flips = 0
    package var truncation = 0
    /// A larger packet vanishes, as on a path whose routers say nothing.
    package var maximumBytes = Link.usualBytes
    /// Bits per second that leave one node; zero for as many as it likes.
    package var bandwidth = 0

    /// A UDP payload on Ethernet over IPv6.
    package static let usualBytes = 1_452
    /// A packet that would wait longer than this for its turn on a narrow link is dropped.
    static let longestQueue = Interval.seconds(2)

    package init(delay: Interval, jitter: Interval = .zero, loss: Int = 0) {
        self.delay = delay
        self.jitter = jitter
        self.loss = loss
    }

    /// Changes nothing when it is laid over another link.
    package static let clear = Link(delay: .zero)

    /// How many packets in a million suffer anything.
    var troubles: Int { loss + duplication + reordering + flips + truncation }

    /// The same road without the faults: its length stays.
    var calm: Link { Link(delay: delay, jitter: jitter) }

    /// Both links' faults: the worse of the two in each respect.
    func laid(over other: Link) -> Link {
        var link = Link(delay: max(delay, other.delay), jitter: max(jitter, other.jitter))
        link.loss = max(loss, other.loss)
        link.duplication = max(duplication, other.duplication)
        link.reordering = max(reordering, other.reordering)
        link.flips = max(flips, other.flips)
        link.truncation = max(truncation, other.truncation)
        link.maximumBytes = min(maximumBytes, other.maximumBytes)
        link.bandwidth = min(bandwidth, other.bandwidth)
        if bandwidth == 0 || other.bandwidth == 0 { link.bandwidth = max(bandwidth, other.bandwidth) }
        return link
    }
}

/// Who can reach whom at this moment, and how well: recomputed when an action of the script begins or ends, only looked
/// up when a packet is sent.
struct Network {
    let nodes: Int
    let sites: Int
    /// The links inside a site and between sites.
    var near: Link
    var far: Link
    /// Single ordered pairs that fare worse.
    var spoilt: [(from: Int, to: Int, link: Link)] = []
    /// One bit for each ordered pair: no packet passes. Every pattern can be said, one-way and non-transitive ones too.
    private var cuts: [UInt64] = []
    /// On which side of every partition that lasts a node stands: each partition has a word of its own, which is added,
    /// modulo two, to the nodes of one side. Two nodes are on the same sides of all of them when their sums are equal.
    private var sides: [UInt64]
    private let wordsPerRow: Int

    init(nodes: Int, sites: Int, near: Link, far: Link) {
        self.nodes = nodes
        self.sites = sites
        self.near = near
        self.far = far
        wordsPerRow = (nodes + 63) / 64
        sides = [UInt64](repeating: 0, count: nodes)
    }

    mutating func mendAll() { cuts.removeAll(keepingCapacity: true) }

    mutating func cut(from: Int, to: Int) {
        if cuts.isEmpty { cuts = [UInt64](repeating: 0, count: nodes * wordsPerRow) }
        cuts[from * wordsPerRow + to >> 6] |= 1 << UInt64(to & 63)
    }

    /// Begins or ends a partition. The same word ends what it began; a thousand nodes that fade now and then each have
    /// theirs, and nothing else is worked out anew.
    mutating func toggle(_ side: [Int], word: UInt64) {
        for node in side { sides[node] ^= word }
    }

    @inline(__always)
    func isCut(from: Int, to: Int) -> Bool {
        sides[from] != sides[to] || (!cuts.isEmpty && cuts[from * wordsPerRow + to >> 6] & 1 << UInt64(to & 63) != 0)
    }

    /// Node `n` stands at site `n % sites`.
    @inline(__always)
    func link(from: Int, to: Int) -> Link {
        let usual = sites == 1 || from % sites == to % sites ? near : far
        if spoilt.isEmpty { return usual }
        var link = usual
        for worse in spoilt where worse.from == from && worse.to == to { link = worse.link.laid(over: link) }
        return link
    }
}
