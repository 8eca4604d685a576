internal import Base
internal import Crypto

/// Coming back below what others have forgotten deletions of: a replica that knows so little takes over everything
/// that another holds, piece by piece, and changes nothing before it has the last. What both know is not given again
/// where a sketch tells what of it the other has forgotten.
extension ReplicationEngine {
    /// What this replica takes over.
    struct Entering {
        var peer: NodeID
        var question: Question
        /// Which copy the giver keeps for this; nil before its first piece.
        var transfer: UInt32?
        /// What is known here already, as long as it counts; nil where the whole copy is taken.
        var sifting: Sifting?
        var copy = Replica.Copy()
        /// Where the runs of the pieces so far end.
        var ends = SortedMap<Writer, End>()
        var pieces = 0
        var next: Instant { question.next }
    }

    /// What this replica gives: a copy as it was, which shares with the replica what has not changed since, and where
    /// each piece begins.
    struct Transfer {
        /// Even of a whole copy: were a late piece of less taken for one of it, what is not in that would be dropped.
        var number: UInt32
        var peer: NodeID
        var replica: Replica
        var lastAsked: Instant
        var cursors: [Replica.Cursor?] = [nil]
        /// What the taker knows already; nil where it is given everything.
        var comparing: Comparing?
    }

    mutating func takeBelow(from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        guard entry == nil, contacts.contains(peer) else { return }
        chases[peer] = nil
        let seed = UInt32(truncatingIfNeeded: random.next())
        let entering = Entering(
            peer: peer, question: Question(next: questionTime(1, now)),
            sifting: Sifting(replica, upTo: spoken, seed: seed))
        entry = entering
        outbox.put(.note(.entering(peer)))
        outbox.put(.send(nextQuestion(entering), to: peer))
    }

    /// Asks again for what has not come. Without an answer about a sketch it takes the whole copy; after the last try
    /// it begins anew some other time.
    mutating func askForEntry(at now: Now, into outbox: inout Outbox<Effect>) {
        guard var entering = entry else { return }
        // It is not the peer that it waits for.
        let isWorking = entering.sifting?.isWorking ?? false
        if !isWorking { entering.question.tries += 1 }
        entering.question.next = questionTime(entering.question.tries, now)
        guard !isWorking else { return entry = entering }
        if entering.sifting?.isAsking ?? false, entering.question.tries > Sifting.tries {
            return enterWhole(.unanswered, at: now, into: &outbox)
        }
        entry = entering.question.tries > settings.tries ? nil : entering
        if entry != nil { outbox.put(.send(nextQuestion(entering), to: entering.peer)) }
    }

    private func nextQuestion(_ entering: Entering) -> ReplicationMessage {
        if let sifting = entering.sifting, sifting.isAsking {
            return entering.transfer.map {
                .askCells(transfer: $0, first: sifting.cells.count, count: sifting.asked)
            } ?? .askSketch(sifting.question)
        }
        return entering.transfer.map { .askPiece(transfer: $0, number: entering.pieces) } ?? .enter
    }

    /// The next question of this entry, as its first try.
    mutating func askOn(_ entering: Entering, at now: Now, into outbox: inout Outbox<Effect>) {
        var entering = entering
        entering.question = Question(next: questionTime(1, now))
        entry = entering
        outbox.put(.send(nextQuestion(entering), to: entering.peer))
    }

    // MARK: Giving

    mutating func takeEnter(from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        // Only what the disk has is given.
        guard unstored.isEmpty else { return }
        let number = begin(nil, to: peer, at: now)
        sendPiece(0, of: number, to: peer, at: now, into: &outbox)
    }

    /// Keeps a copy for a peer, and none that it had before.
    mutating func begin(_ comparing: Comparing?, to peer: NodeID, at now: Now) -> UInt32 {
        transfers.removeAll { $0.peer == peer }
        if transfers.count >= Limits.liveSetTransfers { transfers.removeFirst() }
        let chance = UInt32(truncatingIfNeeded: random.next())
        let number = comparing == nil ? chance & ~1 : chance | 1
        transfers.append(
            Transfer(number: number, peer: peer, replica: replica, lastAsked: now.instant, comparing: comparing))
        return number
    }

    mutating func sendPiece(
        _ number: Int, of transfer: UInt32, to peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard let index = transfers.firstIndex(where: { $0.number == transfer && $0.peer == peer }),
            number < transfers[index].cursors.count
        else { return }
        transfers[index].lastAsked = now.instant
        let copy = transfers[index].replica
        let known = transfers[index].comparing?.known ?? VersionVector()
        let part = copy.part(after: transfers[index].cursors[number], above: known)
        if let next = part.next, number + 1 == transfers[index].cursors.count {
            transfers[index].cursors.append(next)
        }
        let seed = UInt32(truncatingIfNeeded: random.next())
        let piece = Piece(
            transfer: transfer, number: number, isLast: part.next == nil, epoch: copy.epoch.number,
            floor: number == 0 ? copy.floor : VersionVector(), seed: seed,
            pack: Pack(part.runs, seed: seed) { _ in false })
        outbox.put(.send(.piece(piece), to: peer))
    }

    /// Copies that nobody has asked for lately go.
    mutating func forgetTransfers(at now: Now) {
        transfers.removeAll { $0.lastAsked + settings.transferLife <= now.instant }
    }

    // MARK: Taking

    mutating func startPiece(_ piece: Piece, from peer: NodeID, into outbox: inout Outbox<Effect>) {
        guard let entry, entry.peer == peer, piece.number == entry.pieces, entry.sifting?.isDone ?? true,
            piece.transfer & 1 == (entry.sifting == nil ? 0 : 1),
            entry.transfer == nil ? piece.number == 0 : entry.transfer == piece.transfer
        else { return outbox.put(.note(.ignored(.notAsked, from: peer))) }
        // What those epochs make void, the giver may have forgotten: it must be handed back first. The piece is asked
        // for again.
        guard piece.epoch <= replica.epoch.number || replica.bug == .entersBeforeEpochs else {
            return outbox.put(.send(.askEpochs(from: replica.epoch.number + 1), to: peer))
        }
        guard let runs = try? piece.pack.runs(resolve: { _ in nil }) else {
            return outbox.put(.note(.ignored(.malformed, from: peer)))
        }
        // Nothing known here can tell where they begin: each must say it.
        let reckoned = runs.filter { $0.previous != nil }.compactMap { replica.reckon($0) }
        guard reckoned.count == runs.count else { return outbox.put(.note(.ignored(.malformed, from: peer))) }
        let asked = reckoned.indices.filter { !replica.isVouched(reckoned[$0]) }
        begin(.piece(piece, reckoned, asked: asked), asked.compactMap { reckoned[$0].claim }, peer, &outbox)
    }

    mutating func takePiece(
        _ piece: Piece, _ held: [ReckonedRun], isWhole: Bool, from peer: NodeID, at now: Now,
        into outbox: inout Outbox<Effect>
    ) {
        guard var entering = entry, entering.peer == peer, entering.pieces == piece.number else { return }
        guard isWhole, entering.copy.runs.count + held.count <= Limits.stagedTransactions else { return entry = nil }
        entering.transfer = piece.transfer
        if piece.number == 0 { entering.copy.floor = piece.floor }
        for run in held {
            entering.copy.runs.append(run.run)
            guard let id = run.ids.last else { continue }
            entering.ends[run.writer] = End(dot: Dot(run.writer, run.run.last), id: id)
        }
        entering.pieces += 1
        guard piece.isLast || replica.bug == .tornAdoption else { return askOn(entering, at: now, into: &outbox) }
        if let sifting = entering.sifting {
            let isRight = sifting.complete(&entering.copy, entering.ends)
            guard isRight || replica.bug == .trustsSketches else {
                return enterWhole(.differs, at: now, into: &outbox)
            }
        }
        entry = nil
        guard replica.adopt(entering.copy) else { return }
        store(into: &outbox)
        standingCache = nil
        outbox.put(.note(.entered(peer)))
        hurry(at: now)
    }
}
