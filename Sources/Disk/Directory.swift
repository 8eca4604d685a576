internal import Base
internal import Glibc

/// Whole directories: making a node's own, and reading which files a person put into another.
package enum Directory {
    /// Makes `path` and what leads to it, for its owner only. One that is there is left as it is.
    package static func make(_ path: String) throws(FileError) {
        var end = path.startIndex
        while end < path.endIndex {
            end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
            let part = String(path[..<end])
            guard unsafe mkdir(part, 0o700) != 0, errno != EEXIST else { continue }
            throw .last(part)
        }
    }

    /// Whether nobody but its owner may enter or list `path`. One that is not there is as private as can be.
    package static func isPrivate(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) != 0 || status.st_mode & 0o077 == 0
    }

    /// The names in `path`, sorted; none when it is not there or may not be read.
    package static func names(in path: String) -> [String] {
        guard let stream = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while names.count < Limits.directoryEntries, let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { place in
                unsafe place.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
