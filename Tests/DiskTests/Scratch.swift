import Base
import Disk
import Glibc

/// A directory for one test, gone after it.
final class Scratch {
    let path: String

    init() {
        var template = Array("/tmp/marram-disk-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no directory under /tmp: errno \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { removeTree(path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    var names: [String] { entries(path).sorted() }

    /// Changes bytes of a file where they are.
    func overwrite(_ name: String, at offset: Int, with bytes: [UInt8]) {
        let descriptor = open(file(name), O_WRONLY)
        guard descriptor >= 0, pwrite(descriptor, bytes, bytes.count, offset) == bytes.count else {
            fatalError("could not damage \(file(name))")
        }
        close(descriptor)
    }
}

private func entries(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

private func removeTree(_ path: String) {
    for name in entries(path) {
        if unlink("\(path)/\(name)") != 0 { removeTree("\(path)/\(name)") }
    }
    rmdir(path)
}

func fact(_ shelf: UInt8, _ key: String, _ value: String?) -> Fact {
    Fact(shelf: shelf, key: Array(key.utf8), value: value.map { Array($0.utf8) })
}

/// What `body` complains of.
func complaint(_ body: () throws -> Void) -> Complaint? {
    do {
        try body()
        return nil
    } catch {
        return error as? Complaint
    }
}

/// Runs `body` as a user to whom files of others are closed, as root's are; does nothing, and says so, when not root.
func asNobody(_ body: () throws -> Void) rethrows {
    // setfsuid(2) is of this thread alone, so that tests beside this one stay root. Swift's Glibc does not know it.
    guard geteuid() == 0, let symbol = dlsym(nil, "setfsuid") else {
        print("skipped: only root can become somebody else for a moment")
        return
    }
    let setUser = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> Int32).self)
    _ = setUser(65_534)
    defer { _ = setUser(0) }
    try body()
}
