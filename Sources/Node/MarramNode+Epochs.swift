internal import Base
internal import Control
internal import Registry
internal import Replication

/// What a node answers about epochs: who belongs, who holds forgetting up, and what was handed back.
extension MarramNode {
    func epoch() -> EpochReply {
        let holdups = store.holdups
        let epoch = store.spokenEpoch
        return EpochReply(
            number: Int(clamping: epoch.number), issued: epoch.issued.wall,
            keeper: switchboard.registry.keeper.map { name(of: $0) } ?? "", members: epoch.roster.count,
            isFrozen: store.replica.hasEpochConflict,
            holdups: holdups.prefix(Limits.answerRows).map { holdup in
                EpochReply.Holdup(
                    name: name(of: holdup.member), id: holdup.member, lacks: holdup.lacks, since: holdup.since.wall)
            },
            omitted: max(0, holdups.count - Limits.answerRows), waiting: store.replica.waitingToBeForgotten,
            returned: store.replica.returned.values.reduce(0) { $0 + $1.operations.count })
    }

    mutating func evict(_ word: String, at now: Now, into world: inout NodeOutbox) throws(Complaint) {
        let (id, _) = try memberOfLaw(word)
        guard store.isKeeper else {
            let keeper = switchboard.registry.keeper.map { "\(name(of: $0)) keeps the epochs" }
            throw Complaint(
                .notTheKeeper, what: keeper ?? "nobody keeps the epochs",
                remedy: keeper == nil ? "marram epoch keep NODE" : "marram epoch evict \(word), on that node")
        }
        guard id != configuration.id, store.spokenEpoch.admits(id) else {
            throw Complaint(.badArgument, what: "\(name(of: id)) is not waited for", remedy: "marram epoch")
        }
        take(.performed(.evict(id)), at: now, into: &world)
    }

    func returned() -> ReturnedReply {
        let all = store.replica.returned.values.flatMap { transaction in
            transaction.operations.compactMap { row(of: $0, transaction.time.wall) }
        }
        return ReturnedReply(
            rows: Array(all.prefix(Limits.answerRows)), omitted: max(0, all.count - Limits.answerRows))
    }

    private func row(of operation: Replication.Operation, _ time: WallTime) -> ReturnedReply.Row? {
        guard let kind = Kind(rawValue: operation.kind) else { return nil }
        let now = store.readings(of: operation.key).first { $0.kind == kind }
        let element = element(of: operation, kind).map { operation.isRemoval ? "not \($0.shown)" : $0.shown }
        return ReturnedReply.Row(
            key: String(decoding: operation.key, as: UTF8.self), kind: ValueKind(kind),
            wrote: element ?? value(of: operation, kind)?.shown, at: time, holds: now?.text)
    }

    mutating func settleReturned(at now: Now, into world: inout NodeOutbox) {
        let dots = store.replica.returned.keys
        for start in stride(from: 0, to: dots.count, by: Limits.operations) {
            let some = Array(dots[start..<min(dots.count, start + Limits.operations)])
            take(.performed(.settle(some)), at: now, into: &world)
        }
    }

    /// What a person should know of epochs without asking.
    func epochProblems(at now: Now) -> [StatusReply.Problem] {
        var problems: [StatusReply.Problem] = []
        if store.replica.hasEpochConflict { problems.append(StatusReply.Problem(.epochConflict)) }
        let late = store.holdups.filter { $0.since.wall + Limits.holdupWarning <= now.wall }
        if let first = late.first {
            let others = late.count == 1 ? "" : ", and \(late.count - 1) others"
            problems.append(
                StatusReply.Problem(
                    .forgettingHeldUp,
                    what: "waiting for \(name(of: first.member)) since \(first.since.wall.rfc3339)\(others)",
                    remedy: "marram epoch"))
        }
        let count = store.replica.returned.values.reduce(0) { $0 + $1.operations.count }
        if count > 0 {
            problems.append(
                StatusReply.Problem(
                    .writesReturned, what: "\(count) writes of this node count for nobody",
                    remedy: "marram epoch returned"))
        }
        return problems
    }
}
