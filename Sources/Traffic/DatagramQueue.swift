internal import Base

/// The datagrams of one priority that wait, oldest first, in one buffer that is asked for at the first of them and
/// never again. Full, it forgets the oldest.
struct DatagramQueue: Sendable {
    private struct Entry {
        /// Position of the first byte, counted from the beginning of time; its place is that modulo the buffer.
        var start: Int
        var length: Int
        var id: UInt64
        var copies: Int
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// The oldest entry's place, and how many there are.
    private var first = 0
    private(set) var count = 0
    private var end = 0

    var isEmpty: Bool { count == 0 }

    private func place(_ index: Int) -> Int { (first + index) % Limits.lineQueueCount }

    /// Puts a datagram at the end. Answers how many were forgotten to make room.
    mutating func put(_ datagram: RawSpan, id: UInt64 = 0, copies: Int = 1) -> Int {
        if bytes.isEmpty {
            bytes = [UInt8](repeating: 0, count: Limits.lineQueueBytes)
            entries = [Entry](
                repeating: Entry(start: 0, length: 0, id: 0, copies: 0), count: Limits.lineQueueCount)
        }
        // A datagram lies in one piece: what does not fit before the buffer's end begins anew.
        let gap = bytes.count - end % bytes.count
        let start = gap < datagram.byteCount ? end + gap : end
        var dropped = 0
        while count == Limits.lineQueueCount
            || count > 0 && start + datagram.byteCount - entries[first].start > bytes.count
        {
            removeFirst()
            dropped += 1
        }
        bytes.overwrite(datagram, at: start % bytes.count)
        entries[place(count)] = Entry(start: start, length: datagram.byteCount, id: id, copies: copies)
        count += 1
        end = start + datagram.byteCount
        return dropped
    }

    mutating func removeFirst() {
        first = (first + 1) % Limits.lineQueueCount
        count -= 1
    }

    func length(_ index: Int) -> Int { entries[place(index)].length }
    func id(_ index: Int) -> UInt64 { entries[place(index)].id }

    /// Writes one of them behind its length.
    func write(_ index: Int, into writer: inout ByteWriter) {
        let entry = entries[place(index)]
        let start = entry.start % bytes.count
        writer.slice(bytes.raw.extracting(start..<start + entry.length))
    }

    /// Counts a copy of the one at `index`. Answers whether more are due.
    mutating func hasMoreCopies(_ index: Int) -> Bool {
        entries[place(index)].copies -= 1
        return entries[place(index)].copies > 0
    }
}
