internal import Base
internal import Disk
internal import Node

/// The flight recorder's ring on the disk: two files, each of which starts with a checkpoint and so can be replayed by
/// itself. When the newer is half as large as the whole may be, the older is written anew. They are written without
/// waiting for the disk: what they are for is a daemon that went wrong, not a machine that lost its power.
struct FlightFiles: ~Copyable {
    private let directory: DataDirectory
    private let bytesPerFile: Int
    /// 1 or 2.
    private var number: Int
    private var file: AppendFile?

    init(_ directory: DataDirectory, bytes: Int) {
        self.directory = directory
        bytesPerFile = bytes / 2
        // The newer one of the life before is kept: it may tell why that life ended.
        let ages = [1, 2].map { AppendFile.written(directory.recordingPath($0)) ?? 0 }
        number = ages[0] <= ages[1] ? 1 : 2
    }

    /// Adds what the recorder has. Answers whether the file is full and a new piece of the recording must start.
    mutating func append(_ bytes: [UInt8]) throws(FileError) -> Bool {
        if file == nil { try begin() }
        try file?.append(bytes)
        return (file?.count ?? 0) >= bytesPerFile
    }

    /// Turns to the other file, whose content is the oldest there is.
    mutating func turn() throws(FileError) {
        number = 3 - number
        try begin()
    }

    private mutating func begin() throws(FileError) {
        file = nil
        file = try AppendFile(emptying: directory.recordingPath(number))
    }

    /// Both files, the older first, as one recording. Each is taken up to its last whole entry: the older may be of a
    /// life that ended while it was written.
    func joined() throws(FileError) -> [UInt8] {
        var bytes = Recording.magic
        for number in [3 - number, number] where DurableFile.exists(directory.recordingPath(number)) {
            bytes += Recording.wholeEntries(
                of: try DurableFile.read(
                    directory.recordingPath(number), atMost: bytesPerFile + Limits.recordingEntryBytes))
        }
        return bytes
    }
}
