package import Base

/// The four doors.
extension Toy {
    package typealias Out = Outbox<WorldEffect<Reply, Note>>

    package mutating func receive(
        _ bytes: inout MutableRawSpan, from path: Path, at now: Now, into outbox: inout Out
    ) {
        let address = path.address
        guard let head = try? ToyHead.read(bytes.bytes, into: &updates, lenient: bug == .acceptsTruncated) else {
            return outbox.put(.note(.checksumRefused))
        }
        guard head.author < peers.count, head.author != index else { return }
        // Word of one's own past comes from whoever refused it, whose own packets may be refused here in turn.
        if head.kind == .stale { return refute(head, into: &outbox) }
        guard isNews(head) else {
            outbox.put(.note(.staleRefused))
            let seen = peers[head.author]
            return answer(.stale, to: address, probe: seen.sequence, digest: UInt64(seen.life), at: now, into: &outbox)
        }
        hear(head, from: address, into: &outbox)
        merge(at: now, into: &outbox)
        switch head.kind {
        case .ping:
            if mischief.strikes(.skippedReply), random.below(4) == 0 { return }
            answer(
                .answer, to: address, probe: head.probe, digest: digest, at: now, differing: head.digest, into: &outbox)
        case .answer:
            if head.author == probed, head.probe == probe { (probed, nextRepeat) = (nil, nil) }
            if head.digest != digest {
                answer(.records, to: address, probe: 0, digest: digest, at: now, differing: head.digest, into: &outbox)
            }
        case .records, .stale: break
        }
    }

    package mutating func perform(_ request: Request, id: RequestID, at now: Now, into outbox: inout Out) {
        if pending.count >= Self.waitingWrites, bug != .queuesWithoutBound {
            outbox.put(.note(.writeRefused))
            return outbox.put(.reply(id, .refused))
        }
        let stamp = ToyStamp(time: clock.tick(at: now), author: UInt16(index), salt: salt)
        let update: ToyUpdate
        switch request {
        case .set(let key, let value): update = ToyUpdate(key: key, record: ToyRecord(stamp: stamp, value: value))
        case .delete(let key): update = ToyUpdate(key: key, record: ToyRecord(stamp: stamp, value: nil))
        }
        tickets += 1
        let ticket = Ticket(number: tickets)
        if bug == .acksBeforeDisk {
            take(update, into: &outbox)
            outbox.put(.reply(id, .written(key: update.key, update.record)))
        } else {
            // Not shown to anybody before it is stored: a write that a crash takes back must not have been seen.
            pending.append(Pending(ticket: ticket, id: id, update: update))
        }
        outbox.put(.persist([fact(update)], ticket))
    }

    package mutating func persisted(_ ticket: Ticket, at now: Now, into outbox: inout Out) {
        guard let place = pending.firstIndex(where: { $0.ticket == ticket }) else { return }
        let done = pending.remove(at: place)
        if records[done.update.key].stamp < done.update.record.stamp { take(done.update, into: &outbox) }
        outbox.put(.reply(done.id, .written(key: done.update.key, done.update.record)))
    }

    package mutating func wake(at now: Now, into outbox: inout Out) {
        if let due = nextRepeat, due <= now.instant { repeatProbe(at: now, into: &outbox) }
        if nextProbe <= now.instant { probeNext(at: now, into: &outbox) }
        if bug == .dropsTombstones { clearTombstones(at: now) }
    }
}

/// Writes: how they are taken in, stored and merged.
extension Toy {
    private func fact(_ update: ToyUpdate) -> Fact {
        var writer = ByteWriter(capacity: 24)
        writer.toyRecord(update.record)
        return Fact(shelf: Self.recordShelf, key: [UInt8(update.key)], value: writer.bytes)
    }

    /// Makes a record the register's and begins to tell it around.
    private mutating func take(_ update: ToyUpdate, into outbox: inout Out) {
        put(update)
        rumours.removeAll { $0.key == update.key }
        if rumours.count == Self.rumours {
            rumours.removeFirst()
            outbox.put(.note(.rumourPushedOut))
        }
        // Enough tellings to reach everybody with some to spare: three times the logarithm of the mesh (Demers, 1987).
        let tellings = 3 * (Int.bitWidth - peers.count.leadingZeroBitCount)
        rumours.append(Rumour(key: UInt8(update.key), tellings: UInt8(tellings)))
    }

    /// Takes in the updates that were read, as far as they are newer, and stores them.
    private mutating func merge(at now: Now, into outbox: inout Out) {
        var facts: [Fact] = []
        for update in updates {
            let present = records[update.key].stamp
            // Most of what is told is known.
            if present == update.record.stamp { continue }
            clock.observe(update.record.stamp.time, at: now, reach: Self.clockReach)
            let isTie = present.time == update.record.stamp.time && present != update.record.stamp
            if isTie { outbox.put(.note(.tieBroken)) }
            let isNewer =
                bug == .forgetsTieBreak ? present.time < update.record.stamp.time : present < update.record.stamp
            guard isNewer else { continue }
            take(update, into: &outbox)
            outbox.put(.note(.recordMerged))
            // The disk writes in order: an older record after the own newer one would replace it there.
            let isOlderThanPending = pending.contains {
                $0.update.key == update.key && update.record.stamp < $0.update.record.stamp
            }
            if !isOlderThanPending || bug == .storesOverPending { facts.append(fact(update)) }
        }
        guard !facts.isEmpty else { return }
        tickets += 1
        outbox.put(.persist(facts, Ticket(number: tickets)))
    }

    /// The planted bug: forgets deletions that are older than a few seconds.
    private mutating func clearTombstones(at now: Now) {
        for key in records.indices where records[key].isWritten && records[key].value == nil {
            let age = now.wall.milliseconds - Int64(records[key].stamp.time.milliseconds)
            if age > 5_000 { put(ToyUpdate(key: key, record: .unwritten)) }
        }
    }
}
