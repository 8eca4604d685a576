import Foundation
import Testing

/// Real nodes whose addresses change while nobody looks.
@Suite(.serialized) struct MovingTests {
    /// The seed address is nobody's any more: the two have nothing but their calls.
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

    /// It knows where the other was, and has not called: it needs no local net to be found where it is now.
    @Test func aNodeThatComesBackWithAnotherAddressIsFound() throws {
        let folder = try TemporaryFolder()
        let (one, two) = ("\(folder.path)/one", "\(folder.path)/two")
        func listen() throws -> String { "127.0.0.1:\(try freePort())" }

        try run("marram", ["init", "store-0412", "--data", one, "--name", "till-01", "--listen", try listen()])
        let stayed = try Daemon(data: one)
        let invited = try run("marram", ["invite", "--data", one, "--json"])
        let token = try #require((try invited.json()["data"] as? [String: Any])?["token"] as? String)
        try run("marram", ["join", token, "--data", two, "--name", "till-02", "--listen", try listen()])
        try configure(two, name: "till-02", listen: try listen(), beacon: false)
        var moving: Daemon? = try Daemon(data: two)
        let met = try eventually(within: 10) { try memberCount(one) == 2 }
        #expect(met, "\(stayed.said)")
        moving = nil

        let new = try listen()
        try configure(two, name: "till-02", listen: new, beacon: false)
        moving = try Daemon(data: two)
        let found = try eventually(within: 15) { try addresses(one).contains(new) }
        let seen = try addresses(one)
        #expect(found, "\(seen), not \(new): \(stayed.said) \(moving?.said ?? "")")
    }

    private func addresses(_ data: String) throws -> [String] {
        let members = try run("marram", ["members", "--data", data, "--json"])
        let rows = try members.json()["data"] as? [[String: Any]] ?? []
        return rows.filter { $0["state"] as? String == "alive" }.compactMap { $0["address"] as? String }
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
