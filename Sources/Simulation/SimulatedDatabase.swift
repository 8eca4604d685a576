internal import Base
internal import Disk

/// The mistakes that can be planted under a database. A disk of this kind breaks its word, and the oracles must notice.
package enum StorageBug: String, CaseIterable, Hashable, Sendable {
    /// The disk says that it has synchronised and never does.
    case lyingSync = "lying-sync"
    /// SQLite is told not to synchronise at all.
    case neverSynchronised = "never-synchronised"
}

extension DiskKind {
    /// What can be done only to a disk whose content is a value: a database has no copies to put in its place, and one
    /// whose disk lies may be damaged beyond opening.
    static let onlyInMemory: [FaultKind] = [.wipe, .restore, .lyingDisk]
}

/// The store of one simulated node in earnest: the very `FactStore` that runs at a site, on an invented disk whose
/// power goes whenever the node dies. When a write is under way then, the power goes in the middle of one of SQLite's
/// own operations, so that what was written and not synchronised is torn as a real disk tears it; and sometimes it goes
/// once more while the next process opens the store. What the database answers is compared with the model by
/// `SimulatedDisk`.
final class SimulatedDatabase {
    /// What became of the database and of writes, for finding out whether a batch of seeds ever reached it.
    enum Fate: Int, CaseIterable {
        /// The power went while the database was at rest; in the middle of a write; while the store was being opened.
        case restLoss, writeLoss, openingLoss
        /// A write under way when the power went was found not to have happened, or to have happened unsaid.
        case undone, keptUnsaid

        var marker: String { "disk.\(self)" }
    }

    /// Few pages in the log, so that even a short run moves some to the database.
    private static let checkpointPages = 8
    /// Operations on the volume that a small write takes, or a little more than that: a header, a page or two and the
    /// synchronising.
    private static let operationsPerWrite = 5
    /// Within how many operations of an opening the power may go: recovery, and the transaction that counts the boot.
    private static let openingOperations = 16

    private let volume: PowerLossVolume
    private let settings: Connection.Settings
    private var store: FactStore?
    private(set) var counts = [Int](repeating: 0, count: Fate.allCases.count)

    init(seed: UInt64, bug: StorageBug?) {
        volume = PowerLossVolume(random: Random(seed: seed), lyingSync: bug == .lyingSync)
        settings = Connection.Settings(
            synchronous: bug == .neverSynchronised ? .off : .full, checkpointPages: Self.checkpointPages)
    }

    var isOpen: Bool { store != nil }
    var boots: Int { Int(store?.boot ?? 0) }
    /// How many operations the disk has seen: a fingerprint of what SQLite did.
    var operations: Int { volume.operations }

    func count(_ fate: Fate) { counts[fate.rawValue] += 1 }

    /// Opens the store and reads all of it. In one opening of four the power goes first.
    func open(_ word: UInt64) throws(Complaint) -> [Fact] {
        var chance = Random(seed: word)
        if !volume.isUp { volume.restart(random: chance.split("life")) }
        if chance.below(4) == 0 { powerGoes(within: Self.openingOperations, &chance) }
        do throws(Complaint) {
            let facts = try read()
            if volume.isUp {
                volume.powerGoesAt = nil
                return facts
            }
        } catch {
            if volume.isUp { throw error }
        }
        count(.openingLoss)
        store = nil
        volume.restart(random: chance.split("second life"))
        return try read()
    }

    private func read() throws(Complaint) -> [Fact] {
        let store = try FactStore(at: .volume(volume), settings: settings)
        self.store = store
        return try store.load()
    }

    /// Stores facts; answers why not, if so. There is always power and room for it.
    func store(_ facts: [Fact]) -> String? {
        guard let store else { return "it was written to before it was opened" }
        do throws(CommitFailure) {
            try store.apply(facts)
            return nil
        } catch {
            return "a write failed: \(error.error)"
        }
    }

    /// The power goes, in the middle of `writes` when there are any. Answers how many of them were done by then.
    func losePower(during writes: [[Fact]], _ word: UInt64) -> Int {
        var done = 0
        if !writes.isEmpty {
            var chance = Random(seed: word)
            powerGoes(within: Self.operationsPerWrite * writes.count, &chance)
            while done < writes.count, volume.isUp, store(writes[done]) == nil { done += 1 }
        }
        count(volume.isUp ? .restLoss : .writeLoss)
        if volume.isUp { volume.losePower() }
        store = nil
        return done
    }

    private func powerGoes(within operations: Int, _ chance: inout Random) {
        volume.powerGoesAt = volume.operations + 1 + chance.below(operations)
    }
}
