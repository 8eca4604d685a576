internal import Base
internal import Trust

/// Comparing what two nodes hold, and saying what the other lacks.
extension RegistryEngine {
    func ids(_ lane: Lane) -> [Digest] {
        switch lane {
        case .warnings: warnings
        case .everything: book.ids
        }
    }

    /// While news is on its way to everybody, any two hold something else, and to go into it would tell the same news
    /// once more: what warns nobody waits, but never for long, and not where they are few.
    mutating func take(
        _ theirs: RegistryMessage.Summary, from peer: Contact, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        if theirs.warnings != summary.warnings { describe(.whole, .warnings, to: peer, into: &outbox) }
        guard theirs.everything != summary.everything else { return }
        guard members.count <= Pace.few || nextSpread == nil || nextAnswer <= now.instant else { return }
        nextAnswer = now.instant + Pace.again
        describe(.whole, .everything, to: peer, into: &outbox)
    }

    /// Who holds something else is asked until it holds the same, a few times: any step of what makes up for it may
    /// be lost on the way. While news comes in there is no need; it is passed on anyway, and fifty newcomers would
    /// tell each other everything at once.
    mutating func askAgain(_ peer: NodeID, at now: Now) {
        quicken(at: now)
        guard nextSpread == nil, againLeft > 0 else { return }
        againLeft -= 1
        inquiries[peer] = Inquiry(due: inquiries[peer]?.due ?? now.instant + Pace.again, triesLeft: Pace.tries)
    }

    /// Shows what this node holds to those whose turn it is.
    mutating func inquire(at now: Now, into outbox: inout Outbox<Effect>) {
        for (peer, inquiry) in inquiries where inquiry.due <= now.instant {
            let left = inquiry.triesLeft - 1
            inquiries[peer] = left > 0 ? Inquiry(due: now.instant + Pace.again, triesLeft: left) : nil
            outbox.put(.send(.summary(summary), to: Contact(onSessionWith: peer)))
        }
    }

    /// What a peer holds is to be asked.
    struct Inquiry: Hashable, Sendable {
        let due: Instant
        var triesLeft = 1
    }

    /// Lists the ids of a range, or the hashes of its parts when there are too many.
    private func describe(_ range: IDRange, _ lane: Lane, to peer: Contact, into outbox: inout Outbox<Effect>) {
        let ids = ids(lane)
        let own = range.indices(in: ids)
        if own.count <= Limits.listedRecords || range.depth + 1 >= IDRange.deepest {
            outbox.put(.send(.list(lane, range, Array(ids[own].prefix(Limits.listedRecords))), to: peer))
        } else {
            outbox.put(.send(.parts(lane, range, range.digestsOfParts(of: ids)), to: peer))
        }
    }

    mutating func take(
        _ theirs: [Digest], of range: IDRange, _ lane: Lane, from peer: Contact, into outbox: inout Outbox<Effect>
    ) {
        guard range.depth + 1 < IDRange.deepest else { return }
        let own = range.digestsOfParts(of: ids(lane))
        // A few at a time, and not always the same: who gets something new asks again.
        var different = (0..<16).filter { own[$0] != theirs[$0] }
        random.shuffle(&different)
        for number in different.prefix(Limits.datagramsPerAnswer) {
            describe(range.part(number), lane, to: peer, into: &outbox)
        }
    }

    mutating func take(
        list theirs: [Digest], of range: IDRange, _ lane: Lane, from peer: Contact, into outbox: inout Outbox<Effect>
    ) {
        let missing = theirs.filter { !book.has($0) }
        if !missing.isEmpty { outbox.put(.send(.want(missing), to: peer)) }
        let ids = ids(lane)
        let surplus = ids[range.indices(in: ids)].filter { !theirs.risingContains($0) }
        if !surplus.isEmpty { show(book.inOrder(surplus), to: peer, into: &outbox) }
    }

    /// Says records to a member, or to a stranger whom this node called: whoever calls says who it is. Anybody else
    /// may say what it holds, and hears nothing.
    func show(_ records: [Record], to peer: Contact, into outbox: inout Outbox<Effect>) {
        guard let node = peer.node, isMember(node) || strangersShown.contains(node) else {
            if let node = peer.node { outbox.put(.note(.ignored(.stranger, from: node))) }
            return
        }
        var batch: [Record] = []
        var bytes = 0
        func flush() {
            if !batch.isEmpty { outbox.put(.send(.records(batch), to: peer)) }
            (batch, bytes) = ([], 0)
        }
        for record in records.prefix(Limits.recordsPerAnswer) {
            let encoded = record.encoded
            if encoded.count > Limits.pieceBytes {
                flush()
                for piece in pieces(of: encoded, record.id) { outbox.put(.send(.piece(piece), to: peer)) }
                continue
            }
            if bytes + encoded.count > Limits.pieceBytes || batch.count == Limits.recordsPerMessage { flush() }
            batch.append(record)
            bytes += encoded.count
        }
        flush()
    }

    private func pieces(of bytes: [UInt8], _ record: Digest) -> [RegistryMessage.Piece] {
        (0..<RegistryMessage.Piece.count(of: bytes.count)).map { number in
            let start = number * Limits.pieceBytes
            let size = RegistryMessage.Piece.size(of: number, byteCount: bytes.count)
            return RegistryMessage.Piece(
                record: record, byteCount: bytes.count, number: number, bytes: Array(bytes[start..<start + size]))
        }
    }

    /// Puts a piece to the others of its record; answers the record when it was the last.
    mutating func put(_ piece: RegistryMessage.Piece) -> Record? {
        guard !book.has(piece.record) else { return nil }
        let count = RegistryMessage.Piece.count(of: piece.byteCount)
        var index = assemblies.firstIndex { $0.record == piece.record && $0.pieces.count == count }
        if index == nil {
            if assemblies.count >= Limits.assemblies { assemblies.removeFirst() }
            assemblies.append(Assembly(record: piece.record, pieces: [[UInt8]](repeating: [], count: count)))
            index = assemblies.count - 1
        }
        guard let index else { return nil }
        assemblies[index].pieces[piece.number] = piece.bytes
        guard assemblies[index].pieces.allSatisfy({ !$0.isEmpty }) else { return nil }
        let whole = assemblies.remove(at: index).pieces.flatMap(\.self)
        // Whoever mixed in a piece of something else has spoilt this try, and no more.
        guard let record = try? Record(decoding: whole.raw), record.id == piece.record else { return nil }
        return record
    }

    /// A large record of which some pieces are here.
    struct Assembly: Hashable, Sendable {
        let record: Digest
        var pieces: [[UInt8]]
    }
}

/// Spreading news.
extension RegistryEngine {
    /// A warning is said in as many rounds as it takes to reach everybody when all who hear it go on, and a few more;
    /// of anything else, whoever was missed hears when it compares with somebody.
    mutating func startSpreading(_ news: [Digest], at now: Now) {
        guard members.count > 1 else { return }
        var enough = 3
        while 1 << (enough - 3) < members.count { enough += 1 }
        for record in news {
            if spreading.count >= Limits.recordsSpreading {
                guard let plain = spreading.firstIndex(where: { !isWarning($0) }) else { return }
                spreading.remove(at: plain)
            }
            let rounds = warnings.risingContains(record) ? enough : min(enough, Pace.plainRounds)
            spreading.append(Spreading(record: record, roundsLeft: rounds))
        }
        nextSpread = now.instant
    }

    /// Whoever hears from others what it spreads itself has a round less to go: fifty that are switched on together
    /// would else tell each other everything eighteen times.
    mutating func tire(of record: Digest) {
        guard let index = spreading.firstIndex(where: { $0.record == record }), !isWarning(spreading[index]) else {
            return
        }
        spreading[index].roundsLeft -= 1
        if spreading[index].roundsLeft <= 0 { spreading.remove(at: index) }
    }

    /// As the law stands now: what was plain when it came may since be what a warning rests on.
    private func isWarning(_ news: Spreading) -> Bool { warnings.risingContains(news.record) }

    mutating func spread(at now: Now, into outbox: inout Outbox<Effect>) {
        let first = spreading.filter(isWarning).map(\.record)
        let rest = spreading.filter { !isWarning($0) }.map(\.record)
        for _ in 0..<Pace.fanOut {
            guard let neighbour = random.pick(neighbours) else { break }
            if !first.isEmpty { show(book.inOrder(first), to: neighbour, into: &outbox) }
            if !rest.isEmpty { show(book.inOrder(rest), to: neighbour, into: &outbox) }
        }
        for index in spreading.indices { spreading[index].roundsLeft -= 1 }
        spreading.removeAll { $0.roundsLeft <= 0 }
        nextSpread = spreading.isEmpty ? nil : now.instant + Pace.spread
    }
}
