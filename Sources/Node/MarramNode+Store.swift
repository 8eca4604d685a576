internal import Base
internal import Control
internal import Replication

/// What a node answers about keys and values. Reading is done on the spot. A write is planned, made by the switchboard,
/// and answered when the disk has it. Who waits for a change is answered when there is one, or when its patience ends.
extension MarramNode {
    var store: ReplicationEngine { switchboard.store }

    mutating func attend(to request: StoreRequest, _ id: RequestID, at now: Now, into world: inout NodeOutbox) {
        do throws(Complaint) {
            switch request {
            case .get(let key, let kind, let time):
                world.put(.reply(id, envelope(.key(try self.key(key, kind, at: time)), at: now)))
            case .list(let prefix, let from, let time, let onlyConflicts):
                let reply = list(prefix, from: from, at: time, onlyConflicts: onlyConflicts)
                world.put(.reply(id, envelope(.keys(reply), at: now)))
            case .history(let key, let kind):
                world.put(.reply(id, envelope(.key(try history(of: key, kind)), at: now)))
            case .write(let assignments, let isTrial):
                try write(assignments, isTrial: isTrial, id, at: now, into: &world)
            case .changes(_, let since, let patience):
                let cursor = try since.map { text throws(Complaint) in try Self.cursor(text).encoded } ?? []
                try watch(request, since == nil ? nil : hexadecimal(cursor), patience, id, at: now, into: &world)
            case .expect(_, _, let patience): try watch(request, nil, patience, id, at: now, into: &world)
            }
        } catch {
            world.put(.reply(id, envelope(.failure(error), at: now)))
        }
    }

    // MARK: Writing

    private mutating func write(
        _ assignments: [Assignment], isTrial: Bool, _ id: RequestID, at now: Now, into world: inout NodeOutbox
    ) throws(Complaint) {
        let plan = try StorePlan(assignments, on: store)
        try checkRight(toWrite: plan.rows.filter(\.isChanged).map(\.key), at: now)
        let reply = WriteReply(rows: plan.rows, isTrial: isTrial, sequence: nil)
        guard !isTrial, !plan.changes.isEmpty else { return world.put(.reply(id, envelope(.wrote(reply), at: now))) }
        desk.plans[id] = reply
        take(.performed(.write(id, plan.changes)), at: now, into: &world)
    }

    mutating func wasMade(_ id: RequestID, _ dot: Dot, at now: Now, into world: inout NodeOutbox) {
        guard var reply = desk.plans[id] else { return }
        desk.plans[id] = nil
        reply.sequence = Int(clamping: dot.sequence)
        world.put(.reply(id, envelope(.wrote(reply), at: now)))
    }

    mutating func wasRefused(
        _ id: RequestID, _ refusal: WriteRefusal, at now: Now, into world: inout NodeOutbox
    ) {
        guard desk.plans[id] != nil else { return }
        desk.plans[id] = nil
        world.put(.reply(id, envelope(.failure(refusal.complaint), at: now)))
    }

    // MARK: Waiting

    /// Something may be on the disk that was not, or somebody's patience be at its end.
    mutating func serveWatchers(at now: Now, into world: inout NodeOutbox) {
        guard !desk.watchers.isEmpty else { return }
        var waiting: [StoreDesk.Watcher] = []
        for var watcher in desk.watchers {
            if let reply = answer(to: &watcher, isLast: watcher.deadline <= now.instant) {
                world.put(.reply(watcher.id, envelope(reply, at: now)))
            } else {
                waiting.append(watcher)
            }
        }
        desk.watchers = waiting
    }

    private mutating func watch(
        _ question: StoreRequest, _ cursor: String?, _ patience: Interval, _ id: RequestID, at now: Now,
        into world: inout NodeOutbox
    ) throws(Complaint) {
        var watcher = StoreDesk.Watcher(
            id: id, question: question, cursor: cursor ?? hexadecimal(store.spoken.encoded),
            deadline: now.instant + patience)
        var isFirst = false
        if case .changes(_, since: nil, _) = question { isFirst = true }
        if let reply = answer(to: &watcher, isLast: patience == .zero || isFirst) {
            return world.put(.reply(id, envelope(reply, at: now)))
        }
        guard desk.watchers.count < Limits.watchers else {
            throw Complaint(.writesWaiting, what: "\(Limits.watchers) others wait for changes already")
        }
        desk.watchers.append(watcher)
    }

    /// The answer, if there is one by now; `isLast` says that there must be.
    private func answer(to watcher: inout StoreDesk.Watcher, isLast: Bool) -> Reply? {
        switch watcher.question {
        case .expect(let key, let value, let patience):
            if let reply = try? self.key(key, nil, at: nil), let row = reply.row, row.isStored, !row.isInConflict,
                value == nil || row.value == value || row.elements.contains(where: { $0 == value })
            {
                return .key(reply)
            }
            let wanted = value.map { "\(key) to hold \($0.shown)" } ?? "\(key) to hold anything"
            return isLast
                ? .failure(Complaint(.notYet, what: "waited \(patience.seconds) s for \(wanted), in vain")) : nil
        case .changes(let prefix, _, _):
            guard let cursor = try? Self.cursor(watcher.cursor) else { return .failure(Complaint(.cursorUnreadable)) }
            let followed = store.changes(since: cursor, prefix: Array(prefix.utf8))
            watcher.cursor = hexadecimal(followed.cursor.encoded)
            let isNews = !followed.changes.isEmpty || followed.hasGap || followed.isCutShort
            guard isNews || isLast else { return nil }
            return .changes(
                ChangesReply(rows: rows(of: followed), cursor: watcher.cursor, hasGap: followed.hasGap))
        case .get, .list, .history, .write: preconditionFailure("only who asked for changes waits for them")
        }
    }

    private static func cursor(_ text: String) throws(Complaint) -> VersionVector {
        guard let encoded = bytes(hexadecimal: text), let cursor = try? VersionVector(decoding: encoded.raw) else {
            throw Complaint(.cursorUnreadable)
        }
        return cursor
    }

    private func rows(of followed: ReplicationEngine.Followed) -> [ChangesReply.Row] {
        followed.changes.flatMap { change in
            change.operations.compactMap { operation in
                guard let kind = Kind(rawValue: operation.kind) else { return nil }
                return ChangesReply.Row(
                    key: String(decoding: operation.key, as: UTF8.self), kind: ValueKind(kind),
                    isRemoval: operation.isRemoval, element: element(of: operation, kind),
                    value: value(of: operation, kind), writer: name(of: change.author),
                    sequence: Int(clamping: change.dot.sequence), at: change.transaction.time.wall)
            }
        }
    }
}
