internal import Base
internal import Disk
internal import Loop

/// The node's facts on their way to the disk. What a turn of the loop wants stored goes to a worker thread as one
/// commit; while that is under way, the next turns gather. A commit that fails is not a reason to stop: nothing that
/// waits for it is said, the batch is kept in its order, and it is tried again on a store opened anew, since after a
/// failed commit nobody knows what is on the disk. Storing a fact twice is storing it once.
final class Storage {
    private struct Batch {
        var tickets: [Ticket] = []
        var facts: [Fact] = []
    }

    private let loop: EventLoop
    private let cell: StoreCell
    private let path: String
    private var gathered = Batch()
    /// What the worker has, or what failed and will be tried again.
    private var underWay: Batch?
    private var isBusy = false
    /// When a failed batch is tried again.
    private(set) var retry: Instant?
    /// What keeps the node from storing, for its status.
    private(set) var trouble: Complaint?
    let boot: UInt64
    /// How many starts of the node its database does not know of.
    let missedBoots: UInt64
    var onStored: (([Ticket]) -> Void)?
    var onTrouble: ((Complaint) -> Void)?
    /// The database proved damaged and was moved aside while the node ran: a new one would lack all but the newest.
    var onLoss: ((Complaint) -> Void)?

    private static let retryPause = Interval.seconds(5)

    init(_ directory: DataDirectory, on loop: EventLoop) throws(Complaint) {
        let store = try FactStore(at: .directory(directory.path))
        self.loop = loop
        path = directory.path
        boot = try directory.countBoot(atLeast: store.boot)
        missedBoots = boot - store.boot
        cell = StoreCell(store)
    }

    func load() throws(Complaint) -> [Fact] { try cell.store?.load() ?? [] }

    var isIdle: Bool { underWay == nil && gathered.facts.isEmpty }

    func put(_ facts: [Fact], _ ticket: Ticket) {
        gathered.tickets.append(ticket)
        gathered.facts += facts
    }

    /// At the end of a turn: hands on what was gathered, or tries again what failed.
    func commit(at now: Instant) {
        guard !isBusy, retry.map({ $0 <= now }) ?? true else { return }
        if underWay == nil, !gathered.facts.isEmpty {
            underWay = gathered
            gathered = Batch()
        }
        guard let batch = underWay, loop.hasRoomForJobs else { return }
        isBusy = true
        retry = nil
        let (cell, path, facts) = (cell, path, batch.facts)
        loop.offload {
            cell.apply(facts, reopeningAt: path)
        } then: { [unowned self] failure in
            isBusy = false
            finish(batch, failure)
        }
    }

    private func finish(_ batch: Batch, _ failure: Complaint?) {
        guard let failure else {
            trouble = nil
            underWay = nil
            onStored?(batch.tickets)
            return
        }
        if failure.code == .databaseCorrupt {
            trouble = failure
            onLoss?(failure)
            return
        }
        retry = loop.now().instant + Self.retryPause
        if trouble?.code != failure.code { onTrouble?(failure) }
        trouble = failure
    }
}

/// The store on its way between the loop and a worker: the one object that two threads touch, never at the same time,
/// because a batch is handed over only when the last one is back.
private final class StoreCell: @unchecked Sendable {
    var store: FactStore?

    init(_ store: FactStore) { self.store = store }

    /// On the worker. Answers what went wrong.
    func apply(_ facts: [Fact], reopeningAt path: String) -> Complaint? {
        do {
            let store = try self.store ?? FactStore(at: .directory(path))
            self.store = store
            try store.apply(facts)
            return nil
        } catch let failure as CommitFailure {
            store = nil
            return failure.error.kind == .full
                ? Complaint(.diskFull, what: "\(path): \(failure.error)")
                : Complaint(.diskFails, what: "\(path): \(failure.error)")
        } catch let complaint as Complaint {
            return complaint
        } catch {
            return Complaint(.ourMistake, what: "\(error)")
        }
    }
}
