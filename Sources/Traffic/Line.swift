package import Base

/// What two nodes say to each other over one sealed path on which packets get lost. A line writes and reads the plain
/// bytes of packets: datagrams by priority, streams that arrive whole, and the feedback from which either side knows
/// what was lost, how fast the path is and how long its queue. It knows no keys, no addresses and no sockets.
///
/// Whoever owns it seals each packet that `next` wrote under the number that it answered, and hands each packet that
/// it opened to `receive`, once. After every call `deadline` says when `next` may have something again.
package struct Line: ~Copyable {
    let side: Side
    var settings: LineSettings
    /// The latest moment that any door was told.
    var clock: Instant
    var counts = LineCounts()
    /// Effects of doors that have no outbox; `next` and `receive` hand them out.
    var pending: [LineEffect] = []

    // Datagrams.
    var queues: [DatagramQueue] = Priority.allCases.map { _ in DatagramQueue() }
    var urgentID: UInt64 = 0
    var urgentSeen = UrgentWindow()
    var bucket: TokenBucket
    /// Bytes that each priority has saved up of its share, at most a datagram's worth.
    var credit = [Int](repeating: 0, count: Priority.allCases.count)

    // Streams.
    typealias OwedReset = (stream: StreamID, code: UInt64, sent: UInt64)
    var streams = StreamTable()
    var opened: UInt64 = 0
    var peerOpened = StreamWindow()
    /// Streams that our side has open, and the peer.
    var oursOpen = 0
    var theirsOpen = 0
    /// The stream that sent last: the next one's turn is first.
    var turn = StreamID(0)
    /// Streams that were given up here, of which the peer is not yet told.
    var resets: [OwedReset] = []
    /// Streams that are closed here, of which the peer is told that everything came.
    var farewells: [(stream: StreamID, due: Int)] = []
    /// Bytes of all streams: sent and allowed by the peer; received, consumed and granted to the peer.
    var sentBytes: UInt64 = 0
    var sendLimit = UInt64(Limits.lineWindow)
    var receivedBytes: UInt64 = 0
    var consumedBytes: UInt64 = 0
    var grantedBytes = UInt64(Limits.lineWindow)

    // What goes out, and what is known of it.
    var log: PacketLog
    var controller: Controller
    var size: PacketSize
    var repair = RepairPatience()
    /// When something that asks for feedback was last sent, and anything at all.
    var lastEliciting: Instant
    var lastSent: Instant
    /// Repetitions since the peer was last heard of.
    var repeats = 0
    /// The rhythm of feedback that we asked for, and when.
    var cadenceSaid: (interval: Interval, at: Instant)?

    // What came in.
    var arrivals: Arrivals
    /// The rhythm of feedback that the peer asked for.
    var feedbackInterval = Interval.milliseconds(10)
    /// Storage of the feedback that is being written or read.
    var feedback = Feedback()
    var lastFeedbackClock: UInt64?

    package init(side: Side, settings: LineSettings, at now: Instant) {
        self.side = side
        self.settings = settings
        clock = now
        bucket = TokenBucket(rate: settings.datagramRate, burst: settings.datagramBurst, at: now)
        log = PacketLog(firstNumber: settings.firstNumber)
        controller = Controller(settings: settings, at: now)
        size = PacketSize(settings: settings)
        lastEliciting = now
        lastSent = now
        arrivals = Arrivals(at: now)
    }

    /// The peer said: the opened plaintext of packet `number`. After a fault the session ends.
    package mutating func receive(
        _ packet: RawSpan, number: UInt64, at now: Instant, into outbox: inout Outbox<LineEffect>
    ) throws(LineFault) {
        clock = max(clock, now)
        handOutPending(&outbox)
        counts.packetsReceived += 1
        counts.bytesReceived += packet.byteCount + settings.sealBytes
        guard
            arrivals.enter(
                number, bytes: packet.byteCount + settings.sealBytes, at: clock, interval: feedbackInterval)
        else { return }
        var reader = ByteReader(packet)
        while reader.remaining > 0 { try readFrame(&reader, packet, number, into: &outbox) }
    }

    mutating func handOutPending(_ outbox: inout Outbox<LineEffect>) {
        guard !pending.isEmpty else { return }
        for effect in pending { outbox.put(effect) }
        pending.removeAll(keepingCapacity: true)
    }

    mutating func note(_ note: LineNote) {
        if pending.count < Limits.lineNotes { pending.append(.note(note)) }
    }
}
