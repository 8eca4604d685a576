internal import Base

/// The datagrams of one priority that wait, oldest first, in a ring of bytes and a ring of entries. Both grow with what
/// waits and are kept, so a busy line soon allocates nothing and an idle one holds next to nothing. Full, it forgets
/// the oldest.
struct DatagramQueue: Sendable {
    private struct Entry {
        /// Position of the first byte, counted since the queue was last empty; its place is that modulo the buffer.
        var start = 0
        var length = 0
        var id: UInt64 = 0
        var copies = 1
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// The oldest entry's place, and how many there are.
    private var first = 0
    private(set) var count = 0
    private var end = 0

    private static let fewBytes = 256
    private static let fewEntries = 4

    var isEmpty: Bool { count == 0 }

    private func place(_ index: Int) -> Int { (first + index) % entries.count }

    /// Puts a datagram at the end. Answers how many were forgotten to make room.
    mutating func put(_ datagram: RawSpan, id: UInt64 = 0, copies: Int = 1) -> Int {
        if count == entries.count, count < Limits.lineQueueCount { growEntries() }
        if !hasRoom(for: datagram.byteCount), bytes.count < Limits.lineQueueBytes { growBytes(for: datagram.byteCount) }
        var dropped = 0
        while count == entries.count || !hasRoom(for: datagram.byteCount) {
            removeFirst()
            dropped += 1
        }
        let start = start(of: datagram.byteCount)
        bytes.overwrite(datagram, at: start % bytes.count)
        entries[place(count)] = Entry(start: start, length: datagram.byteCount, id: id, copies: copies)
        count += 1
        end = start + datagram.byteCount
        return dropped
    }

    /// Where a datagram would go. It lies in one piece: what does not fit before the buffer's end begins anew.
    private func start(of length: Int) -> Int {
        let gap = bytes.count - end % bytes.count
        return gap < length ? end + gap : end
    }

    private func hasRoom(for length: Int) -> Bool {
        guard !bytes.isEmpty else { return false }
        let oldest = count > 0 ? entries[first].start : start(of: length)
        return start(of: length) + length - oldest <= bytes.count
    }

    private mutating func growEntries() {
        var larger = [Entry](
            repeating: Entry(), count: min(max(Self.fewEntries, entries.count * 2), Limits.lineQueueCount))
        for index in 0..<count { larger[index] = entries[place(index)] }
        entries = larger
        first = 0
    }

    /// Doubles the buffer until what waits lies in it side by side, and the new one behind.
    private mutating func growBytes(for length: Int) {
        var waiting = 0
        for index in 0..<count { waiting += entries[place(index)].length }
        var size = max(Self.fewBytes, bytes.count * 2)
        while size < waiting + length, size < Limits.lineQueueBytes { size *= 2 }
        var larger = [UInt8](repeating: 0, count: size)
        end = 0
        for index in 0..<count {
            let entry = entries[place(index)]
            let start = entry.start % bytes.count
            larger.overwrite(bytes.raw.extracting(start..<start + entry.length), at: end)
            entries[place(index)].start = end
            end += entry.length
        }
        bytes = larger
    }

    mutating func removeFirst() {
        first = (first + 1) % entries.count
        count -= 1
        // An empty queue begins at its front again, where the memory is still near the processor.
        if count == 0 { end = 0 }
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
