internal import Base
internal import CSQLite

/// One open SQLite database: the one writer of its file, and the one reader.
///
/// It is set up for a node that must keep its word through power cuts. The journal is a write-ahead log, synchronised
/// at every commit. The lock is exclusive, so the log's index lives in this process's memory instead of a shared file
/// (https://sqlite.org/wal.html, section 8): nobody else may read along, and in return the very same code runs on a
/// `PowerLossVolume`. Dropping the value, and the statements taken from it, closes the database.
///
/// SQLite is opened in its multi-thread mode, without a mutex of its own: "SQLite can be safely used by multiple
/// threads provided that no single database connection is used simultaneously in two or more threads"
/// (https://sqlite.org/threadsafe.html, section 1). That proviso is Swift's to keep: the class is not `Sendable`, so
/// the compiler refuses to let two threads have it.
package final class Connection {
    package struct Settings: Hashable, Sendable {
        /// How much of a commit has reached the disk when it returns. Only `full` survives a power cut; `off` is there
        /// to show that the tests of `full` would notice.
        package enum Synchronous: String, Sendable { case off = "OFF", full = "FULL" }

        package var synchronous: Synchronous
        /// Pages in the log before they are moved to the database. Few keep the log, and the next start, short; many
        /// write a page that changes often only once.
        package var checkpointPages: Int
        /// The database refuses to grow further, as if the disk were full.
        package var largestBytes: Int
        /// How long to wait for another process's lock: for somebody who has just looked into the file with `sqlite3`.
        package var busyMilliseconds: Int32

        package init(
            synchronous: Synchronous = .full, checkpointPages: Int = 256,
            largestBytes: Int = Limits.databaseBytes, busyMilliseconds: Int32 = 2_000
        ) {
            self.synchronous = synchronous
            self.checkpointPages = checkpointPages
            self.largestBytes = largestBytes
            self.busyMilliseconds = busyMilliseconds
        }
    }

    /// A page of the file system, and of most flash: what is written at once anyway.
    package static let pageBytes = 4_096

    private let handle: DatabaseHandle
    /// Statements by where their text is in the program. The texts are literals, so their number is ours and small.
    private var statements: [UInt: Statement] = [:]

    /// Opens the database at `path`, or makes it. `volume` is the invented disk that the path is on, if it is.
    package convenience init(
        path: String, on volume: PowerLossVolume? = nil, settings: Settings = Settings()
    ) throws(DatabaseError) {
        try self.init(unprepared: path, on: volume)
        try prepare(settings)
    }

    /// Opens the file without looking into it. Nothing but `prepare` may come next.
    init(unprepared path: String, on volume: PowerLossVolume?) throws(DatabaseError) {
        handle = try DatabaseHandle(path: path, volume: volume)
    }

    func prepare(_ settings: Settings) throws(DatabaseError) {
        unsafe sqlite3_busy_timeout(handle.pointer, settings.busyMilliseconds)
        // The lock's mode must be set before the file is first looked at, and the page size before it is first written.
        try execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = \(Self.pageBytes);")
        var journal = ""
        try run("PRAGMA journal_mode = WAL") { row throws(DatabaseError) in journal = row.text(0) }
        guard journal == "wal" else {
            throw DatabaseError(extendedCode: SQLITE_CANTOPEN, message: "no write-ahead log here, but \(journal)")
        }
        // The schema has no foreign keys and needs no temporary files. A damaged file shall be noticed
        // (cell_size_check) and no function be called on its behalf (trusted_schema): https://sqlite.org/security.html,
        // section 1.2.
        try execute(
            """
            PRAGMA synchronous = \(settings.synchronous.rawValue);
            PRAGMA wal_autocheckpoint = \(settings.checkpointPages);
            PRAGMA journal_size_limit = \(4 * settings.checkpointPages * Self.pageBytes);
            PRAGMA max_page_count = \(settings.largestBytes / Self.pageBytes);
            PRAGMA temp_store = MEMORY;
            PRAGMA foreign_keys = OFF;
            PRAGMA cell_size_check = ON;
            PRAGMA trusted_schema = OFF;
            """)
    }

    /// Whether a transaction is open.
    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle.pointer) == 0 }

    /// Runs several statements that answer nothing, one after the other: pragmas and table definitions.
    package func execute(_ script: String) throws(DatabaseError) {
        let result = unsafe sqlite3_exec(handle.pointer, script, nil, nil, nil)
        guard result == SQLITE_OK else { throw handle.error(result, in: script) }
    }

    /// Runs one statement with `values` in place of its question marks and shows `body` every row of the answer. The
    /// statement is prepared the first time and kept. It is a literal of the program, so no value is ever part of it.
    package func run(
        _ sql: StaticString, _ values: Value..., row body: (borrowing Row) throws(DatabaseError) -> Void = { _ in }
    ) throws(DatabaseError) {
        try statement(sql).run(values, row: body)
    }

    /// The one number that `sql` answers.
    package func number(_ sql: StaticString) throws(DatabaseError) -> Int64 {
        var number: Int64?
        try run(sql) { row throws(DatabaseError) in number = row.integer(0) }
        guard let number else { throw .damaged("nothing where a number should be: \(sql)") }
        return number
    }

    private func statement(_ sql: StaticString) throws(DatabaseError) -> Statement {
        let place = unsafe UInt(bitPattern: sql.utf8Start)
        if let statement = statements[place] { return statement }
        let statement = try Statement("\(sql)", on: handle)
        statements[place] = statement
        return statement
    }

    /// How many statements are kept prepared.
    var preparedStatements: Int { statements.count }
}

/// SQLite's `sqlite3 *`, closed when the connection and all its statements are gone.
@safe final class DatabaseHandle {
    let pointer: OpaquePointer
    /// The volume must stay registered for as long as SQLite may call it.
    private let volume: PowerLossVolume?

    init(path: String, volume: PowerLossVolume?) throws(DatabaseError) {
        self.volume = volume
        var opened: OpaquePointer?
        let flags =
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
            | SQLITE_OPEN_PRIVATECACHE
        let result =
            if let volume {
                unsafe volume.name.withCString { unsafe sqlite3_open_v2(path, &opened, flags, $0) }
            } else {
                unsafe sqlite3_open_v2(path, &opened, flags, nil)
            }
        guard let pointer = unsafe opened else {
            throw DatabaseError(extendedCode: SQLITE_NOMEM, message: "no memory to open \(path)")
        }
        unsafe self.pointer = pointer
        // Thrown from here, the error still closes the handle: all its properties are set, so deinit runs.
        guard result == SQLITE_OK else { throw error(result, in: nil) }
    }

    deinit {
        let result = unsafe sqlite3_close(pointer)
        precondition(result == SQLITE_OK, "closed before its statements, which keep the handle alive")
    }

    func error(_ result: Int32, in sql: String?) -> DatabaseError {
        DatabaseError(extendedCode: result, message: unsafe String(cString: sqlite3_errmsg(pointer)), sql: sql)
    }
}
