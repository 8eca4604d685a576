package import Base
internal import Crypto

/// One namespace as one node holds it: logs, what they come to, epochs, and who is known to have what. A value without
/// messages, timers or peers; the engine around it has those.
///
/// Whatever is read from it is a function of the transactions that it has been given, the epochs and the proofs of
/// forks. Order, repetition and the state of any clock leave no mark.
package struct Replica: Sendable {
    package let namespace: Namespace
    /// Under which name this node writes.
    package internal(set) var me: WriterName
    package internal(set) var my: Writer
    /// Nil where there is no law, and epochs alone decide.
    package internal(set) var authority: Authority?
    var logs = Logs()
    /// Transactions that ever came here in this life.
    var arrivals: UInt64 = 0
    /// Operations that were ever taken in here in this life.
    package private(set) var operationsTaken = 0
    /// How far each log is known: the heads of `logs`.
    package internal(set) var vector = VersionVector()
    var places = SlotPlaces()
    var slots: [Slot] = []
    package internal(set) var epochs: [Epoch]
    /// Members that were evicted and not admitted since, rising.
    package internal(set) var parted: [NodeID] = []
    /// Up to here epochs have said for good what counts, whatever the law comes to: what is forgotten cannot be taken
    /// up again when that in its place becomes void.
    package internal(set) var settled = VersionVector()
    /// What of it does not count, rising.
    var settledVoid: [Dot] = []
    /// Two different epochs bear one number: somebody who may issue them did so twice. Nothing is collected then.
    package internal(set) var hasEpochConflict = false
    /// What had been deleted and is forgotten: who does not know all of this must not be given logs, but the live set.
    package internal(set) var floor = VersionVector()
    /// What each member is known to have.
    package internal(set) var acks = SortedMap<NodeID, Ack>()
    package internal(set) var forks = SortedMap<Writer, Fork>()
    /// Own transactions that an eviction, a fork or the law has made void, until whoever wrote them has decided anew.
    /// No more than this node itself wrote.
    package internal(set) var returned = SortedMap<Dot, Transaction>()
    /// Those of them that are decided about and still in the log, rising.
    var decided: [Dot] = []
    /// The heads that no transaction rests on yet, rising.
    var frontier: [Dot] = []
    /// What has changed and must be stored.
    package internal(set) var facts: [Fact] = []
    let bug: ReplicaBug?

    package struct Ack: Hashable, Sendable {
        package var epoch: UInt64
        package var vector: VersionVector

        package init(epoch: UInt64, vector: VersionVector) {
            self.epoch = epoch
            self.vector = vector
        }
    }

    package struct Fork: Hashable, Sendable {
        /// From here on both branches are void.
        package var place: UInt64
        package var proof: ForkProof

        /// The id before the fork, which both branches' signatures vouch for.
        func voucher(in namespace: Namespace) -> Digest? {
            let left = proof.left
            if left.first == place { return left.previous }
            let ids = left.ids(namespace, proof.name)
            return place > left.first && place - left.first <= UInt64(ids.count)
                ? ids[Int(place - left.first) - 1] : nil
        }
    }

    package init(
        namespace: Namespace, me: WriterName, genesis: Epoch, authority: Authority? = nil,
        bug: ReplicaBug? = nil
    ) {
        precondition(genesis.number == 0, "the first epoch is number zero")
        self.namespace = namespace
        self.me = me
        my = Writer(me)
        self.authority = authority
        epochs = [genesis]
        self.bug = bug
    }

    package var epoch: Epoch { epochs[epochs.count - 1] }

    // MARK: What counts

    /// Whether this transaction is of no effect, as a whole.
    func isVoid(_ dot: Dot, by author: NodeID, _ transaction: Transaction) -> Bool {
        if !forks.isEmpty, let fork = forks[dot.writer], dot.sequence >= fork.place { return true }
        if bug != .ignoresRights, isForbidden(dot, by: author, transaction) { return true }
        if bug == .noFence { return false }
        let epoch = transaction.epoch
        guard epoch < UInt64(epochs.count), epochs[Int(epoch)].admits(author) else { return true }
        if epoch == 0, isShutOut(author) { return true }
        return epochs[Int(epoch + 1)...].contains { later in
            later.evictions.contains { $0.member == author && dot.sequence > $0.cut[dot.writer] }
        }
    }

    /// Whether its author had no right to it. Of what is settled the law is not asked any more.
    func isForbidden(_ dot: Dot, by author: NodeID, _ transaction: Transaction) -> Bool {
        if bug != .judgesSettled, settled.covers(dot) { return settledVoid.risingContains(dot) }
        guard let authority else { return false }
        return transaction.operations.contains { !authority.allows(author, toWrite: $0.key, at: dot) }
    }

    /// What of a log is not settled yet up to a place, and what its author had no right to.
    func forbidden(upTo last: Dot) -> [Dot] {
        guard let log = logs[last.writer] else { return [] }
        return (settled[last.writer]..<last.sequence).map { Dot(last.writer, $0 + 1) }.filter { dot in
            log.transaction(dot.sequence).map { isForbidden(dot, by: log.name.author, $0) } ?? false
        }
    }

    /// Whether the first roster closed an open namespace to somebody of whom its issuer knew nothing: nobody waits for
    /// what such a one has, so what it wrote may rest on what is forgotten.
    private func isShutOut(_ author: NodeID) -> Bool {
        guard epochs[0].isOpen, epochs.count > 1, !epochs[1].admits(author) else { return false }
        return !epochs[1].evictions.contains { $0.member == author }
    }

    /// Says anew of everything whether it counts: an epoch, a fork or a right has become known.
    mutating func judgeAll() {
        let dots = Set(logs.logs.flatMap { void(in: $0, from: $0.base + 1) })
        for index in slots.indices { slots[index].judge { dots.contains($0.dot) } }
    }

    /// What is held of a log from a place on, and void.
    func void(in log: Log, from first: UInt64) -> [Dot] {
        (first..<log.head + 1).map { Dot(log.writer, $0) }.filter { dot in
            log.transaction(dot.sequence).map { isVoid(dot, by: log.name.author, $0) } ?? false
        }
    }

    // MARK: Reading

    func place(of id: SlotID) -> Int? { places.place(of: id, in: slots) }
    package func slot(_ id: SlotID) -> Slot? { place(of: id).map { slots[$0] } }

    /// All slots that hold something, by key.
    package var sortedSlots: [Slot] { slots.filter { !$0.isEmpty }.sorted { $0.id < $1.id } }

    package func transaction(_ dot: Dot) -> Transaction? { logs[dot.writer]?.transaction(dot.sequence) }
    package func head(of writer: Writer) -> UInt64 { logs[writer]?.head ?? 0 }

    /// The ends of all logs, or of one author's: the last transaction of each, and its id.
    package func ends(of author: NodeID?) -> [(dot: Dot, id: Digest)] {
        logs.logs.filter { $0.head > 0 && (author == nil || $0.name.author == author) }
            .map { (Dot($0.writer, $0.head), $0.headID) }
    }

    // MARK: Taking in

    /// Puts a transaction behind its log's head.
    mutating func append(
        _ transaction: Transaction, id: Digest, body: [UInt8], signature: Signature?, dropped: [Int] = [],
        to index: Int
    ) {
        arrivals += 1
        let entry = Log.Entry(
            id: id, content: .held(transaction), signature: signature, size: UInt32(body.count), arrival: arrivals)
        let (dot, author) = logs.change(index) { log -> (Dot, NodeID) in
            log.entries.append(entry)
            return (Dot(log.writer, log.head), log.name.author)
        }
        vector.raise(to: dot)
        operationsTaken += transaction.operations.count
        advanceFrontier(to: dot, past: transaction.dependencies)
        let isVoid = isVoid(dot, by: author, transaction)
        for (number, operation) in transaction.operations.enumerated() where !dropped.contains(number) {
            if bug == .tearsTransactions, number > 0, dot.writer != my { continue }
            let time = bug == .ordersByArrival ? HybridTime(bits: arrivals) : transaction.time
            let held = Held(
                dot: dot, time: time, quality: transaction.quality, operation: operation, isVoid: isVoid)
            let place = made(operation.slot)
            slots[place].take(held)
        }
        store(dot, entry, body: body, dropped: dropped)
    }

    /// The place of a slot; makes an empty one first when there is none.
    private mutating func made(_ id: SlotID) -> Int {
        if let place = place(of: id) { return place }
        slots.append(Slot(id))
        places.add(slots.count - 1, of: slots)
        return slots.count - 1
    }

    mutating func appendPruned(_ content: Digest, id: Digest, signature: Signature?, to index: Int) {
        arrivals += 1
        let entry = Log.Entry(id: id, content: .pruned(content), signature: signature, arrival: arrivals)
        let dot = logs.change(index) { log -> Dot in
            log.entries.append(entry)
            return Dot(log.writer, log.head)
        }
        vector.raise(to: dot)
        advanceFrontier(to: dot, past: [])
        store(dot, entry, dropped: [])
    }

    private mutating func advanceFrontier(to dot: Dot, past dependencies: [Dot]) {
        if !dependencies.isEmpty {
            frontier.removeAll { known in
                dependencies.contains { $0.writer == known.writer && $0.sequence >= known.sequence }
            }
        }
        let index = frontier.firstIndex { $0.writer >= dot.writer } ?? frontier.count
        if index < frontier.count, frontier[index].writer == dot.writer {
            frontier[index] = dot
        } else {
            frontier.insert(dot, at: index)
        }
    }
}
