package import Base
package import Crypto

/// The unit of replication: what has one roster, one chain of epochs and one set of rights.
package struct Namespace: Hashable, Comparable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package static func < (left: Namespace, right: Namespace) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}

extension Namespace: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u64(high.byteSwapped)
        writer.u64(low.byteSwapped)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        let high = try reader.u64().byteSwapped
        self.init(high: high, low: try reader.u64().byteSwapped)
    }
}

/// How the transactions of a log hang together: each one's id is a hash over its place, the id before it and the hash
/// of its content. So a signature on one id vouches for the whole log up to there, and a transaction whose content is
/// gone leaves 32 bytes by which the chain still holds.
package enum Chain {
    /// What a signature of a log's head is a statement of.
    package static let kind = StatementKind("transaction")
    /// The id before a log's first transaction.
    package static let root = Digest(.zero)

    package static func id(
        _ namespace: Namespace, _ name: WriterName, _ sequence: UInt64, after previous: Digest, content: Digest
    ) -> Digest {
        var writer = ByteWriter(capacity: 136)
        namespace.encode(into: &writer)
        name.encode(into: &writer)
        writer.u64(sequence)
        writer.digest(previous)
        writer.digest(content)
        return Digest(hashing: writer.bytes.raw)
    }
}

/// What must be verified before a message is believed: that the owner of this key signed this id.
package struct Claim: Hashable, Sendable {
    package var key: VerifyingKey
    package var id: Digest
    package var signature: Signature

    package init(key: VerifyingKey, id: Digest, signature: Signature) {
        self.key = key
        self.id = id
        self.signature = signature
    }

    package func isTrue(in mesh: Digest) -> Bool {
        do throws(CryptoError) {
            try key.verify(signature, of: id.value.bytes.raw, as: Chain.kind, in: mesh)
            return true
        } catch {
            return false
        }
    }
}

/// A part of a log with its proof: transactions in a row, and the signature of the last one, which vouches for all.
package struct Run: Hashable, Sendable {
    package enum Entry: Hashable, Sendable {
        /// The numbers in `dropped` are operations that the sender has collected: they must not come back.
        case transaction(Transaction, dropped: [Int])
        /// Collected whole; the hash of its content holds its place in the chain.
        case pruned(Digest)

        var content: Digest {
            switch self {
            case .transaction(let transaction, _): Digest(hashing: transaction.encoded.raw)
            case .pruned(let content): content
            }
        }

        /// How much work it is.
        var weight: Int {
            switch self {
            case .transaction(let transaction, _): transaction.operations.count
            case .pruned: 1
            }
        }
    }

    package var name: WriterName
    package var first: UInt64
    /// The id before the first entry; nil when it is the receiver's own head.
    package var previous: Digest?
    package var entries: [Entry]
    package var signature: Signature

    package var last: UInt64 { first + UInt64(entries.count) - 1 }

    /// With its ids, if the one before the first entry is `start`.
    func reckoned(in namespace: Namespace, after start: Digest) -> ReckonedRun {
        var previous = start
        var result = ReckonedRun(self, after: start)
        for (offset, entry) in entries.enumerated() {
            let content: Digest
            switch entry {
            case .transaction(let transaction, _):
                let body = transaction.encoded
                content = Digest(hashing: body.raw)
                result.bodies.append(body)
            case .pruned(let known):
                result.bodies.append([])
                content = known
            }
            previous = Chain.id(namespace, name, first + UInt64(offset), after: previous, content: content)
            result.ids.append(previous)
        }
        return result
    }

    /// The ids of the entries, if the one before the first is `start`.
    func ids(in namespace: Namespace, after start: Digest) -> [Digest] {
        var previous = start
        var sequence = first
        return entries.map { entry in
            previous = Chain.id(namespace, name, sequence, after: previous, content: entry.content)
            sequence += 1
            return previous
        }
    }
}

/// A run whose ids were reckoned, once: what is left is to verify its claim.
package struct ReckonedRun: Hashable, Sendable {
    package let run: Run
    package let writer: Writer
    /// The id before the first entry.
    var start: Digest
    package internal(set) var ids: [Digest] = []
    /// The transactions' bytes; empty where one was pruned.
    var bodies: [[UInt8]] = []

    init(_ run: Run, after start: Digest) {
        self.run = run
        self.start = start
        writer = Writer(run.name)
    }

    /// Whether any of it bears a later time.
    func isAhead(of wall: WallTime) -> Bool {
        run.entries.contains { entry in
            guard case .transaction(let transaction, _) = entry else { return false }
            return Int64(transaction.time.milliseconds) > wall.milliseconds
        }
    }

    package var claim: Claim? {
        ids.last.map { Claim(key: run.name.key, id: $0, signature: run.signature) }
    }
}

/// The proof that a writer signed two different transactions for one place, as small as it can be carried: a stretch
/// of its log twice, each with its own signature.
package struct ForkProof: Hashable, Sendable {
    package struct Branch: Hashable, Sendable, Comparable {
        package var first: UInt64
        package var previous: Digest
        /// The hashes of the contents from the first on.
        package var contents: [Digest]
        package var signature: Signature

        func ids(_ namespace: Namespace, _ name: WriterName) -> [Digest] {
            var id = previous
            var sequence = first
            return contents.map { content in
                id = Chain.id(namespace, name, sequence, after: id, content: content)
                sequence += 1
                return id
            }
        }

        package static func < (left: Branch, right: Branch) -> Bool {
            left.encoded.lexicographicallyPrecedes(right.encoded)
        }
    }

    package var name: WriterName
    /// In the order of their bytes.
    package var left: Branch
    package var right: Branch

    package init(name: WriterName, _ one: Branch, _ other: Branch) {
        self.name = name
        (left, right) = one < other ? (one, other) : (other, one)
    }

    /// The first place for which both branches name a transaction, and not the same one. Nil: no proof.
    package func place(in namespace: Namespace) -> UInt64? {
        let (one, other) = (left.ids(namespace, name), right.ids(namespace, name))
        let start = max(left.first, right.first)
        let end = min(left.first + UInt64(one.count), right.first + UInt64(other.count))
        guard start < end else { return nil }
        return (start..<end).first { one[Int($0 - left.first)] != other[Int($0 - right.first)] }
    }

    package func claims(in namespace: Namespace) -> [Claim] {
        [left, right].compactMap { branch in
            branch.ids(namespace, name).last.map { Claim(key: name.key, id: $0, signature: branch.signature) }
        }
    }
}

extension ForkProof.Branch: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.varint(first)
        writer.digest(previous)
        writer.varint(UInt64(contents.count))
        for content in contents { writer.digest(content) }
        signature.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        first = try reader.varint()
        guard (1...Limits.counted).contains(first) else { throw .outOfRange }
        previous = try reader.digest()
        contents = []
        for _ in 0..<(try reader.count(atMost: Limits.operations)) { contents.append(try reader.digest()) }
        guard !contents.isEmpty else { throw .outOfRange }
        signature = try Signature(from: &reader)
    }
}

extension ForkProof: WireValue {
    package func encode(into writer: inout ByteWriter) {
        name.encode(into: &writer)
        left.encode(into: &writer)
        right.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        name = try WriterName(from: &reader)
        left = try Branch(from: &reader)
        right = try Branch(from: &reader)
        guard left < right else { throw .notCanonical }
    }
}
