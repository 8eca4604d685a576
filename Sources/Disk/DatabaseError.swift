internal import CSQLite

/// What SQLite answered when it could not do as asked: the kind that code decides by, and the particulars that a person
/// reads. The kinds are few on purpose: each is one way in which a node goes on, or does not.
package struct DatabaseError: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// No room: the file system is full, or the database has reached the size that its settings allow.
        case full
        /// The system failed to read, write or synchronise a file.
        case ioError
        /// The file is no database, or not a sound one.
        case corrupt
        /// Another process holds the database.
        case busy
        /// The database may be read but not written.
        case readOnly
        /// The file could not be opened or made.
        case cannotOpen
        /// A row broke a rule of its table.
        case constraint
        /// A value is larger than its limit.
        case tooBig
        /// Memory ran out.
        case outOfMemory
        /// The statement is wrong, or came at the wrong time: our own mistake.
        case misuse
    }

    package var kind: Kind
    /// SQLite's primary result code, `SQLITE_IOERR` for one.
    package var code: Int32
    /// SQLite's extended result code, which says which operation failed: `SQLITE_IOERR_FSYNC` for one.
    package var extendedCode: Int32
    package var message: String
    /// The statement that failed, when it was one.
    package var sql: String?

    package init(extendedCode: Int32, message: String, sql: String? = nil) {
        code = extendedCode & 0xFF
        kind = Self.kind(ofCode: extendedCode)
        self.extendedCode = extendedCode
        self.message = message
        self.sql = sql
    }

    /// A database whose content contradicts what we wrote, though SQLite had nothing to say against it.
    static func damaged(_ message: String) -> DatabaseError {
        DatabaseError(extendedCode: SQLITE_CORRUPT, message: message)
    }

    static func tooBig(_ message: String) -> DatabaseError {
        DatabaseError(extendedCode: SQLITE_TOOBIG, message: message)
    }

    /// From https://sqlite.org/rescode.html. A code that is not named there ends as our mistake, and so in a report.
    private static func kind(ofCode extendedCode: Int32) -> Kind {
        if extendedCode == SQLITE_IOERR | 12 << 8 { return .outOfMemory }  // SQLITE_IOERR_NOMEM
        return switch extendedCode & 0xFF {
        case SQLITE_FULL: .full
        case SQLITE_IOERR: .ioError
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_READONLY, SQLITE_PERM: .readOnly
        case SQLITE_CANTOPEN: .cannotOpen
        case SQLITE_CONSTRAINT, SQLITE_MISMATCH: .constraint
        case SQLITE_TOOBIG: .tooBig
        case SQLITE_NOMEM: .outOfMemory
        default: .misuse
        }
    }
}

extension DatabaseError: CustomStringConvertible {
    /// `disk I/O error (1034) in COMMIT`
    package var description: String { "\(message) (\(extendedCode))" + (sql.map { " in \($0)" } ?? "") }
}
