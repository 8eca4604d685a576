import Base
import Foundation
import Testing

@testable import Host

/// A directory for one test, gone after it.
final class Scratch {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "marram-host-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            fatalError("no directory for the test: \(error)")
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var directory: DataDirectory { DataDirectory(path: path) }

    /// For the owner only, as the daemon's own files are.
    func write(_ text: String, to name: String) throws {
        let file = path + "/" + name
        #expect(
            FileManager.default.createFile(
                atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]))
    }

    func size(_ name: String) -> Int { FileManager.default.contents(atPath: path + "/" + name)?.count ?? 0 }
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
