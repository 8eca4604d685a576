internal import Base
internal import Control
internal import Replication

/// Keys as rows: what each holds, who wrote it, and what became of every write.
extension MarramNode {
    /// The one reading of a key that is meant.
    private func reading(of key: String, _ kind: ValueKind?) throws(Complaint) -> KeyReading {
        let known = store.readings(of: Array(key.utf8)).filter { kind == nil || $0.kind == kind?.kind }
        let holding = known.filter { $0.shown != .nothing }
        guard holding.count < 2 else { throw Complaint(severalKindsOf: key, holding) }
        guard let reading = holding.first ?? known.first else {
            let mayHave = store.replica.floor.isEmpty ? "" : "; if it was deleted, that is forgotten"
            throw Complaint(
                .keyNotFound, what: "\(key) holds nothing, and nothing is known to have been written to it\(mayHave)")
        }
        return reading
    }

    func key(_ key: String, _ kind: ValueKind?, at time: WallTime?) throws(Complaint) -> KeyReply {
        var reading = try reading(of: key, kind)
        if let time { reading = reading.asOf(HybridTime(endOf: time)) }
        guard reading.shown != .nothing else {
            let last = reading.slots.flatMap(\.held).max { $0.time < $1.time }
            let gone = last.map { "; it was deleted by \(name(of: $0)) at \($0.time.wall.rfc3339)" } ?? ""
            let then = time.map { " at \($0.rfc3339)" } ?? ""
            throw Complaint(
                .keyNotFound, what: "\(key) holds nothing\(then)\(time == nil ? gone : "")",
                remedy: "marram history \(key)")
        }
        let live = reading.slots.flatMap { slot in slot.values + slot.live.filter(\.operation.isRemoval) }
        return KeyReply(
            row: row(reading), kind: ValueKind(reading.kind), rule: ValueKind(reading.kind).rule,
            writes: live.prefix(Limits.answerRows).map { row($0, in: reading) },
            omitted: max(0, live.count - Limits.answerRows), hasForgotten: reading.hasForgotten)
    }

    func history(of key: String, _ kind: ValueKind?) throws(Complaint) -> KeyReply {
        let reading = try reading(of: key, kind)
        let all = reading.slots.flatMap(\.held).sorted { left, right in
            left.time != right.time ? left.time > right.time : left.dot > right.dot
        }
        return KeyReply(
            row: reading.shown == .nothing ? nil : row(reading), kind: ValueKind(reading.kind),
            rule: ValueKind(reading.kind).rule, writes: all.prefix(Limits.answerRows).map { row($0, in: reading) },
            omitted: max(0, all.count - Limits.answerRows), hasForgotten: reading.hasForgotten)
    }

    func list(_ prefix: String, from: String, at time: WallTime?, onlyConflicts: Bool) -> KeysReply {
        var rows: [KeyRow] = []
        var bytes = 0
        var next: String?
        store.read(prefix: Array(prefix.utf8), from: Array(from.utf8)) { now in
            let reading = time.map { now.asOf(HybridTime(endOf: $0)) } ?? now
            guard reading.shown != .nothing, !onlyConflicts || reading.isInConflict else { return true }
            let row = row(reading)
            // A key of two kinds is two rows, and both belong to one answer.
            guard rows.last?.key == row.key || (rows.count < Limits.answerRows && bytes < Limits.answerBytes) else {
                next = row.key
                return false
            }
            bytes += row.key.utf8.count + (row.value?.bytes.count ?? 0) + row.elements.reduce(0) { $0 + $1.bytes.count }
            rows.append(row)
            return true
        }
        return KeysReply(rows: rows, next: next)
    }

    private func row(_ reading: KeyReading) -> KeyRow {
        let live = reading.live
        var last: Held?
        if case .value(let shown) = reading.shown { last = shown }
        last = last ?? live.max { $0.time != $1.time ? $0.time < $1.time : $0.dot < $1.dot }
        return KeyRow(
            key: String(decoding: reading.key, as: UTF8.self), kind: ValueKind(reading.kind), value: reading.value,
            elements: reading.elements, isInConflict: reading.isInConflict,
            isStored: live.allSatisfy { store.spoken.covers($0.dot) }, version: KeyReading?.some(reading).versionText,
            writer: last.map { name(of: $0) } ?? "", at: last?.time.wall ?? WallTime(milliseconds: 0),
            clock: last.map { ClockWord($0.quality) } ?? .unknown)
    }

    private func name(of held: Held) -> String {
        store.author(of: held.dot.writer).map { name(of: $0) } ?? "an unknown node"
    }

    private func row(_ held: Held, in reading: KeyReading) -> WriteRow {
        let (state, why) = state(of: held, in: reading)
        return WriteRow(
            isRemoval: held.operation.isRemoval, element: element(of: held.operation, reading.kind),
            value: value(of: held.operation, reading.kind), writer: name(of: held),
            node: store.author(of: held.dot.writer) ?? configuration.id, sequence: Int(clamping: held.dot.sequence),
            at: held.time.wall, clock: ClockWord(held.quality), state: state, why: why)
    }

    /// Of what kinds have elements, the element. A log's only tells entries of one transaction apart.
    func element(of operation: Replication.Operation, _ kind: Kind) -> ValueBytes? {
        [.addWins, .removeWins, .growing].contains(kind) ? ValueBytes(operation.element) : nil
    }

    func value(of operation: Replication.Operation, _ kind: Kind) -> ValueBytes? {
        switch kind {
        case .register, .latest, .guarded, .report: operation.isRemoval ? nil : ValueBytes(operation.value)
        case .log: ValueBytes(operation.value)
        case .addWins, .removeWins, .growing: nil
        case .enableWins, .disableWins: ValueBytes(operation.isRemoval ? "off" : "on")
        case .counter, .maximum, .minimum: ValueBytes("\(Number(operation.value).value)")
        case .escrow:
            ValueBytes(
                "added \(EscrowAccount(operation.value).added), spent \(EscrowAccount(operation.value).spent)")
        }
    }

    private func state(of held: Held, in reading: KeyReading) -> (WriteRow.State, String) {
        guard held.counts else { return (.void, "of no effect: its writer had no right to it, or has forked its log") }
        guard let slot = reading.slots.first(where: { $0.holds(held.dot) && $0.id == held.operation.slot }) else {
            return (.void, "of no effect")
        }
        if let other = slot.live.first(where: { slot.supersedes($0, held) })
            ?? slot.held.first(where: { slot.supersedes($0, held) })
        {
            let by = "\(name(of: other)) at \(other.time.wall.rfc3339)"
            return (.superseded, "\(reading.kind.succession) \(by)")
        }
        if reading.isInConflict {
            let others = slot.live.filter { $0.dot != held.dot }.map { name(of: $0) }
            return (.conflicting, "written without knowledge of what \(others.joined(separator: ", ")) wrote")
        }
        if case .value(let shown) = reading.shown, shown.dot != held.dot {
            return (.live, "beside a later one")
        }
        return (.live, "nothing has taken its place")
    }
}

extension Kind {
    /// By what a write takes the place of another of this kind, up to the name of who wrote it.
    fileprivate var succession: String {
        switch self {
        case .register, .guarded, .latest, .addWins, .removeWins, .enableWins, .disableWins:
            "was seen and replaced by"
        case .counter, .escrow, .report: "carried on by the same node:"
        case .maximum: "a larger one was written by"
        case .minimum: "a smaller one was written by"
        case .log: "no longer kept: closed by"
        case .growing: "joined by"
        }
    }
}
