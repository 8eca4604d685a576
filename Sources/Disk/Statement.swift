internal import Base
internal import CSQLite

/// What stands in place of a question mark in a statement.
package enum Value: Hashable, Sendable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])
}

/// A prepared statement, the `sqlite3_stmt *` of C. Kept by its `Connection` and run any number of times.
@safe final class Statement {
    private let handle: DatabaseHandle
    private let pointer: OpaquePointer
    private let sql: String

    init(_ sql: String, on handle: DatabaseHandle) throws(DatabaseError) {
        self.handle = handle
        self.sql = sql
        var prepared: OpaquePointer?
        let result = unsafe sqlite3_prepare_v3(
            handle.pointer, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard result == SQLITE_OK else { throw handle.error(result, in: sql) }
        guard let prepared = unsafe prepared else { preconditionFailure("a statement without a word: \(sql)") }
        unsafe pointer = prepared
    }

    deinit { unsafe sqlite3_finalize(pointer) }

    func run(
        _ values: [Value], row body: (borrowing Row) throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        precondition(unsafe sqlite3_stmt_busy(pointer) == 0, "run again from within its own rows: \(sql)")
        precondition(
            unsafe Int(sqlite3_bind_parameter_count(pointer)) == values.count, "values do not match: \(sql)")
        // Resetting repeats the error of the step before it, which has been thrown by then.
        defer {
            unsafe sqlite3_reset(pointer)
            unsafe sqlite3_clear_bindings(pointer)
        }
        try bind(values[...], at: 1, row: body)
    }

    /// Binds the first of `values` and then, from within, the others; at the innermost place all are bound and the
    /// statement runs. So every blob is lent to SQLite where it lies for as long as the statement needs it, and none is
    /// copied.
    private func bind(
        _ values: ArraySlice<Value>, at index: Int32, row body: (borrowing Row) throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        guard let value = values.first else { return try step(row: body) }
        switch value {
        case .null: try check(unsafe sqlite3_bind_null(pointer, index))
        case .integer(let number): try check(unsafe sqlite3_bind_int64(pointer, index, number))
        case .text(let text):
            // The last argument has SQLite take a copy (SQLITE_TRANSIENT, which is a cast that Swift cannot import).
            let copies = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            try check(unsafe sqlite3_bind_text(pointer, index, text, Int32(text.utf8.count), copies))
        case .blob(let bytes) where bytes.isEmpty:
            // An empty array need not have an address, and a blob without one would be bound as null.
            try check(unsafe sqlite3_bind_zeroblob(pointer, index, 0))
        case .blob(let bytes):
            return unsafe try bytes.raw.withUnsafeBytes { buffer throws(DatabaseError) in
                try check(unsafe sqlite3_bind_blob64(pointer, index, buffer.baseAddress, UInt64(buffer.count), nil))
                try bind(values.dropFirst(), at: index + 1, row: body)
            }
        }
        try bind(values.dropFirst(), at: index + 1, row: body)
    }

    private func step(row body: (borrowing Row) throws(DatabaseError) -> Void) throws(DatabaseError) {
        while true {
            let result = unsafe sqlite3_step(pointer)
            switch result {
            case SQLITE_ROW: try body(unsafe Row(pointer))
            case SQLITE_DONE: return
            default: throw handle.error(result, in: sql)
            }
        }
    }

    private func check(_ result: Int32) throws(DatabaseError) {
        guard result == SQLITE_OK else { throw handle.error(result, in: sql) }
    }
}

/// One row of an answer, while it is the current one: it cannot be kept.
@safe package struct Row: ~Copyable {
    private let pointer: OpaquePointer

    fileprivate init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    package func integer(_ column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(pointer, checked(column))
    }

    package func text(_ column: Int32) -> String { String(decoding: blob(column), as: UTF8.self) }

    /// The bytes of a blob or text, copied once: out of SQLite's page into an array of ours.
    package func blob(_ column: Int32) -> [UInt8] {
        let start = unsafe sqlite3_column_blob(pointer, checked(column))
        let count = unsafe Int(sqlite3_column_bytes(pointer, column))
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    private func checked(_ column: Int32) -> Int32 {
        precondition(unsafe (0..<sqlite3_data_count(pointer)).contains(column), "a column that was not asked for")
        return column
    }
}
