package import Base
internal import Crypto

/// Twelve bytes of the hash of all that a replica says it has: heads with their ids, the epoch, the proofs of forks.
/// Two replicas with one fingerprint hold the same, whatever each has collected.
package struct Fingerprint: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt32

    init(_ digest: Digest) {
        high = digest.value.w0
        low = UInt32(truncatingIfNeeded: digest.value.w1)
    }

    /// What an answer repeats, so that it is an answer to this.
    var brief: UInt8 { UInt8(truncatingIfNeeded: low) }
}

/// What one replica says to another about one namespace. Each is of use on its own: one that is lost, doubled or late
/// costs time, and nothing else.
package enum ReplicationMessage: Hashable, Sendable {
    /// Is what you have the same?
    case greeting(Fingerprint)
    /// It is.
    case same(UInt8)
    /// It is not: this is what I have.
    case heads(Heads)
    /// Your sketch did not do; say more, with so many cells.
    case more(cells: Int)
    /// Give me what comes after these.
    case want(Want)
    case batch(Batch)
    /// You know so little that logs do not help you.
    case below
    case askEpochs(from: UInt64)
    case epochs([Epoch])
    case forks([ForkProof])
    /// What do you hold at this place of a log? Mine is another.
    case askBranch(Writer, UInt64)
    case branch(WriterName, ForkProof.Branch)
    /// Who is known to have what, said to one who has the same as oneself.
    case acks(Acks)
    /// Give me everything that you hold.
    case enter
    case piece(Piece)
    case askPiece(transfer: UInt32, number: Int)
    /// Of what I know, which is up to these: what do you still hold?
    case askSketch(Want)
    case sketch(CopySketch)
    /// More cells of that.
    case askCells(transfer: UInt32, first: Int, count: Int)
}

/// The heads of a replica's logs, whole or as a sketch.
package struct Heads: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// Each by its word.
        case list(seed: UInt32, [UInt64])
        case sketch(Sketch)
    }

    package var epoch: UInt64
    /// Bytes of the newest epoch's hash, and of that over all proofs of forks.
    package var epochMark: UInt32
    package var forkMark: UInt32
    package var content: Content

    package var seed: UInt32 {
        switch content {
        case .list(let seed, _): seed
        case .sketch(let sketch): sketch.seed
        }
    }

    /// A head as a word: four keyed bytes of its writer, three of its sequence, one of its id.
    static func word(_ short: UInt32, _ sequence: UInt64, _ id: Digest, seed: UInt32) -> UInt64 {
        UInt64(short) << 32 | (sequence & 0xFF_FFFF) << 8 | Sip.hash(id.value.w0, sequence, seed: seed) & 0xFF
    }

    /// The sequence that a word says, of those that it may mean the one nearest to `known`.
    static func sequence(_ word: UInt64, near known: UInt64) -> UInt64 {
        let low = word >> 8 & 0xFF_FFFF
        let nearest = (known & ~0xFF_FFFF) | low
        if nearest > known, nearest - known > 0x80_0000, nearest >= 0x100_0000 { return nearest - 0x100_0000 }
        if nearest < known, known - nearest > 0x80_0000 { return nearest + 0x100_0000 }
        return nearest
    }
}

/// The end of one log that somebody holds, its writer by four keyed bytes.
package struct ShortHead: Hashable, Sendable {
    package var short: UInt32
    package var sequence: UInt64
}

package struct Want: Hashable, Sendable {
    package var seed: UInt32
    /// Everything in which the asker is behind.
    package var after: [ShortHead]
}

package struct Batch: Hashable, Sendable {
    package var seed: UInt32
    /// The first and the last that answer one want, and whether there would be more.
    package var isFirst: Bool
    package var isLast: Bool
    package var hasMore: Bool
    package var pack: Pack
}

package struct Acks: Hashable, Sendable {
    /// What both have.
    package var fingerprint: Fingerprint
    package var epoch: UInt64
    /// Of members of the roster, and behind them of those that were evicted and not admitted since, by their places,
    /// rising, where they are behind: by the place of a writer.
    package var members: [Member]

    package struct Member: Hashable, Sendable {
        package var place: Int
        package var behind: [Behind]
    }

    package struct Behind: Hashable, Sendable {
        package var writer: Int
        package var sequence: UInt64
    }
}

/// A part of what a replica gives to one that comes back.
package struct Piece: Hashable, Sendable {
    package var transfer: UInt32
    package var number: Int
    package var isLast: Bool
    /// The newest epoch that the giver knew when it made the copy.
    package var epoch: UInt64
    /// In the first: what the giver has forgotten deletions of.
    package var floor: VersionVector
    package var seed: UInt32
    package var pack: Pack
}

extension ReplicationMessage {
    /// Whether it only finds out if two have the same.
    package var isQuestionOfEquality: Bool {
        switch self {
        case .greeting, .same, .acks: true
        case .heads, .more, .want, .batch, .below, .askEpochs, .epochs, .forks, .askBranch, .branch, .enter, .piece,
            .askPiece, .askSketch, .sketch, .askCells:
            false
        }
    }

    /// Whether it is one of several that must come in the order in which they were said.
    package var isPartOfMany: Bool {
        if case .batch(let batch) = self { !(batch.isFirst && batch.isLast) } else { false }
    }
}

// MARK: Bytes

extension ReplicationMessage: WireValue {
    private enum Tag: UInt8 {
        case greeting = 1
        case same, heads, more, want, batch, below, askEpochs, epochs, forks, askBranch, branch, acks, enter, piece
        case askPiece, askSketch, sketch, askCells
    }

    package func encode(into writer: inout ByteWriter) {
        func tag(_ tag: Tag) { writer.u8(tag.rawValue) }
        switch self {
        case .greeting(let fingerprint):
            tag(.greeting)
            fingerprint.encode(into: &writer)
        case .same(let brief):
            tag(.same)
            writer.u8(brief)
        case .heads(let heads):
            tag(.heads)
            heads.encode(into: &writer)
        case .more(let cells):
            tag(.more)
            writer.varint(UInt64(cells))
        case .want(let want):
            tag(.want)
            want.encode(into: &writer)
        case .batch(let batch):
            tag(.batch)
            batch.encode(into: &writer)
        case .below: tag(.below)
        case .askEpochs(let number):
            tag(.askEpochs)
            writer.varint(number)
        case .epochs(let epochs):
            tag(.epochs)
            writer.list(epochs)
        case .forks(let proofs):
            tag(.forks)
            writer.list(proofs)
        case .askBranch, .branch, .acks, .enter, .piece, .askPiece, .askSketch, .sketch, .askCells:
            encodeRare(into: &writer)
        }
    }

    private func encodeRare(into writer: inout ByteWriter) {
        func tag(_ tag: Tag) { writer.u8(tag.rawValue) }
        switch self {
        case .askBranch(let log, let sequence):
            tag(.askBranch)
            Dot(log, sequence).encode(into: &writer)
        case .branch(let name, let branch):
            tag(.branch)
            name.encode(into: &writer)
            branch.encode(into: &writer)
        case .acks(let acks):
            tag(.acks)
            acks.encode(into: &writer)
        case .enter: tag(.enter)
        case .piece(let piece):
            tag(.piece)
            piece.encode(into: &writer)
        case .askPiece(let transfer, let number):
            tag(.askPiece)
            writer.u32(transfer)
            writer.varint(UInt64(number))
        case .askSketch(let want):
            tag(.askSketch)
            want.encode(into: &writer)
        case .sketch(let sketch):
            tag(.sketch)
            sketch.encode(into: &writer)
        case .askCells(let transfer, let first, let count):
            tag(.askCells)
            writer.u32(transfer)
            writer.varint(UInt64(first))
            writer.varint(UInt64(count))
        case .greeting, .same, .heads, .more, .want, .batch, .below, .askEpochs, .epochs, .forks:
            preconditionFailure("the caller wrote these")
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        guard reader.remaining <= Limits.replicationMessageBytes else { throw .tooLong }
        switch Tag(rawValue: try reader.u8()) {
        case .greeting: self = .greeting(try Fingerprint(from: &reader))
        case .same: self = .same(try reader.u8())
        case .heads: self = .heads(try Heads(from: &reader))
        case .more: self = .more(cells: try reader.count(atMost: Limits.sketchCells))
        case .want: self = .want(try Want(from: &reader))
        case .batch: self = .batch(try Batch(from: &reader))
        case .below: self = .below
        case .askEpochs: self = .askEpochs(from: try reader.varint())
        case .epochs: self = .epochs(try reader.list(of: Epoch.self, atMost: Limits.operations))
        case .forks: self = .forks(try reader.list(of: ForkProof.self, atMost: Limits.operations))
        case .askBranch:
            let dot = try Dot(from: &reader)
            self = .askBranch(dot.writer, dot.sequence)
        case .branch:
            let name = try WriterName(from: &reader)
            self = .branch(name, try ForkProof.Branch(from: &reader))
        case .acks: self = .acks(try Acks(from: &reader))
        case .enter: self = .enter
        case .piece: self = .piece(try Piece(from: &reader))
        case .askPiece:
            let transfer = try reader.u32()
            self = .askPiece(transfer: transfer, number: try reader.count(atMost: Limits.stagedTransactions))
        case .askSketch: self = .askSketch(try Want(from: &reader))
        case .sketch: self = .sketch(try CopySketch(from: &reader))
        case .askCells:
            let transfer = try reader.u32()
            let first = try reader.count(atMost: Limits.copyCells)
            self = .askCells(transfer: transfer, first: first, count: try reader.count(atMost: Limits.copyCellsAtOnce))
        case nil: throw .unknown
        }
    }
}

extension Fingerprint: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u64(high)
        writer.u32(low)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        high = try reader.u64()
        low = try reader.u32()
    }
}

extension Heads: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.varint(epoch)
        writer.u32(epochMark)
        writer.varint(UInt64(forkMark))
        switch content {
        case .list(let seed, let words):
            writer.bool(false)
            writer.u32(seed)
            writer.varint(UInt64(words.count))
            for word in words { writer.u64(word) }
        case .sketch(let sketch):
            writer.bool(true)
            sketch.encode(into: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        epoch = try reader.varint()
        epochMark = try reader.u32()
        guard let mark = UInt32(exactly: try reader.varint()) else { throw .outOfRange }
        forkMark = mark
        if try reader.bool() {
            content = .sketch(try Sketch(from: &reader))
        } else {
            let seed = try reader.u32()
            var words: [UInt64] = []
            for _ in 0..<(try reader.count(atMost: Limits.writers)) { words.append(try reader.u64()) }
            content = .list(seed: seed, words)
        }
    }
}

extension ShortHead: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u32(short)
        writer.varint(sequence)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        short = try reader.u32()
        sequence = try reader.varint()
        guard sequence <= Limits.counted else { throw .outOfRange }
    }
}

extension Want: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u32(seed)
        writer.list(after)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        seed = try reader.u32()
        after = try reader.list(of: ShortHead.self, atMost: Limits.writers)
    }
}

extension Batch: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u32(seed)
        writer.u8((isLast ? 1 : 0) | (hasMore ? 2 : 0) | (isFirst ? 4 : 0))
        writer.bytes(pack.bytes)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        seed = try reader.u32()
        let flags = try reader.u8()
        guard flags < 8 else { throw .notCanonical }
        isLast = flags & 1 != 0
        hasMore = flags & 2 != 0
        isFirst = flags & 4 != 0
        pack = Pack(bytes: try reader.bytes(atMost: Limits.replicationMessageBytes))
    }
}

extension Acks: WireValue {
    package func encode(into writer: inout ByteWriter) {
        fingerprint.encode(into: &writer)
        writer.varint(epoch)
        writer.varint(UInt64(members.count))
        for member in members {
            writer.varint(UInt64(member.place))
            writer.list(member.behind)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        fingerprint = try Fingerprint(from: &reader)
        epoch = try reader.varint()
        members = []
        for _ in 0..<(try reader.count(atMost: Limits.members)) {
            let place = try reader.count(atMost: Limits.members)
            guard members.last.map({ $0.place < place }) ?? true else { throw .notCanonical }
            members.append(Member(place: place, behind: try Behind.rising(from: &reader)))
        }
    }
}

extension Acks.Behind: WireValue {
    package func encode(into byteWriter: inout ByteWriter) {
        byteWriter.varint(UInt64(writer))
        byteWriter.varint(sequence)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        writer = try reader.count(atMost: Limits.writers)
        sequence = try reader.varint()
    }

    static func rising(from reader: inout ByteReader) throws(DecodeError) -> [Acks.Behind] {
        let list = try reader.list(of: Acks.Behind.self, atMost: Limits.writers)
        for index in list.indices.dropFirst() where list[index - 1].writer >= list[index].writer {
            throw .notCanonical
        }
        return list
    }
}

extension Piece: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u32(transfer)
        writer.varint(UInt64(number))
        writer.bool(isLast)
        writer.varint(epoch)
        floor.encode(into: &writer)
        writer.u32(seed)
        writer.bytes(pack.bytes)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        transfer = try reader.u32()
        number = try reader.count(atMost: Limits.stagedTransactions)
        isLast = try reader.bool()
        epoch = try reader.varint()
        floor = try VersionVector(from: &reader)
        seed = try reader.u32()
        pack = Pack(bytes: try reader.bytes(atMost: Limits.replicationMessageBytes))
    }
}
