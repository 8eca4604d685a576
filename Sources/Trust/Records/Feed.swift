package import Base

/// Ties a feed to its owner: one start of a node, or one machine on which an operator works. Every durable act is an
/// entry of a feed, numbered and chained by hashes, because only then can a revocation say how much of it still counts.
/// The feed's id is this record's.
package struct FeedCertificate: Hashable, Sendable {
    package enum Purpose: UInt8, Sendable {
        case acts = 1
        case audit = 2
    }

    package let owner: SignerKey
    /// Drawn anew whenever the owner is not certain to know its own last entry, so that a restored disk begins a feed
    /// instead of forking one.
    package let epoch: UInt64
    package let purpose: Purpose
    /// What signs the first entries.
    package let key: SignerKey

    package init(owner: SignerKey, epoch: UInt64, purpose: Purpose = .acts, key: SignerKey) {
        self.owner = owner
        self.epoch = epoch
        self.purpose = purpose
        self.key = key
    }
}

extension FeedCertificate: WireValue {
    package func encode(into writer: inout ByteWriter) {
        owner.encode(into: &writer)
        writer.u64(epoch)
        writer.u8(purpose.rawValue)
        key.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        owner = try SignerKey(from: &reader)
        epoch = try reader.u64()
        guard let purpose = Purpose(rawValue: try reader.u8()) else { throw .unknown }
        self.purpose = purpose
        key = try SignerKey(from: &reader)
    }
}

/// One thing that somebody did, in its place.
package struct Entry: Hashable, Sendable {
    package let feed: Digest
    /// One for the first.
    package let sequence: UInt64
    /// The entry before, or the feed's id.
    package let previous: Digest
    /// The head of the root chain that the actor knew: the law under which the act is judged.
    package let head: Digest
    /// The grant or redemption that the actor uses; nil for an operator, and for what every owner of a feed may do.
    package let authority: Digest?
    /// Says when, and decides nothing.
    package let time: HybridTime
    package let act: Act

    package init(
        feed: Digest, sequence: UInt64, previous: Digest, head: Digest, authority: Digest?, time: HybridTime, act: Act
    ) {
        self.feed = feed
        self.sequence = sequence
        self.previous = previous
        self.head = head
        self.authority = authority
        self.time = time
        self.act = act
    }
}

extension Entry: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.digest(feed)
        writer.varint(sequence)
        writer.digest(previous)
        writer.digest(head)
        writer.optional(authority)
        writer.u64(time.bits)
        act.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        feed = try reader.digest()
        sequence = try reader.ordinal()
        previous = try reader.digest()
        head = try reader.digest()
        authority = try reader.optional(Digest.self)
        time = HybridTime(bits: try reader.u64())
        act = try Act(from: &reader)
        guard (sequence == 1) == (previous == feed) else { throw .outOfRange }
    }
}

/// What an entry does.
package enum Act: Hashable, Sendable {
    case grant(Grant)
    case revoke(Revocation)
    /// One operator stops another: a flag at every place where law is enforced, until the root lifts it or makes it a
    /// removal. It voids nothing, so two operators who stop each other leave one answer everywhere.
    case suspend(operator: String)
    case propose(Proposal)
    case approve(Approval)
    /// Anything else that a capability is for: a setting, a release, a quarantine.
    case operate(Operation)
    /// "This was the head of that feed when I saw it."
    case cosign(Cut)
    /// The entries after this one are signed by another key, and the old one is erased: who steals the new one cannot
    /// rewrite what came before.
    case nextKey(SignerKey)
    case redeem(Redemption)
    /// A node of the site, or an operator, vouches for a newcomer, by the entry of the redemption.
    case confirm(redemption: Digest)
    /// An operator decides which of the nodes that came with one invitation stay.
    case resolve(invite: Digest, keep: [SignerKey])
    /// The last entry of its feed.
    case close
}

extension Act: WireValue {
    package func encode(into writer: inout ByteWriter) {
        func value(_ tag: UInt8, _ value: some WireValue) {
            writer.u8(tag)
            value.encode(into: &writer)
        }
        switch self {
        case .grant(let grant): value(1, grant)
        case .revoke(let revocation): value(2, revocation)
        case .suspend(let name): value(3, ListedName(name))
        case .propose(let proposal): value(4, proposal)
        case .approve(let approval): value(5, approval)
        case .operate(let operation): value(6, operation)
        case .cosign(let head): value(7, head)
        case .nextKey(let key): value(8, key)
        case .redeem(let redemption): value(9, redemption)
        case .confirm(let redemption): value(10, redemption)
        case .resolve(let invite, let keep):
            value(11, invite)
            writer.list(keep)
        case .close: writer.u8(12)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1: self = .grant(try Grant(from: &reader))
        case 2: self = .revoke(try Revocation(from: &reader))
        case 3: self = .suspend(operator: try reader.name())
        case 4: self = .propose(try Proposal(from: &reader))
        case 5: self = .approve(try Approval(from: &reader))
        case 6: self = .operate(try Operation(from: &reader))
        case 7: self = .cosign(try Cut(from: &reader))
        case 8: self = .nextKey(try SignerKey(from: &reader))
        case 9: self = .redeem(try Redemption(from: &reader))
        case 10: self = .confirm(redemption: try reader.digest())
        case 11:
            let invite = try reader.digest()
            self = .resolve(invite: invite, keep: try reader.rising(of: SignerKey.self, in: 0...Limits.keptNodes))
        case 12: self = .close
        default: throw .unknown
        }
    }
}
