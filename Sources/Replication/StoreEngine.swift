package import Base
package import Crypto

/// A node's own side of replication: its replica, the writes that are under way, and how far the disk has come.
///
/// A write is prepared (refused here, with nothing changed, when it may not be made), signed by whoever has the node's
/// key, put behind the own log, and handed out as facts. Whoever carries the facts says by which ticket they go to the
/// disk, and later that they are there. Until then nobody is told that the write was made, and no follower of changes
/// sees it.
package struct StoreEngine: Sendable {
    package enum Command: Hashable, Sendable {
        /// All of these in one transaction; answered by `wrote` or `refused`.
        case write(RequestID, [Change])
        /// What was asked to be signed last, signed.
        case attested(Signature)
        /// The facts of a ticket are on the disk.
        case persisted(Ticket)
    }

    package enum Effect: Hashable, Sendable {
        /// Sign the id of a transaction with the node's key, and say so with `attested`.
        case attest(Digest)
        case persist(Fact)
        /// Made, and on the disk.
        case wrote(RequestID, Dot)
        /// Nothing has changed.
        case refused(RequestID, WriteRefusal)
    }

    struct Write: Hashable, Sendable {
        var id: RequestID
        var changes: [Change]
    }

    struct Made: Hashable, Sendable {
        var id: RequestID
        var dot: Dot
    }

    package internal(set) var replica: Replica
    var index = KeyIndex()
    var clock: HybridClock
    /// What is on the disk: only of this are followers told.
    package internal(set) var stored = VersionVector()
    /// What will be, when these tickets are back.
    var unstored: SortedMap<Ticket, VersionVector> = SortedMap()
    /// The first is being made.
    var waiting: [Write] = []
    /// Waits for its signature.
    var prepared: Transaction?
    /// Made, and not yet on the disk.
    var made: [Made] = []
    /// Facts of this life that go to the disk with its first write.
    var unsaid: [Fact] = []
    /// A running fingerprint of all facts, since the whole state is too large to be hashed at every step.
    var trail = TraceHash()
    /// The size of the facts that the state comes to: what a checkpoint of it takes.
    package internal(set) var factBytes = 0
    /// What is wrong with what was stored.
    package private(set) var flaw: StoreFlaw?

    /// Leaves room for ticks above it.
    static let lastTime = HybridTime(milliseconds: (1 << 48) - 2, counter: 0)

    init(restoring replica: Replica, clock: HybridClock) {
        self.replica = replica
        self.clock = clock
        index.catchUp(with: replica)
    }

    /// `missed` is how many starts of this node its database does not know of. A number that it has not had before says
    /// that an older copy of the database was put back, or that it was lost: then the node writes a new log, under
    /// `instance`, since others may know more of the old one than it does itself.
    package init(
        namespace: Namespace, author: NodeID, instance: UInt64, missed: UInt64, stored facts: [Fact]
    ) {
        let name = WriterName(author: author, instance: instance)
        var replica = Replica(namespace: namespace, me: name, genesis: .open)
        let misfits = replica.load(facts)
        let shelved = facts.filter { $0.shelf == Shelf.replication }
        // Only what this node wrote itself: the time of another may be of any year.
        let own = replica.logs.logs.filter { $0.name.author == author }.compactMap(\.lastTime).max()
        self.init(restoring: replica, clock: HybridClock(floor: min(own ?? HybridTime(bits: 0), Self.lastTime)))
        if shelved.contains(where: { !$0.key.starts(with: namespace.encoded) }) {
            flaw = .otherMesh
        } else if replica.me.author != author {
            flaw = .otherNode(replica.me.author)
        } else if misfits > 0 {
            flaw = .misfits(misfits)
        }
        stored = replica.vector
        factBytes = shelved.reduce(0) { $0 + $1.bytes }
        let lag = Fact(shelf: Shelf.store, key: [1], value: Self.bytes(missed))
        guard !facts.contains(lag) || shelved.isEmpty else { return }
        self.replica.rename(instance: instance)
        unsaid = [lag]
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: 10)
        writer.varint(number)
        return writer.bytes
    }

    // MARK: The doors

    package mutating func perform(_ command: Command, at now: Now, into outbox: inout Outbox<Effect>) {
        switch command {
        case .write(let id, let changes):
            guard waiting.count + made.count < Limits.ownWritesWaiting else { return outbox.put(.refused(id, .busy)) }
            waiting.append(Write(id: id, changes: changes))
            if prepared == nil { prepare(at: now, into: &outbox) }
        case .attested(let signature):
            // Nothing waits for a signature that was not asked for.
            guard let transaction = prepared else { return }
            commit(transaction, signature, into: &outbox)
            prepare(at: now, into: &outbox)
        case .persisted(let ticket):
            guard let reach = unstored[ticket] else { return }
            unstored[ticket] = nil
            stored.join(reach)
            for one in made where stored.covers(one.dot) { outbox.put(.wrote(one.id, one.dot)) }
            made.removeAll { stored.covers($0.dot) }
        }
    }

    /// The facts handed out so far go to the disk with this ticket.
    package mutating func entrust(to ticket: Ticket) { unstored[ticket] = replica.vector }

    // MARK: Writing

    private mutating func prepare(at now: Now, into outbox: inout Outbox<Effect>) {
        while let write = waiting.first {
            do throws(WriteRefusal) {
                // A wall clock behind what is known to have passed is one that nobody should trust.
                let isBehind = now.wall.milliseconds < Int64(clock.last.milliseconds)
                let transaction = try replica.prepare(
                    write.changes, time: clock.tick(at: now), quality: isBehind ? .unknown : .floorOnly)
                prepared = transaction
                return outbox.put(.attest(replica.nextID(for: transaction)))
            } catch {
                waiting.removeFirst()
                outbox.put(.refused(write.id, error))
            }
        }
    }

    private mutating func commit(
        _ transaction: Transaction, _ signature: Signature, into outbox: inout Outbox<Effect>
    ) {
        let write = waiting.removeFirst()
        prepared = nil
        replica.commit(transaction, signature)
        index.catchUp(with: replica)
        for fact in unsaid + replica.takeFacts() {
            trail.absorb(fact.encoded.raw)
            factBytes += fact.bytes
            outbox.put(.persist(fact))
        }
        unsaid = []
        made.append(Made(id: write.id, dot: Dot(replica.my, replica.head(of: replica.my))))
    }

    // MARK: The check at the start

    /// What the last signatures of this node's own logs vouch for: all that it ever wrote, since each transaction is
    /// chained to the one before. A log that ends unsigned has nothing to show.
    package var ownClaims: [Claim?] {
        replica.logs.logs.filter { $0.name.author == replica.me.author && $0.head > 0 }.map { log in
            log.entries.last?.signature.map { Claim(author: log.name.author, id: log.headID, signature: $0) }
        }
    }
}

/// What may be wrong with a store that was found on the disk. A node does not run on with it: it would sign what it
/// cannot answer for.
package enum StoreFlaw: Hashable, Sendable {
    case otherMesh
    case otherNode(NodeID)
    /// So many rows do not fit to the others.
    case misfits(Int)
    case unsigned
}

extension Epoch {
    /// The first epoch as long as nobody issues epochs: every member of the mesh may write.
    package static let open = Epoch(number: 0, previous: Digest(.zero), roster: [])
}

extension Fact {
    fileprivate var bytes: Int { key.count + (value?.count ?? 0) }
}

extension Log {
    fileprivate var lastTime: HybridTime? {
        entries.reversed().lazy.compactMap { entry -> HybridTime? in
            if case .held(let transaction) = entry.content { transaction.time } else { nil }
        }.first
    }
}
