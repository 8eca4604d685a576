import Foundation
import Testing

/// Keys and values on a real daemon, which is killed while it writes.
@Suite(.serialized) struct KeyTests {
    private let folder: TemporaryFolder
    private let data: String

    init() throws {
        folder = try TemporaryFolder()
        data = folder.path + "/node"
        let founded = try run(
            "marram", ["init", "solo", "--data", data, "--name", "till-01", "--listen", "127.0.0.1:\(try freePort())"])
        try #require(founded.status == 0, "\(founded.errors)")
    }

    private func marram(_ words: String...) throws -> Finished { try run("marram", words + ["--data", data]) }

    @Test func whatWasAcknowledgedSurvivesEveryKill() throws {
        var daemon = try Daemon(data: data)
        var acknowledged: [String] = []
        for life in 1...6 {
            // Two write at once: when the kill comes after one's sixth write, the other is in the midst of one.
            let other = Writer(on: data, prefix: "key/\(life)-other-")
            for number in 1...6 {
                let key = "key/\(life)-\(number)"
                try #require(try marram("set", key, "1").status == 0)
                acknowledged.append(key)
            }
            daemon.kill()
            acknowledged += other.told()
            daemon = try Daemon(data: data)
            let listed = try marram("list", "key/", "-o", "name").output.split(separator: "\n")
            let lost = acknowledged.filter { !listed.contains(Substring($0)) }
            #expect(lost.isEmpty, "\(lost) lost in life \(life): \(daemon.said)")
        }
        #expect(acknowledged.count > 36, "the other writer was never acknowledged")
        let late = try marram("get", "key/6-1")
        #expect(late.output == "1\n")
        #expect(try marram("get", "key/none").status == 4)
    }

    @Test func aFileIsAppliedAndFollowedAndWaitedFor() throws {
        let daemon = try Daemon(data: data)
        let file = folder.path + "/site.toml"
        try "[till]\ntax = 7.5\nopen = [\"a\", \"b\"]\n".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try marram("apply", file, "--dry-run").output.contains("2 keys would change"))
        #expect(try marram("get", "till/tax").status == 4)
        #expect(try marram("apply", file).output.contains("2 keys changed"))
        #expect(try marram("apply", file).output.contains("0 keys changed"))
        #expect(try marram("get", "till/open").output == "a\nb\n")
        #expect(try marram("wait", "till/tax=7.5").status == 0)
        #expect(try marram("wait", "till/tax=8", "--timeout", "200ms").status == 6)
        let followed = try marram("follow", "--count", "3", "--since", "00", "--json")
        #expect(followed.output.contains("till/tax"), "\(followed.errors) \(daemon.said)")
        #expect(try marram("explain", "key", "till/tax").status == 0)
    }

    @Test func aDatabaseThatWasEditedOrMovedIsRefused() throws {
        var daemon: Daemon? = try Daemon(data: data)
        #expect(try marram("set", "a", "1").status == 0)
        #expect(daemon?.stop() == 0)
        daemon = nil
        let other = folder.path + "/other"
        try run("marram", ["init", "solo", "--data", other, "--name", "x", "--listen", "127.0.0.1:\(try freePort())"])
        try FileManager.default.copyItem(atPath: data + "/marram.db", toPath: other + "/marram.db")
        let moved = try run("marramd", ["--data", other])
        #expect(moved.status == 1 && moved.errors.contains("M7201"), "\(moved.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: other).contains("marram.db"))
    }
}
