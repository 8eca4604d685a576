internal import Base
internal import Crypto
internal import Trust

/// What time it may be. Now and then a few members are asked for their clocks; what more than half of those asked say,
/// at least two, bounds the truth from below, and a clock that nobody can set carries it on. A node's own clock is not
/// asked, so one that is wrong is seen, and decides nothing that it is too wrong for.
extension RegistryEngine {
    /// A question that is out.
    struct ClockRound: Hashable, Sendable {
        let nonce: UInt64
        /// By rising ids.
        let asked: [NodeID]
        /// What came back, one from each.
        var votes: [Verified] = []

        var quorum: Int { max(2, asked.count / 2 + 1) }
    }

    mutating func tendClocks(at now: Now, into outbox: inout Outbox<Effect>) {
        guard nextClocks <= now.instant else { return }
        if let round = clockRound {
            clockRound = nil
            conclude(round, at: now, into: &outbox)
        } else {
            askClocks(at: now, into: &outbox)
        }
    }

    private mutating func askClocks(at now: Now, into outbox: inout Outbox<Effect>) {
        nextClocks = now.instant + Pace.clocksMissing
        var nodes = neighbours.compactMap(\.node).filter(isMember).risingOnce
        random.shuffle(&nodes)
        let asked = nodes.prefix(Limits.clocksAsked).sorted()
        guard asked.count >= 2 else { return }
        let round = ClockRound(nonce: random.next(), asked: asked)
        clockRound = round
        nextClocks = now.instant + Pace.clockAnswers
        for node in asked {
            guard let contact = neighbours.first(where: { $0.node == node }) else { continue }
            outbox.put(.send(.askClock(round.nonce), to: contact))
        }
    }

    private mutating func conclude(_ round: ClockRound, at now: Now, into outbox: inout Outbox<Effect>) {
        let floor = time.floor
        time.hear(round.votes, nonce: round.nonce, quorum: round.quorum, at: now)
        let wasHeard = round.votes.count >= round.quorum
        if wasHeard { clocksHeard = round.votes.count }
        nextClocks = now.instant + random.jittered(wasHeard ? Pace.clocks : Pace.clocksMissing, percent: 25)
        guard time.floor > floor else { return }
        var writer = ByteWriter()
        writer.wallTime(time.floor)
        outbox.put(.persist(Fact(shelf: Shelf.clock, key: [0], value: writer.bytes)))
    }

    /// The floor that an earlier life of this node has stored.
    static func storedFloor(_ facts: [Fact]) -> WallTime {
        let bytes = facts.last { $0.shelf == Shelf.clock }?.value ?? []
        var reader = ByteReader(bytes.raw)
        return (try? reader.wallTime()) ?? WallTime(milliseconds: 0)
    }

    /// A member asks what time it is here. Whoever holds the key says so; a few of them in a while, for each answer is
    /// a signature.
    mutating func answerClock(_ nonce: UInt64, to peer: NodeID, into outbox: inout Outbox<Effect>) {
        guard isMember(peer) else { return outbox.put(.note(.ignored(.stranger, from: peer))) }
        guard clockAnswersLeft > 0 else { return }
        clockAnswersLeft -= 1
        outbox.put(.tellClock(nonce, to: peer))
    }

    mutating func hear(clock record: Record, from peer: NodeID) {
        guard let round = clockRound, round.asked.risingContains(peer),
            !round.votes.contains(where: { $0.record.seals[0].key.key.nodeID == peer }),
            let vote = try? Verified(record, in: book.mesh), case .time(let word) = vote.statement,
            word.nonce == round.nonce, word.node.key.nodeID == peer
        else { return }
        clockRound?.votes.append(vote)
    }
}

extension RegistryEngine.ClockRound: WireValue {
    func encode(into writer: inout ByteWriter) {
        writer.u64(nonce)
        writer.varint(UInt64(asked.count))
        for node in asked { writer.nodeID(node) }
        writer.list(votes.map(\.record))
    }

    init(from reader: inout ByteReader) throws(DecodeError) {
        nonce = try reader.u64()
        var asked: [NodeID] = []
        for _ in 0..<(try reader.count(atMost: Limits.clocksAsked)) { asked.append(try reader.nodeID()) }
        guard asked.isRising else { throw .notCanonical }
        self.asked = asked
        for record in try reader.list(of: Record.self, atMost: asked.count) {
            guard let vote = try? Verified(stored: record) else { throw .outOfRange }
            votes.append(vote)
        }
    }
}
