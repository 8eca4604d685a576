package import Base

/// What nodes tell each other about sheets. Each message fits a datagram and stands alone: whatever is lost is found
/// missing in another round.
package enum VitalsMessage: Hashable, Sendable {
    /// The fingerprint of all sheets that the sender tells of. Who has the same says nothing.
    case root(UInt64)
    /// Which sheets the sender has, each as a hash and its version.
    case summary(Summary)
    case sheets([AgedSheet])
    /// "I have it": of a sheet that was told, or of a later one by the same owner.
    case have(Mark)
}

/// A sheet by the beginning of its owner's id and its version.
package struct Mark: Hashable, Sendable {
    package var owner: UInt64
    package var version: Sheet.Version

    init(_ sheet: Sheet) {
        owner = Self.beginning(of: sheet.owner)
        version = sheet.version
    }

    static func beginning(of id: NodeID) -> UInt64 { id.value.w0 }
}

/// A part of all sheets: those whose hash, divided by the count of the parts, leaves the number of this part.
package struct Summary: Hashable, Sendable {
    package struct Line: Hashable, Sendable {
        /// Of the owner's id, salted: two owners that meet in one summary do not meet in the next.
        package var hash: UInt32
        package var version: Sheet.Version
    }

    package var salt: UInt64
    package var parts: Int
    package var part: Int
    /// It answers another, and is answered by sheets only.
    package var isAnswer: Bool
    /// Rising by hash.
    package var lines: [Line]

    func hash(of owner: NodeID) -> UInt32 {
        var hash = TraceHash(value: salt)
        hash.absorb(owner)
        return UInt32(truncatingIfNeeded: hash.value)
    }

    func covers(_ hash: UInt32) -> Bool { Int(hash) % parts == part }

    /// What it says of a sheet.
    func version(of hash: UInt32) -> Sheet.Version? {
        var low = 0
        var high = lines.count
        while low < high {
            let middle = (low + high) / 2
            if lines[middle].hash < hash { low = middle + 1 } else { high = middle }
        }
        return low < lines.count && lines[low].hash == hash ? lines[low].version : nil
    }
}

extension Summary.Line: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u32(hash)
        version.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        hash = try reader.u32()
        version = try Sheet.Version(from: &reader)
    }
}

extension Summary: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u64(salt)
        writer.varint(UInt64(parts))
        writer.varint(UInt64(part))
        writer.bool(isAnswer)
        writer.list(lines)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        salt = try reader.u64()
        parts = try reader.count(atMost: Limits.members)
        part = try reader.count(atMost: Limits.members)
        guard part < parts else { throw .outOfRange }
        isAnswer = try reader.bool()
        lines = try reader.list(of: Line.self, atMost: Limits.sheetsPerSummary)
        for (left, right) in zip(lines, lines.dropFirst()) where left.hash >= right.hash { throw .notCanonical }
        guard lines.allSatisfy({ covers($0.hash) }) else { throw .outOfRange }
    }
}

extension Mark: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u64(owner)
        version.encode(into: &writer)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        owner = try reader.u64()
        version = try Sheet.Version(from: &reader)
    }
}

extension VitalsMessage: WireValue {
    package func encode(into writer: inout ByteWriter) {
        switch self {
        case .root(let root):
            writer.u8(1)
            writer.u64(root)
        case .summary(let summary):
            writer.u8(2)
            summary.encode(into: &writer)
        case .sheets(let sheets):
            writer.u8(3)
            writer.list(sheets)
        case .have(let mark):
            writer.u8(4)
            mark.encode(into: &writer)
        }
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        switch try reader.u8() {
        case 1: self = .root(try reader.u64())
        case 2: self = .summary(try Summary(from: &reader))
        case 3: self = .sheets(try reader.list(of: AgedSheet.self, atMost: Limits.sheetsPerMessage))
        case 4: self = .have(try Mark(from: &reader))
        default: throw .unknown
        }
    }
}
