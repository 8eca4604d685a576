internal import Base
internal import Registry
internal import Replication
internal import Session
internal import Traffic

/// Hauling long messages over streams, and telling the engine how full the road is.
extension MarramNode {
    /// Gives a message to the stream to a peer. Without a session it is lost, as a datagram would be.
    mutating func haul(_ message: [UInt8], to peer: NodeID, at now: Now, into world: inout NodeOutbox) {
        guard var outgoing = roads.outgoing[peer] ?? openRoad(to: peer, at: now),
            outgoing.queue.count + message.count <= Limits.replicationInboxBytes
        else { return countRefusal("road-full") }
        var length = ByteWriter(capacity: 4)
        length.u32(UInt32(message.count))
        outgoing.queue.append(length.bytes + message)
        roads.outgoing[peer] = outgoing
        drive(peer, at: now, into: &world)
    }

    private mutating func openRoad(to peer: NodeID, at now: Now) -> Roads.Outgoing? {
        do throws(LineRefusal) {
            return try sessions.open(.normal, to: peer, at: now.instant).map { Roads.Outgoing(stream: $0) }
        } catch {
            return nil
        }
    }

    /// Gives the stream what it takes.
    private mutating func drive(_ peer: NodeID, at now: Now, into world: inout NodeOutbox) {
        guard var outgoing = roads.outgoing[peer], !outgoing.queue.isEmpty else { return }
        let queue = outgoing.queue
        let taken = withSessions(at: now, into: &world) { sessions, outbox in
            let rest = queue.bytes.raw.extracting(queue.start..<queue.bytes.count)
            return sessions.write(rest, to: outgoing.stream, of: peer, at: now.instant, into: &outbox)
        }
        outgoing.queue.drop(taken)
        roads.outgoing[peer] = outgoing
        // Looked at when whatever is under way here is done: the engine may be in the middle of a step.
        roads.isLookedAt = false
    }

    /// What happened to streams, and what became of the roads by that. At the end of every door.
    mutating func lookAtRoads(at now: Now, into world: inout NodeOutbox) {
        repeat {
            let hasMoved = !roads.isLookedAt || !roads.events.isEmpty
            roads.isLookedAt = true
            let events = roads.events
            roads.events = []
            for (peer, event) in events { attend(to: event, of: peer, at: now, into: &world) }
            for peer in roads.outgoing.keys where hasMoved || roads.outgoing[peer]?.road != .clear {
                tellRoad(to: peer, at: now, into: &world)
            }
        } while !roads.events.isEmpty || !roads.isLookedAt
    }

    private mutating func attend(
        to event: StreamEvent, of peer: NodeID, at now: Now, into world: inout NodeOutbox
    ) {
        switch event {
        case .opened(let stream, _):
            // The room for what comes by streams is everybody's: nobody fills it who is no member.
            guard switchboard.registry.isMember(peer) else {
                countRefusal("ignored-stranger")
                return reset(stream, of: peer, at: now, into: &world)
            }
            if let old = roads.incoming[peer]?.stream { reset(old, of: peer, at: now, into: &world) }
            roads.incoming[peer] = Roads.Incoming(stream: stream)
        case .readable(let stream): read(stream, of: peer, at: now, into: &world)
        case .writable(let stream):
            if roads.outgoing[peer]?.stream == stream { drive(peer, at: now, into: &world) }
        case .finished(let stream), .closed(let stream), .reset(let stream, _): forget(stream, of: peer)
        case .lost:
            if roads.outgoing[peer] != nil { roads.outgoing[peer]?.isGone = true }
            roads.incoming[peer] = nil
        case .piece: preconditionFailure("streams are read in order here")
        }
    }

    private mutating func forget(_ stream: StreamID, of peer: NodeID) {
        if roads.incoming[peer]?.stream == stream { roads.incoming[peer] = nil }
        if roads.outgoing[peer]?.stream == stream { roads.outgoing[peer]?.isGone = true }
    }

    private mutating func reset(_ stream: StreamID, of peer: NodeID, at now: Now, into world: inout NodeOutbox) {
        withSessions(at: now, into: &world) { sessions, outbox in
            sessions.reset(stream, of: peer, code: 0, at: now.instant, into: &outbox)
        }
    }

    private mutating func read(_ stream: StreamID, of peer: NodeID, at now: Now, into world: inout NodeOutbox) {
        guard var incoming = roads.incoming[peer], incoming.stream == stream else { return }
        roads.incoming[peer] = nil
        let room = Limits.roadBytes - roads.held
        var bytes: [UInt8] = []
        let count = withSessions(at: now, into: &world) { sessions, outbox in
            sessions.read(stream, of: peer, atMost: room, at: now.instant, into: &outbox) { part in
                bytes += [UInt8](copying: part)
            }
        }
        incoming.bytes.append(bytes)
        var messages: [[UInt8]] = []
        var isTooLong = false
        reading: while true {
            switch incoming.next() {
            case .message(let message): messages.append(message)
            case .nothing: break reading
            case .tooLong:
                isTooLong = true
                break reading
            }
        }
        // Whatever was whole has made room; where nothing was, there is none for the rest.
        let isFull = count == room
        if isTooLong || (isFull && messages.isEmpty) {
            countRefusal("road-too-long")
            reset(stream, of: peer, at: now, into: &world)
        } else {
            roads.incoming[peer] = incoming
        }
        guard let source = sessions.evidence(of: peer)?.path.address else { return }
        for message in messages { hear(message.raw, from: peer, source, at: now, into: &world) }
        if isFull { read(stream, of: peer, at: now, into: &world) }
    }

    /// Tells the engine what the road to a peer is like, when that has changed.
    private mutating func tellRoad(to peer: NodeID, at now: Now, into world: inout NodeOutbox) {
        guard let outgoing = roads.outgoing[peer] else { return }
        let left = outgoing.queue.count + sessions.unacknowledged(on: outgoing.stream, of: peer)
        let road: ReplicationEngine.Road =
            outgoing.isGone || left == 0 ? .clear : left > Limits.roadBytesUnderWay ? .full : .busy
        roads.outgoing[peer] = outgoing.isGone ? nil : outgoing
        guard road != outgoing.road else { return }
        if !outgoing.isGone { roads.outgoing[peer]?.road = road }
        take(.performed(.road(peer, road)), at: now, into: &world)
    }
}
