package import Base
internal import Glibc

/// The claim of one process on a data directory, held for as long as the value lives.
///
/// The lock is the kernel's (`flock` on DIR/lock), so it ends with the process however that ends, and a file left
/// behind means nothing. The holder's process id stands in the file only for the person who is refused.
package struct DirectoryLock: ~Copyable {
    private let file: Descriptor

    /// Claims `directory`, or complains of who holds it.
    package init(_ directory: String) throws(Complaint) {
        let path = directory + "/lock"
        let file = try complaining { () throws(FileError) in
            try Descriptor(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        }
        guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK
                ? Self.refusal(directory, holder: Self.holder(file)) : FileError.last(path).complaint
        }
        try complaining { () throws(FileError) in
            try file.empty()
            try file.write(Array("\(getpid())\n".utf8))
        }
        self.file = file
    }

    private static func refusal(_ directory: String, holder: Int32?) -> Complaint {
        guard let holder else { return Complaint(.directoryInUse, what: "another marramd runs on \(directory)") }
        return Complaint(
            .directoryInUse, what: "another marramd (process \(holder)) runs on \(directory)",
            remedy: "stop that process, or choose another directory with --data DIR")
    }

    /// The number in the file; nil in the moment before the holder has written it.
    private static func holder(_ file: borrowing Descriptor) -> Int32? {
        guard let bytes = try? file.read(atMost: Limits.processIDBytes) else { return nil }
        return Int32(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}

/// Does `work`, and complains when the system refuses.
private func complaining<Answer: ~Copyable>(_ work: () throws(FileError) -> Answer) throws(Complaint) -> Answer {
    do throws(FileError) { return try work() } catch { throw error.complaint }
}
