import Foundation
import Testing

/// The errors that a person makes first: each is three lines with a code, changes nothing, and ends with a status that
/// scripts can tell from success.
@Suite(.serialized) struct BadStartTests {
    /// A node's directory on a port of its own.
    private func node(in folder: TemporaryFolder, _ name: String = "node", port: UInt16? = nil) throws -> String {
        let data = folder.path + "/" + name
        let listen = "127.0.0.1:\(try port ?? freePort())"
        let founded = try run("marram", ["init", "store", "--data", data, "--name", "till-01", "--listen", listen])
        try #require(founded.status == 0, "\(founded.errors)")
        return data
    }

    @Test func aDirectoryWithoutANodeIsRefused() throws {
        let folder = try TemporaryFolder()
        expectComplaint(try run("marramd", ["--data", folder.path]), "M1201", saying: "marram init")
    }

    @Test func aWrongConfigurationIsRefusedWithItsPlace() throws {
        let folder = try TemporaryFolder()
        let data = try node(in: folder)
        let file = data + "/marram.toml"
        try (try String(contentsOfFile: file, encoding: .utf8) + "\n[gossip]\nintervall = \"1s\"\n")
            .write(toFile: file, atomically: true, encoding: .utf8)
        let finished = try run("marramd", ["--data", data])
        expectComplaint(finished, "M1110", saying: "marram.toml:", "did you mean \"interval\"")
    }

    @Test func aDirectoryThatAnotherDaemonHoldsIsRefusedWithItsPid() throws {
        let folder = try TemporaryFolder()
        let data = try node(in: folder)
        let first = try Daemon(data: data)
        expectComplaint(try run("marramd", ["--data", data]), "M1203", saying: "\(first.pid)")
    }

    @Test func aPortInUseIsRefusedWithItsHolder() throws {
        let folder = try TemporaryFolder()
        let port = try freePort()
        let first = try Daemon(data: try node(in: folder, "one", port: port))
        let second = try node(in: folder, "two", port: port)
        expectComplaint(try run("marramd", ["--data", second]), "M3101", saying: "\(port)", "\(first.pid)")
    }

    @Test func aDamagedDatabaseIsKeptAside() throws {
        let folder = try TemporaryFolder()
        let data = try node(in: folder)
        #expect(try Daemon(data: data).stop() == 0)
        let file = data + "/marram.db"
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        for index in 0..<min(bytes.count, 4_096) { bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        let finished = try run("marramd", ["--data", data])
        expectComplaint(finished, "M7101", saying: "kept")
        let kept = try FileManager.default.contentsOfDirectory(atPath: data).filter { $0.contains("corrupt") }
        #expect(!kept.isEmpty, "the damaged file is kept: \(finished.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: data + "/" + kept[0])) == Data(bytes))
        let after = try Daemon(data: data)
        #expect(after.stop() == 0, "the next start goes on with an empty database")
    }

    @Test func aDirectoryThatCannotBeWrittenIsRefused() throws {
        let folder = try TemporaryFolder()
        expectComplaint(try run("marram", ["init", "store", "--data", "/proc/no-such/node"]), "M1202")
        let data = try node(in: folder)
        guard let mount = Mount.readOnly(data) else {
            return print("skipped: a read-only mount needs root")
        }
        defer { mount.undo() }
        expectComplaint(try run("marramd", ["--data", data]), "M1202", saying: data)
    }

    @Test func aFullDiskIsRefused() throws {
        let folder = try TemporaryFolder()
        guard let mount = Mount.small(folder.path) else { return print("skipped: a small file system needs root") }
        defer { mount.undo() }
        let data = try node(in: folder)
        let filler = FileManager.default.createFile(atPath: folder.path + "/filler", contents: nil)
        try #require(filler)
        let handle = try #require(FileHandle(forWritingAtPath: folder.path + "/filler"))
        while (try? handle.write(contentsOf: Data(count: 4_096))) != nil {}
        try handle.close()
        expectComplaint(try run("marramd", ["--data", data]), "M7102")
    }

    @Test func aNodeIsNotWrittenOverANode() throws {
        let folder = try TemporaryFolder()
        let data = try node(in: folder)
        let identity = try Data(contentsOf: URL(fileURLWithPath: data + "/identity"))
        expectComplaint(try run("marram", ["init", "other", "--data", data]), "M1204")
        #expect(try Data(contentsOf: URL(fileURLWithPath: data + "/identity")) == identity)
    }

    @Test func aToolWithoutADaemonSaysSoWithStatusThree() throws {
        let folder = try TemporaryFolder()
        let data = try node(in: folder)
        let finished = try run("marram", ["status", "--data", data])
        #expect(finished.status == 3)
        expectComplaint(finished, "M1301", saying: "marramd --data")
    }
}

/// A file system mounted for one test, as root only.
struct Mount {
    let path: String

    static func small(_ path: String) -> Mount? {
        mounted(["-t", "tmpfs", "-o", "size=1m", "tmpfs", path], path)
    }

    static func readOnly(_ path: String) -> Mount? {
        guard let mount = mounted(["--bind", path, path], path) else { return nil }
        guard (try? run("/bin/mount", ["-o", "remount,ro,bind", path]))?.status == 0 else {
            mount.undo()
            return nil
        }
        return mount
    }

    private static func mounted(_ arguments: [String], _ path: String) -> Mount? {
        guard getuid() == 0, (try? run("/bin/mount", arguments))?.status == 0 else { return nil }
        return Mount(path: path)
    }

    func undo() { _ = try? run("/bin/umount", ["-l", path]) }
}
