internal import Base

/// The files of a store: the care that is taken before SQLite's word is trusted, and what becomes of them when SQLite
/// says that they are damaged. Damaged files are evidence, and perhaps all that is left of a node's memory: they are
/// moved aside, never deleted.
struct DatabaseFiles {
    private static let name = "marram.db"
    /// SQLite's names for the log, and for the journal of the moments before there is a log.
    private static let companions = ["-wal", "-journal"]

    private let place: DatabasePlace

    init(_ place: DatabasePlace) { self.place = place }

    /// Opens the database, or makes it, so that what it answers from then on is on the disk.
    func open(settings: Connection.Settings, schema: Schema) throws(Complaint) -> Connection {
        do throws(FileError) {
            try finishKeepingAside()
            try place.makeEmpty(Self.name)
            try settleLog()
        } catch {
            throw error.complaint
        }
        let connection: Connection
        do throws(DatabaseError) {
            connection = try Connection(unprepared: place.path(Self.name), on: place.volume)
        } catch {
            throw complaint(about: error)
        }
        do throws(DatabaseError) {
            try connection.prepare(settings)
            try check(connection)
        } catch {
            throw complaint(about: error, on: connection)
        }
        do throws(SchemaFailure) { try schema.migrate(connection) } catch {
            throw complaint(about: error, on: connection)
        }
        return connection
    }

    /// After a failed `fsync` Linux keeps the pages in its cache as if they had been written: they read well until they
    /// leave the cache, and another `fsync` finds nothing to do (Rebello and others, "Can Applications Recover from
    /// fsync Failures?", USENIX ATC 2020). SQLite would take a commit from such a log for durable, move half of it into
    /// the database before the power goes, and find the other half gone. So a log that is found at the start is first
    /// written to new blocks, as it reads, and is then what it says.
    private func settleLog() throws(FileError) {
        let log = Self.name + "-wal"
        if place.exists(log) { try place.writeAnew(log) }
    }

    /// Looks at every page and the order of the keys in it (https://sqlite.org/pragma.html#pragma_quick_check).
    private func check(_ connection: Connection) throws(DatabaseError) {
        var verdict = ""
        try connection.run("PRAGMA quick_check(1)") { row throws(DatabaseError) in verdict = row.text(0) }
        guard verdict == "ok" else { throw .damaged(verdict) }
    }
}

/// Damaged files.
extension DatabaseFiles {
    private static func keptName(_ number: Int) -> String { "\(name).corrupt-\(number)" }

    /// Moves the database and its companions aside; answers where to, or nil when too many are there already.
    private func keepAside() throws(FileError) -> String? {
        guard let number = (1...Limits.keptDatabases).first(where: { !isTaken($0) }) else { return nil }
        let kept = Self.keptName(number)
        // The database goes first. Were its log to go first and the power then, the next start would find a database
        // that lacks its newest transactions and looks sound.
        for suffix in [""] + Self.companions where place.exists(Self.name + suffix) {
            try place.rename(Self.name + suffix, to: kept + suffix)
        }
        return place.path(kept)
    }

    private func isTaken(_ number: Int) -> Bool {
        ([""] + Self.companions).contains { place.exists(Self.keptName(number) + $0) }
    }

    /// A log without a database belongs to one that was being moved aside when the power went.
    private func finishKeepingAside() throws(FileError) {
        guard !place.exists(Self.name) else { return }
        let newest = (1...Limits.keptDatabases).last { place.exists(Self.keptName($0)) } ?? 1
        for suffix in Self.companions where place.exists(Self.name + suffix) {
            try place.rename(Self.name + suffix, to: Self.keptName(newest) + suffix)
        }
    }
}

/// What a person is told.
extension DatabaseFiles {
    private var path: String { place.path(Self.name) }

    /// Says why the store cannot be used; damaged files have been moved aside when this returns. It happens while
    /// SQLite has them open: closing the database would move its log into it, and delete the log under its old name.
    func complaint(about error: DatabaseError, on connection: Connection) -> Complaint {
        withExtendedLifetime(connection) { complaint(about: error) }
    }

    private func complaint(about failure: SchemaFailure, on connection: Connection) -> Complaint {
        switch failure {
        case .newer(let found, let known):
            Complaint(
                .databaseNewer, what: "\(path) has version \(found), and this build knows versions up to \(known)")
        case .foreign: Complaint(.databaseForeign, what: "\(path) is another program's database")
        case .database(let error): complaint(about: error, on: connection)
        }
    }

    private func complaint(about error: DatabaseError) -> Complaint {
        let what = "\(path): \(error)"
        return switch error.kind {
        case .corrupt: complaintAboutDamage(error)
        case .full: Complaint(.diskFull, what: what)
        case .ioError: Complaint(.diskFails, what: what)
        case .readOnly, .cannotOpen: Complaint(.databaseNotWritable, what: what)
        case .busy: Complaint(.directoryInUse, what: "another process holds \(path)")
        case .constraint, .tooBig, .outOfMemory, .misuse: Complaint(.ourMistake, what: what)
        }
    }

    private func complaintAboutDamage(_ error: DatabaseError) -> Complaint {
        let what = "the node's database is damaged: \(error)"
        do throws(FileError) {
            if let kept = try keepAside() {
                return Complaint(
                    .databaseCorrupt, what: what,
                    because: "SQLite's check failed; the file is kept aside as \(kept), with its log, and not deleted",
                    remedy: """
                        restore a backup as \(path), or start again: the node begins without its facts and fetches \
                        what it needs from its peers (to look for more: sqlite3 \(kept) .recover)
                        """)
            }
        } catch {
            return Complaint(
                .databaseCorrupt, what: what,
                because: "SQLite's check failed, and the file could not be moved aside: \(error.reason)")
        }
        return Complaint(
            .databaseCorrupt, what: what,
            because: "SQLite's check failed, and \(Limits.keptDatabases) damaged files are kept here already",
            remedy:
                "move \(path).corrupt-* to a safe place and look at the disk, which may be failing; then start again")
    }
}
