import Base
import Glibc
import Testing

@testable import Disk

private func memory() throws -> Connection { try Connection(path: "db", on: PowerLossVolume(random: Random(seed: 1))) }

@Test func valuesComeBackAsTheyWereBound() throws {
    let connection = try memory()
    try connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, number INTEGER, word TEXT, bytes BLOB)")
    let long = [UInt8](repeating: 7, count: 100_000)
    let rows: [(Int64, String, [UInt8])] = [
        (.min, "", []), (.max, "Strandhafer \u{1F33E}\u{0}!", [0]), (0, "x", long),
    ]
    for row in rows {
        try connection.run(
            "INSERT INTO t (number, word, bytes) VALUES (?, ?, ?)", .integer(row.0), .text(row.1), .blob(row.2))
    }
    var found: [(Int64, String, [UInt8])] = []
    try connection.run("SELECT number, word, bytes FROM t ORDER BY id") { row throws(DatabaseError) in
        found.append((row.integer(0), row.text(1), row.blob(2)))
    }
    #expect(found.count == rows.count)
    for (left, right) in zip(found, rows) { #expect(left == right) }
}

@Test func anEmptyBlobIsNotNull() throws {
    let connection = try memory()
    try connection.execute("CREATE TABLE t (bytes BLOB)")
    try connection.run("INSERT INTO t VALUES (?)", .blob([]))
    try connection.run("INSERT INTO t VALUES (?)", .null)
    #expect(try connection.number("SELECT count(*) FROM t WHERE bytes IS NULL") == 1)
}

@Test func aStatementIsPreparedOnce() throws {
    let connection = try memory()
    try connection.execute("CREATE TABLE t (number INTEGER)")
    let before = connection.preparedStatements
    for number in Int64(0)..<100 { try connection.run("INSERT INTO t VALUES (?)", .integer(number)) }
    #expect(connection.preparedStatements == before + 1)
    #expect(try connection.number("SELECT sum(number) FROM t") == 4_950)
}

@Test func aStatementCanRunAgainAfterItFailed() throws {
    let connection = try memory()
    try connection.execute("CREATE TABLE t (number INTEGER PRIMARY KEY)")
    func insert(_ number: Int64) throws(DatabaseError) {
        try connection.run("INSERT INTO t VALUES (?)", .integer(number))
    }
    try insert(1)
    let error = #expect(throws: DatabaseError.self) { try insert(1) }
    #expect(error?.kind == .constraint)
    #expect(error?.extendedCode == 1_555)  // SQLITE_CONSTRAINT_PRIMARYKEY
    #expect(error?.sql == "INSERT INTO t VALUES (?)")
    try insert(2)
}

@Test func everyResultCodeHasItsKind() {
    let kinds: [(Int32, DatabaseError.Kind)] = [
        (13, .full), (10, .ioError), (10 | 4 << 8, .ioError), (10 | 12 << 8, .outOfMemory), (11, .corrupt),
        (11 | 1 << 8, .corrupt), (26, .corrupt), (5, .busy), (6, .busy), (8, .readOnly), (3, .readOnly),
        (14, .cannotOpen), (19, .constraint), (20, .constraint), (18, .tooBig), (7, .outOfMemory), (1, .misuse),
        (21, .misuse), (25, .misuse),
    ]
    for (code, kind) in kinds { #expect(DatabaseError(extendedCode: code, message: "").kind == kind, "\(code)") }
}

@Test func wrongWordsAreOurMistake() throws {
    let connection = try memory()
    #expect(throws: DatabaseError.self) { try connection.execute("SELEKT 1") }
    let error = #expect(throws: DatabaseError.self) { try connection.run("SELECT a FROM nowhere") }
    #expect(error?.kind == .misuse)
    #expect(error?.description == "no such table: nowhere (1) in SELECT a FROM nowhere")
}

@Test func aTransactionIsAllOrNothing() throws {
    let connection = try memory()
    try connection.execute("CREATE TABLE t (number INTEGER PRIMARY KEY)")
    try connection.transaction { () throws(DatabaseError) in try connection.run("INSERT INTO t VALUES (1)") }
    let failure = #expect(throws: CommitFailure.self) {
        try connection.transaction { () throws(DatabaseError) in
            try connection.run("INSERT INTO t VALUES (2)")
            try connection.run("INSERT INTO t VALUES (1)")
        }
    }
    guard case .notDone(let error) = failure else {
        Issue.record("\(String(describing: failure))")
        return
    }
    #expect(error.kind == .constraint)
    #expect(try connection.number("SELECT count(*) FROM t") == 1)
}

@Test func aCommitWhoseSynchronisingFailsIsIndeterminate() throws {
    let volume = PowerLossVolume(random: Random(seed: 1))
    let connection = try Connection(path: "db", on: volume)
    try connection.execute("CREATE TABLE t (number INTEGER)")
    let before = volume.operations
    try connection.transaction { () throws(DatabaseError) in try connection.run("INSERT INTO t VALUES (1)") }
    // The last operation of a commit is the synchronising of the log.
    volume.fail(at: volume.operations + volume.operations - before, .ioError)
    let failure = #expect(throws: CommitFailure.self) {
        try connection.transaction { () throws(DatabaseError) in try connection.run("INSERT INTO t VALUES (2)") }
    }
    guard case .indeterminate(let error) = failure else {
        Issue.record("\(String(describing: failure))")
        return
    }
    #expect(error.kind == .ioError)
    #expect(error.extendedCode == 1_034)  // SQLITE_IOERR_FSYNC
}

@Test func aDatabaseHasOneWriterAndNoOnlookers() throws {
    let scratch = Scratch()
    let settings = Connection.Settings(busyMilliseconds: 0)
    let connection = try Connection(path: scratch.file("db"), settings: settings)
    try connection.execute("CREATE TABLE t (number INTEGER)")
    let error = #expect(throws: DatabaseError.self) { _ = try Connection(path: scratch.file("db"), settings: settings) }
    #expect(error?.kind == .busy)
    #expect(scratch.names == ["db", "db-wal"], "no shared memory")
    withExtendedLifetime(connection) {}
}
