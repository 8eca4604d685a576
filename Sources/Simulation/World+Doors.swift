internal import Base
internal import Node

/// The four doors of a node, and what happens to the effects that come out of them.
extension World where Member: ~Copyable {
    /// A process that stands still has a socket buffer of so many packets.
    private static var heldPackets: Int { 256 }
    /// A node whose deadline is still due after so many wakes in a row will never sleep.
    private static var wakesAtOnce: Int { 1_000 }

    mutating func deliver(_ slot: Int) {
        let packet = pool.packets[slot]
        let node = Int(packet.to)
        guard posts[node].isUp, packet.port == Self.port(posts[node].place) else { return pool.release(slot) }
        if posts[node].pausedUntil > time {
            guard posts[node].held < Self.heldPackets else { return pool.release(slot) }
            posts[node].held += 1
            return heap.push(at: posts[node].pausedUntil, .packet, node: node, detail: slot)
        }
        posts[node].held = 0
        posts[node].receivedBytes += UInt64(packet.length)
        let now = step(node, .packet)
        let range = pool.bytes(of: slot)
        if let narrate { narrate("  bytes \(hexadecimal(pool.storage[range]))") }
        let path = Path(packet.from, packet.carrier)
        let deadline = Self.open(&pool.storage, range, at: homes[node], from: path, now, &trace, &outbox)
        pool.release(slot)
        finish(node, deadline)
    }

    /// Folds the bytes into the trace, then lets the node open them in place; answers its new deadline. The parts of
    /// the world come one by one, because each is lent on its own.
    private static func open(
        _ storage: inout [UInt8], _ range: Range<Int>, at home: Home<Member>, from path: Path, _ now: Now,
        _ trace: inout TraceHash, _ outbox: inout Outbox<WorldEffect<Member.Reply, Member.Note>>
    ) -> Instant? {
        trace.absorb(storage.raw.extracting(range))
        var span = storage.mutableSpan
        // Safe: raw bytes of bytes.
        var whole = unsafe span.mutableBytes
        var bytes = whole._mutatingExtracting(range)
        home.member?.receive(&bytes, from: path, at: now, into: &outbox)
        return home.member?.deadline
    }

    /// `word`: whom it dialled, doubled, and one more when nobody listened there.
    mutating func tell(_ node: Int, dialled word: Int) {
        guard posts[node].isUp, posts[node].pausedUntil <= time else { return }
        let now = posts[node].clock.now(time)
        homes[node].member?.dialled(Self.address(word / 2), word % 2 == 0 ? .taken : .refused, at: now)
    }

    mutating func wake(_ node: Int, life: Int32) {
        guard posts[node].life == life, posts[node].armed == time else { return }
        if posts[node].pausedUntil > time {
            posts[node].armed = posts[node].pausedUntil
            return heap.push(at: posts[node].pausedUntil, .wake, node: node, detail: Int(life))
        }
        posts[node].armed = .max
        let now = posts[node].clock.now(time)
        // The deadline may have moved away since the event was planned; then only the event is planned anew.
        guard let deadline = homes[node].member?.deadline, deadline <= now.instant else {
            return arm(node, homes[node].member?.deadline)
        }
        posts[node].wakesAtOnce = posts[node].lastWake == time ? posts[node].wakesAtOnce + 1 : 0
        posts[node].lastWake = time
        if posts[node].wakesAtOnce > Self.wakesAtOnce {
            return fail("progress", Finding("its deadline stays due however often it is woken", at: node))
        }
        _ = step(node, .wake)
        homes[node].member?.wake(at: now, into: &outbox)
        finish(node, homes[node].member?.deadline)
    }

    mutating func finishWrite(_ node: Int, life: Int32) {
        guard posts[node].life == life else { return }
        if posts[node].pausedUntil > time {
            return heap.push(at: posts[node].pausedUntil, .disk, node: node, detail: Int(life))
        }
        guard let ticket = disks[node].finish() else { return lookAtDisk(node) }
        let now = step(node, .disk)
        trace.absorb(ticket.number)
        homes[node].member?.persisted(ticket, at: now, into: &outbox)
        finish(node, homes[node].member?.deadline)
        store(node)
    }

    mutating func ask(_ node: Int, _ errand: Errand) {
        guard posts[node].isUp, posts[node].pausedUntil <= time, let request = stage.request(errand) else { return }
        let now = step(node, .begin)
        requests += 1
        trace.absorb(requests)
        homes[node].member?.perform(request, id: RequestID(number: requests), at: now, into: &outbox)
        finish(node, homes[node].member?.deadline)
    }

    /// Counts and traces the beginning of a step; answers what the node's clocks show.
    private mutating func step(_ node: Int, _ door: Event.Kind) -> Now {
        if door != .begin { eventCount += 1 }
        trace.absorb(UInt64(bitPattern: time))
        trace.absorb(UInt64(node) << 8 | UInt64(door.rawValue))
        if let narrate { narrate("\(Interval(nanoseconds: time).text) node \(node) \(door)") }
        return posts[node].clock.now(time)
    }

    /// Carries out what the step asked for, in order, and has the node woken when it wants to be.
    private mutating func finish(_ node: Int, _ deadline: Instant?) {
        let last = posts[node].effectsToCrash.map { min($0, outbox.effects.count) } ?? outbox.effects.count
        for index in 0..<last { carryOut(index, node) }
        if posts[node].effectsToCrash != nil, !outbox.isEmpty { kill(node) } else { arm(node, deadline) }
        outbox.effects.removeAll(keepingCapacity: true)
        outbox.arena.removeAll()
        for index in stepCheckers where isWatched {
            if let finding = checkers[index].afterStep?(node, self) { fail(checkers[index].name, finding) }
        }
    }

    @inline(__always)
    private mutating func carryOut(_ index: Int, _ node: Int) {
        switch outbox.effects[index] {
        case .send(let range, let path):
            switch path.carrier {
            case .udp: send(range, from: node, to: path.address)
            case .tcp: if stage.hasTCP { sendOverTCP(range, from: node, to: path.address) }
            }
        case .callOut: preconditionFailure("nobody here is told to call: the invented world has no local net")
        case .persist(let facts, let ticket):
            disks[node].accept(facts, ticket)
            store(node)
        case .reply(let id, let reply):
            if !listeners.isEmpty { hear(.replied(node, id, reply)) }
        case .note(let note):
            noteCounts[Member.marker(of: note)] += 1
            if !listeners.isEmpty { hear(.noted(node, note)) }
        }
    }

    /// Has a wake event on the heap that is not later than the node's deadline. A deadline that moved to a later time
    /// leaves the event where it is: `wake` finds out.
    mutating func arm(_ node: Int, _ deadline: Instant?) {
        guard let deadline else { return }
        if deadline == posts[node].deadline, posts[node].armed != .max { return }
        posts[node].deadline = deadline
        let due = max(time, posts[node].clock.time(of: deadline))
        guard due < posts[node].armed else { return }
        posts[node].armed = due
        heap.push(at: due, .wake, node: node, detail: Int(posts[node].life))
    }

    /// A database that is not what the model says has broken a promise, whatever the node makes of it.
    mutating func lookAtDisk(_ node: Int) {
        if let trouble = disks[node].trouble { fail("disk-model", Finding(trouble, at: node)) }
    }

    /// Begins the next write of a node's disk.
    mutating func store(_ node: Int) {
        posts[node].dice += 1
        // A flash disk with a log: a fifth of a millisecond to two milliseconds.
        let usual = 200_000 + Chance.scaled(chance.word(~node, posts[node].dice), below: 1_800_000)
        guard let latency = disks[node].begin(usual: .nanoseconds(Int64(usual))) else { return }
        heap.push(at: time + latency.nanoseconds, .disk, node: node, detail: Int(posts[node].life))
    }
}
