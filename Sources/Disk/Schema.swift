/// The shape of a database as the list of steps that lead to it: step n takes version n to version n + 1, from an empty
/// file at version 0. A step is never changed once released; a new shape is a new step.
///
/// The file itself says what it is: SQLite keeps our application's number and the version in its header.
package struct Schema: Sendable {
    /// Which program's database this is; `file(1)` shows it.
    package let application: Int32
    package let steps: [StaticString]

    package init(application: Int32, steps: [StaticString]) {
        self.application = application
        self.steps = steps
    }

    package var version: Int64 { Int64(steps.count) }

    /// Brings the database to this schema, each step in a transaction of its own, so that a start that is cut short
    /// goes on where it stopped.
    package func migrate(_ connection: Connection) throws(SchemaFailure) {
        let found = try identify(connection)
        guard found <= version else { throw .newer(found: found, known: version) }
        for (number, step) in steps.enumerated().dropFirst(Int(found)) {
            do throws(CommitFailure) {
                try connection.transaction { () throws(DatabaseError) in
                    try connection.execute("\(step)")
                    // Pragmas take no bound values; both are our own numbers.
                    try connection.execute("PRAGMA application_id = \(application)")
                    try connection.execute("PRAGMA user_version = \(number + 1)")
                }
            } catch {
                throw .database(error.error)
            }
        }
    }

    /// The database's version; 0 when it is empty.
    private func identify(_ connection: Connection) throws(SchemaFailure) -> Int64 {
        let application: Int64
        let version: Int64
        let tables: Int64
        do throws(DatabaseError) {
            application = try connection.number("PRAGMA application_id")
            version = try connection.number("PRAGMA user_version")
            tables = try connection.number("SELECT count(*) FROM sqlite_schema")
        } catch {
            throw .database(error)
        }
        let isOurs = application == Int64(self.application) && version > 0
        let isEmpty = application == 0 && version == 0 && tables == 0
        guard isOurs || isEmpty else { throw .foreign(application: application) }
        return version
    }
}

package enum SchemaFailure: Error, Hashable, Sendable {
    /// A newer build has been here: it may have stored what this one would not understand, or spoil.
    case newer(found: Int64, known: Int64)
    /// The file is a database, but another program's.
    case foreign(application: Int64)
    case database(DatabaseError)
}
