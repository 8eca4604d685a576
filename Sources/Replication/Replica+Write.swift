package import Base
package import Crypto

/// Something that our own side wants to change.
package enum Change: Hashable, Sendable {
    /// A value of a register (`guarded`, `register` or `latest`). `resolves` says that the caller has seen the conflict
    /// of a guarded one and decides it.
    case put(Kind, key: [UInt8], value: [UInt8], resolves: Bool)
    case remove(Kind, key: [UInt8])
    /// An element into a set, or out of it.
    case include(Kind, key: [UInt8], element: [UInt8])
    case exclude(Kind, key: [UInt8], element: [UInt8])
    case turn(Kind, key: [UInt8], on: Bool)
    case add(key: [UInt8], Int64)
    /// A maximum or minimum.
    case bound(Kind, key: [UInt8], Int64)
    case deposit(key: [UInt8], UInt64)
    case spend(key: [UInt8], UInt64)
    case give(key: [UInt8], UInt64, to: Writer)
    case report(key: [UInt8], value: [UInt8])
    /// An entry of a log, which closes all but the newest of this writer's own: so many stay, itself among them.
    case append(key: [UInt8], value: [UInt8], keeps: Int?)
}

/// Why a write was not made. Nothing was changed.
package enum WriteRefusal: UInt8, Error, CaseIterable, Sendable {
    case tooLarge, tooManyOperations, oneSlotTwice, wrongKind
    /// This node is not on the roster; what it wrote would be void.
    case notAdmitted
    /// It came back a moment ago and does not know enough yet.
    case behindAdmission
    case notAllowed
    /// The key is guarded and has more than one value: decide first.
    case inConflict
    /// Of an escrow more than one has rights to.
    case noRights
    /// Its own log has forked.
    case forked
    /// As many writes wait as may.
    case busy
}

extension Replica {
    /// The transaction that makes these changes, with all that this node knows as its context. Nothing is changed yet.
    package func prepare(
        _ changes: [Change], time: HybridTime, quality: ClockQuality, schema: UInt64 = 0
    ) throws(WriteRefusal) -> Transaction {
        guard !changes.isEmpty, changes.count <= Limits.operations else { throw .tooManyOperations }
        try mayWrite()
        let next = Dot(my, head(of: my) + 1)
        var operations: [Operation] = []
        for change in changes {
            var operation = try operation(for: change, behind: operations)
            if bug != .forgetsContext { operation.context.join(slot(operation.slot)?.context ?? VersionVector()) }
            guard operation.fits else { throw .tooLarge }
            guard authority?.allows(me.author, toWrite: operation.key, at: next) ?? true else { throw .notAllowed }
            operations.append(operation)
        }
        operations.sort { $0.slot < $1.slot }
        for index in operations.indices.dropFirst() where operations[index - 1].slot == operations[index].slot {
            throw .oneSlotTwice
        }
        let transaction = Transaction(
            epoch: epoch.number, time: time, quality: quality, schema: schema,
            dependencies: Array(frontier.filter { $0.writer != my }.prefix(Limits.dependencies)),
            operations: operations)
        guard transaction.encoded.count <= Limits.transactionBytes else { throw .tooLarge }
        return transaction
    }

    func mayWrite() throws(WriteRefusal) {
        if forks[my] != nil { throw .forked }
        if bug == .noFence { return }
        guard epoch.admits(me.author) else { throw .notAdmitted }
        guard bug != .noBarrier else { return }
        let floors = epochs.flatMap { $0.admissions.filter { $0.member == me.author } }
        guard floors.allSatisfy({ isMet($0.floor, by: vector) }) else { throw .behindAdmission }
    }

    private func operation(
        for change: Change, behind others: [Operation]
    ) throws(WriteRefusal) -> Operation {
        switch change {
        case .put(let kind, let key, let value, let resolves):
            guard [.guarded, .register, .latest].contains(kind) else { throw .wrongKind }
            let operation = Operation(kind, key: key, value: value)
            if kind == .guarded, !resolves, bug != .decidesForPeople,
                slot(operation.slot)?.isInConflict ?? false
            {
                throw .inConflict
            }
            return operation
        case .remove(let kind, let key):
            guard [.guarded, .register, .latest, .report].contains(kind) else { throw .wrongKind }
            return Operation(kind, key: key, isRemoval: true)
        case .include(let kind, let key, let element):
            guard [.addWins, .removeWins, .growing].contains(kind) else { throw .wrongKind }
            return Operation(kind, key: key, element: element)
        case .exclude(let kind, let key, let element):
            guard [.addWins, .removeWins].contains(kind) else { throw .wrongKind }
            return Operation(kind, key: key, element: element, isRemoval: true)
        case .turn(let kind, let key, let on):
            guard [.enableWins, .disableWins].contains(kind) else { throw .wrongKind }
            return Operation(kind, key: key, isRemoval: !on)
        case .report(let key, let value): return Operation(.report, key: key, value: value)
        case .append(let key, let value, let keeps):
            // Numbered, so that one transaction may append several.
            let number = others.count { $0.kind == Kind.log.rawValue && $0.key == key }
            var entry = Operation(.log, key: key, element: Number(value: Int64(number)).bytes, value: value)
            if let keeps { entry.context = closing(allBut: keeps, of: entry.slot) }
            return entry
        case .add, .bound, .deposit, .spend, .give: return try numericOperation(for: change)
        }
    }

    private func numericOperation(for change: Change) throws(WriteRefusal) -> Operation {
        switch change {
        case .add(let key, let amount):
            let operation = Operation(.counter, key: key)
            let sum = Number(mine(operation)).value.addingReportingOverflow(amount)
            guard !sum.overflow else { throw .tooLarge }
            return Operation(.counter, key: key, value: Number(value: sum.partialValue).bytes)
        case .bound(let kind, let key, let value):
            guard [.maximum, .minimum].contains(kind) else { throw .wrongKind }
            return Operation(kind, key: key, value: Number(value: value).bytes)
        case .deposit(let key, let amount):
            // What is spent is bounded by rights; this is not.
            guard amount <= Limits.escrowed else { throw .tooLarge }
            return try escrow(key, spending: 0) { $0.added += amount }
        case .spend(let key, let amount):
            return try escrow(key, spending: amount) { $0.spent += amount }
        case .give(let key, let amount, let receiver):
            return try escrow(key, spending: amount) { $0.give(amount, to: receiver) }
        case .put, .remove, .include, .exclude, .turn, .report, .append:
            preconditionFailure("the caller hands on only what has a number")
        }
    }

    /// What an entry names that closes all of this writer's own but so many, the new one among them.
    private func closing(allBut keeps: Int, of id: SlotID) -> VersionVector {
        let own = slot(id)?.live.filter { $0.dot.writer == my } ?? []
        var context = VersionVector()
        if own.count >= keeps { context[my] = own[own.count - max(keeps, 1)].dot.sequence }
        return context
    }

    /// The value of this writer's own newest operation on a slot.
    private func mine(_ operation: Operation) -> [UInt8] {
        slot(operation.slot)?.live.first { $0.dot.writer == my }?.operation.value ?? []
    }

    private func escrow(
        _ key: [UInt8], spending amount: UInt64, _ change: (inout EscrowAccount) -> Void
    ) throws(WriteRefusal) -> Operation {
        let operation = Operation(.escrow, key: key)
        guard amount <= Limits.escrowed else { throw .noRights }
        let rights = slot(operation.slot)?.escrow.rights(of: my) ?? 0
        guard amount == 0 || bug == .spendsFreely || Int64(amount) <= rights else { throw .noRights }
        var account = EscrowAccount(mine(operation))
        change(&account)
        guard let valid = try? EscrowAccount(decoding: account.encoded.raw) else { throw .tooLarge }
        return Operation(.escrow, key: key, value: valid.encoded)
    }

    /// The id that the own next transaction gets: what has to be signed.
    package func nextID(for transaction: Transaction) -> Digest {
        let log = logs[my]
        return Chain.id(
            namespace, me, (log?.head ?? 0) + 1, after: log?.headID ?? Chain.root,
            content: Digest(hashing: transaction.encoded.raw))
    }

    /// Puts a prepared and signed transaction behind the own log. Nothing else may have been written in between.
    package mutating func commit(_ transaction: Transaction, _ signature: Signature?) {
        append(
            transaction, id: nextID(for: transaction), body: transaction.encoded, signature: signature,
            to: logs.made(me))
    }
}
