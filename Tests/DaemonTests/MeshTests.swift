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

    /// What it did in this life is closed behind it, and the next life does more.
    @Test func aSponsorThatIsStoppedClosesItsFeed() throws {
        let folder = try TemporaryFolder()
        func data(_ number: Int) -> String { "\(folder.path)/node-\(number)" }
        func listen() throws -> String { "127.0.0.1:\(try freePort())" }
        try run("marram", ["init", "store", "--data", data(1), "--name", "till-01", "--listen", try listen()])
        for (number, closed) in [(2, 0), (3, 1)] {
            // Whom it let in before is not here any more.
            let one = try Daemon(data: data(1), isHealthy: false)
            let before = try run("marram", ["audit", "tail", "--data", data(1)]).output
            #expect(before.components(separatedBy: "ends its feed").count - 1 == closed, "\(before)")
            let invited = try run("marram", ["invite", "--data", data(1), "-o", "name"])
            let token = invited.output.trimmingCharacters(in: .whitespacesAndNewlines)
            try run(
                "marram",
                ["join", token, "--data", data(number), "--name", "till-0\(number)", "--listen", try listen()])
            let newcomer = try Daemon(data: data(number), isHealthy: false)
            let isIn = try eventually(within: 15) { try standings(one).count == number }
            #expect(isIn, "\(one.said) \(newcomer.said)")
            #expect(one.stop() == 0, "\(one.said)")
        }
    }

    @Test func aNodeIsInvitedAndThrownOut() throws {
        let folder = try TemporaryFolder()
        func data(_ number: Int) -> String { "\(folder.path)/node-\(number)" }
        func listen() throws -> String { "127.0.0.1:\(try freePort())" }
        try run("marram", ["init", "store", "--data", data(1), "--name", "till-01", "--listen", try listen()])
        let one = try Daemon(data: data(1))
        let invited = try run("marram", ["invite", "--data", data(1), "--uses", "2", "-o", "name"])
        let token = invited.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let checked = try run("marram", ["join", token, "--check"])
        #expect(checked.status == 0 && checked.output.contains("2 uses"), "\(checked.output) \(checked.errors)")
        for number in 2...3 {
            try run(
                "marram",
                ["join", token, "--data", data(number), "--name", "till-0\(number)", "--listen", try listen()])
        }
        let (two, three) = (try Daemon(data: data(2)), try Daemon(data: data(3)))
        for daemon in [one, two, three] {
            let isKnown = try eventually(within: 15) { try standings(daemon).count == 3 }
            #expect(isKnown, "\(daemon.said)")
        }
        let isWhole = try eventually(within: 10) { try states(one) == ["alive", "alive", "alive"] }
        #expect(isWhole, "\(one.said)")
        let confirmed = try run("marram", ["node", "confirm", "till-02", "--data", data(1)])
        #expect(confirmed.status == 0, "\(confirmed.output) \(confirmed.errors)")
        let isFull = try eventually(within: 5) { try standings(two).sorted() == ["full", "full", "probation"] }
        #expect(isFull, "\(two.said)")
        // A third node with an invitation for two stays outside.
        try run("marram", ["join", token, "--data", data(4), "--name", "till-04", "--listen", try listen()])
        let four = try Daemon(data: data(4), isHealthy: false)

        let revoked = try run("marram", ["node", "revoke", "till-03", "--stolen", "--yes", "--data", data(1)])
        #expect(revoked.status == 0, "\(revoked.output) \(revoked.errors)")
        for daemon in [one, two] {
            let isOut = try eventually(within: 5) { try standings(daemon).contains("revoked") }
            #expect(isOut, "\(daemon.said)")
            let hasEnded = try eventually(within: 1) { try linkState(of: "till-03", at: daemon) != "up" }
            #expect(hasEnded, "\(daemon.said)")
        }
        three.kill()
        let back = try Daemon(data: data(3), isHealthy: false)
        let isGone = try eventually(within: 30) { try states(one).contains("unreachable") }
        #expect(isGone, "\(back.said)")
        #expect(try linkState(of: "till-03", at: one) != "up", "\(one.said)")
        #expect(try standings(one).count == 3, "the fourth was never let in: \(four.said)")
        let again = try run("marram", ["node", "revoke", "till-03", "--yes", "--data", data(1)])
        #expect(again.status == 1 && again.errors.contains("M1219"), "\(again.errors)")
        let elsewhere = try run("marram", ["invite", "--data", data(2)])
        #expect(elsewhere.status == 5 && elsewhere.errors.contains("M1214"), "\(elsewhere.errors)")

        // What was done is written down, and can be checked by whoever has the file and nothing else.
        let file = folder.path + "/store.law"
        #expect(try run("marram", ["audit", "export", file, "--data", data(2)]).status == 0)
        let verified = try run("marram", ["audit", "verify", file])
        #expect(verified.status == 0 && verified.output.contains(", 0 void"), "\(verified.output) \(verified.errors)")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(fileURLWithPath: file))
        let forged = try run("marram", ["audit", "verify", file])
        #expect(forged.status == 1 && forged.errors.contains("M1223"), "\(forged.output) \(forged.errors)")
        let explained = try run("marram", ["auth", "explain", "invite.create", "--by", "till-03", "--data", data(1)])
        #expect(explained.status == 1 && explained.output.contains("revoked"), "\(explained.output)")
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

    private func linkState(of name: String, at daemon: Daemon) throws -> String? {
        let links = try run("marram", ["links", "--data", daemon.data, "--json"])
        let rows = try links.json()["data"] as? [[String: Any]] ?? []
        return rows.first { $0["name"] as? String == name }?["state"] as? String
    }

    private func standings(_ daemon: Daemon) throws -> [String] {
        let nodes = try run("marram", ["node", "list", "--data", daemon.data, "--json"])
        let data = try nodes.json()["data"] as? [String: Any]
        let rows = data?["nodes"] as? [[String: Any]] ?? []
        return rows.compactMap { $0["standing"] as? String }
    }

    private func states(_ daemon: Daemon) throws -> [String] {
        let members = try run("marram", ["members", "--data", daemon.data, "--json"])
        let rows = try members.json()["data"] as? [[String: Any]] ?? []
        return rows.compactMap { $0["state"] as? String }
    }
}
