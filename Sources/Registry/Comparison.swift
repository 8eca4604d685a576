package import Base
internal import Crypto

/// Which of two sets of records is compared: the warnings, which travel first, or everything.
package enum Lane: UInt8, CaseIterable, Sendable {
    case warnings = 1
    case everything = 2
}

/// A range of ids: those that begin with these half-bytes. Sets are compared from the whole down: where the hashes of a
/// range differ, its sixteen parts are compared, until a range holds so few that its ids are listed.
package struct IDRange: Hashable, Sendable {
    /// The half-bytes, at the upper end.
    package let prefix: UInt64
    package let depth: UInt8

    package static let whole = IDRange(prefix: 0, depth: 0)
    /// Ids are hashes: of a million, hardly two agree in ten half-bytes.
    package static let deepest: UInt8 = 15

    package func part(_ number: Int) -> IDRange {
        precondition((0..<16).contains(number) && depth < Self.deepest, "a range has sixteen parts, and an end")
        return IDRange(prefix: prefix | UInt64(number) << (60 - 4 * UInt64(depth)), depth: depth + 1)
    }

    /// Where the range's ids lie among `ids`, which rise.
    func indices(in ids: [Digest]) -> Range<Int> {
        let width = 64 - 4 * UInt64(depth)
        let start = Self.position(of: prefix, in: ids)
        guard depth > 0 else { return 0..<ids.count }
        let (next, overflow) = prefix.addingReportingOverflow(1 << width)
        return start..<(overflow ? ids.count : Self.position(of: next, in: ids))
    }

    private static func position(of word: UInt64, in ids: [Digest]) -> Int {
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle].value.w0 < word { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The hash of the range's ids.
    func digest(of ids: [Digest]) -> Digest {
        var text = ByteWriter()
        for id in ids[indices(in: ids)] { text.digest(id) }
        return Digest(hashing: text.bytes.raw)
    }

    func digestsOfParts(of ids: [Digest]) -> [Digest] { (0..<16).map { part($0).digest(of: ids) } }
}

extension IDRange: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u8(depth)
        writer.u64(prefix)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        depth = try reader.u8()
        prefix = try reader.u64()
        guard depth < Self.deepest else { throw .outOfRange }
        guard depth == 0 ? prefix == 0 : prefix << (4 * UInt64(depth)) == 0 else { throw .notCanonical }
    }
}
