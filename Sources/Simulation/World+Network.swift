package import Base

/// The way of a packet from one node's outbox to another node's door.
extension World where Member: ~Copyable {
    /// Node `n` lives at 10.0.0.0 plus n + 1; its port says where it is.
    package static func address(_ node: Int, place: UInt16 = 0) -> Address {
        Address(v4: 0x0A00_0001 + UInt32(node), port: port(place))
    }

    static func port(_ place: UInt16) -> UInt16 { 7_946 &+ place }

    private func node(at address: Address) -> Int? {
        guard let v4 = address.v4, v4 > 0x0A00_0000 else { return nil }
        let node = Int(v4 - 0x0A00_0001)
        return node < script.nodes ? node : nil
    }

    mutating func send(_ range: Range<Int>, from: Int, to address: Address) {
        posts[from].sentPackets += 1
        posts[from].sentBytes += UInt64(range.count)
        guard let to = node(at: address), !network.isCut(from: from, to: to) else { return }
        let link = network.link(from: from, to: to)
        guard range.count <= link.maximumBytes, let queued = queue(range.count, from: from, link) else { return }

        // One word decides everything: twenty bits the fate, the rest the jitter.
        let word = chance.word(from, posts[from].sentPackets)
        let delay = link.delay.nanoseconds + Int64(Chance.scaled(word << 20, below: Int(link.jitter.nanoseconds) + 1))
        let arrival = time + queued + delay
        let source = Self.address(from, place: posts[from].place)
        // Every eighth packet is kept, so that the past reaches back further than a moment.
        if past != nil, word & 7 == 0 {
            past?.put(OldPacket(to: to, source: source, bytes: [UInt8](outbox.arena.bytes[range])))
        }
        let fate = (Int(word >> 44) * 1_000_000) >> 20
        if fate < link.loss { return }
        guard let slot = pool.put(outbox.arena.bytes, range, from: source, to: to, port: address.port)
        else { return }
        if fate >= link.troubles { return heap.push(at: arrival, .packet, node: to, detail: slot) }
        suffer(fate - link.loss, link, slot, arrival: arrival, to: to, word)
    }

    /// TCP loses nothing and is late: it crosses whatever is not cut. A machine without a process refuses; one whose
    /// process stands still takes the connection, because its kernel does.
    mutating func sendOverTCP(_ range: Range<Int>, from: Int, to address: Address) {
        guard let to = node(at: address), !network.isCut(from: from, to: to), !network.isCut(from: to, to: from)
        else { return }
        let trip = 2 * network.link(from: from, to: to).delay.nanoseconds
        let isUp = posts[to].isUp
        heap.push(at: time + trip, .dial, node: from, detail: 2 * to + (isUp ? 0 : 1))
        let source = Self.address(from, place: posts[from].place)
        guard isUp, range.count <= PacketPool.slotBytes,
            let slot = pool.put(
                outbox.arena.bytes, range, from: source, to: to, port: address.port, carrier: .tcp)
        else { return }
        heap.push(at: time + trip, .packet, node: to, detail: slot)
    }

    /// What happens to a packet that is not lost but does not fare well either.
    private mutating func suffer(_ fate: Int, _ link: Link, _ slot: Int, arrival: Int64, to: Int, _ word: UInt64) {
        let packet = pool.packets[slot]
        let dice = Chance.mixed(word)
        var arrival = arrival
        if fate < link.duplication {
            let bytes = [UInt8](pool.storage[pool.bytes(of: slot)])
            if let copy = pool.put(bytes, bytes.indices, from: packet.from, to: to, port: packet.port) {
                let later = Int64(Chance.scaled(dice, below: 2 * Int(link.delay.nanoseconds) + 1))
                heap.push(at: arrival + later, .packet, node: to, detail: copy)
            }
        } else if fate < link.duplication + link.reordering {
            arrival += 10 * link.delay.nanoseconds
        } else if packet.length > 0, fate < link.duplication + link.reordering + link.flips {
            pool.flipBit(Chance.scaled(dice, below: 8 * Int(packet.length)), of: slot)
        } else if packet.length > 0 {
            pool.truncate(slot, to: Chance.scaled(dice, below: Int(packet.length)))
        }
        heap.push(at: arrival, .packet, node: to, detail: slot)
    }

    /// How long a packet waits for its turn on the uplink; nil when the queue is too long.
    private mutating func queue(_ bytes: Int, from: Int, _ link: Link) -> Int64? {
        guard link.bandwidth > 0 else { return 0 }
        let start = max(time, posts[from].uplinkFree)
        guard start - time <= Link.longestQueue.nanoseconds else { return nil }
        posts[from].uplinkFree = start + Int64(bytes * 8) * 1_000_000_000 / Int64(link.bandwidth)
        return posts[from].uplinkFree - time
    }

    mutating func replay(_ count: Int, _ action: Int) {
        guard let past, !past.isEmpty else { return }
        for number in 0..<count {
            let word = chance.word(action, 1 << 40 + UInt64(number))
            let old = past[Chance.scaled(word, below: past.count)]
            let port = Self.port(posts[old.to].place)
            guard let slot = pool.put(old.bytes, old.bytes.indices, from: old.source, to: old.to, port: port)
            else { return }
            heap.push(at: time + Int64(number) * 1_000_000, .packet, node: old.to, detail: slot)
        }
    }
}
