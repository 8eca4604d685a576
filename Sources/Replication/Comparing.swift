internal import Base
internal import Crypto

/// What a giver still holds of what one that comes back knows, for that one to be told by cells of a sketch. The other
/// side of `Sifting`.
struct Comparing: Sendable {
    let seed: UInt32
    /// What the asker knows.
    let known: VersionVector
    /// Where the giver knows less, by the place of a head in the question.
    private let behind: [Acks.Behind]
    private let ends: [End]
    private var holdings: Holdings
    /// Cells that were asked for and not given yet.
    private var asked: Range<Int>?

    /// Nil where the question names a log twice.
    init?(_ replica: Replica, _ want: Want) {
        let names = ShortNames(replica.logs.writers, seed: want.seed)
        var dots: [Dot] = []
        var behind: [Acks.Behind] = []
        for (place, head) in want.after.enumerated() where head.sequence > 0 {
            let writer = names[head.short]
            let mine = writer.map { replica.head(of: $0) } ?? 0
            if let writer { dots.append(Dot(writer, head.sequence)) }
            if mine < head.sequence { behind.append(Acks.Behind(writer: place, sequence: mine)) }
        }
        guard let known = try? VersionVector(rising: dots.sorted()) else { return nil }
        seed = want.seed
        self.known = known
        self.behind = behind
        ends = replica.ends(of: nil).map { End(dot: $0.dot, id: $0.id) }
        holdings = Holdings(replica, upTo: known, cells: Sifting.usualCells, seed: want.seed)
    }

    var isAsked: Bool { asked != nil }

    mutating func ask(_ cells: Range<Int>) {
        asked = cells
        if cells.upperBound > holdings.sketch.cells.count { holdings.widen(toHold: cells.upperBound) }
    }

    /// One step; answers the cells that were asked for when they are ready.
    mutating func goOn(transfer: UInt32) -> CopySketch? {
        guard let cells = asked else { return nil }
        guard holdings.isReady else {
            holdings.goOn()
            return nil
        }
        asked = nil
        let tally = holdings.tally
        let summary = CopySketch.Summary(count: tally.count, mark: tally.mark(ends), behind: behind)
        return CopySketch(
            transfer: transfer, summary: cells.lowerBound == 0 ? summary : nil, first: cells.lowerBound,
            cells: Array(holdings.sketch.cells[cells]))
    }
}
