/// Faults that tests plant, one for each rule without which replicas part, forget or revive. Each must be found.
package enum ReplicaBug: String, CaseIterable, Sendable {
    /// Collects without asking whether everybody has what is collected.
    case collectsEarly
    /// What an evicted writer wrote later counts.
    case noFence
    /// Collects before it holds everything up to the cuts.
    case noCut
    /// Collects what was superseded though it alone takes the place of something older.
    case forgetsWhatHides
    /// Collects removals that show.
    case forgetsDecisions
    /// Collects what a law that is yet to come may want back.
    case forgetsUnsettled
    /// Asks the law anew of what is settled.
    case judgesSettled
    /// Gives logs to whoever asks, however little it knows.
    case noFloor
    /// Takes a live set over piece by piece.
    case tornAdoption
    /// Takes over a live set before it knows of the epochs that made some of what it wrote void.
    case entersBeforeEpochs
    /// Keeps what a giver has forgotten of what both knew.
    case keepsForgotten
    /// Believes what a sketch comes to without asking whether that is what the giver holds.
    case trustsSketches
    /// Writes before it knows what its admitter knew.
    case noBarrier
    /// Counts acknowledgements of other epochs.
    case mixedAcks
    /// Writes without saying what it has seen.
    case forgetsContext
    /// Spends from an escrow what others have rights to.
    case spendsFreely
    /// Takes transactions before what they rest on.
    case ignoresDependencies
    /// Goes on with both branches of a fork.
    case trustsForks
    /// Takes what an author had no right to write.
    case ignoresRights
    /// Tells whoever wrote that it is written before the disk has it.
    case answersBeforeDisk
    /// Says what it has before the disk has it.
    case speaksBeforeDisk
    /// Orders by clocks what contexts order.
    case trustsClocks
    /// Leaves deletions out of the digest, until they are forgotten.
    case digestWithoutDeletions
    /// Breaks ties by when operations came here instead of by when they were written.
    case ordersByArrival
    /// Says nothing to anybody unless there is news.
    case greetsOnNewsOnly
    /// Does not hand back what an eviction has made void.
    case keepsVoidQuiet
    /// Overwrites guarded values that nobody has decided between.
    case decidesForPeople
    /// Takes the first operation of what others wrote at once, and leaves the rest.
    case tearsTransactions
    /// Drops what bears a time that its own clock has not come to.
    case refusesTheFuture
    /// Writes on in its own log without asking how far that goes.
    case trustsItself
    /// Takes everything that is ready in one step.
    case takesAllAtOnce
    /// Keeps epochs without knowing whether it has issued some that it does not know.
    case issuesBlindly
}
