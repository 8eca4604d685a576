internal import Base
internal import Crypto

/// How a replica that comes back finds out what a giver has forgotten of all that it knows itself: from cells of a
/// sketch, a few more each time, until they tell the difference. It changes nothing, and looks at itself as it was when
/// it began; what it comes to is taken over with the rest of the copy.
struct Sifting: Sendable {
    /// What comes next.
    enum Outcome: Hashable {
        /// There is more to do, or cells are on their way.
        case goesOn
        /// More cells are needed: `asked` says how many.
        case asks
        /// What is to be forgotten is known.
        case isDone
        case fails(ReplicationEngine.Unsifted)
    }

    private enum Stage {
        case asking
        case counting
        case peeling(Peeling)
        /// Looking up which of the own words were found to be in one of both sets.
        case finding(Set<UInt64>, next: Int)
        case done
    }

    let seed: UInt32
    /// How far this replica knew each log when it asked.
    let heads: [Dot]
    let known: VersionVector
    private let replica: Replica
    private(set) var summary: CopySketch.Summary?
    private(set) var cells: [Sketch.Cell] = []
    /// Cells that were asked for and have not come.
    private(set) var asked = Sifting.firstCells
    /// What is to be forgotten.
    private(set) var forgotten: [Forgotten] = []
    private var stage = Stage.asking
    private var holdings: Holdings?
    /// What the giver holds of what this replica knew.
    private var tally = Tally()

    /// The first cells fit one datagram with a few hundred bytes to spare, and tell some twenty operations.
    static let firstCells = 32
    /// How often cells are asked for before the whole copy is: for six seconds, and whoever does not know the question
    /// never answers.
    static let tries = 4
    /// Cells that both sides make at once, so that they need not begin anew for the next few.
    static let usualCells = 256

    /// Nil where nothing is held that could be kept.
    init?(_ replica: Replica, upTo spoken: VersionVector, seed: UInt32) {
        // A fork may have cut a log short since.
        heads = spoken.dots.map { Dot($0.writer, min($0.sequence, replica.head(of: $0.writer))) }
            .filter { $0.sequence > 0 }
        guard !heads.isEmpty, !replica.slots.isEmpty, let known = try? VersionVector(rising: heads) else { return nil }
        self.seed = seed
        self.known = known
        self.replica = replica
    }

    var question: Want {
        let after = heads.map { ShortHead(short: Pack.short($0.writer, seed: seed), sequence: $0.sequence) }
        return Want(seed: seed, after: after)
    }

    /// Whether nothing can be done before cells come.
    var isAsking: Bool { if case .asking = stage { true } else { false } }
    /// Whether the next step is this replica's own.
    var isWorking: Bool { !isAsking && !isDone }
    var isDone: Bool { if case .done = stage { true } else { false } }

    /// Takes cells that were asked for. False when they cannot be what was asked for.
    mutating func take(_ part: CopySketch) -> Bool {
        guard isAsking, part.first == cells.count, part.cells.count == asked else { return false }
        if let summary = part.summary {
            guard cells.isEmpty, isSound(summary) else { return false }
            self.summary = summary
            var shared = known
            for one in summary.behind { shared[heads[one.writer].writer] = one.sequence }
            holdings = Holdings(replica, upTo: shared, cells: Self.usualCells, seed: seed)
        }
        guard summary != nil else { return false }
        cells += part.cells
        stage = .counting
        return true
    }

    private func isSound(_ summary: CopySketch.Summary) -> Bool {
        summary.behind.allSatisfy { $0.writer < heads.count && $0.sequence < heads[$0.writer].sequence }
    }

    /// One step.
    mutating func goOn() -> Outcome {
        switch stage {
        case .asking: return .goesOn
        case .counting: return count()
        case .peeling(let peeling): return peel(peeling)
        case .finding(let found, let next): return find(found, from: next)
        case .done: return .isDone
        }
    }

    private mutating func count() -> Outcome {
        guard let isReady = holdings?.isReady, isReady else {
            holdings?.goOn()
            return .goesOn
        }
        guard let holdings, let summary else { return .fails(.malformed) }
        guard holdings.sketch.cells.count >= cells.count else {
            self.holdings?.widen(toHold: cells.count)
            return .goesOn
        }
        tally = holdings.tally
        // So many at least differ, and no sketch tells more than it has cells.
        guard abs(tally.count - summary.count) <= cells.count else { return askForMore() }
        stage = .peeling(Peeling(Sketch(cells, without: holdings.sketch)))
        return .goesOn
    }

    private mutating func peel(_ peeling: Peeling) -> Outcome {
        var peeling = peeling
        guard peeling.goOn(Limits.comparedAtOnce) else { return askForMore() }
        stage = .peeling(peeling)
        guard peeling.isOver else { return .goesOn }
        guard peeling.isWhole else { return askForMore() }
        // The giver's, unless they prove to be this replica's own.
        for word in peeling.found { tally.count(word, hash: peeling.rest.hash(of: word)) }
        stage = .finding(Set(peeling.found), next: 0)
        return .goesOn
    }

    /// A sixteenth more each time, so that not much more comes than is needed; at once what so many need who differ at
    /// least.
    private mutating func askForMore() -> Outcome {
        guard let summary else { return .fails(.malformed) }
        let least = abs(tally.count - summary.count)
        let more = max(least + least / 3 - cells.count, cells.count / 16, Self.firstCells / 4)
        asked = min(more, Limits.copyCellsAtOnce)
        // The operations themselves, at some seventeen bytes each, would soon take less.
        guard cells.count + asked <= min(summary.count, Limits.copyCells) else { return .fails(.tooMany) }
        stage = .asking
        return .asks
    }

    private mutating func find(_ found: Set<UInt64>, from first: Int) -> Outcome {
        guard let holdings else { return .fails(.malformed) }
        let end = min(first + Limits.comparedAtOnce, holdings.words.count)
        for place in first..<end where found.contains(holdings.words[place]) {
            guard let operation = holdings.operation(of: place) else { return .fails(.differs) }
            forgotten.append(operation)
            let hash = holdings.sketch.hash(of: holdings.words[place])
            // It was counted among the own ones, and then as the giver's.
            for _ in 0..<2 { tally.discount(holdings.words[place], hash: hash) }
        }
        guard end == holdings.words.count else {
            stage = .finding(found, next: end)
            return .goesOn
        }
        stage = .done
        self.holdings = nil
        return .isDone
    }

    /// Puts to a copy what is not in its pieces, whose runs end so. False when that does not come to what the giver
    /// said that it holds.
    func complete(_ copy: inout Replica.Copy, _ ends: SortedMap<Writer, End>) -> Bool {
        copy.known = known
        copy.forgotten = forgotten
        guard let all = reach(ends), let vector = try? VersionVector(rising: all.map(\.dot)) else { return false }
        copy.ends = vector
        return tally.mark(all) == summary?.mark
    }

    /// Where the giver's logs end and by which ids, as they come to be here: of those in which it is ahead, `ends` says
    /// so. Nil when this replica cannot know an id.
    private func reach(_ ends: SortedMap<Writer, End>) -> [End]? {
        var shorter = SortedMap<Int, UInt64>()
        for one in summary?.behind ?? [] { shorter[one.writer] = one.sequence }
        var all = ends.values
        for (place, head) in heads.enumerated() where ends[head.writer] == nil {
            let dot = Dot(head.writer, shorter[place] ?? head.sequence)
            guard dot.sequence > 0 else { continue }
            guard let id = replica.logs[dot.writer]?.id(of: dot.sequence) else { return nil }
            all.append(End(dot: dot, id: id))
        }
        return all.sorted { $0.dot < $1.dot }
    }
}
