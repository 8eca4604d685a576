package import Base

/// Streams: bytes that arrive whole and in order, however many packets are lost. Both sides may write to a stream; it
/// is closed when both have finished and each has everything.
extension Line {
    /// Opens a stream. `delivery` says how what the peer writes to it is handed up here.
    package mutating func open(
        _ service: Service, delivery: Delivery = .ordered, at now: Instant
    ) throws(LineRefusal) -> StreamID {
        clock = max(clock, now)
        guard oursOpen < Limits.openStreams else { throw .tooManyStreams }
        let id = StreamID(2 * opened + (side == .even ? 0 : 1))
        opened += 1
        oursOpen += 1
        let index = streams.insert(Stream(id: id, service: service, delivery: delivery))
        // The peer must know that its end cannot be rebuilt from mixed packets here.
        if delivery == .pieces { streams[index].progressDue = Self.progressRepeats }
        return id
    }

    /// In so many feedbacks a stream's state is said: that all of them are lost is as good as impossible.
    static var progressRepeats: Int { 8 }

    func isOurs(_ stream: StreamID) -> Bool { (stream.value & 1 == 0) == (side == .even) }

    /// Takes as many of `bytes` as there is room for, and answers how many. After it took less than all, `.writable`
    /// says when there is room again. Nothing is taken for a stream that is finished, reset or closed.
    package mutating func write(_ bytes: RawSpan, to stream: StreamID, at now: Instant) -> Int {
        clock = max(clock, now)
        guard let index = streams.index(of: stream) else { return 0 }
        return streams[index].send.write(bytes)
    }

    /// How many of the bytes that were written the peer has not acknowledged.
    package func unacknowledged(on stream: StreamID) -> Int {
        streams.index(of: stream).map { streams[$0].send.unacknowledged } ?? 0
    }

    /// What was written is all there will be.
    package mutating func finish(_ stream: StreamID, at now: Instant) {
        clock = max(clock, now)
        guard let index = streams.index(of: stream) else { return }
        streams[index].send.finish()
    }

    /// Gives the stream up, in both directions. The peer hears `code`.
    package mutating func reset(_ stream: StreamID, code: UInt64, at now: Instant) {
        clock = max(clock, now)
        guard let index = streams.index(of: stream) else { return }
        owe((stream, code, streams[index].send.fresh))
        remove(at: index)
    }

    /// Tells the peer of a reset with the next packet. Full, the oldest is forgotten: a peer that goes on with its
    /// stream hears that nobody waits for more.
    mutating func owe(_ reset: OwedReset) {
        if resets.count == Limits.lineResets { resets.removeFirst() }
        resets.append(reset)
    }

    /// Hands at most `limit` bytes to `body`, in order, in one or two parts, and answers how many. What was read makes
    /// room for the peer to send more.
    package mutating func read(
        _ stream: StreamID, atMost limit: Int = .max, at now: Instant, _ body: (RawSpan) -> Void
    ) -> Int {
        clock = max(clock, now)
        guard let index = streams.index(of: stream) else { return 0 }
        let count = streams[index].receive.read(atMost: limit, body)
        consumedBytes += UInt64(count)
        if streams[index].receive.owesGrant { askProgress(of: index) }
        if consumedBytes + UInt64(Limits.lineWindow) - grantedBytes >= Limits.lineWindow / 4 { arrivals.ask() }
        close(at: index)
        return count
    }

    /// The peer roamed or the carrier is another: rate and packet size are found out anew, streams go on.
    package mutating func pathChanged(to carrier: Carrier, at now: Instant) {
        clock = max(clock, now)
        settings.carrier = carrier
        controller = Controller(settings: settings, at: clock)
        size = PacketSize(settings: settings)
        repair = RepairPatience()
        cadenceSaid = nil
        repeats = 0
        note(.rate(controller.mode, Int(controller.rate), .pathChanged))
    }

    mutating func askProgress(of index: Int) {
        streams[index].progressDue = Self.progressRepeats
        arrivals.ask()
    }

    /// Forgets a stream on which nothing is left to say or hear.
    mutating func close(at index: Int) {
        guard streams[index].isClosed else { return }
        let id = streams[index].id
        remove(at: index)
        farewell(id)
        pending.append(.closed(id))
    }

    mutating func remove(at index: Int) {
        let stream = streams[index]
        if isOurs(stream.id) { oursOpen -= 1 } else { theirsOpen -= 1 }
        // What nobody will read makes room for other streams.
        consumedBytes += stream.receive.highest - stream.receive.consumed
        streams.remove(at: index)
    }

    /// Tells the peer, as often as is sure to reach it, that everything of a stream came.
    mutating func farewell(_ stream: StreamID) {
        if let index = farewells.firstIndex(where: { $0.stream == stream }) {
            farewells[index].due = Self.progressRepeats
        } else {
            if farewells.count == Limits.openStreams { farewells.removeFirst() }
            farewells.append((stream, Self.progressRepeats))
        }
        arrivals.ask()
    }
}
