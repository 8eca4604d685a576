package import Base

/// An invented disk for a real SQLite: files in memory, and a power switch.
///
/// SQLite sees its files through a virtual file system (https://sqlite.org/vfs.html) that each volume registers under a
/// name of its own, and takes away when it goes. A power loss does what disks do: writes that were not synchronised are
/// kept, dropped, torn or turned to garbage, sector by sector; names that were not synchronised appear or vanish, in
/// their order. The choices are drawn from a seed, so that a loss can be repeated.
///
/// Every operation that changes something has a number: making a file, writing, truncating, synchronising, deleting,
/// renaming. The power can be made to go in the middle of any of them, and any of them can be made to fail. Once the
/// power has gone, or the process been killed, everything fails until `restart`; and files that were open stay useless
/// after it, since no process outlives a power cut.
///
/// A volume has no locks and no shared memory: it is for one database in exclusive mode at a time. It does not rot by
/// itself; `overwrite` is for that.
package final class PowerLossVolume {
    /// How an operation fails.
    package enum Failure: Hashable, Sendable {
        /// The disk is full.
        case full
        /// The disk does not do it, and says so.
        case ioError
    }

    /// Names that were given, taken away or given to another file by one operation, and what they meant before.
    struct NameChange {
        var edits: [(name: String, before: VolumeFile?)]
    }

    let registration = VolumeRegistration()
    private var random: Random
    private let capacity: Int
    let lyingSync: Bool
    private var failures: (numbers: ClosedRange<Int>, kind: Failure)?
    var files = SortedMap<String, VolumeFile>()
    var unsynchronisedNames: [NameChange] = []

    /// How many numbered operations have begun; the first is number 1.
    package private(set) var operations = 0
    /// The number of the operation in the middle of which the power goes.
    package var powerGoesAt: Int?
    /// Whether there is power, and a process that uses the volume.
    package private(set) var isUp = true
    /// How often the process has been started anew. A file opened in an earlier session is stale.
    private(set) var session = 0

    /// `capacity` is what all files together may hold. With `lyingSync` the disk says that it has synchronised and
    /// never does: no store can keep its word on such a disk.
    package init(random: Random, capacity: Int = .max, lyingSync: Bool = false) {
        self.random = random
        self.capacity = capacity
        self.lyingSync = lyingSync
        registration.register(self)
    }

    /// What SQLite knows the volume by.
    package var name: String { registration.name }

    /// Makes operation `number`, counted from the first ever, fail; and all later ones too when it is `forever`.
    package func fail(at number: Int, _ kind: Failure, forever: Bool = false) {
        failures = (number...(forever ? .max : number), kind)
    }

    /// No operation is made to fail any more.
    package func heal() { failures = nil }

    /// The power goes: what was not synchronised meets its fate.
    package func losePower() {
        precondition(isUp, "the power has gone already")
        isUp = false
        var loss = PowerLoss(random.split("power loss"))
        let survivors = loss.survivors(of: unsynchronisedNames.count)
        for change in unsynchronisedNames.dropFirst(survivors).reversed() {
            for edit in change.edits.reversed() { files[edit.name] = edit.before }
        }
        unsynchronisedNames.removeAll()
        for file in files.values { file.losePower(&loss) }
    }

    /// The process is killed: what it wrote stays in the cache, and its files are not closed properly.
    package func killProcess() {
        precondition(isUp, "no process runs")
        isUp = false
    }

    /// The power comes back, and a new process starts. Whatever the old one had open must have been dropped; where the
    /// power was yet to go is forgotten. From here on the choices are drawn from `random`, when there is one: then they
    /// do not depend on what happened before.
    package func restart(random: Random? = nil) {
        precondition(!isUp, "a process runs already")
        self.random = random ?? self.random
        isUp = true
        session += 1
        powerGoesAt = nil
    }

    /// Does one numbered operation: `work` is the part of it that a power cut may still undo. Answers why not, if so.
    func perform(_ work: () -> Void, whenFailing: (inout PowerLoss) -> Void = { _ in }) -> Failure? {
        guard isUp else { return .ioError }
        operations += 1
        if let failures, failures.numbers.contains(operations) {
            var loss = PowerLoss(random.split("failure"))
            whenFailing(&loss)
            return failures.kind
        }
        work()
        guard operations != powerGoesAt else {
            losePower()
            return .ioError
        }
        return nil
    }

    func hasRoom(for bytes: Int) -> Bool {
        bytes <= 0 || capacity == .max || usedBytes + bytes <= capacity
    }
}

/// Whole files, for the store and for those who test it.
extension PowerLossVolume {
    package var usedBytes: Int { files.values.reduce(0) { $0 + $1.cache.count } }
    package var names: [String] { files.keys }
    package func contains(_ name: String) -> Bool { files[name] != nil }
    /// What reads of the file would answer now.
    package func bytes(of name: String) -> [UInt8]? { files[name]?.cache }

    /// Changes bytes of a file behind everybody's back, on the disk as well as in the cache.
    package func overwrite(_ name: String, at offset: Int, with bytes: [UInt8]) {
        guard let file = files[name] else { preconditionFailure("no file \(name) to damage") }
        file.damage(bytes, at: offset)
    }

    /// Renames a file and synchronises the directory.
    func rename(_ name: String, to new: String) throws(FileError) {
        guard let file = files[name] else { throw FileError(.notFound, name) }
        let failure = perform { edit([(name, nil), (new, file)]) } ?? synchroniseDirectory()
        if let failure { throw Self.error(failure, name) }
    }

    /// Puts a synchronised copy of the file in its place, and synchronises the directory.
    func writeAnew(_ name: String) throws(FileError) {
        guard let file = files[name] else { throw FileError(.notFound, name) }
        guard hasRoom(for: file.cache.count) else { throw FileError(.full, name) }
        let failure = perform { edit([(name, VolumeFile(file.cache))]) } ?? synchroniseDirectory()
        if let failure { throw Self.error(failure, name) }
    }

    private static func error(_ failure: Failure, _ name: String) -> FileError {
        switch failure {
        case .full: FileError(.full, name)
        case .ioError: FileError(.ioError, name)
        }
    }
}
