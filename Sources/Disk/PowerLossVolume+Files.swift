internal import Base

/// A file that SQLite has opened.
final class OpenFile {
    unowned let volume: PowerLossVolume
    let file: VolumeFile
    let session: Int
    /// Whether synchronising it for the first time synchronises the directory too, as SQLite has it for its journals.
    var synchronisesDirectory: Bool

    init(_ file: VolumeFile, on volume: PowerLossVolume, synchronisesDirectory: Bool) {
        self.volume = volume
        self.file = file
        self.synchronisesDirectory = synchronisesDirectory
        session = volume.session
    }

    /// Whether it was opened before the power last went.
    var isStale: Bool { session != volume.session || !volume.isUp }
}

/// What SQLite does with files, one by one. Each answers nil, or why it was not done.
extension PowerLossVolume {
    func make(_ name: String) -> Failure? {
        perform { edit([(name, VolumeFile())]) }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int, to opened: OpenFile) -> Failure? {
        guard !opened.isStale else { return .ioError }
        guard hasRoom(for: offset + bytes.count - opened.file.cache.count) else { return .full }
        return perform {
            unsafe opened.file.write(bytes, at: offset)
        } whenFailing: { _ in
            // A write that fails has often done something.
            unsafe opened.file.write(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]), at: offset)
        }
    }

    func truncate(_ opened: OpenFile, to size: Int) -> Failure? {
        guard !opened.isStale else { return .ioError }
        return perform { opened.file.truncate(to: size) }
    }

    func synchronise(_ opened: OpenFile) -> Failure? {
        guard !opened.isStale else { return .ioError }
        if let failure = perform({}, whenFailing: { opened.file.failToSynchronise(&$0) }) { return failure }
        guard !lyingSync else { return nil }
        opened.file.synchronise()
        guard opened.synchronisesDirectory else { return nil }
        opened.synchronisesDirectory = false
        return synchroniseDirectory()
    }

    func delete(_ name: String, synchronising: Bool) -> Failure? {
        perform { edit([(name, nil)]) } ?? (synchronising ? synchroniseDirectory() : nil)
    }

    /// A directory's synchronising that fails leaves its changes for the next one, as a journalling file system does.
    func synchroniseDirectory() -> Failure? {
        if let failure = perform({}) { return failure }
        if !lyingSync { unsynchronisedNames.removeAll() }
        return nil
    }

    func edit(_ edits: [(name: String, file: VolumeFile?)]) {
        unsynchronisedNames.append(NameChange(edits: edits.map { ($0.name, files[$0.name]) }))
        for edit in edits { files[edit.name] = edit.file }
    }
}
