/// How a transaction failed. The difference is the whole point: after the one, nothing has changed and the caller may
/// go on; after the other, nobody knows, neither this process nor SQLite.
///
/// A commit that returns an error may still be on the disk. The log was written but `fsync` failed; the power may go or
/// the process end, and the next start finds the transaction whole. It is the same with a reply lost on a network.
/// Therefore a failed commit is never called "not done".
package enum CommitFailure: Error, Hashable, Sendable {
    /// Nothing of the transaction is or will be in the database.
    case notDone(DatabaseError)
    /// All of the transaction may be in the database, or nothing of it. Only opening the database anew tells.
    case indeterminate(DatabaseError)

    package var error: DatabaseError {
        switch self {
        case .notDone(let error), .indeterminate(let error): error
        }
    }
}

extension Connection {
    /// Does `body` as one transaction: when this returns, all of it is on the disk.
    package func transaction<Answer>(
        _ body: () throws(DatabaseError) -> Answer
    ) throws(CommitFailure) -> Answer {
        precondition(!isInTransaction, "a transaction within a transaction")
        let answer: Answer
        do throws(DatabaseError) {
            try run("BEGIN IMMEDIATE")
            answer = try body()
        } catch {
            // What was written so far has no commit record behind it, so it counts for nothing.
            rollBack()
            throw .notDone(error)
        }
        do throws(DatabaseError) {
            try run("COMMIT")
        } catch {
            rollBack()
            throw .indeterminate(error)
        }
        precondition(!isInTransaction, "SQLite said that it had committed")
        return answer
    }

    /// After some errors SQLite has rolled back by itself, and says so by no longer being in a transaction
    /// (https://sqlite.org/lang_transaction.html, section 3). A roll-back that fails leaves it nonetheless.
    private func rollBack() {
        guard isInTransaction else { return }
        try? run("ROLLBACK")
    }
}
