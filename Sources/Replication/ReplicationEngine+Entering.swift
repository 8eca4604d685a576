internal import Base
internal import Crypto

/// Coming back below what others have forgotten deletions of: a replica that knows so little takes over everything
/// that another holds, piece by piece, and changes nothing before it has the last.
extension ReplicationEngine {
    /// What this replica takes over.
    struct Entering {
        var peer: NodeID
        var question: Question
        /// Which copy the giver keeps for this; nil before its first piece.
        var transfer: UInt32?
        var floor = VersionVector()
        /// Of the pieces so far, in their order.
        var runs: [Run] = []
        var pieces = 0
        var next: Instant { question.next }
    }

    /// What this replica gives: a copy as it was, which shares with the replica what has not changed since, and where
    /// each piece begins.
    struct Transfer {
        var number: UInt32
        var peer: NodeID
        var replica: Replica
        var lastAsked: Instant
        var cursors: [Replica.Cursor?] = [nil]
    }

    mutating func takeBelow(from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        guard entry == nil, contacts.contains(peer) else { return }
        chases[peer] = nil
        entry = Entering(peer: peer, question: Question(next: questionTime(1, now)))
        outbox.put(.note(.entering(peer)))
        outbox.put(.send(.enter, to: peer))
    }

    /// Asks again for the piece that has not come; after the last try it begins anew some other time.
    mutating func askForEntry(at now: Now, into outbox: inout Outbox<Effect>) {
        guard var entering = entry else { return }
        entering.question.tries += 1
        entering.question.next = questionTime(entering.question.tries, now)
        entry = entering.question.tries > settings.tries ? nil : entering
        if entry != nil { outbox.put(.send(nextQuestion(entering), to: entering.peer)) }
    }

    private func nextQuestion(_ entering: Entering) -> ReplicationMessage {
        entering.transfer.map { .askPiece(transfer: $0, number: entering.pieces) } ?? .enter
    }

    // MARK: Giving

    mutating func takeEnter(from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        // Only what the disk has is given.
        guard unstored.isEmpty else { return }
        transfers.removeAll { $0.peer == peer }
        if transfers.count >= Limits.liveSetTransfers { transfers.removeFirst() }
        let number = UInt32(truncatingIfNeeded: random.next())
        transfers.append(Transfer(number: number, peer: peer, replica: replica, lastAsked: now.instant))
        sendPiece(0, of: number, to: peer, at: now, into: &outbox)
    }

    mutating func sendPiece(
        _ number: Int, of transfer: UInt32, to peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard let index = transfers.firstIndex(where: { $0.number == transfer && $0.peer == peer }),
            number < transfers[index].cursors.count
        else { return }
        transfers[index].lastAsked = now.instant
        let copy = transfers[index].replica
        let part = copy.part(after: transfers[index].cursors[number])
        if let next = part.next, number + 1 == transfers[index].cursors.count {
            transfers[index].cursors.append(next)
        }
        let seed = UInt32(truncatingIfNeeded: random.next())
        let piece = Piece(
            transfer: transfer, number: number, isLast: part.next == nil,
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
        guard let entry, entry.peer == peer, piece.number == entry.pieces,
            entry.transfer == nil ? piece.number == 0 : entry.transfer == piece.transfer
        else { return outbox.put(.note(.ignored(.notAsked, from: peer))) }
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
        guard isWhole, entering.runs.count + held.count <= Limits.stagedTransactions else { return entry = nil }
        entering.transfer = piece.transfer
        if piece.number == 0 { entering.floor = piece.floor }
        entering.runs += held.map(\.run)
        entering.pieces += 1
        entering.question = Question(next: questionTime(1, now))
        entry = entering
        guard piece.isLast || replica.bug == .tornAdoption else {
            return outbox.put(.send(nextQuestion(entering), to: peer))
        }
        entry = nil
        guard replica.adopt(entering.runs, floor: entering.floor) else { return }
        store(into: &outbox)
        standingCache = nil
        outbox.put(.note(.entered(peer)))
        hurry(at: now)
    }
}
