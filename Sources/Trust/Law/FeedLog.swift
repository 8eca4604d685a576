internal import Base

/// One feed as it is known here: the entries that are linked to its beginning, and those that wait for an earlier one.
/// A feed of an honest owner is a list; a forked one is a tree, and its branches are kept, since they are the proof.
struct FeedLog: Hashable, Sendable {
    struct Place: Hashable, Comparable, Sendable {
        let sequence: UInt64
        let id: Digest

        static func < (left: Place, right: Place) -> Bool {
            left.sequence == right.sequence ? left.id < right.id : left.sequence < right.sequence
        }
    }

    /// An entry with its feed's key at that place.
    struct Placed: Hashable, Sendable {
        let id: Digest
        let entry: Entry
        /// Of a redemption: what its invitation promised. It is asked for in every judgement, and read once.
        let promise: Invite?
        /// What must sign the entry after it; nil after the last.
        let nextKey: SignerKey?

        var place: Place { Place(sequence: entry.sequence, id: id) }
    }

    private struct Waiting: Hashable, Sendable {
        let entry: Entry
        let signer: SignerKey
    }

    let id: Digest
    let certificate: FeedCertificate
    private(set) var linked = SortedMap<Place, Placed>()
    private var waiting = SortedMap<Place, Waiting>()
    /// The first number that two entries bear.
    private(set) var fork: UInt64?
    private(set) var isClosed = false

    init(id: Digest, certificate: FeedCertificate) {
        self.id = id
        self.certificate = certificate
    }

    var waitingCount: Int { waiting.count }

    enum Admission: Hashable, Sendable {
        case linked([Placed])
        case known
        case waiting
        case full
        /// Not signed by the feed's key at that place, or after the last entry.
        case refused
    }

    mutating func admit(_ entry: Entry, id: Digest, signer: SignerKey) -> Admission {
        let place = Place(sequence: entry.sequence, id: id)
        if linked[place] != nil || waiting[place] != nil { return .known }
        guard let expected = key(before: entry) else {
            guard hasPredecessor(of: entry) == false else { return .refused }
            guard waiting.count < Limits.waitingEntries else { return .full }
            waiting[place] = Waiting(entry: entry, signer: signer)
            return .waiting
        }
        guard signer == expected else { return .refused }
        var added = [link(entry, id: id, key: expected)]
        var next = 0
        while next < added.count {
            added += linkFollowers(of: added[next])
            next += 1
        }
        return .linked(added)
    }

    /// The key that must sign `entry`; nil when the entry before it is not linked, or is the last.
    private func key(before entry: Entry) -> SignerKey? {
        if entry.sequence == 1 { return certificate.key }
        return linked[Place(sequence: entry.sequence - 1, id: entry.previous)]?.nextKey
    }

    private func hasPredecessor(of entry: Entry) -> Bool {
        entry.sequence == 1 || linked[Place(sequence: entry.sequence - 1, id: entry.previous)] != nil
    }

    private mutating func link(_ entry: Entry, id: Digest, key: SignerKey) -> Placed {
        let nextKey: SignerKey? =
            switch entry.act {
            case .nextKey(let next): next
            case .close: nil
            case .grant, .revoke, .suspend, .propose, .approve, .operate, .cosign, .redeem, .confirm, .resolve: key
            }
        let promise: Invite? = if case .redeem(let redemption) = entry.act { redemption.invite.promise } else { nil }
        let placed = Placed(id: id, entry: entry, promise: promise, nextKey: nextKey)
        linked[placed.place] = placed
        if all(at: entry.sequence).count > 1 { fork = min(fork ?? entry.sequence, entry.sequence) }
        if nextKey == nil { isClosed = true }
        return placed
    }

    private mutating func linkFollowers(of placed: Placed) -> [Placed] {
        let sequence = placed.entry.sequence + 1
        var followers: [(place: Place, waiting: Waiting)] = []
        var index = waiting.position(of: Place(sequence: sequence, id: Digest(.zero))).index
        while index < waiting.count, waiting.keys[index].sequence == sequence {
            if waiting.values[index].entry.previous == placed.id {
                followers.append((waiting.keys[index], waiting.values[index]))
            }
            index += 1
        }
        return followers.compactMap { follower in
            waiting[follower.place] = nil
            guard let key = placed.nextKey, follower.waiting.signer == key else { return nil }
            return link(follower.waiting.entry, id: follower.place.id, key: key)
        }
    }

    /// All linked entries of that number: one, unless the feed is forked there.
    func all(at sequence: UInt64) -> ArraySlice<Placed> {
        let start = linked.position(of: Place(sequence: sequence, id: Digest(.zero))).index
        var end = start
        while end < linked.count, linked.keys[end].sequence == sequence { end += 1 }
        return linked.values[start..<end]
    }

    subscript(sequence: UInt64, id: Digest) -> Placed? { linked[Place(sequence: sequence, id: id)] }

    /// Whether an entry is among those that `cut` leaves: the one that it names and what leads to it. While the named
    /// entry is not known here, lower numbers count.
    func leaves(_ cut: Cut, _ placed: Placed) -> Bool {
        guard placed.entry.sequence < cut.sequence else { return placed.id == cut.entry }
        guard let fork, placed.entry.sequence >= fork, let end = self[cut.sequence, cut.entry] else { return true }
        return isAncestor(placed, of: end)
    }

    func isAncestor(_ placed: Placed, of descendant: Placed) -> Bool {
        var step = descendant
        while step.entry.sequence > placed.entry.sequence {
            guard let before = self[step.entry.sequence - 1, step.entry.previous] else { return false }
            step = before
        }
        return step.id == placed.id
    }
}
