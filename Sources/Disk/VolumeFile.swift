internal import Base

/// One file of a `PowerLossVolume`, as Linux has it: what reads answer is the cache, and what the power leaves behind
/// is the disk. Between the two stand the changes since the last synchronising, in their order.
///
/// Only the cache is kept as bytes. A change remembers what it wrote over, so that the disk's content can be had back
/// by undoing; that costs a copy of the overwritten bytes where keeping both contents would cost a copy of the file.
final class VolumeFile {
    private enum Change {
        /// `count` bytes were written at `offset`, over `before`, which is shorter where the file ended.
        case write(offset: Int, count: Int, before: [UInt8], sizeBefore: Int)
        /// `cut` was cut off, and `size` bytes were left.
        case truncate(size: Int, cut: [UInt8])
    }

    private(set) var cache: [UInt8]
    private var changes: [Change] = []
    /// The disk's content before `changes`, kept only where a failed synchronising made it another than the cache had.
    private var disk: [UInt8]?

    init(_ bytes: [UInt8] = []) { cache = bytes }

    /// Fills `buffer` from `offset`, with zeros behind the end; answers whether the file had that much.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Bool {
        let start = min(offset, cache.count)
        let end = min(offset + buffer.count, cache.count)
        unsafe cache.withUnsafeBytes {
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<end]))
        }
        guard end - start < buffer.count else { return true }
        unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[(end - start)...]).initializeMemory(
            as: UInt8.self, repeating: 0)
        return false
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        let size = cache.count
        let over = min(offset, size)..<min(offset + bytes.count, size)
        changes.append(
            .write(offset: offset, count: bytes.count, before: Array(cache[over]), sizeBefore: size))
        unsafe cache.put(bytes, at: offset)
    }

    func truncate(to size: Int) {
        guard size < cache.count else { return }
        changes.append(.truncate(size: size, cut: Array(cache[size...])))
        cache.removeLast(cache.count - size)
    }

    /// Changes bytes on the disk and in the cache alike.
    func damage(_ bytes: [UInt8], at offset: Int) {
        precondition(changes.isEmpty && disk == nil, "only what is on the disk can rot there")
        cache.put(bytes[...], at: offset)
    }

    /// Everything written so far is on the disk.
    func synchronise() {
        if var disk {
            // Only pages that were written to since are dirty, so only they are written out.
            disk.resize(to: cache.count)
            for case .write(let offset, let count, _, _) in changes {
                let range = min(offset, cache.count)..<min(offset + count, cache.count)
                disk.put(cache[range], at: range.lowerBound)
            }
            self.disk = disk == cache ? nil : disk
        }
        changes.removeAll(keepingCapacity: true)
    }

    /// Synchronising failed: some of the changes are on the disk, the cache keeps all of them, and none is dirty any
    /// more, so that no later synchronising will write them (see `DatabaseFiles.settleLog`).
    func failToSynchronise(_ loss: inout PowerLoss) {
        let left = remains(&loss)
        disk = left == cache ? nil : left
        changes.removeAll()
    }

    /// The power went and came back: the cache is what the disk has.
    func losePower(_ loss: inout PowerLoss) {
        cache = remains(&loss)
        disk = nil
        changes.removeAll()
    }

    /// What the disk has after each sector of each change has met its fate.
    private func remains(_ loss: inout PowerLoss) -> [UInt8] {
        // Undone from the newest to the oldest, every change is for one moment the last one, and shows what it wrote.
        var content = cache
        var written: [[UInt8]] = []
        for change in changes.reversed() {
            switch change {
            case .write(let offset, let count, let before, let sizeBefore):
                written.append(Array(content[offset..<offset + count]))
                content.put(before[...], at: min(offset, sizeBefore))
                content.resize(to: sizeBefore)
            case .truncate(_, let cut):
                content.append(contentsOf: cut)
            }
        }
        if let disk { content = disk }
        for change in changes {
            switch change {
            case .write(let offset, _, _, _):
                loss.strike(written.removeLast(), at: offset, of: &content)
            case .truncate(let size, _):
                if loss.keeps(), size < content.count { content.resize(to: size) }
            }
        }
        return content
    }
}

/// One power loss: how kind it is to what was not synchronised. Some lose everything and some nothing, most something.
struct PowerLoss {
    /// What a disk writes whole, as a rule: the unit in which bytes meet their fate.
    private static let sectorBytes = 512

    private var random: Random
    private let keptPerMillion: Int

    init(_ random: Random) {
        self.random = random
        keptPerMillion = self.random.pick([0, 100_000, 500_000, 900_000, 1_000_000]) ?? 0
    }

    mutating func keeps() -> Bool { random.strikes(perMillion: keptPerMillion) }

    /// How many of `count` changes to a directory survive: they reach the disk in their order.
    mutating func survivors(of count: Int) -> Int {
        var survivors = 0
        while survivors < count, keeps() { survivors += 1 }
        return survivors
    }

    /// Puts what is left of a write to `content`: every sector is kept, dropped, torn or turned to garbage on its own.
    /// Bytes beside the written ones keep, as SQLite is told that they do (SQLITE_IOCAP_POWERSAFE_OVERWRITE).
    mutating func strike(_ bytes: [UInt8], at offset: Int, of content: inout [UInt8]) {
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Self.sectorBytes - (offset + start) % Self.sectorBytes)
            if keeps() {
                content.put(bytes[start..<end], at: offset + start)
            } else {
                switch random.below(3) {
                case 0: break
                case 1: content.put(bytes[start..<start + random.below(end - start)], at: offset + start)
                default: content.put(garbage(end - start)[...], at: offset + start)
                }
            }
            start = end
        }
    }

    private mutating func garbage(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let word = random.next()
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return Array(bytes.prefix(count))
    }
}

extension [UInt8] {
    /// Writes `bytes` at `offset`, as a file does: over what is there, and beyond the end, with zeros in any gap.
    fileprivate mutating func put(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        if offset > count { resize(to: offset) }
        let inside = Swift.min(bytes.count, count - offset)
        if inside > 0 {
            unsafe withUnsafeMutableBytes { buffer in
                unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + inside])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<inside]))
            }
        }
        if inside < bytes.count { unsafe append(contentsOf: bytes[inside...]) }
    }

    fileprivate mutating func put(_ bytes: ArraySlice<UInt8>, at offset: Int) {
        unsafe bytes.withUnsafeBytes { unsafe put($0, at: offset) }
    }

    fileprivate mutating func resize(to size: Int) {
        if size < count { removeLast(count - size) } else { append(contentsOf: repeatElement(0, count: size - count)) }
    }
}
