internal import Base
internal import Disk
internal import Glibc
internal import Replication

extension Bench {
    /// What bringing two replicas together costs, in bytes and in work.
    static let replication = Bench(
        name: "replication",
        measures: "two replicas: bytes until they agree; operations applied durably with verified signatures"
    ) { () throws(Complaint) in
        let resident = try residentBytes(keys: 100_000)
        let equal = try equalBytes()
        let one = try missing(1, writers: 1_000, times: 20)
        let thousand = try missing(1_000, writers: 20, times: 3)
        let many = try applied(100_000)
        return [
            Figure("applied_per_second", many.perSecond),
            Figure("equal_bytes", equal),
            Figure("one_missing_bytes", one),
            Figure("thousand_missing_bytes", thousand),
            Figure("hundred_thousand_bytes", many.bytes),
            Figure("resident_bytes", resident),
        ]
    }

    /// Of two that have the same, a greeting and its answer.
    private static func equalBytes() throws(Complaint) -> Double {
        var corpus = try Corpus()
        try corpus.write(2_000, writers: 1_000, keys: 1_000)
        var pair = ReplicaPair(corpus.replica, lacking: corpus.replica)
        try pair.run(for: .seconds(300), untilEqual: false)
        // The calm come round every eight seconds.
        guard pair.greetings > 30 else { throw Complaint(.ourMistake, what: "\(pair.greetings) rounds in 300 s") }
        return Double(pair.bytes) / Double(pair.greetings)
    }

    /// What it costs on average that one lacks the last so many of some thousand operations.
    private static func missing(_ count: Int, writers: Int, times: Int) throws(Complaint) -> Double {
        var corpus = try Corpus()
        try corpus.write(2_000, writers: writers, keys: 1_000)
        var bytes = 0
        for seed in 0..<times {
            let lacking = corpus.replica
            try corpus.write(count, writers: writers, keys: 1_000)
            var pair = ReplicaPair(corpus.replica, lacking: lacking, seed: UInt64(seed))
            try pair.run(for: .minutes(10), untilEqual: true)
            guard pair.isEqual else { throw Complaint(.ourMistake, what: "they do not come to agree") }
            bytes += pair.bytes
        }
        return Double(bytes) / Double(times)
    }

    /// One that has nothing, on a disk of its own.
    private static func applied(_ count: Int) throws(Complaint) -> (perSecond: Double, bytes: Double) {
        var corpus = try Corpus()
        let empty = corpus.replica
        try corpus.write(count, writers: 40, keys: 10_000)
        let folder = "/tmp/marram-bench-\(getpid())"
        guard unsafe mkdir(folder, 0o700) == 0 else {
            throw Complaint(.systemRefuses, what: "\(folder) cannot be made")
        }
        defer { remove(folder) }
        var pair = ReplicaPair(corpus.replica, lacking: empty, disk: try FactStore(at: .directory(folder)))
        try pair.run(for: .minutes(60), untilEqual: true)
        guard pair.isEqual else { throw Complaint(.ourMistake, what: "they do not come to agree") }
        return (Double(count) * 1e9 / Double(pair.spent), Double(pair.bytes))
    }

    private static func remove(_ folder: String) {
        for name in ["marram.db", "marram.db-wal", "marram.db-shm"] { unsafe unlink("\(folder)/\(name)") }
        unsafe rmdir(folder)
    }

    /// The most that this process has had in memory, with so many keys in a replica.
    private static func residentBytes(keys: Int) throws(Complaint) -> Double {
        var corpus = try Corpus()
        try corpus.fill(keys)
        let engine = ReplicationEngine(
            corpus.replica, settings: ReplicationSettings(), clock: HybridTime(bits: 0), random: Random(seed: 1),
            at: Now(instant: .zero, wall: WallTime(milliseconds: 0)))
        var usage = rusage()
        // Safe: the kernel fills in the one structure that it is given.
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        keep(engine)
        return Double(usage.ru_maxrss) * 1_024
    }
}
