import Foundation
import Testing

/// Enrolment without a token and without a line, with the real programs.
@Suite(.serialized) struct AskingTests {
    @Test func aNodeComesInByFilesOnAStick() throws {
        let folder = try TemporaryFolder()
        func data(_ number: Int) -> String { "\(folder.path)/node-\(number)" }
        func listen() throws -> [String] { ["--listen", "127.0.0.1:\(try freePort())"] }
        let (request, answer) = ("\(folder.path)/request", "\(folder.path)/answer")
        try run("marram", ["init", "store", "--data", data(1), "--name", "till-01"] + listen())
        let one = try Daemon(data: data(1))

        let asked = try run(
            "marram", ["join", "--request", request, "--data", data(2), "--name", "till-02"] + listen())
        #expect(asked.status == 0, "\(asked.errors)")
        #expect(try run("marram", ["join", answer, "--data", data(2)]).status != 0, "nobody has answered")
        let whole = try Data(contentsOf: URL(fileURLWithPath: request))
        try (whole.dropLast() + [whole[whole.count - 1] ^ 1]).write(to: URL(fileURLWithPath: request))
        let forged = try run("marram", ["node", "admit", request, "--out", answer, "--data", data(1)])
        #expect(forged.status == 1 && forged.errors.contains("M1235"), "\(forged.errors)")
        try whole.write(to: URL(fileURLWithPath: request))
        let admitted = try run("marram", ["node", "admit", request, "--out", answer, "--data", data(1)])
        #expect(admitted.status == 0, "\(admitted.errors)")

        // The answer is for the one machine, and is taken as often as it is given.
        let elsewhere = try run("marram", ["join", answer, "--data", data(3), "--name", "till-03"] + listen())
        #expect(elsewhere.status == 1 && elsewhere.errors.contains("M1238"), "\(elsewhere.errors)")
        for _ in 1...2 {
            let joined = try run("marram", ["join", answer, "--data", data(2)])
            #expect(joined.status == 0 && joined.output.contains("mesh    store"), "\(joined.errors)")
        }
        let two = try Daemon(data: data(2))
        for daemon in [one, two] {
            let isWhole = try eventually(within: 10) {
                try run("marram", ["members", "--data", daemon.data, "-o", "csv"]).output
                    .split(separator: "\n").count { $0.contains("alive") } == 2
            }
            #expect(isWhole, "\(daemon.said)")
        }
        let listed = try run("marram", ["node", "list", "--data", data(2)])
        #expect(listed.output.split(separator: "\n").count { $0.contains("full") } == 2, "\(listed.output)")
    }
}
