internal import Base

/// Every number of this room, with its reason.
enum VitalsRules {
    /// Bytes said in a second, with all that carries them: half of what membership takes at rest. A mesh in which
    /// nobody has a sheet says nothing.
    static let bytesPerSecond = 500
    /// As many may be saved up: ten changes one after the other, told at once to eight neighbours each, of which one
    /// costs six thousand where 45 % are lost.
    static let burstBytes = 60_000
    /// Once so many of them are spent no summary is said: sheets that are asked for, and acknowledgements, go first.
    static let summaryBytes = 54_000
    /// Once so many are, nothing is told unasked but one's own sheet, which nobody else has: rounds find it out, and
    /// take less.
    static let pushBytes = 45_000
    /// And once so many are, no round is begun.
    static let roundBytes = 36_000
    /// What new sheets may take of all budgets together, as one part in so many: the rest finds out who lacks them.
    static let newSheetShare = 2
    /// Changes that a node may make one after the other before it has to wait for its turn.
    static let changesSavedUp = 4
    /// And so many a second of one owner are taken by others, twice as many saved up: more is nobody's turn.
    static let changesPerSecond = 1
    /// How often it says a sheet at most in one turn of fewer than so many owners: they come and go.
    static let fewestOwners = 4
    /// Between two tellings of one sheet to a neighbour that has not acknowledged it.
    static let pushSpacing = Interval.milliseconds(200)
    /// How often it is told: at a loss of 45 % nine of ten such series bring it, and eight neighbours say it.
    static let pushes = 3
    /// Between two rounds right after news: some eight of them reach fifty nodes.
    static let lively = Interval.milliseconds(250)
    /// Later it is so great a part of the time since then,
    static let slowing: Int64 = 4
    /// and at the most this: what was left out by chance is found then.
    static let calm = Interval.seconds(30)
    /// Who has heard that somebody has something else begins a round of its own so soon.
    static let doubt = Interval.seconds(1)
    /// How long a sheet lives at least.
    static let leastLifetime = 600
    /// And so many of its owner's turns.
    static let turnsOfLife = 6
    /// So often in a life its owner says it again.
    static let timesSaid = 3
    /// In the last of so many parts of its life a sheet is shown, and told to nobody: nodes do not see it end in the
    /// same moment, and would tell each other of it until the last has.
    static let partsOfLife = 10
    /// So many sheets to a part of a summary: with chance's excess they fit a datagram.
    static let sheetsPerPart = 70
    /// Datagrams of sheets in answer to one summary.
    static let datagramsPerAnswer = 4
    /// So long nothing is believed of one who told what its owner never signed.
    static let distrust = Interval.seconds(10)
}
