import Foundation
import Testing

/// Two real nodes whose seed address is nobody's any more, on one net: they have nothing but their calls.
@Suite(.serialized) struct BeaconTests {
    @Test func nodesWithoutAReachableSeedMeetOnTheLocalNet() throws {
        let folder = try TemporaryFolder()
        let (one, two) = ("\(folder.path)/one", "\(folder.path)/two")
        func listen() throws -> String { "127.0.0.1:\(try freePort())" }

        try run("marram", ["init", "store-0412", "--data", one, "--name", "till-01", "--listen", try listen()])
        var first: Daemon? = try Daemon(data: one)
        let invited = try run("marram", ["invite", "--data", one, "--json"])
        let token = try #require((try invited.json()["data"] as? [String: Any])?["token"] as? String)
        try run("marram", ["join", token, "--data", two, "--name", "till-02", "--listen", try listen()])
        // The only node that the token names moves before anybody has used it.
        #expect(first?.stop() == 0)
        first = nil
        try configure(one, name: "till-01", listen: try listen(), beacon: true)
        let moved = try Daemon(data: one)

        let second = try listen()
        try configure(two, name: "till-02", listen: second, beacon: false)
        var other: Daemon? = try Daemon(data: two)
        let meets = try eventually(within: 8) { try memberCount(two) > 1 }
        #expect(!meets, "without calls it finds nobody, or this test shows nothing")
        other = nil

        try configure(two, name: "till-02", listen: second, beacon: true)
        other = try Daemon(data: two)
        let met = try eventually(within: 20) { try memberCount(two) == 2 && memberCount(one) == 2 }
        #expect(met, "\(other?.said ?? "") \(moved.said)")
    }

    private func configure(_ data: String, name: String, listen: String, beacon: Bool) throws {
        let text = "[node]\nname = \"\(name)\"\n[listen]\naddress = \"\(listen)\"\nbeacon = \(beacon)\n"
        try text.write(toFile: data + "/marram.toml", atomically: true, encoding: .utf8)
    }

    private func memberCount(_ data: String) throws -> Int {
        let members = try run("marram", ["members", "--data", data, "--json"])
        return (try members.json()["data"] as? [[String: Any]] ?? []).count
    }
}
