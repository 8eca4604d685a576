/// The bugs that can be planted in the toy, each a mistake that real systems were shipped with. They are the proof of
/// the simulator: it must find every one of them, and find nothing in the toy without them.
package enum ToyBug: String, CaseIterable, Sendable {
    /// A write is confirmed and spread before the disk has it.
    case acksBeforeDisk = "acks-before-disk"
    /// Of two records with the same time, whichever came first stays.
    case forgetsTieBreak = "forgets-tie-break"
    /// Every life of a node calls itself the first, so its peers take it for an echo of its past.
    case losesBootCounter = "loses-boot-counter"
    /// The hybrid clock starts from nothing at each birth, and so from wherever the wall clock happens to be.
    case clockForgetsRestart = "clock-forgets-restart"
    /// The last record of a full datagram is left out.
    case dropsLastRecord = "drops-last-record"
    /// A probe without an answer is sent again every few milliseconds.
    case retransmitStorm = "retransmit-storm"
    /// A datagram that was cut short is read all the same; what is missing counts as zero.
    case acceptsTruncated = "accepts-truncated"
    /// A deleted register is cleared away after a few seconds, so an old copy from elsewhere revives it.
    case dropsTombstones = "drops-tombstones"
    /// Writes that wait for the disk are taken on without end.
    case queuesWithoutBound = "queues-without-bound"
    /// A peer's older record is stored over the own write that is still on its way to the disk.
    case storesOverPending = "stores-over-pending"
}
