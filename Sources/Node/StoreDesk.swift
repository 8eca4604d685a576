internal import Base
internal import Control

/// Who waits for the store: those whose write is on its way to the disk, and those who want to know when something
/// changes. A reply is owed to each, and given once.
struct StoreDesk {
    struct Watcher {
        var id: RequestID
        var question: StoreRequest
        /// Where the one who follows changes has come to.
        var cursor: String
        var deadline: Instant
    }

    /// What will be answered when the write is on the disk.
    var plans: SortedMap<RequestID, WriteReply> = SortedMap()
    var watchers: [Watcher] = []

    var deadline: Instant? { watchers.map(\.deadline).min() }
}
