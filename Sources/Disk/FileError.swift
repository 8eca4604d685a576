package import Base
internal import Glibc

/// Why the system refused to do something with a file: the kind that code decides by, and the error number behind it.
package struct FileError: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// There is no such file, or no such directory for it to be in.
        case notFound
        /// This user may not, or the file system is mounted read-only.
        case permission
        /// The file system is full, or the user's quota used up.
        case full
        /// The file is larger than what is expected there.
        case tooLarge
        /// Others than its owner may read the file, though it holds a secret.
        case exposed
        /// Anything else, a failing disk among it.
        case ioError
    }

    package var kind: Kind
    package var path: String
    /// `errno`, or 0 where the system had nothing against it but we had.
    package var number: Int32

    init(_ kind: Kind, _ path: String, _ number: Int32 = 0) {
        self.kind = kind
        self.path = path
        self.number = number
    }

    /// The error of the system call that has just failed on `path`.
    static func last(_ path: String) -> FileError {
        let number = errno
        return FileError(kind(of: number), path, number)
    }

    private static func kind(of number: Int32) -> Kind {
        switch number {
        case ENOENT, ENOTDIR: .notFound
        case EACCES, EPERM, EROFS: .permission
        case ENOSPC, EDQUOT: .full
        case EFBIG: .tooLarge
        default: .ioError
        }
    }

    /// What the system says, as a clause: `Permission denied`.
    package var reason: String {
        switch kind {
        case .exposed: "others than its owner may read it"
        case .tooLarge: "it is larger than it can rightly be"
        case .notFound, .permission, .full, .ioError: unsafe String(cString: strerror(number))
        }
    }

    /// What to tell a person when the node cannot go on because of this. A caller that knows what the file is for
    /// says it better.
    package var complaint: Complaint {
        let what = "\(path): \(reason)"
        return switch kind {
        case .notFound: Complaint(.notInitialised, what: what)
        case .permission, .exposed: Complaint(.directoryNotWritable, what: what)
        case .full: Complaint(.diskFull, what: what)
        case .tooLarge, .ioError: Complaint(.diskFails, what: what)
        }
    }
}
