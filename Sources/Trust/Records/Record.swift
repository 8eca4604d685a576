package import Base
package import Crypto

/// Bytes that somebody signed, kept as they came: signatures cover them, hashes name them, and nobody ever writes them
/// anew. The id leaves the signatures out, so a second signature of the same body makes no second record.
package struct Record: Hashable, Sendable {
    package struct Seal: Hashable, Comparable, Sendable {
        package let key: SignerKey
        package let signature: Signature

        package init(_ key: SignerKey, _ signature: Signature) {
            self.key = key
            self.signature = signature
        }

        package static func < (left: Seal, right: Seal) -> Bool { left.key < right.key }
    }

    package let id: Digest
    package let body: [UInt8]
    /// By rising keys, one of each.
    package let seals: [Seal]

    package init(body: [UInt8], seals: [Seal]) {
        precondition(body.count <= Limits.recordBodyBytes, "what this program says fits a record")
        precondition((1...Limits.signers).contains(seals.count), "a record is signed")
        self.body = body
        self.seals = seals.sorted()
        id = Digest(hashing: body.raw)
    }

    /// A record with one signer.
    package init(_ statement: Statement, by key: borrowing SigningKey, in mesh: Digest) {
        let body = statement.encoded
        let signature = key.sign(body.raw, as: statement.kind, in: mesh)
        self.init(body: body, seals: [Seal(SignerKey(key.publicKey), signature)])
    }
}

extension Record.Seal: WireValue {
    package func encode(into writer: inout ByteWriter) {
        key.encode(into: &writer)
        signature.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        key = try SignerKey(from: &reader)
        signature = try Signature(from: &reader)
    }
}

extension Record: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.bytes(body)
        writer.list(seals)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        let body = try reader.bytes(atMost: Limits.recordBodyBytes)
        seals = try reader.rising(of: Seal.self, in: 1...Limits.signers)
        id = Digest(hashing: body.raw)
        self.body = body
    }
}

/// What a record says, by its kind.
package enum Statement: Hashable, Sendable {
    case genesis(Genesis)
    case rootUpdate(RootUpdate)
    case feed(FeedCertificate)
    case entry(Entry)
    case invite(Invite)
    case lease(LeaseTerms)
    case time(TimeVote)
    case life(LifeStatement)
    case audit(AuditBatch)

    package var kind: StatementKind {
        switch self {
        case .genesis: StatementKind("genesis")
        case .rootUpdate: StatementKind("root")
        case .feed: StatementKind("feed")
        case .entry: StatementKind("entry")
        case .invite: StatementKind("invite")
        case .lease: StatementKind("lease")
        case .time: StatementKind("time")
        case .life: StatementKind("life")
        case .audit: StatementKind("audit")
        }
    }

    /// Who must have signed: exactly these. Nil where the statement leaves it open: the feed says whose key an entry is
    /// signed with, and a lease is signed by whoever is there.
    var signers: [SignerKey]? {
        switch self {
        case .genesis(let genesis): genesis.signers
        case .rootUpdate(let update): update.signers
        case .feed(let certificate): [certificate.owner]
        case .invite(let invite): [invite.inviter]
        case .time(let vote): [vote.node]
        case .entry, .lease, .life, .audit: nil
        }
    }

    /// Whether more than one may sign.
    var isShared: Bool {
        switch self {
        case .genesis, .rootUpdate, .lease: true
        case .feed, .entry, .invite, .time, .life, .audit: false
        }
    }
}

extension Statement: WireValue {
    package func encode(into writer: inout ByteWriter) {
        func value(_ tag: UInt8, _ value: some WireValue) {
            writer.u8(tag)
            value.encode(into: &writer)
        }
        switch self {
        case .genesis(let genesis): value(1, genesis)
        case .rootUpdate(let update): value(2, update)
        case .feed(let certificate): value(3, certificate)
        case .entry(let entry): value(4, entry)
        case .invite(let invite): value(5, invite)
        case .lease(let terms): value(6, terms)
        case .time(let vote): value(7, vote)
        case .life(let statement): value(8, statement)
        case .audit(let batch): value(9, batch)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1: self = .genesis(try Genesis(from: &reader))
        case 2: self = .rootUpdate(try RootUpdate(from: &reader))
        case 3: self = .feed(try FeedCertificate(from: &reader))
        case 4: self = .entry(try Entry(from: &reader))
        case 5: self = .invite(try Invite(from: &reader))
        case 6: self = .lease(try LeaseTerms(from: &reader))
        case 7: self = .time(try TimeVote(from: &reader))
        case 8: self = .life(try LifeStatement(from: &reader))
        case 9: self = .audit(try AuditBatch(from: &reader))
        default: throw .unknown
        }
    }
}

/// Why a record is not even looked at. None of it depends on what else is known, so whoever sent it knew better.
package enum RecordRefusal: Error, Hashable, Sendable {
    case malformed(DecodeError)
    /// Signed by fewer, more or others than the statement names.
    case wrongSigners
    /// A signature is not of this body, kind and mesh.
    case notAuthentic
    /// Good, but of a kind that has no place here.
    case wrongKind
}

/// A record whose signatures are true, and what it says. There is no other way to a statement that counts.
package struct Verified: Hashable, Sendable {
    package let record: Record
    package let statement: Statement

    package var id: Digest { record.id }

    /// Checks everything that can be checked without knowing anything else.
    package init(_ record: Record, in mesh: Digest) throws(RecordRefusal) {
        try self.init(stored: record)
        // A genesis names its mesh; whoever looks for another one is told so by the signature.
        for seal in record.seals {
            do throws(CryptoError) {
                try seal.key.key.verify(seal.signature, of: record.body.raw, as: statement.kind, in: mesh)
            } catch {
                throw .notAuthentic
            }
        }
        if case .entry(let entry) = statement, case .redeem(let redemption) = entry.act {
            _ = try redemption.verified(in: mesh)
        }
    }

    /// A record that was verified before it was stored, read back from our own disk.
    package init(stored record: Record) throws(RecordRefusal) {
        let statement: Statement
        do throws(DecodeError) {
            statement = try Statement(decoding: record.body.raw)
        } catch {
            throw .malformed(error)
        }
        let keys = record.seals.map(\.key)
        guard statement.signers.map({ $0 == keys }) ?? (statement.isShared || keys.count == 1) else {
            throw .wrongSigners
        }
        self.record = record
        self.statement = statement
    }
}
