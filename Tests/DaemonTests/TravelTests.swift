import Foundation
import Testing

/// Keys that are written on one real node and read on another.
@Suite(.serialized) struct TravelTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func data(_ number: Int) -> String { "\(folder.path)/node-\(number)" }

    /// The first founds the mesh, the others join it; all of them run.
    private func mesh(of count: Int) throws -> [Daemon] {
        func listen() throws -> String { "127.0.0.1:\(try freePort())" }
        let founded = try run(
            "marram", ["init", "store", "--data", data(1), "--name", "till-1", "--listen", try listen()])
        try #require(founded.status == 0, "\(founded.errors)")
        var daemons = [try Daemon(data: data(1))]
        let invited = try run(
            "marram", ["invite", "--data", data(1), "--uses", "\(count)", "--expires", "1h", "--json"])
        let token = try #require((try invited.json()["data"] as? [String: Any])?["token"] as? String)
        for number in 2...count {
            let joined = try run(
                "marram",
                ["join", token, "--data", data(number), "--name", "till-\(number)", "--listen", try listen()])
            try #require(joined.status == 0, "\(joined.errors)")
            daemons.append(try Daemon(data: data(number)))
        }
        return daemons
    }

    @discardableResult
    private func set(_ key: String, _ value: String, on number: Int) throws -> Int32 {
        try run("marram", ["set", key, value, "--data", data(number)]).status
    }

    private func holds(_ key: String, _ value: String, on number: Int) throws -> Bool {
        try run("marram", ["get", key, "--data", data(number)]).output == value + "\n"
    }

    private func arrives(_ key: String, _ value: String, on number: Int, within seconds: Double = 10) throws -> Bool {
        try eventually(within: seconds) { try holds(key, value, on: number) }
    }

    /// An operator names the second to keep the epochs; what is deleted then is forgotten everywhere, also by one that
    /// was off meanwhile, and nobody shows it again.
    @Test func whatIsDeletedIsForgottenByAllWhereEpochsAreKept() throws {
        var daemons = try mesh(of: 3)
        #expect(try set("till/tax", "7.5", on: 1) == 0)
        for number in 2...3 { #expect(try arrives("till/tax", "7.5", on: number)) }
        let early = try run("marram", ["epoch", "keep", "till-2", "--data", data(1)])
        expectComplaint(early, "M1303", saying: "on probation", "marram node confirm till-2")
        let confirmed = try run("marram", ["node", "confirm", "till-2", "--data", data(1)])
        #expect(confirmed.status == 0, "\(confirmed.errors)")
        let named = try run("marram", ["epoch", "keep", "till-2", "--data", data(1)])
        try #require(named.status == 0, "\(named.errors)")
        func epoch(_ number: Int) throws -> [String: Any] {
            let reply = try run("marram", ["epoch", "--json", "--data", data(number)])
            return try reply.json()["data"] as? [String: Any] ?? [:]
        }
        for number in 1...3 {
            let begins = try eventually(within: 15) { try epoch(number)["members"] as? Int == 3 }
            #expect(begins, "\(daemons[number - 1].said)")
        }
        daemons[2].kill()
        #expect(try run("marram", ["del", "till/tax", "--data", data(1)]).status == 0)
        let waits = try eventually(within: 15) { (try epoch(1)["waits_for"] as? [Any])?.count == 1 }
        #expect(waits, "for who is off")
        daemons[2] = try Daemon(data: data(3))
        for number in 1...3 {
            let forgets = try eventually(within: 40) {
                try epoch(number)["waiting"] as? Int == 0 && !(try holds("till/tax", "7.5", on: number))
            }
            let state = try epoch(number)
            #expect(forgets, "\(number): \(state) \(daemons[number - 1].said)")
        }
    }

    @Test func whatIsWrittenOnOneNodeIsReadOnTheOthers() throws {
        let daemons = try mesh(of: 3)
        #expect(try set("till/tax", "7.5", on: 1) == 0)
        for number in 2...3 {
            let came = try arrives("till/tax", "7.5", on: number)
            #expect(came, "not on \(number): \(daemons[number - 1].said)")
        }
        // Longer than any datagram, so by a stream.
        let long = String(repeating: "long ", count: 8_000)
        #expect(try set("till/notice", long, on: 2) == 0)
        let came = try arrives("till/notice", long, on: 3)
        #expect(came, "\(daemons[2].said)")
        // What has seen another value takes its place, wherever that was written.
        #expect(try set("till/tax", "8", on: 3) == 0)
        for number in 1...2 { #expect(try arrives("till/tax", "8", on: number)) }
        #expect(try run("marram", ["conflicts", "--data", data(1)]).output.contains("till/tax") == false)
        #expect(try run("marram", ["del", "till/tax", "--data", data(1)]).status == 0)
        let isGone = try eventually(within: 10) {
            try run("marram", ["get", "till/tax", "--data", data(2)]).status == 4
        }
        #expect(isGone)
        let history = try run("marram", ["history", "till/tax", "--data", data(2)]).output
        for name in ["till-1", "till-3"] { #expect(history.contains(name), "\(history)") }
    }

    @Test func aNodeThatWasOffCatchesUpAndIsHeard() throws {
        var daemons = try mesh(of: 3)
        #expect(try set("a", "before", on: 1) == 0)
        #expect(try arrives("a", "before", on: 3))
        #expect(daemons.removeLast().stop() == 0)
        for number in 1...40 { #expect(try set("key/\(number)", "\(number)", on: 1 + number % 2) == 0) }
        #expect(try run("marram", ["del", "a", "--data", data(2)]).status == 0)
        daemons.append(try Daemon(data: data(3)))
        let caughtUp = try eventually(within: 15) {
            try run("marram", ["list", "key/", "-o", "name", "--data", data(3)]).output.split(separator: "\n").count
                == 40
        }
        #expect(caughtUp, "\(daemons[2].said)")
        let isGone = try eventually(within: 5) { try run("marram", ["get", "a", "--data", data(3)]).status == 4 }
        #expect(isGone)
        #expect(try set("from/three", "yes", on: 3) == 0)
        #expect(try arrives("from/three", "yes", on: 1))
        #expect(!daemons[2].said.contains("goes on with a new log"), "\(daemons[2].said)")
    }

    @Test func aKilledNodeLosesNothingThatItToldAnybody() throws {
        var daemons = try mesh(of: 3)
        var told: [String] = []
        for life in 1...4 {
            // Two write at once: whatever moment the kill after one's fifth write comes at, the other is in the midst
            // of one.
            let other = Writer(on: data(1), prefix: "key/\(life)-other-")
            for number in 1...5 {
                try #require(try set("key/\(life)-\(number)", "1", on: 1) == 0)
                told.append("key/\(life)-\(number)")
            }
            daemons[0].kill()
            told += other.told()
            daemons[0] = try Daemon(data: data(1))
        }
        for number in 1...3 {
            let hasAll = try eventually(within: 20) {
                let listed = try run("marram", ["list", "key/", "-o", "name", "--data", data(number)]).output
                return Set(told).isSubset(of: Set(listed.split(separator: "\n").map(String.init)))
            }
            #expect(hasAll, "node \(number): \(daemons[number - 1].said)")
        }
        for daemon in daemons { #expect(!daemon.said.contains("has signed two writes"), "\(daemon.said)") }
    }
}
