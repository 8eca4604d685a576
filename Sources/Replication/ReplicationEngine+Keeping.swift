package import Base
internal import Crypto

/// Keeping the epochs: saying who belongs to the namespace, which one node does whom the law has named for it. Without
/// one everybody may write and nothing is forgotten.
///
/// The first epoch closes the namespace around the members that the law knows. Whoever the law lets in later is
/// admitted, whoever it throws out is evicted, and so is a member that has been silent for so long that a person says
/// so. Who was evicted for its silence is admitted again when it has been heard in the newest epoch. An epoch is signed
/// as an act of the law, which takes a moment; then it is stored, and only then spoken of.
extension ReplicationEngine {
    /// Pauses between two epochs, so that those who come together share one, and until one is proposed again that the
    /// law has not taken.
    static let gathering = Interval.seconds(1)
    static let proposing = Interval.seconds(10)

    /// The newest epoch that the disk has.
    package var spokenEpoch: Epoch { replica.epochs[spokenEpochs - 1] }

    mutating func takeLaw(_ members: [NodeID], isKeeper: Bool, at now: Now) {
        lawful = members
        self.isKeeper = isKeeper
        considerEpoch(at: now)
    }

    /// A person says that nobody is to wait for this member any more.
    mutating func takeEviction(of member: NodeID, at now: Now) {
        guard replica.epoch.admits(member), member != replica.me.author, !dismissed.contains(member) else { return }
        dismissed.append(member)
        considerEpoch(at: now)
    }

    /// Something has changed that the next epoch might have to say.
    mutating func considerEpoch(at now: Now) {
        guard isKeeper, epochDue == nil, proposal == nil else { return }
        epochDue = now.instant + Self.gathering
    }

    /// Proposes the next epoch if there is anything to be said in one.
    mutating func tendEpochs(at now: Now, into outbox: inout Outbox<Effect>) {
        guard let due = epochDue, due <= now.instant else { return }
        epochDue = nil
        proposal = nil
        guard isKeeper, !replica.hasEpochConflict else { return }
        guard knowsEpochs || replica.bug == .issuesBlindly, spokenEpochs == replica.epochs.count else {
            return epochDue = now.instant + Self.proposing
        }
        dismissed.removeAll { !replica.epoch.admits($0) }
        guard let epoch = nextEpoch(at: now) else { return }
        proposal = epoch
        epochDue = now.instant + Self.proposing
        outbox.put(.propose(epoch))
    }

    /// The law has taken what was proposed, and this is the proof.
    mutating func takeProof(_ proof: [UInt8], at now: Now, into outbox: inout Outbox<Effect>) {
        guard var epoch = proposal else { return }
        proposal = nil
        epochDue = nil
        epoch.proof = proof
        issue(epoch, at: now, into: &outbox)
        considerEpoch(at: now)
    }

    mutating func issue(_ epoch: Epoch, at now: Now, into outbox: inout Outbox<Effect>) {
        // Another may have come meanwhile.
        guard epoch.previous == Replica.hash(replica.epoch) else { return }
        learn([epoch], at: now, into: &outbox)
        store(into: &outbox)
        hurry(at: now)
    }

    /// What is to be said of who belongs here; nil when nothing is.
    private func nextEpoch(at now: Now) -> Epoch? {
        let last = replica.epoch
        guard replica.epochs.count < Limits.epochs else { return nil }
        var next = Epoch(number: last.number + 1, previous: Replica.hash(last), roster: last.roster)
        // A hybrid time for people; the clock that orders writes is not turned for it.
        let milliseconds = UInt64(clamping: now.wall.milliseconds.clamped(to: 0...Int64(Self.lastTime.milliseconds)))
        next.issued = HybridTime(milliseconds: milliseconds, counter: 0)
        if last.isOpen {
            next.roster = lawful
            next.evictions = strangers(to: lawful)
        } else {
            let leaving = last.roster.filter { !lawful.risingContains($0) || dismissed.contains($0) }
            next.roster.removeAll { leaving.contains($0) }
            next.evictions = leaving.map { replica.eviction(of: $0, upTo: spoken) }
            admit(to: &next)
        }
        settle(in: &next)
        let isNews = next.roster != last.roster || !next.settled.isEmpty
        return isNews && next.encoded.count <= Limits.epochBytes ? next : nil
    }

    /// What every member has is settled as the law is now: of each writer up to where what is void can be listed, and
    /// as many writers as the epoch has room for.
    private func settle(in epoch: inout Epoch) {
        for dot in replica.common?.met(spoken).dots ?? [] where !replica.settled.covers(dot) {
            var longer = epoch
            let forbidden = replica.forbidden(upTo: dot)
            let room = Limits.settledVoid - epoch.void.count
            let last = forbidden.count > room ? forbidden[room].sequence - 1 : dot.sequence
            guard last > replica.settled[dot.writer] else { continue }
            longer.settled.raise(to: Dot(dot.writer, last))
            longer.void += forbidden.prefix(room)
            guard longer.encoded.count <= Limits.epochBytes else { return }
            epoch = longer
        }
    }

    /// A walk through all slots has counted what waits to be settled. Much is settled at once; little only now and
    /// then, or when nothing was settled for long.
    mutating func considerSettling(at now: Now) {
        let isMuch = unsettled >= settings.settledAtOnce
        guard isKeeper, isMuch || (unsettled > 0 && nextSettling <= now.instant) else { return }
        nextSettling = now.instant + settings.settling
        considerEpoch(at: now)
    }

    /// Who wrote while everybody might, and is no member: what is known of it counts, and nothing beyond.
    private func strangers(to roster: [NodeID]) -> [Epoch.Eviction] {
        replica.logs.logs.map(\.name.author).risingOnce.filter { !roster.risingContains($0) }
            .map { replica.eviction(of: $0, upTo: spoken) }
    }

    /// As many newcomers as an epoch has room for: each brings what it must know before it writes.
    private func admit(to epoch: inout Epoch) {
        for member in lawful where !replica.epoch.admits(member) && mayEnter(member) {
            var wider = epoch
            wider.roster = (wider.roster + [member]).risingOnce
            wider.admissions.append(replica.admission(of: member, upTo: spoken))
            guard wider.encoded.count <= Limits.epochBytes else { return }
            epoch = wider
        }
    }

    /// A newcomer, or one that was evicted and has been heard since.
    private func mayEnter(_ member: NodeID) -> Bool {
        !replica.parted.risingContains(member) || replica.acks[member]?.epoch == replica.epoch.number
    }
}

extension ReplicationEngine {
    /// What keeps the forgetting from going on.
    package struct Holdup: Hashable, Sendable {
        package var member: NodeID
        /// Transactions that it is not known to have; nil when it has not been heard in this epoch.
        package var lacks: Int?
        /// Since when, by the clock of whoever wrote the first that it lacks, or issued the epoch.
        package var since: HybridTime
    }

    /// Members of the roster that are not known to have everything that this node has, the longest first.
    package var holdups: [Holdup] {
        let epoch = spokenEpoch
        return epoch.roster.filter { $0 != replica.me.author }.compactMap { member -> Holdup? in
            guard let ack = replica.acks[member], ack.epoch == epoch.number else {
                return Holdup(member: member, lacks: nil, since: epoch.issued)
            }
            let lacking = spoken.dots.filter { ack.vector[$0.writer] < $0.sequence }
            guard !lacking.isEmpty else { return nil }
            let first = lacking.compactMap { replica.time(of: Dot($0.writer, ack.vector[$0.writer] + 1)) }.min()
            let count = lacking.reduce(0) { $0 + Int($1.sequence - ack.vector[$1.writer]) }
            return Holdup(member: member, lacks: count, since: first ?? epoch.issued)
        }.sorted { ($0.since, $0.member) < ($1.since, $1.member) }
    }
}

extension Replica {
    /// When the first transaction from here on was written whose content is still held.
    fileprivate func time(of dot: Dot) -> HybridTime? {
        guard let log = logs[dot.writer], let start = log.index(of: max(dot.sequence, log.base + 1)) else { return nil }
        for case .held(let transaction) in log.entries[start...].lazy.map(\.content) { return transaction.time }
        return nil
    }
}

extension ReplicationEngine {
    /// A node's own reports are written again by themselves when it is back: only it writes them, so what they say is
    /// as good as before. Whatever else was handed back waits for a person.
    mutating func reportAnew(at now: Now, into outbox: inout Outbox<Effect>) {
        guard !replica.returned.isEmpty, writes.isEmpty, signing == nil, replica.isWritable else { return }
        var newest = SortedMap<SlotID, Operation>()
        for transaction in replica.returned.values {
            for operation in transaction.operations
            where operation.kind == Kind.report.rawValue && !replica.hasReported(operation, since: transaction.time) {
                newest[operation.slot] = operation
            }
        }
        let changes = newest.values.prefix(Limits.operations).map { Change.report(key: $0.key, value: $0.value) }
        if !changes.isEmpty { return takeWrite(RequestID(number: 0), Array(changes), at: now, into: &outbox) }
        let settled = replica.returned.filter { _, transaction in
            transaction.operations.allSatisfy { $0.kind == Kind.report.rawValue }
        }
        replica.settleReturned(settled.map(\.0))
        store(into: &outbox)
    }
}

extension Replica {
    /// Whether this node may write now.
    fileprivate var isWritable: Bool { (try? mayWrite()) != nil }

    /// Whether something that counts, and that this node wrote no earlier, stands in the report's place.
    fileprivate func hasReported(_ operation: Operation, since time: HybridTime) -> Bool {
        slot(operation.slot)?.live.contains { held in
            logs[held.dot.writer]?.name.author == me.author && held.time >= time
        } ?? false
    }
}
