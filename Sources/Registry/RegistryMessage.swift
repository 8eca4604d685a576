package import Base
internal import Crypto
package import Trust

/// What registries say to each other. Each message fits a datagram and stands alone: whatever is lost is found missing
/// at the next comparison.
package enum RegistryMessage: Hashable, Sendable {
    /// The hashes of all that the sender holds: the first thing that is said on a new session.
    case summary(Summary)
    /// The hashes of a range's sixteen parts.
    case parts(Lane, IDRange, [Digest])
    /// All ids of a range.
    case list(Lane, IDRange, [Digest])
    case want([Digest])
    case records([Record])
    /// A part of a record that is larger than a datagram.
    case piece(Piece)
    /// A newcomer shows its invitation.
    case redeem(Redemption)
    /// The newcomer cannot come in by this invitation, or not here.
    case declined(Decline)
    /// What time is it there? The number comes back, signed with the answer.
    case askClock(UInt64)
    case clock(Record)
    /// Sign me a lease with these terms.
    case askLease(LeaseTerms)
    /// Such a lease, with the one signature of whoever says this.
    case leased(Record)
    /// The number of the sender's start; and whether another start of the receiver is running too.
    case start(UInt64, twin: Bool)

    package struct Summary: Hashable, Sendable {
        package let warnings: Digest
        package let everything: Digest
    }

    package struct Piece: Hashable, Sendable {
        package let record: Digest
        /// Of the whole record.
        package let byteCount: Int
        package let number: Int
        package let bytes: [UInt8]

        static func count(of byteCount: Int) -> Int { (byteCount + Limits.pieceBytes - 1) / Limits.pieceBytes }

        /// How many bytes a piece has.
        static func size(of number: Int, byteCount: Int) -> Int {
            min(Limits.pieceBytes, byteCount - number * Limits.pieceBytes)
        }
    }

    /// Why a sponsor sends a newcomer away.
    package enum Decline: UInt8, CaseIterable, Sendable {
        case void = 1
        case expired = 2
        case spent = 3
        /// This node may not vouch for anybody; another may.
        case noSponsor = 4
        case notAuthentic = 5

        /// What to tell a person.
        package var words: String {
            switch self {
            case .void: "whoever signed the invitation may not invite, or may no more"
            case .expired: "the invitation has ended"
            case .spent: "so many nodes as it admits have come with the invitation"
            case .noSponsor: "a node that is no member yet lets nobody in"
            case .notAuthentic: "the invitation, or what was shown with it, is not truly signed"
            }
        }
    }
}

extension RegistryMessage: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .summary(let summary):
            writer.u8(1)
            writer.digest(summary.warnings)
            writer.digest(summary.everything)
        case .parts(let lane, let range, let digests):
            writer.u8(2)
            writer.u8(lane.rawValue)
            range.encode(into: &writer)
            for digest in digests { writer.digest(digest) }
        case .list(let lane, let range, let ids):
            writer.u8(3)
            writer.u8(lane.rawValue)
            range.encode(into: &writer)
            writer.list(ids)
        case .want(let ids):
            writer.u8(4)
            writer.list(ids)
        case .records(let records):
            writer.u8(5)
            writer.list(records)
        case .piece(let piece):
            writer.u8(6)
            writer.digest(piece.record)
            writer.varint(UInt64(piece.byteCount))
            writer.varint(UInt64(piece.number))
            writer.raw(piece.bytes)
        case .redeem(let redemption):
            writer.u8(7)
            redemption.encode(into: &writer)
        case .declined(let why):
            writer.u8(8)
            writer.u8(why.rawValue)
        case .askClock(let nonce):
            writer.u8(9)
            writer.u64(nonce)
        case .clock(let record):
            writer.u8(10)
            record.encode(into: &writer)
        case .askLease(let terms):
            writer.u8(11)
            terms.encode(into: &writer)
        case .leased(let record):
            writer.u8(12)
            record.encode(into: &writer)
        case .start(let start, let isTwin):
            writer.u8(13)
            writer.u64(start)
            writer.bool(isTwin)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1:
            let warnings = try reader.digest()
            self = .summary(Summary(warnings: warnings, everything: try reader.digest()))
        case 2:
            let lane = try Lane(from: &reader)
            let range = try IDRange(from: &reader)
            var digests: [Digest] = []
            for _ in 0..<16 { digests.append(try reader.digest()) }
            self = .parts(lane, range, digests)
        case 3:
            let lane = try Lane(from: &reader)
            let range = try IDRange(from: &reader)
            self = .list(lane, range, try reader.rising(of: Digest.self, in: 0...Limits.listedRecords))
        case 4: self = .want(try reader.rising(of: Digest.self, in: 1...Limits.listedRecords))
        case 5:
            let records = try reader.list(of: Record.self, atMost: Limits.recordsPerMessage)
            guard !records.isEmpty else { throw .outOfRange }
            self = .records(records)
        case 6: self = .piece(try Piece(from: &reader))
        case 7: self = .redeem(try Redemption(from: &reader))
        case 8:
            guard let why = Decline(rawValue: try reader.u8()) else { throw .unknown }
            self = .declined(why)
        case 9: self = .askClock(try reader.u64())
        case 10: self = .clock(try Record(from: &reader))
        case 11: self = .askLease(try LeaseTerms(from: &reader))
        case 12: self = .leased(try Record(from: &reader))
        case 13:
            let start = try reader.u64()
            self = .start(start, twin: try reader.bool())
        default: throw .unknown
        }
    }
}

extension RegistryMessage.Piece {
    fileprivate init(from reader: inout ByteReader) throws(DecodeError) {
        record = try reader.digest()
        byteCount = try reader.count(atMost: Limits.recordBytes)
        guard byteCount > Limits.pieceBytes else { throw .outOfRange }
        number = try reader.count(atMost: Self.count(of: byteCount) - 1)
        bytes = [UInt8](copying: try reader.raw(Self.size(of: number, byteCount: byteCount)))
    }
}

extension Lane {
    fileprivate init(from reader: inout ByteReader) throws(DecodeError) {
        guard let lane = Lane(rawValue: try reader.u8()) else { throw .unknown }
        self = lane
    }
}
