package import Base

/// An invented world with many nodes in it: time that jumps from event to event, links that lose and delay, disks that
/// forget, clocks that lie, processes that die. It drives the nodes by the same doors as the real world does and
/// carries out what they ask for in the same order. It has one thread, one heap of events and no chance but its
/// seed's, so one script gives one run, on every machine, to the bit; the trace hash says whether two runs were the
/// same.
///
/// The world knows nothing of the protocol. What must hold, the checkers of the scenario know.
package struct World<Member: Inhabitant & ~Copyable>: ~Copyable {
    package let script: Script
    let stage: Stage<Member>
    let chance: Chance

    /// Nanoseconds since the world began.
    var time: Int64 = 0
    /// Delivered packets, fired timers and finished writes so far.
    package internal(set) var eventCount: UInt64 = 0
    var heap = EventHeap()
    var pool = PacketPool()
    var network: Network
    var posts: [Post]
    var homes: [Home<Member>]
    /// Where the nodes are at home: one list that all of them share.
    let addresses: [Address]
    var disks: [SimulatedDisk]
    /// For each action of the script whether it lasts at this moment.
    var isActive: [Bool]
    /// The backups that the script will restore, by the index of the action.
    var backups: [SimulatedDisk.Image?]
    /// Packets of the past, kept only when the script replays some.
    var past: Ring<OldPacket>?
    var outbox = Outbox<WorldEffect<Member.Reply, Member.Note>>()
    var requests: UInt64 = 0

    var trace = TraceHash()
    /// Told about every event as a line of text; nil when nobody listens.
    var narrate: ((String) -> Void)?
    /// How often each marker of the member was noted, and each kind of fault happened.
    var noteCounts: [Int]
    var faultCounts = [Int](repeating: 0, count: FaultKind.allCases.count)
    let checkers: [Checker<Member>]
    let listeners: [Int]
    let stepCheckers: [Int]
    /// The first violation of each oracle; one alone unless the world keeps going.
    package internal(set) var violations: [Violation] = []
    /// Runs on after a violation, and looks on: for figures that are wanted of nodes that fail too.
    let keepsGoing: Bool

    package init(
        _ script: Script, _ stage: Stage<Member>, keepsGoing: Bool = false, narrate: ((String) -> Void)? = nil
    ) {
        self.keepsGoing = keepsGoing
        self.script = script
        self.stage = stage
        self.narrate = narrate
        chance = Chance(seed: Chance.mixed(script.seed))
        network = Network(nodes: script.nodes, sites: script.sites, near: script.near, far: script.far)
        posts = []
        homes = []
        addresses = (0..<script.nodes).map { Self.address($0) }
        for node in 0..<script.nodes {
            // Ten days: instants of two machines have nothing to do with each other.
            let start = Chance.scaled(chance.word(node, 0), below: 864_000_000_000_000)
            posts.append(Post(clock: SimulatedClock(instant: UInt64(start))))
            homes.append(Home())
        }
        precondition(
            stage.disks == .memory || DiskKind.onlyInMemory.allSatisfy { !script.kinds.contains($0) },
            "a database is not wiped, restored or made to lie")
        disks = (0..<script.nodes).map { [chance] in SimulatedDisk(kind: stage.disks, seed: chance.word($0, 1 << 42)) }
        isActive = [Bool](repeating: false, count: script.actions.count)
        backups = [SimulatedDisk.Image?](repeating: nil, count: script.actions.count)
        if script.kinds.contains(.replay) { past = Ring(capacity: OldPacket.kept) }
        noteCounts = [Int](repeating: 0, count: Member.markers.count)
        checkers = stage.checkers(script)
        listeners = checkers.indices.filter { [checkers] in checkers[$0].hear != nil }
        stepCheckers = checkers.indices.filter { [checkers] in checkers[$0].afterStep != nil }
        plan()
    }

    /// Puts the whole script on the heap. At time zero clocks are set, then nodes are born, then the rest begins.
    private mutating func plan() {
        let clocks = script.actions.indices.filter { script.actions[$0].deed.kind == .clock }
        for index in clocks { heap.push(at: script.actions[index].at.nanoseconds, .begin, node: 0, detail: index) }
        for node in 0..<script.nodes { heap.push(at: 0, .birth, node: node, detail: 0) }
        for (index, action) in script.actions.enumerated() where action.deed.kind != .clock {
            if case .restore(_, let from, _) = action.deed {
                heap.push(at: from.nanoseconds, .snapshot, node: 0, detail: index)
            }
            heap.push(at: action.at.nanoseconds, .begin, node: 0, detail: index)
        }
        heap.push(at: script.safety.nanoseconds, .calm, node: 0, detail: 0)
        heap.push(at: stage.checkpoint.nanoseconds, .checkpoint, node: 0, detail: 0)
    }

    /// Runs to the end of the script, or to the first violation.
    package mutating func run() {
        while isWatched, let event = heap.pop(upTo: script.length.nanoseconds) { happen(event) }
        if isWatched {
            time = script.length.nanoseconds
            checkpoint()
            look(\.atEnd)
        }
    }

    private mutating func happen(_ event: Event) {
        time = event.at
        let node = Int(event.node)
        let detail = Int(event.detail)
        switch event.kind {
        case .packet: deliver(detail)
        case .wake: wake(node, life: event.detail)
        case .disk: finishWrite(node, life: event.detail)
        case .begin: begin(detail)
        case .end: end(detail)
        case .snapshot: backups[detail] = script.actions[detail].deed.victim.map { disks[$0].image }
        case .birth: if !posts[node].isUp, !isHeldDown(node) { bear(node) }
        case .calm: calm()
        case .dial: tell(node, dialled: detail)
        case .checkpoint:
            checkpoint()
            heap.push(at: time + stage.checkpoint.nanoseconds, .checkpoint, node: 0, detail: 0)
        }
    }

    /// Folds every node's state into the trace, and lets the checkers look.
    private mutating func checkpoint() {
        for node in 0..<script.nodes {
            trace.absorb(homes[node].member?.stateHash ?? 0)
        }
        look(\.atCheckpoint)
    }

    private mutating func look(_ moment: KeyPath<Checker<Member>, Checker<Member>.Look?>) {
        for checker in checkers where isWatched {
            if let finding = checker[keyPath: moment]?(self) { fail(checker.name, finding) }
        }
    }

    /// Whether checkers still look on.
    var isWatched: Bool { keepsGoing || violations.isEmpty }
    package var violation: Violation? { violations.first }

    mutating func fail(_ oracle: String, _ finding: Finding) {
        guard isWatched, !violations.contains(where: { $0.oracle == oracle }) else { return }
        violations.append(
            Violation(
                oracle: oracle, node: finding.node, time: Interval(nanoseconds: time), event: eventCount,
                what: finding.what))
    }

    mutating func hear(_ happening: Happening<Member.Reply, Member.Note>) {
        for index in listeners where isWatched {
            if let finding = checkers[index].hear?(happening, self) { fail(checkers[index].name, finding) }
        }
    }
}

/// What checkers may ask of a world.
extension World where Member: ~Copyable {
    package var now: Interval { Interval(nanoseconds: time) }
    package var nodes: Range<Int> { 0..<script.nodes }
    package var faultsAreOver: Bool { time >= script.safety.nanoseconds }

    package func isUp(_ node: Int) -> Bool { posts[node].isUp }
    package func sentPackets(_ node: Int) -> UInt64 { posts[node].sentPackets }
    package func sentBytes(_ node: Int) -> UInt64 { posts[node].sentBytes }
    package func receivedBytes(_ node: Int) -> UInt64 { posts[node].receivedBytes }
    package func waitingWrites(_ node: Int) -> Int { disks[node].waitingCount }

    /// Lends a node that is up to `read`; answers nil for one that is down.
    package func inspect<Result>(_ node: Int, _ read: (borrowing Member) -> Result) -> Result? {
        homes[node].member?.lend(read)
    }
}

/// What the world remembers of one node besides its state: plain numbers, one flat array of them.
struct Post {
    var clock: SimulatedClock
    var isUp = false
    /// Rises when the process starts and when it ends: timers and writes of an earlier life mean nothing to this one.
    var life: Int32 = 0
    /// The process stands still until then.
    var pausedUntil: Int64 = 0
    /// When the next wake event is due; `.max` when none is on the heap.
    var armed = Int64.max
    /// The deadline that was looked at last.
    var deadline: Instant?
    /// After how many effects of its next step the process dies.
    var effectsToCrash: Int?
    /// Where the node is: zero at home, or else the number of the action that moved it.
    var place: UInt16 = 0
    /// When the uplink has sent what is queued on it.
    var uplinkFree: Int64 = 0
    /// Packets waiting for a process that stands still.
    var held = 0
    var sentPackets: UInt64 = 0
    var sentBytes: UInt64 = 0
    var receivedBytes: UInt64 = 0
    var dice: UInt64 = 0
    /// How many wakes followed each other without time passing.
    var wakesAtOnce = 0
    var lastWake: Int64 = -1

    init(clock: SimulatedClock) { self.clock = clock }
}

/// A packet of the past.
struct OldPacket {
    /// How many are kept to choose from.
    static let kept = 256
    var to: Int
    var source: Address
    var bytes: [UInt8]
}
