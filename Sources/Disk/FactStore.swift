package import Base

/// What a node remembers over restarts and power cuts: facts, each the newest value of a key, in one SQLite database.
///
/// The rule is short. `apply` takes all facts of a turn of the loop as one transaction; when it returns they are on the
/// disk, all of them, and what waited for them may be said aloud. When it throws, `CommitFailure` tells which of the
/// two it was: nothing is stored, and the node may go on; or nobody knows, and then the store is closed for good and
/// answers nothing more. A new `FactStore` on the same place settles what the old one left in doubt, whatever it was:
/// when its initialiser returns, what `load` gives is on the disk, and nothing else is.
///
/// A store belongs to one thread at a time, and is not `Sendable`: Host lends it to a worker for an `apply` at a time.
package final class FactStore {
    /// The first step of the schema and all later ones. Facts are small and always sought by their key, so they live in
    /// the index itself (https://sqlite.org/withoutrowid.html, section 4).
    package static let schema = Schema(
        application: 0x4D61_7272,  // "Marr"
        steps: [
            """
            CREATE TABLE fact (
                shelf INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (shelf, key)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
            INSERT INTO meta VALUES ('boot', 0);
            """
        ])

    /// A store that has lost its footing has no connection any more, so that nobody can ask it anything.
    private enum State {
        case open(Connection)
        case closed(DatabaseError)
    }

    private var state: State
    private let files: DatabaseFiles
    /// How often the database has been opened, this time included; on the disk before anybody reads it here. Two runs
    /// of one node never have the same number, unless its database was lost in between: then it starts at 1 again.
    package let boot: UInt64

    /// Opens the store at `place`, or makes it. The directory must be there.
    package init(at place: DatabasePlace, settings: Connection.Settings = .init()) throws(Complaint) {
        files = DatabaseFiles(place)
        let connection = try files.open(settings: settings, schema: Self.schema)
        do throws(DatabaseError) {
            boot = try Self.countBoot(on: connection)
        } catch {
            throw files.complaint(about: error, on: connection)
        }
        state = .open(connection)
    }

    private static func countBoot(on connection: Connection) throws(DatabaseError) -> UInt64 {
        do throws(CommitFailure) {
            return try connection.transaction { () throws(DatabaseError) in
                try connection.run("UPDATE meta SET value = value + 1 WHERE name = 'boot'")
                let boot = try connection.number("SELECT value FROM meta WHERE name = 'boot'")
                guard boot > 0 else { throw .damaged("the boot counter is \(boot)") }
                return UInt64(boot)
            }
        } catch {
            throw error.error
        }
    }

    /// Every fact, by shelf and then by key. After a complaint the store is closed.
    package func load() throws(Complaint) -> [Fact] {
        guard case .open(let connection) = state else {
            throw Complaint(.ourMistake, what: "a store was asked for its facts though it had been closed")
        }
        var facts: [Fact] = []
        do throws(DatabaseError) {
            try connection.run("SELECT shelf, key, value FROM fact ORDER BY shelf, key") { row throws(DatabaseError) in
                facts.append(try Self.fact(row))
            }
        } catch {
            state = .closed(error)
            throw files.complaint(about: error, on: connection)
        }
        return facts
    }

    private static func fact(_ row: borrowing Row) throws(DatabaseError) -> Fact {
        let fact = Fact(shelf: UInt8(clamping: row.integer(0)), key: row.blob(1), value: row.blob(2))
        guard Int64(fact.shelf) == row.integer(0), excess(of: fact) == nil else {
            throw .damaged("a fact that nobody can have stored")
        }
        return fact
    }

    /// Stores all of `facts`, in their order, or none; on the disk when it returns. A fact without a value forgets its
    /// key.
    package func apply(_ facts: [Fact]) throws(CommitFailure) {
        for fact in facts {
            if let excess = Self.excess(of: fact) { throw .notDone(.tooBig(excess)) }
        }
        let connection: Connection
        switch state {
        case .open(let open): connection = open
        case .closed(let error): throw .notDone(error)
        }
        do throws(CommitFailure) {
            try connection.transaction { () throws(DatabaseError) in
                for fact in facts { try Self.put(fact, on: connection) }
            }
        } catch {
            if case .indeterminate(let cause) = error { state = .closed(cause) }
            throw error
        }
    }

    private static func put(_ fact: Fact, on connection: Connection) throws(DatabaseError) {
        let shelf = Value.integer(Int64(fact.shelf))
        if let value = fact.value {
            try connection.run("INSERT OR REPLACE INTO fact VALUES (?, ?, ?)", shelf, .blob(fact.key), .blob(value))
        } else {
            try connection.run("DELETE FROM fact WHERE shelf = ? AND key = ?", shelf, .blob(fact.key))
        }
    }

    private static func excess(of fact: Fact) -> String? {
        if fact.key.count > Limits.factKeyBytes { return "a fact's key of \(fact.key.count) bytes" }
        if let value = fact.value, value.count > Limits.factValueBytes {
            return "a fact's value of \(value.count) bytes"
        }
        return nil
    }
}
