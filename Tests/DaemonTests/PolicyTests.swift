import Foundation
import Testing

/// Who may write what in real meshes, and what becomes of an identity that runs twice, with the real programs.
@Suite(.serialized) struct PolicyTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func data(_ number: Int) -> String { "\(folder.path)/node-\(number)" }

    private func at(_ number: Int, _ words: String...) throws -> Finished {
        try run("marram", words + ["--data", data(number)])
    }

    /// A mesh of that many nodes that see each other.
    private func mesh(of count: Int) throws -> [Daemon] {
        func settle(_ number: Int, _ words: [String]) throws -> Daemon {
            let listen = ["--listen", "127.0.0.1:\(try freePort())"]
            let settled = try run("marram", words + ["--data", data(number), "--name", "till-0\(number)"] + listen)
            try #require(settled.status == 0, "\(settled.errors)")
            return try Daemon(data: data(number))
        }
        var daemons = [try settle(1, ["init", "store"])]
        let invited = try at(1, "invite", "--uses", "9", "-o", "name")
        let token = invited.output.trimmingCharacters(in: .whitespacesAndNewlines)
        for number in 2...count { daemons.append(try settle(number, ["join", token])) }
        for number in 1...count {
            let isWhole = try eventually(within: 20) {
                try at(number, "members", "-o", "csv").output.split(separator: "\n").count { $0.contains(",alive,") }
                    == count
            }
            try #require(isWhole, "\(daemons[number - 1].said)")
        }
        return daemons
    }

    private func policy(_ text: String) throws -> String {
        let file = "\(folder.path)/policy.toml"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }

    private func holds(_ key: String, _ value: String, on number: Int) throws -> Bool {
        try eventually(within: 15) { try at(number, "get", key).output == value + "\n" }
    }

    @Test func whoHasNoRoleIsRefusedAtItsOwnSocketAndWhoHasOneIsNot() throws {
        let daemons = try mesh(of: 2)
        #expect(try at(2, "set", "prices/milk", "1").status == 0)
        #expect(try holds("prices/milk", "1", on: 1), "\(daemons[0].said)")

        // What is wrong with a file is named with its place, and nothing is changed.
        for (text, code) in [
            ("[roles.a\n", "M1101"), ("[roles.a]\ncan = 1\n", "M1104"), ("[rules.a]\n", "M1103"),
            ("[policy.\"x.y\"]\nneeds = { approvals = 1, of = \"nobody\" }\n", "M1240"),
            ("[policy.\"lease.renew\"]\nneeds = { lease = \"fresh\" }\n", "M1241"),
        ] {
            for words in [["check"], ["apply"]] {
                let refused = try run("marram", ["policy"] + words + [try policy(text), "--data", data(1)])
                #expect(refused.status == 1 || refused.status == 2, "\(text): \(refused.status)")
                #expect(
                    refused.errors.contains(code) && refused.errors.contains("nothing was changed"), "\(refused.errors)"
                )
            }
        }
        let large = try at(1, "policy", "apply", try policy(String(repeating: "# long\n", count: 200_000)))
        #expect(large.status != 0 && large.errors.contains("M"), "\(large.errors)")
        #expect(try at(1, "policy", "show").output.hasPrefix("# no roles"))

        let file = try policy(
            "[roles.pricing]\ncan = [\"key.write\"]\nscope = \"key:prices/*\"\n"
                + "[policy.\"key.write\"]\non = \"key:prices/*\"\n"
        )
        let trial = try at(1, "policy", "apply", file, "--dry-run")
        #expect(trial.status == 0 && trial.output.contains("the role pricing is set"), "\(trial.errors)")
        #expect(try at(1, "policy", "show").output.hasPrefix("# no roles"))
        let applied = try at(1, "policy", "apply", file)
        #expect(applied.status == 0, "\(applied.errors)")
        #expect(try at(1, "policy", "show").output.contains("[policy.\"key.write\"]\non = \"key:prices/*\""))
        let isRefused = try eventually(within: 10) { try at(2, "set", "prices/milk", "2").status == 5 }
        #expect(isRefused, "\(daemons[1].said)")
        let refused = try at(2, "set", "prices/milk", "2")
        #expect(
            refused.errors.contains("M7208") && refused.errors.contains("marram role grant till-02"),
            "\(refused.errors)")
        #expect(try at(2, "set", "till/tax", "19").status == 0, "no policy speaks of it")
        let explained = try at(2, "auth", "explain", "key.write", "--on", "key:prices/milk")
        #expect(explained.status == 1 && explained.output.contains("decided by: the policy for key.write"))

        let wrong = try at(1, "role", "grant", "till-02", "pricng")
        #expect(
            wrong.status == 1 && wrong.errors.contains("M1240") && wrong.errors.contains("pricing"), "\(wrong.errors)")
        for _ in 1...2 { #expect(try at(1, "role", "grant", "till-02", "pricing").status == 0) }
        let isAllowed = try eventually(within: 10) { try at(2, "set", "prices/milk", "3").status == 0 }
        #expect(isAllowed, "\(daemons[1].said)")
        #expect(try holds("prices/milk", "3", on: 1), "\(daemons[0].said)")
        #expect(try at(1, "node", "show", "till-02").output.contains("key.write on key:prices/*"))
        let back = try at(1, "role", "revoke", "till-02", "pricing")
        #expect(back.status == 0, "\(back.errors)")
        #expect(try eventually(within: 10) { try at(2, "set", "prices/milk", "4").status == 5 })
        #expect(try holds("prices/milk", "3", on: 2), "what was done with it stands")
        let weak = try at(1, "policy", "apply", try policy("[policy.\"key.write\"]\non = \"key:prices/milk\"\n"))
        #expect(weak.status == 1 && weak.errors.contains("M1242"), "\(weak.errors)")
    }

    private func refusals(of reason: String, on number: Int) throws -> Int {
        let data = try at(number, "status", "--json").json()["data"] as? [String: Any]
        let counters = try #require(data?["counters"] as? [String: Any])
        return counters[reason] as? Int ?? 0
    }

    /// A data directory is copied and both are started: peers and both copies say so and what to do, no log of the law
    /// forks, and after the revocation nobody speaks with either.
    @Test func aCopiedDirectoryRaisesTheAlarmEverywhere() throws {
        var daemons = try mesh(of: 3)
        #expect(daemons[2].stop() == 0)
        daemons.removeLast()
        try FileManager.default.copyItem(atPath: data(3), toPath: data(4))
        let file = data(4) + "/marram.toml"
        let former = try String(contentsOfFile: data(3) + "/marram.toml", encoding: .utf8)
        let port = try #require(former.firstMatch(of: /127\.0\.0\.1:(\d+)/)).output.1
        try former.replacing(port, with: "\(try freePort())").write(toFile: file, atomically: true, encoding: .utf8)
        try? FileManager.default.removeItem(atPath: data(4) + "/marram.sock")
        let twins = [
            try Daemon(data: data(3), isHealthy: false), try Daemon(data: data(4), isHealthy: false),
        ]
        for number in 1...4 {
            let isSeen = try eventually(within: 90) { try at(number, "status").output.contains("M4102") }
            #expect(isSeen, "node \(number): \(number < 3 ? daemons[number - 1].said : twins[number - 3].said)")
        }
        let told = try at(1, "status")
        #expect(told.status == 1 && told.output.contains("till-03 runs in two places"), "\(told.output)")
        #expect(
            (told.output + told.errors).contains("marram node revoke NAME --stolen"), "\(told.output)\(told.errors)")
        let law = "\(folder.path)/store.law"
        #expect(try at(1, "audit", "export", law).status == 0)
        let verified = try run("marram", ["audit", "verify", law])
        #expect(verified.status == 0 && !verified.output.contains("forked by"), "\(verified.output)")

        let revoked = try at(1, "node", "revoke", "till-03", "--stolen", "--yes")
        #expect(revoked.status == 0, "\(revoked.errors)")
        for number in 1...2 {
            let isOut = try eventually(within: 10) {
                try at(number, "node", "list").output.contains("revoked")
                    && !(try at(number, "links", "-o", "csv").output.split(separator: "\n")
                        .contains { $0.contains("till-03") && $0.contains(",up,") })
            }
            #expect(isOut, "\(daemons[number - 1].said)")
        }
        for number in 1...2 {
            let before = try refusals(of: "barred", on: number)
            let isTurnedAway = try eventually(within: 60) { try refusals(of: "barred", on: number) > before }
            #expect(isTurnedAway, "whoever was thrown out goes on trying: \(daemons[number - 1].said)")
            let links = try at(number, "links", "-o", "csv").output.split(separator: "\n")
            #expect(!links.contains { $0.contains("till-03") && $0.contains(",up,") }, "\(links)")
            #expect(!(try at(number, "status").output.contains("M4102")), "who was thrown out is nobody's trouble")
        }
    }
}
