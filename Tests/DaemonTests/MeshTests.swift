import Foundation
import Testing

/// Three real nodes on this machine, from nothing to one view.
@Suite(.serialized) struct MeshTests {
    @Test func threeNodesFindEachOtherAndSeeOneLeave() throws {
        let folder = try TemporaryFolder()
        func data(_ number: Int) -> String { "\(folder.path)/node-\(number)" }
        func listen() throws -> String { "127.0.0.1:\(try freePort())" }

        let founded = try run(
            "marram",
            ["init", "store-0412", "--data", data(1), "--name", "till-01", "--listen", try listen(), "--json"])
        #expect(founded.status == 0, "\(founded.errors)")
        let one = try Daemon(data: data(1))
        let invited = try run("marram", ["invite", "--data", data(1), "--uses", "2", "--expires", "1h", "--json"])
        #expect(invited.status == 0, "\(invited.errors)")
        let token = try #require((try invited.json()["data"] as? [String: Any])?["token"] as? String)
        for number in 2...3 {
            let joined = try run(
                "marram",
                [
                    "join", token, "--data", data(number), "--name", "till-0\(number)", "--listen", try listen(),
                    "--json",
                ])
            #expect(joined.status == 0, "\(joined.errors)")
        }
        let two = try Daemon(data: data(2))
        let three = try Daemon(data: data(3))

        for daemon in [one, two, three] {
            let isFull = try eventually(within: 10) { try states(daemon) == ["alive", "alive", "alive"] }
            let seen = try states(daemon)
            #expect(isFull, "\(daemon.data) sees \(seen): \(daemon.said)")
        }

        let isLinked = try eventually(within: 10) { try linkStates(one) == ["up", "up"] }
        let linked = try linkStates(one)
        #expect(isLinked, "\(linked)")
        let explained = try run("marram", ["explain", "link", "till-02", "--data", data(1)])
        #expect(explained.status == 0, "\(explained.output) \(explained.errors)")
        #expect(explained.output.hasPrefix("till-02, up, "))
        #expect(explained.output.contains("a session is there, over udp"))
        let slip = try run("marram", ["explain", "link", "til-02", "--data", data(1)])
        #expect(slip.status == 4 && slip.errors.contains("marram explain link till-02"))

        #expect(try run("marram", ["leave", "--data", data(3), "--yes"]).status == 0)
        let seen = try eventually(within: 10) { try states(one).contains("left") }
        #expect(seen, "a goodbye is seen")
        two.kill()
        let back = try Daemon(data: data(2))
        let again = try eventually(within: 10) { try states(back).filter { $0 == "alive" }.count == 2 }
        #expect(again, "a killed node comes back under its identity")
        #expect(one.stop() == 0, "a daemon that is asked to end ends well: \(one.said)")
    }

    @Test func aRecordingReplaysToTheSameStates() throws {
        let folder = try TemporaryFolder()
        let data = folder.path + "/node"
        try run(
            "marram", ["init", "solo", "--data", data, "--name", "solo", "--listen", "127.0.0.1:\(try freePort())"])
        let daemon = try Daemon(data: data)
        let file = folder.path + "/flight"
        let saved = try run("marram", ["record", "save", file, "--data", data])
        #expect(saved.status == 0, "\(saved.errors) \(daemon.said)")
        let replayed = try run("marram-sim", ["replay", file, "--json"])
        #expect(replayed.status == 0, "\(replayed.output) \(replayed.errors)")
    }

    private func linkStates(_ daemon: Daemon) throws -> [String] {
        let links = try run("marram", ["links", "--data", daemon.data, "--json"])
        let rows = try links.json()["data"] as? [[String: Any]] ?? []
        return rows.compactMap { $0["state"] as? String }
    }

    private func states(_ daemon: Daemon) throws -> [String] {
        let members = try run("marram", ["members", "--data", daemon.data, "--json"])
        let rows = try members.json()["data"] as? [[String: Any]] ?? []
        return rows.compactMap { $0["state"] as? String }
    }
}
