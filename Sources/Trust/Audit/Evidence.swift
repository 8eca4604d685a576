package import Base

/// Proof that the owner of a feed signed two different things under one number. It needs nothing but the mesh's id to
/// be believed, so it can be handed to anyone and looked at years later.
package struct Evidence: Hashable, Sendable {
    package let certificate: Record
    /// By rising ids. Both entries of the law, or both batches of an audit.
    package let statements: [Record]
    /// Where the feed's key had been replaced before: the entries that did it, each signed by the key before. Only
    /// they, since what stands between them does not matter for whose key it was.
    package let successions: [Record]

    package enum Refusal: Error, Hashable, Sendable {
        case record(RecordRefusal)
        /// The two say the same, or do not bear one number of one feed.
        case noContradiction
        /// Not signed by the feed's key, or one that it handed on to.
        case notItsKey
    }

    package init(certificate: Record, _ one: Record, _ other: Record, successions: [Record] = []) {
        self.certificate = certificate
        statements = [one, other].sorted { $0.id < $1.id }
        self.successions = successions
    }

    /// Whose feed it is, and at which number it is forked.
    package func verify(in mesh: Digest) throws(Refusal) -> (owner: SignerKey, feed: Digest, sequence: UInt64) {
        do throws(RecordRefusal) {
            guard case .feed(let feed) = try Verified(certificate, in: mesh).statement else {
                throw RecordRefusal.wrongKind
            }
            var keys = [feed.key]
            for succession in successions {
                keys.append(try successor(succession, of: keys[keys.count - 1], in: mesh))
            }
            var heads: [Head] = []
            for statement in statements { heads.append(try head(of: statement, keys: keys, in: mesh)) }
            guard heads.count == 2, heads[0].isOther(of: heads[1]) else { throw RecordRefusal.wrongKind }
            return (feed.owner, certificate.id, heads[0].sequence)
        } catch {
            switch error {
            case .wrongKind: throw .noContradiction
            case .wrongSigners: throw .notItsKey
            case .malformed, .notAuthentic: throw .record(error)
            }
        }
    }

    private struct Head {
        let id: Digest
        let sequence: UInt64
        let isAudit: Bool

        func isOther(of head: Head) -> Bool {
            id != head.id && sequence == head.sequence && isAudit == head.isAudit
        }
    }

    private func head(of record: Record, keys: [SignerKey], in mesh: Digest) throws(RecordRefusal) -> Head {
        let verified = try Verified(record, in: mesh)
        guard keys.contains(record.seals[0].key) else { throw .wrongSigners }
        switch verified.statement {
        case .entry(let entry) where entry.feed == certificate.id:
            return Head(id: record.id, sequence: entry.sequence, isAudit: false)
        case .audit(let batch) where batch.feed == certificate.id:
            return Head(id: record.id, sequence: batch.sequence, isAudit: true)
        case .entry, .audit, .genesis, .rootUpdate, .feed, .invite, .lease, .time, .life: throw .wrongKind
        }
    }

    private func successor(_ record: Record, of key: SignerKey, in mesh: Digest) throws(RecordRefusal) -> SignerKey {
        let verified = try Verified(record, in: mesh)
        guard record.seals[0].key == key else { throw .wrongSigners }
        switch verified.statement {
        case .entry(let entry):
            guard entry.feed == certificate.id, case .nextKey(let next) = entry.act else { throw .wrongKind }
            return next
        case .audit(let batch):
            guard batch.feed == certificate.id, let next = batch.nextKey else { throw .wrongKind }
            return next
        case .genesis, .rootUpdate, .feed, .invite, .lease, .time, .life: throw .wrongKind
        }
    }
}

extension Evidence: WireValue {
    package func encode(into writer: inout ByteWriter) {
        certificate.encode(into: &writer)
        for statement in statements { statement.encode(into: &writer) }
        writer.list(successions)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        certificate = try Record(from: &reader)
        let (one, other) = (try Record(from: &reader), try Record(from: &reader))
        guard one.id < other.id else { throw .notCanonical }
        statements = [one, other]
        successions = try reader.list(of: Record.self, atMost: Limits.successions)
    }
}

extension Law {
    /// The proof that a feed is forked; nil when it is not. `records` gives back what was stored under an id.
    package func evidence(against feed: Digest, records: (Digest) -> Record?) -> Evidence? {
        guard let log = feeds[feed], let fork = log.fork else { return nil }
        let two = log.all(at: fork).prefix(2).compactMap { records($0.id) }
        guard two.count == 2, let certificate = records(feed) else { return nil }
        let successions = log.linked.values.filter {
            if case .nextKey = $0.entry.act { $0.entry.sequence < fork } else { false }
        }.compactMap { records($0.id) }
        return Evidence(certificate: certificate, two[0], two[1], successions: successions)
    }
}
