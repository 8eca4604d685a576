import Foundation
import Testing

/// How long it takes to have a mesh.
@Suite(.serialized) struct FoundingTests {
    /// From nothing to three nodes that all see three, with everything that a person would type. The machine may be
    /// busy with other tests, so the best of three tries counts.
    @Test func aMeshOfThreeIsThereWithinTwoSeconds() throws {
        var tries: [Double] = []
        while tries.count < 3, tries.allSatisfy({ $0 > 2 }) { tries.append(try secondsToAMeshOfThree()) }
        #expect(tries.contains { $0 <= 2 }, "\(tries) s")
    }

    private func secondsToAMeshOfThree() throws -> Double {
        let folder = try TemporaryFolder()
        func data(_ number: Int) -> String { "\(folder.path)/node-\(number)" }
        let ports = try (1...3).map { _ in try freePort() }
        func settle(_ number: Int, _ words: [String]) throws -> Daemon {
            let listen = ["--listen", "127.0.0.1:\(ports[number - 1])"]
            let settled = try run("marram", words + ["--data", data(number), "--name", "till-0\(number)"] + listen)
            try #require(settled.status == 0, "\(settled.errors)")
            return try Daemon(data: data(number))
        }
        let start = Date()
        let one = try settle(1, ["init", "store"])
        let invited = try run("marram", ["invite", "--uses", "2", "-o", "name", "--data", data(1)])
        let token = invited.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let daemons = [one, try settle(2, ["join", token]), try settle(3, ["join", token])]
        for daemon in daemons {
            let isWhole = try eventually(within: 10) {
                try run("marram", ["members", "--data", daemon.data, "-o", "csv"]).output
                    .split(separator: "\n").count { $0.contains(",alive,") } == 3
            }
            try #require(isWhole, "\(daemon.said)")
        }
        return Date().timeIntervalSince(start)
    }
}
