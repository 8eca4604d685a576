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
    package internal(set) var authority: Authority
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
    /// Two different epochs bear one number: somebody who may issue them did so twice. Nothing is collected then.
    package internal(set) var hasEpochConflict = false
    /// What had been deleted and is forgotten: who does not know all of this must not be given logs, but the live set.
    package internal(set) var floor = VersionVector()
    /// What each member is known to have.
    package internal(set) var acks = SortedMap<NodeID, Ack>()
    package internal(set) var forks = SortedMap<Writer, Fork>()
    /// Own transactions that an eviction or a fork has made void, until whoever wrote them has decided anew. No more
    /// than this node itself wrote.
    package internal(set) var returned = SortedMap<Dot, Transaction>()
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
        namespace: Namespace, me: WriterName, genesis: Epoch, authority: Authority = Authority(),
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

    /// Whether an operation of this transaction is of no effect.
    func isVoid(_ dot: Dot, by author: NodeID, epoch: UInt64, key: [UInt8]) -> Bool {
        if !forks.isEmpty, let fork = forks[dot.writer], dot.sequence >= fork.place { return true }
        if bug != .ignoresRights, !authority.allows(author, toWrite: key, in: epoch) { return true }
        if bug == .noFence { return false }
        guard epoch < UInt64(epochs.count), epochs[Int(epoch)].admits(author) else { return true }
        if epoch == 0, isShutOut(author) { return true }
        return epochs[Int(epoch + 1)...].contains { later in
            later.evictions.contains { $0.member == author && dot.sequence > $0.cut[dot.writer] }
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
        for index in slots.indices {
            var slot = slots[index]
            slot.judge { held in
                guard let author = logs[held.dot.writer]?.name.author else { return true }
                return isVoid(held.dot, by: author, epoch: held.epoch, key: held.operation.key)
            }
            slots[index] = slot
        }
    }

    // MARK: Reading

    func place(of id: SlotID) -> Int? { places.place(of: id, in: slots) }
    package func slot(_ id: SlotID) -> Slot? { place(of: id).map { slots[$0] } }

    /// All slots that hold something, by key.
    package var sortedSlots: [Slot] { slots.filter { !$0.isEmpty }.sorted { $0.id < $1.id } }

    package func transaction(_ dot: Dot) -> Transaction? { logs[dot.writer]?.transaction(dot.sequence) }
    package func head(of writer: Writer) -> UInt64 { logs[writer]?.head ?? 0 }

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
        for (number, operation) in transaction.operations.enumerated() where !dropped.contains(number) {
            if bug == .tearsTransactions, number > 0, dot.writer != my { continue }
            let time = bug == .ordersByArrival ? HybridTime(bits: arrivals) : transaction.time
            let held = Held(
                dot: dot, time: time, quality: transaction.quality, epoch: transaction.epoch,
                operation: operation,
                isVoid: isVoid(dot, by: author, epoch: transaction.epoch, key: operation.key))
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
