import Foundation
import Testing

/// The operators of real meshes, with the real programs.
@Suite(.serialized) struct OperatorTests {
    @Test func aMeshGrowsFromOneOperatorToThreeAndGoesOnWithoutTheFirst() throws {
        let folder = try TemporaryFolder()
        func data(_ number: Int) -> String { "\(folder.path)/node-\(number)" }
        func key(_ name: String) -> String { "\(folder.path)/\(name).key" }
        func at(_ number: Int, _ words: String...) throws -> Finished {
            try marram(words + ["--data", data(number)])
        }
        try founded(data(1), ["init", "store", "--name", "till-01"])
        let one = try Daemon(data: data(1))
        let token = try at(1, "invite", "-o", "name").output.trimmingCharacters(in: .whitespacesAndNewlines)
        try founded(data(2), ["join", token, "--name", "till-02"])
        let two = try Daemon(data: data(2))
        #expect(try eventually(within: 10) { try standings(at: data(2)) == ["full", "probation"] }, "\(two.said)")
        for name in ["bob", "cy"] { #expect(try marram(["operator", "keygen", name, key(name)]).status == 0) }

        // One command makes one operator two.
        let grown = try at(1, "operator", "add", "\(key("bob")).pub", "--threshold", "2")
        #expect(grown.status == 0, "\(grown.errors)")
        #expect(grown.output.contains("bob becomes an operator"))
        let isKnown = try eventually(within: 5) { try at(2, "operator", "list").output.contains("takes 2 of 2") }
        #expect(isKnown, "\(two.said)")

        // Now it takes both: the founder's key alone writes a file, and nothing changes before the other has signed.
        let change = "\(folder.path)/change"
        let alone = try at(1, "operator", "add", "\(key("cy")).pub")
        #expect(alone.status == 1 && alone.errors.contains("M1231"), "\(alone.errors)")
        let written = try at(1, "operator", "add", "\(key("cy")).pub", "--with", "bob", "--out", change)
        #expect(written.status == 0 && written.output.contains("still to sign: bob"), "\(written.errors)")
        let early = try at(1, "operator", "submit", change)
        #expect(early.status == 1 && early.errors.contains("M1228"), "\(early.errors)")
        let wrong = try marram(["operator", "sign", change, "--yes", "--operator", key("cy")])
        #expect(wrong.status == 1 && wrong.errors.contains("M1229"), "\(wrong.errors)")
        let signed = try marram(["operator", "sign", change, "--yes", "--operator", key("bob")])
        #expect(signed.status == 0 && signed.errors.contains("cy becomes an operator"), "\(signed.errors)")
        for _ in 1...2 { #expect(try at(2, "operator", "submit", change).status == 0, "at any node, and again") }
        let isWhole = try eventually(within: 5) { try at(1, "operator", "list").output.contains("takes 2 of 3") }
        #expect(isWhole, "\(one.said)")

        // The other two send the founder away, at one table; its nodes stay, and its key does nothing new.
        let keys = [key("bob"), key("cy")].joined(separator: ",")
        let gone = try at(2, "operator", "remove", "operator", "--operator", keys)
        #expect(gone.status == 0, "\(gone.errors)")
        let isGone = try eventually(within: 5) { try at(1, "operator", "list").output.contains("takes 2 of 2") }
        #expect(isGone, "\(one.said)")
        #expect(try standings(at: data(1)) == ["full", "probation"])
        let late = try at(1, "node", "revoke", "till-02", "--yes")
        #expect(late.status == 1 && late.errors.contains("M1217"), "\(late.errors)")
        #expect(try at(1, "node", "confirm", "till-02", "--operator", key("cy")).status == 0)
        let isFull = try eventually(within: 5) { try standings(at: data(2)) == ["full", "full"] }
        #expect(isFull, "\(two.said)")
        // What was decided is law, and can be checked by whoever has the file.
        let law = "\(folder.path)/store.law"
        #expect(try at(1, "audit", "export", law).status == 0)
        #expect(try marram(["audit", "verify", law]).status == 0)
    }

    @Test func threeFoundAMeshAndBadFilesChangeNothing() throws {
        let folder = try TemporaryFolder()
        let data = folder.path + "/node"
        let keys = ["ada", "bob", "cy"].map { "\(folder.path)/\($0).key" }
        for (name, file) in zip(["ada", "bob", "cy"], keys) {
            #expect(try marram(["operator", "keygen", name, file]).status == 0)
        }
        let cards = keys.map { $0 + ".pub" }
        let tooFew = try marram([
            "init", "store", "--operators", "\(keys[0]),\(cards[1]),\(cards[2])", "--threshold", "2", "--data", data,
        ])
        #expect(tooFew.status == 1 && tooFew.errors.contains("M1231"), "\(tooFew.errors)")
        #expect(!FileManager.default.fileExists(atPath: data))
        try founded(
            data, ["init", "store", "--operators", "\(keys[0]),\(keys[1]),\(cards[2])", "--threshold", "2"])
        let daemon = try Daemon(data: data)
        #expect(try marram(["operator", "list", "--data", data]).output.contains("takes 2 of 3"), "\(daemon.said)")

        let change = "\(folder.path)/change"
        let words = ["operator", "threshold", "3", "--with", "cy", "--operator", keys[0], "--out", change]
        #expect(try marram(words + ["--data", data]).status == 0)
        let whole = try Data(contentsOf: URL(fileURLWithPath: change))
        for bad in [Data(), whole.dropLast(), Data(whole.map { $0 ^ 1 }), Data("operators".utf8)] {
            try bad.write(to: URL(fileURLWithPath: change))
            for words in [
                ["operator", "sign", change, "--yes", "--operator", keys[2]], ["operator", "submit", change],
            ] {
                let refused = try marram(words + ["--data", data])
                #expect(refused.status == 1 && refused.errors.contains("M1226"), "\(refused.errors)")
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: change)) == bad)
        }
        #expect(try marram(["operator", "list", "--data", data]).output.contains("takes 2 of 3"))
    }

    private func marram(_ words: [String]) throws -> Finished { try run("marram", words) }

    /// Settles a node on a port of its own.
    private func founded(_ data: String, _ words: [String]) throws {
        let made = try marram(words + ["--data", data, "--listen", "127.0.0.1:\(try freePort())"])
        try #require(made.status == 0, "\(made.errors)")
    }

    private func standings(at data: String) throws -> [String] {
        let listed = try marram(["node", "list", "--data", data, "--json"])
        let rows = (try listed.json()["data"] as? [String: Any])?["nodes"] as? [[String: Any]] ?? []
        return rows.compactMap { $0["standing"] as? String }.sorted()
    }
}
