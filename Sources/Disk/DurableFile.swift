internal import Base
internal import Glibc

/// Whole files that are there or not, never halves: the node's identity, its invitation, a copy kept for later.
///
/// A file is written under another name, synchronised, and only then renamed to its own; the directory is synchronised
/// last, since a name is data of the directory. Whenever the power goes, a reader finds the old content or the new.
package enum DurableFile {
    /// Puts `bytes` at `path` in place of what was there. `mode` is exact, whatever the process's mask. Thrown before
    /// the rename, an error leaves the old file as it was; only when the directory's own synchronising fails, either
    /// content may be found later.
    package static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600) throws(FileError) {
        let passing = path + ".new"
        // What an interrupted write left behind.
        unsafe unlink(passing)
        let file = try Descriptor(passing, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
        do throws(FileError) {
            guard fchmod(file.number, mode) == 0 else { throw .last(passing) }
            try file.write(bytes)
            try file.synchronise()
            guard unsafe Glibc.rename(passing, path) == 0 else { throw .last(path) }
        } catch {
            unsafe unlink(passing)
            throw error
        }
        try synchroniseDirectory(of: path)
    }

    /// The bytes of the file at `path`, of which there may be `limit`. A file with a secret is refused when others than
    /// its owner may read it.
    package static func read(
        _ path: String, atMost limit: Int, ownerOnly: Bool = false
    ) throws(FileError) -> [UInt8] {
        let file = try Descriptor(path, O_RDONLY)
        let status = try file.status()
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(.ioError, path, EINVAL) }
        guard !ownerOnly || status.st_mode & 0o077 == 0 else { throw FileError(.exposed, path) }
        return try file.read(atMost: limit)
    }

    package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Gives the file at `path` another name in the same directory, for good.
    package static func rename(_ path: String, to new: String) throws(FileError) {
        guard unsafe Glibc.rename(path, new) == 0 else { throw .last(path) }
        try synchroniseDirectory(of: new)
    }

    /// Takes the file at `path` away, for good; it need not be there.
    package static func remove(_ path: String) throws(FileError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .last(path) }
        try synchroniseDirectory(of: path)
    }

    /// Makes an empty file at `path` that only its owner may read, unless there is one.
    static func makeEmpty(_ path: String) throws(FileError) {
        _ = try Descriptor(path, O_RDWR | O_CREAT, mode: 0o600)
    }

    private static func synchroniseDirectory(of path: String) throws(FileError) {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        try Descriptor(directory, O_RDONLY | O_DIRECTORY).synchronise()
    }
}

/// An open file, closed when the value goes.
struct Descriptor: ~Copyable {
    let number: Int32
    private let path: String

    /// Opens `path`; never handed on to a child process.
    init(_ path: String, _ flags: Int32, mode: UInt32 = 0) throws(FileError) {
        self.path = path
        number = retrying { unsafe open(path, flags | O_CLOEXEC, mode) }
        guard number >= 0 else { throw .last(path) }
    }

    deinit { close(number) }

    func status() throws(FileError) -> stat {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw .last(path) }
        return status
    }

    func write(_ bytes: [UInt8]) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                retrying {
                    unsafe Glibc.write(number, buffer.baseAddress?.advanced(by: written), buffer.count - written)
                }
            }
            guard count > 0 else { throw .last(path) }
            written += count
        }
    }

    func read(atMost limit: Int) throws(FileError) -> [UInt8] {
        // One byte more than allowed is asked for: a file may grow after its size was looked up.
        var bytes = [UInt8](repeating: 0, count: min(Int(try status().st_size), limit) + 1)
        var filled = 0
        while true {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                retrying {
                    unsafe Glibc.read(number, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
                }
            }
            guard count >= 0 else { throw .last(path) }
            filled += count
            guard filled <= limit else { throw FileError(.tooLarge, path) }
            if count == 0 { break }
            if filled == bytes.count {
                bytes.append(contentsOf: repeatElement(0, count: min(filled, limit + 1 - filled)))
            }
        }
        bytes.removeLast(bytes.count - filled)
        return bytes
    }

    /// Cuts the file to nothing.
    func empty() throws(FileError) {
        guard ftruncate(number, 0) == 0 else { throw .last(path) }
    }

    func synchronise() throws(FileError) {
        guard retrying({ fsync(number) }) == 0 else { throw .last(path) }
    }
}

/// Calls again for as long as a signal interrupts the call.
private func retrying<Number: FixedWidthInteger>(_ call: () -> Number) -> Number {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}
