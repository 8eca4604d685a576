package import Base

/// Everything signed that this member knows: a set that only grows, so that members who exchanged their sets hold the
/// same one, whatever the order and however often each record came. What the records are worth is not said here; that
/// is the `Judgement` of the set.
package struct Law: Sendable {
    package private(set) var root: RootChain
    /// By ids.
    private(set) var feeds = SortedMap<Digest, FeedLog>()
    /// Every feed of an owner.
    private(set) var feedsByOwner: [SignerKey: [Digest]] = [:]
    /// Where an entry stands; looked up, never walked through.
    private var placeByID: [Digest: (feed: Digest, sequence: UInt64)] = [:]
    /// Keys that some record of the law speaks of. Nobody else's feeds are kept, so strangers take no room.
    private var knownKeys: Set<SignerKey> = []

    /// Throws unless `genesis` is what the mesh of that id began with, truly signed.
    package init(genesis: Record, mesh: Digest) throws(RootChain.RootRefusal) {
        guard genesis.id == mesh else { throw .otherMesh }
        let verified: Verified
        do throws(RecordRefusal) { verified = try Verified(genesis, in: mesh) } catch { throw .record(error) }
        try self.init(trusting: verified)
    }

    /// For a genesis that was verified before it was stored.
    package init(trusting genesis: Verified) throws(RootChain.RootRefusal) {
        root = try RootChain(genesis)
        for person in root.head.state.operators { knownKeys.formUnion(person.person.keys) }
    }

    package var mesh: Digest { root.mesh }

    /// What became of a record.
    package enum Admission: Hashable, Sendable {
        case new
        case known
        /// It is kept, and counts as soon as the entries before it are here.
        case waiting
        /// It speaks of something that is not known here, and is not kept. That is nobody's fault: it will be offered
        /// again.
        case notYet
        /// There is no more room of its kind.
        case full
        /// The root would not be governable, or too few signed.
        case refusedRoot(RootState.Refusal)
        /// Not by the key that its feed has at that place.
        case refusedKey
        /// Good, but no part of the law: leases, clocks and lives go elsewhere.
        case notLaw
    }

    package mutating func admit(_ verified: Verified) -> Admission {
        switch verified.statement {
        case .genesis: verified.id == mesh ? .known : .notLaw
        case .rootUpdate(let update): admit(update, id: verified.id)
        case .feed(let certificate): admit(certificate, id: verified.id)
        case .entry(let entry): admit(entry, id: verified.id, signer: verified.record.seals[0].key)
        case .invite, .lease, .time, .life, .audit: .notLaw
        }
    }

    private mutating func admit(_ update: RootUpdate, id: Digest) -> Admission {
        switch root.admit(update, id: id) {
        case .known: return .known
        case .waiting: return .notYet
        case .full: return .full
        case .refused(let why): return .refusedRoot(why)
        case .new:
            for case .add(let person) in update.changes { knownKeys.formUnion(person.person.keys) }
            return .new
        }
    }

    private mutating func admit(_ certificate: FeedCertificate, id: Digest) -> Admission {
        if feeds[id] != nil { return .known }
        guard knownKeys.contains(certificate.owner) else { return .notYet }
        let others = feedsByOwner[certificate.owner] ?? []
        guard others.count < Limits.feedsPerOwner else { return .full }
        feedsByOwner[certificate.owner] = (others + [id]).sorted()
        feeds[id] = FeedLog(id: id, certificate: certificate)
        return .new
    }

    private mutating func admit(_ entry: Entry, id: Digest, signer: SignerKey) -> Admission {
        guard feeds[entry.feed]?.certificate.purpose == .acts else { return .notYet }
        let (index, _) = feeds.position(of: entry.feed)
        switch feeds.update(at: index, { $0.admit(entry, id: id, signer: signer) }) {
        case .known: return .known
        case .waiting: return .waiting
        case .full: return .full
        case .refused: return .refusedKey
        case .linked(let placed):
            for placed in placed {
                placeByID[placed.id] = (entry.feed, placed.entry.sequence)
                switch placed.entry.act {
                case .grant(let grant): knownKeys.formUnion(grant.subject.keys)
                case .redeem(let redemption): knownKeys.insert(redemption.node.signing)
                case .revoke, .suspend, .propose, .approve, .operate, .cosign, .nextKey, .confirm, .resolve, .close:
                    break
                }
            }
            return .new
        }
    }

    /// The linked entry of that id.
    package func entry(_ id: Digest) -> Entry? { find(id)?.placed.entry }

    /// The feed and the entry of that id.
    func find(_ id: Digest) -> (log: FeedLog, placed: FeedLog.Placed)? {
        guard let place = placeByID[id], let log = feeds[place.feed], let placed = log[place.sequence, id] else {
            return nil
        }
        return (log, placed)
    }
}
