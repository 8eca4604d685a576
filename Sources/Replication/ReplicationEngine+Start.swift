package import Base
package import Crypto

/// How a node's own engine begins: from what its disk has, which is looked over before anything is said.
extension ReplicationEngine {
    /// Leaves room for ticks above it.
    static let lastTime = HybridTime(milliseconds: (1 << 48) - 2, counter: 0)

    /// `missed` is how many starts of this node its database does not know of. A number that it has not had before says
    /// that an older copy of the database was put back, or that it was lost: then the node writes a new log, under
    /// `instance`, since others may know more of the old one than it does itself.
    package init(
        namespace: Namespace, key: VerifyingKey, instance: UInt64, missed: UInt64, stored facts: [Fact],
        authority: Authority = Authority(), settings: ReplicationSettings = ReplicationSettings(), random: Random,
        bug: ReplicaBug? = nil, at now: Now
    ) {
        let name = WriterName(key: key, instance: instance)
        var replica = Replica(namespace: namespace, me: name, genesis: .open, authority: authority, bug: bug)
        let misfits = replica.load(facts)
        let shelved = facts.filter { $0.shelf == Shelf.replication }
        // Only what this node wrote itself: the time of another may be of any year.
        let own = replica.logs.logs.filter { $0.name.key == key }.compactMap(\.lastTime).max()
        let flaw: StoreFlaw?
        if shelved.contains(where: { !$0.key.starts(with: namespace.encoded) }) {
            flaw = .otherMesh
        } else if replica.me.key != key {
            flaw = .otherNode(replica.me.author)
        } else {
            flaw = misfits > 0 ? .misfits(misfits) : nil
        }
        self.init(
            replica, settings: settings, clock: min(own ?? HybridTime(bits: 0), Self.lastTime), random: random, at: now)
        self.flaw = flaw
        isCounted = true
        factBytes = shelved.reduce(0) { $0 + $1.bytes }
        let lag = Fact(shelf: Shelf.store, key: [1], value: Self.bytes(missed))
        // Of an older copy of the disk others may know more epochs than it does.
        knowsEpochs = missed == 0 || facts.contains(lag)
        guard !facts.contains(lag) || shelved.isEmpty else { return }
        self.replica.rename(instance: instance)
        knowsItself = true
        unsaid = [lag]
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: 10)
        writer.varint(number)
        return writer.bytes
    }

    /// What the last signatures of this node's own logs vouch for: all that it ever wrote, since each transaction is
    /// chained to the one before. A log that ends unsigned has nothing to show.
    package var ownClaims: [Claim?] {
        replica.logs.logs.filter { $0.name.key == replica.me.key && $0.head > 0 }.map { log in
            log.entries.last?.signature.map { Claim(key: log.name.key, id: log.headID, signature: $0) }
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
    var bytes: Int { key.count + (value?.count ?? 0) }
}

extension Log {
    fileprivate var lastTime: HybridTime? {
        entries.reversed().lazy.compactMap { entry -> HybridTime? in
            if case .held(let transaction) = entry.content { transaction.time } else { nil }
        }.first
    }
}
