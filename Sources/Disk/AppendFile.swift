internal import Base
internal import Glibc

/// A file that only grows, for what is worth writing down but not worth waiting for: it is not synchronised, so it
/// outlives the process and not the machine's power.
package struct AppendFile: ~Copyable {
    private let file: Descriptor
    /// How many bytes it holds.
    package private(set) var count = 0

    /// Opens the file at `path`, for its owner only, and cuts it to nothing.
    package init(emptying path: String) throws(FileError) {
        file = try Descriptor(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
    }

    package mutating func append(_ bytes: [UInt8]) throws(FileError) {
        try file.write(bytes)
        count += bytes.count
    }

    /// When the file at `path` was last written, in nanoseconds since 1970; nil when there is none.
    package static func written(_ path: String) -> Int64? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
}
