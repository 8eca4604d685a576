internal import Base

/// Where a store's files are: a directory of this machine, or an invented volume. The few things that a store does with
/// whole files, beside what SQLite does with them, are the same on both.
package enum DatabasePlace {
    case directory(String)
    case volume(PowerLossVolume)

    var volume: PowerLossVolume? {
        switch self {
        case .directory: nil
        case .volume(let volume): volume
        }
    }

    /// The path of the file `name`, as SQLite and people know it.
    func path(_ name: String) -> String {
        switch self {
        case .directory(let directory): "\(directory)/\(name)"
        case .volume: name
        }
    }

    func exists(_ name: String) -> Bool {
        switch self {
        case .directory: DurableFile.exists(path(name))
        case .volume(let volume): volume.contains(name)
        }
    }

    func rename(_ name: String, to new: String) throws(FileError) {
        switch self {
        case .directory: try DurableFile.rename(path(name), to: path(new))
        case .volume(let volume): try volume.rename(name, to: new)
        }
    }

    /// Makes an empty file that only its owner may read, unless there is a file already.
    func makeEmpty(_ name: String) throws(FileError) {
        switch self {
        case .directory: try DurableFile.makeEmpty(path(name))
        case .volume: break
        }
    }

    /// Writes the file's content to new blocks of the disk and puts them in the place of the old.
    func writeAnew(_ name: String) throws(FileError) {
        switch self {
        case .directory:
            let bytes = try DurableFile.read(path(name), atMost: Limits.databaseBytes)
            try DurableFile.write(bytes, to: path(name))
        case .volume(let volume):
            try volume.writeAnew(name)
        }
    }
}
