package import Base
internal import Crypto

/// A part of a sketch of what a replica still holds of what one that comes back knows.
package struct CopySketch: Hashable, Sendable {
    /// What is said of the copy with its first cells.
    package struct Summary: Hashable, Sendable {
        /// Operations in the sketch.
        package var count: Int
        /// What the copy must come to.
        package var mark: Digest
        /// Where the giver knows less than the asker: by the place of a head in the question, rising.
        package var behind: [Acks.Behind]
    }

    package var transfer: UInt32
    package var summary: Summary?
    /// The number of the first of these cells.
    package var first: Int
    package var cells: [Sketch.Cell]
}

extension CopySketch: WireValue {
    package func encode(into writer: inout ByteWriter) {
        writer.u32(transfer)
        writer.varint(UInt64(first))
        writer.bool(summary != nil)
        if let summary {
            writer.varint(UInt64(summary.count))
            writer.digest(summary.mark)
            writer.list(summary.behind)
        }
        writer.list(cells)
    }

    package init(from reader: inout ByteReader) throws(DecodeError) {
        transfer = try reader.u32()
        first = try reader.count(atMost: Limits.copyCells)
        if try reader.bool() {
            let count = try reader.varint()
            guard count <= Limits.counted else { throw .outOfRange }
            let mark = try reader.digest()
            summary = Summary(count: Int(count), mark: mark, behind: try Acks.Behind.rising(from: &reader))
        }
        cells = try reader.list(of: Sketch.Cell.self, atMost: Limits.copyCellsAtOnce)
    }
}
