internal import Base
internal import Crypto

/// Two that know much of the same find out by a sketch what one of them has forgotten of it, so that only the rest of
/// a copy need be given. Both work on it a step at a time.
extension ReplicationEngine {
    // MARK: Taking

    mutating func takeSketch(
        _ sketch: CopySketch, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>
    ) {
        guard var entering = entry, entering.peer == peer, var sifting = entering.sifting, sifting.isAsking,
            sketch.transfer & 1 == 1, entering.transfer ?? sketch.transfer == sketch.transfer,
            sketch.first == sifting.cells.count
        else { return outbox.put(.note(.ignored(.notAsked, from: peer))) }
        entry = nil
        let isRight = sifting.take(sketch)
        entering.transfer = sketch.transfer
        entering.sifting = sifting
        entry = entering
        guard isRight else { return enterWhole(.malformed, at: now, into: &outbox) }
        isDue = isDue ?? now.instant
    }

    /// One step of finding out what is to be forgotten.
    mutating func siftOn(at now: Now, into outbox: inout Outbox<Effect>) {
        guard entry?.sifting?.isWorking ?? false else { return }
        switch entry?.sifting?.goOn() {
        case .goesOn: isDue = isDue ?? now.instant
        case .asks: if let entry { askOn(entry, at: now, into: &outbox) }
        case .isDone:
            guard let entry, let sifting = entry.sifting else { return }
            let note = Note.sifted(entry.peer, forgotten: sifting.forgotten.count, cells: sifting.cells.count)
            outbox.put(.note(note))
            askOn(entry, at: now, into: &outbox)
        case .fails(let why): enterWhole(why, at: now, into: &outbox)
        case nil: break
        }
    }

    /// Takes everything that the giver holds, whatever is known already.
    mutating func enterWhole(_ why: Unsifted, at now: Now, into outbox: inout Outbox<Effect>) {
        guard let peer = entry?.peer else { return }
        outbox.put(.note(.unsifted(peer, why)))
        askOn(Entering(peer: peer, question: Question(next: now.instant)), at: now, into: &outbox)
    }

    // MARK: Giving

    mutating func takeAskSketch(_ want: Want, from peer: NodeID, at now: Now, into outbox: inout Outbox<Effect>) {
        // Only what the disk has is given.
        guard unstored.isEmpty else { return }
        if let transfer = transfers.first(where: { $0.peer == peer && $0.comparing?.seed == want.seed }) {
            return takeAskCells(0, Sifting.firstCells, of: transfer.number, from: peer, at: now)
        }
        guard let comparing = Comparing(replica, want) else {
            return outbox.put(.note(.ignored(.malformed, from: peer)))
        }
        let number = begin(comparing, to: peer, at: now)
        takeAskCells(0, Sifting.firstCells, of: number, from: peer, at: now)
    }

    mutating func takeAskCells(_ first: Int, _ count: Int, of transfer: UInt32, from peer: NodeID, at now: Now) {
        guard let index = transfers.firstIndex(where: { $0.number == transfer && $0.peer == peer }),
            first + count <= Limits.copyCells
        else { return }
        transfers[index].lastAsked = now.instant
        transfers[index].comparing?.ask(first..<first + count)
        isDue = isDue ?? now.instant
    }

    /// One step of making a sketch that was asked for.
    mutating func compareOn(at now: Now, into outbox: inout Outbox<Effect>) {
        guard let index = transfers.firstIndex(where: { $0.comparing?.isAsked ?? false }) else { return }
        let (number, peer) = (transfers[index].number, transfers[index].peer)
        if let sketch = transfers[index].comparing?.goOn(transfer: number) {
            outbox.put(.send(.sketch(sketch), to: peer))
        }
        if transfers.contains(where: { $0.comparing?.isAsked ?? false }) { isDue = isDue ?? now.instant }
    }
}
