internal import Base

/// Peers: who is there, and what is new from them.
extension Toy {
    func isNews(_ head: ToyHead) -> Bool {
        let peer = peers[head.author]
        return head.life == peer.life ? head.sequence > peer.sequence : head.life > peer.life
    }

    mutating func hear(_ head: ToyHead, from address: Address, into outbox: inout Out) {
        if peers[head.author].isDown { outbox.put(.note(.peerUp)) }
        peers[head.author] = Peer(address: address, life: head.life, sequence: head.sequence)
    }

    /// Somebody has heard later things from this node than this node has said: an earlier life of it, whose disk is
    /// gone or was put back. It takes a number above all of them.
    mutating func refute(_ head: ToyHead, into outbox: inout Out) {
        let heard = UInt32(truncatingIfNeeded: head.digest)
        guard bug != .losesBootCounter, heard > life || (heard == life && head.probe > sequence), heard < .max else {
            return
        }
        raise = heard + 1 - boots
        sequence = 0
        tickets += 1
        var writer = ByteWriter(capacity: 4)
        writer.u32(raise)
        outbox.put(.persist([Fact(shelf: Self.lifeShelf, key: [0], value: writer.bytes)], Ticket(number: tickets)))
        outbox.put(.note(.lifeRaised))
    }

    mutating func probeNext(at now: Now, into outbox: inout Out) {
        let early = mischief.strikes(.earlyTimer)
        nextProbe = now.instant + (early ? Self.period - .milliseconds(100) : random.jittered(Self.period, percent: 10))
        if let silent = probed { miss(silent, into: &outbox) }
        guard !round.isEmpty else { return }
        if roundPosition == round.count {
            roundPosition = 0
            random.shuffle(&round)
        }
        let peer = Int(round[roundPosition])
        roundPosition += 1
        probed = peer
        probe &+= 1
        nextRepeat = now.instant + Self.patience
        send(.ping, to: address(of: peer), probe: probe, digest: digest, into: &outbox)
    }

    /// Where a peer is looked for: where it was heard last, and every other time in vain where it was at first.
    private func address(of peer: Int) -> Address {
        peers[peer].misses & 1 == 1 ? homes[peer] : peers[peer].address
    }

    private mutating func miss(_ peer: Int, into outbox: inout Out) {
        peers[peer].misses &+= 1
        if peers[peer].misses >= Self.missesUntilDown, !peers[peer].isDown {
            peers[peer].isDown = true
            outbox.put(.note(.peerDown))
        }
    }

    mutating func repeatProbe(at now: Now, into outbox: inout Out) {
        nextRepeat = bug == .retransmitStorm ? now.instant + .milliseconds(5) : nil
        guard let probed else { return }
        outbox.put(.note(.probeRepeated))
        send(.ping, to: address(of: probed), probe: probe, digest: digest, into: &outbox)
    }
}

/// Packets: what goes out, and how much of it.
extension Toy {
    /// Answers somebody, within the budget. `differing` is their digest: when it is not ours, records are sent along.
    mutating func answer(
        _ kind: ToyHead.Kind, to address: Address, probe: UInt32, digest said: UInt64, at now: Now,
        differing: UInt64? = nil, into outbox: inout Out
    ) {
        if now.instant - answerWindow >= .seconds(1) { (answerWindow, answers) = (now.instant, 0) }
        guard answers < Self.answersPerSecond else { return outbox.put(.note(.answerWithheld)) }
        answers += 1
        let differs = differing.map { $0 != digest } ?? false
        send(kind, to: address, probe: probe, digest: said, withChunk: differs, into: &outbox)
    }

    private mutating func send(
        _ kind: ToyHead.Kind, to address: Address, probe: UInt32, digest said: UInt64, withChunk: Bool = false,
        into outbox: inout Out
    ) {
        sequence &+= 1
        let start = outbox.arena.count
        ToyHead(kind: kind, author: index, life: life, sequence: sequence, probe: probe, digest: said)
            .write(to: &outbox.arena)
        if withChunk {
            writeChunk(&outbox.arena)
            outbox.put(.note(.recordsSent))
        } else {
            writeRumours(&outbox.arena)
        }
        let checksum = ToyHead.checksum(outbox.arena.bytes.raw.extracting(start..<outbox.arena.count))
        outbox.arena.u64(checksum)
        outbox.put(.send(start..<outbox.arena.count, to: Path(address)))
    }

    /// A few of the registers that are being told around.
    private mutating func writeRumours(_ writer: inout ByteWriter) {
        let most = mischief.strikes(.shortBatch) ? 1 : Self.rumoursPerDatagram
        let count = min(most, rumours.count)
        writer.varint(UInt64(count))
        for place in 0..<count {
            let key = Int(rumours[place].key)
            writer.u8(rumours[place].key)
            writer.toyRecord(records[key])
            rumours[place].tellings -= 1
        }
        if count > 0 { rumours.removeAll { $0.tellings == 0 } }
    }

    /// One datagram's share of all registers, chosen by chance: two nodes whose registers differ meet the difference
    /// after a few exchanges, whatever it is.
    private mutating func writeChunk(_ writer: inout ByteWriter) {
        let size = Self.recordsPerDatagram
        let chunk = random.below(max((writtenKeys.count + size - 1) / size, 1))
        let last = min((chunk + 1) * size, writtenKeys.count)
        var places = chunk * size..<last
        if bug == .dropsLastRecord, places.count == size { places.removeLast() }
        writer.varint(UInt64(places.count))
        for place in places {
            writer.u8(writtenKeys[place])
            writer.toyRecord(records[Int(writtenKeys[place])])
        }
    }
}
