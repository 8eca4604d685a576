package import Base

/// Datagrams: said once, coalesced with others, and lost when the path loses them. Only the urgent ones are copied.
extension Line {
    /// Queues a datagram. A full queue forgets its oldest and counts it.
    package mutating func say(_ datagram: RawSpan, _ priority: Priority, at now: Instant) throws(LineRefusal) {
        guard datagram.byteCount <= Limits.lineDatagramBytes else { throw .datagramTooLong }
        clock = max(clock, now)
        let index = Int(priority.rawValue)
        var id: UInt64 = 0
        var copies = 1
        if priority == .urgent {
            urgentID += 1
            id = urgentID
            copies = urgentCopies
        }
        let dropped = queues[index].put(datagram, id: id, copies: copies)
        guard dropped > 0 else { return }
        counts.datagramsDropped += dropped
        note(.dropped(priority))
    }

    /// How many copies make it so likely that one comes through: all are lost once in a thousand times at most.
    var urgentCopies: Int {
        var copies = 1
        var allLost = lossForCopies
        while allLost > 0.001, copies < Limits.urgentCopies {
            allLost *= lossForCopies
            copies += 1
        }
        return copies
    }

    /// Writes as many datagrams as fit into `room` bytes: the urgent, then a share that somebody saved up, then by
    /// priority.
    mutating func writeDatagrams(until end: Int, into writer: inout ByteWriter) {
        writeUrgent(until: end, into: &writer)
        bucket.fill(at: clock)
        while let index = nextQueue {
            let length = queues[index].length(0)
            guard writer.count + 2 + varintBytes(UInt64(length)) + length <= end else { return }
            writer.u8(FrameTag.datagram)
            writer.u8(UInt8(index))
            queues[index].write(0, into: &writer)
            queues[index].removeFirst()
            if index > Int(Priority.pulse.rawValue) { bucket.take(length) }
            account(length, to: index)
        }
    }

    private mutating func writeUrgent(until end: Int, into writer: inout ByteWriter) {
        let urgent = Int(Priority.urgent.rawValue)
        var index = 0
        while index < queues[urgent].count {
            let length = queues[urgent].length(index)
            let id = queues[urgent].id(index)
            guard writer.count + 1 + varintBytes(id) + varintBytes(UInt64(length)) + length <= end else { return }
            writer.u8(FrameTag.urgent)
            writer.varint(id)
            queues[urgent].write(index, into: &writer)
            // Equal copies are due of those in front, so what is done is done from the front on.
            if queues[urgent].hasMoreCopies(index) { index += 1 } else { queues[urgent].removeFirst() }
        }
    }

    /// The queue whose turn it is, the urgent one aside.
    private var nextQueue: Int? {
        let pulse = Int(Priority.pulse.rawValue)
        if !queues[pulse].isEmpty { return pulse }
        guard bucket.isOpen else { return nil }
        let waiting = pulse + 1..<queues.count
        for index in waiting where !queues[index].isEmpty && credit[index] >= queues[index].length(0) { return index }
        return waiting.first { !queues[$0].isEmpty }
    }

    /// Every byte that goes lets those save up their share who wait meanwhile; who goes pays.
    private mutating func account(_ length: Int, to index: Int) {
        for priority in Priority.allCases where priority.share > 0 {
            let other = Int(priority.rawValue)
            let saved = queues[other].isEmpty ? 0 : credit[other] + length * priority.share / 100
            credit[other] = min(saved, Limits.lineDatagramBytes)
        }
        credit[index] = max(0, credit[index] - length)
    }

    /// When datagrams may go: at once, or when the bucket has filled.
    var datagramDeadline: Instant? {
        if !queues[Int(Priority.urgent.rawValue)].isEmpty || !queues[Int(Priority.pulse.rawValue)].isEmpty {
            return clock
        }
        guard queues.contains(where: { !$0.isEmpty }) else { return nil }
        return bucket.isOpen ? clock : max(clock, bucket.opening)
    }
}
