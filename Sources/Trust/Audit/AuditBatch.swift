package import Base

/// One line of a member's diary: what was decided, about whom, and why.
package struct AuditEntry: Hashable, Sendable {
    /// One for the first of the feed.
    package let sequence: UInt64
    package let time: HybridTime
    package let actor: SignerKey
    package let capability: Capability
    package let object: String
    package let isAllowed: Bool
    /// A sentence, for whoever reads the diary; longer ones are cut by whoever writes.
    package let reason: String
    package let authority: Digest?

    package init(
        sequence: UInt64, time: HybridTime, actor: SignerKey, capability: Capability, object: String, isAllowed: Bool,
        reason: String, authority: Digest?
    ) {
        self.sequence = sequence
        self.time = time
        self.actor = actor
        self.capability = capability
        self.object = object
        self.isAllowed = isAllowed
        self.reason = reason
        self.authority = authority
    }
}

extension AuditEntry: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.varint(sequence)
        writer.u64(time.bits)
        actor.encode(into: &writer)
        capability.encode(into: &writer)
        ObjectName(object).encode(into: &writer)
        writer.bool(isAllowed)
        writer.text(reason)
        writer.optional(authority)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        sequence = try reader.ordinal()
        time = HybridTime(bits: try reader.u64())
        actor = try SignerKey(from: &reader)
        capability = try Capability(from: &reader)
        object = try ObjectName(from: &reader).text
        isAllowed = try reader.bool()
        reason = try reader.text(atMost: Limits.factKeyBytes)
        authority = try reader.optional(Digest.self)
    }
}

/// Up to `Limits.auditBatch` audit entries under one signature: the root of a tree over their bytes. Batches of a feed
/// are chained by their hashes.
package struct AuditBatch: Hashable, Sendable {
    package let feed: Digest
    /// One for the first batch.
    package let sequence: UInt64
    /// The batch before, or the feed's id.
    package let previous: Digest
    /// The number of the first entry.
    package let first: UInt64
    package let count: UInt16
    package let tree: Digest
    /// What signs the next batch, when that changes: the old key is erased, and who steals the new one cannot rewrite
    /// what came before.
    package let nextKey: SignerKey?

    package init(
        feed: Digest, sequence: UInt64, previous: Digest, entries: [AuditEntry], nextKey: SignerKey? = nil
    ) {
        precondition((1...Limits.auditBatch).contains(entries.count), "a batch is neither empty nor too large")
        self.feed = feed
        self.sequence = sequence
        self.previous = previous
        first = entries[0].sequence
        count = UInt16(entries.count)
        tree = HashTree(entries.map(\.encoded)).root
        self.nextKey = nextKey
    }
}

extension AuditBatch: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.digest(feed)
        writer.varint(sequence)
        writer.digest(previous)
        writer.varint(first)
        writer.u16(count)
        writer.digest(tree)
        writer.optional(nextKey)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        feed = try reader.digest()
        sequence = try reader.ordinal()
        previous = try reader.digest()
        first = try reader.ordinal()
        count = try reader.u16()
        tree = try reader.digest()
        nextKey = try reader.optional(SignerKey.self)
        guard (1...Limits.auditBatch).contains(Int(count)), (sequence == 1) == (previous == feed) else {
            throw .outOfRange
        }
    }
}

/// Follows the audit feed of one member, and believes nothing that does not continue what it has.
package struct AuditTrail: Hashable, Sendable {
    package let feed: Digest
    package private(set) var head: Digest
    package private(set) var batches: UInt64 = 0
    package private(set) var entries: UInt64 = 0
    private var key: SignerKey

    package enum Refusal: Error, Hashable, Sendable {
        case otherFeed
        case notSignedByItsKey
        /// It does not follow the last batch: some are missing, or the feed is forked.
        case gap
        /// The entries are not those that were signed, or not numbered on from the last.
        case otherEntries
    }

    /// Nil unless the certificate is of an audit feed.
    package init?(_ certificate: Verified) {
        guard case .feed(let feed) = certificate.statement, feed.purpose == .audit else { return nil }
        self.feed = certificate.id
        head = certificate.id
        key = feed.key
    }

    package mutating func follow(_ record: Verified, entries new: [AuditEntry]) throws(Refusal) {
        guard case .audit(let batch) = record.statement, batch.feed == feed else { throw .otherFeed }
        guard batch.sequence == batches + 1, batch.previous == head else { throw .gap }
        guard record.record.seals[0].key == key else { throw .notSignedByItsKey }
        let numbers = zip(new.indices, new).allSatisfy { $1.sequence == entries + UInt64($0) + 1 }
        guard new.count == Int(batch.count), batch.first == entries + 1, numbers,
            HashTree(new.map(\.encoded)).root == batch.tree
        else { throw .otherEntries }
        head = record.id
        batches += 1
        entries += UInt64(new.count)
        if let next = batch.nextKey { key = next }
    }
}
