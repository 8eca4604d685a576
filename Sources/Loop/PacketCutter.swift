internal import Base

/// Cuts the bytes of a connection into packets, each of which lies behind its length: a little-endian `u16`, at least 1
/// and at most the largest datagram. A packet that arrived whole is handed on where it lies; one that arrived in pieces
/// is put together first, in memory that is made once.
@safe final class PacketCutter {
    private static let prefix = MemoryLayout<UInt16>.size

    /// The beginning of a packet, its length included, whose end has not arrived.
    private let pending: UnsafeMutableRawPointer
    private var count = 0

    init() { unsafe pending = .allocate(byteCount: Self.prefix + Limits.largestDatagramBytes, alignment: 64) }
    deinit { unsafe pending.deallocate() }

    /// Hands on each packet that `bytes` completes, until the receiver answers false. Answers false when a length says
    /// that these are not packets of ours; nothing can be made of what follows.
    @unsafe func cut(_ bytes: UnsafeMutableRawBufferPointer, to receiver: (inout MutableRawSpan) -> Bool) -> Bool {
        var rest = unsafe bytes
        if count > 0 {
            guard unsafe complete(from: &rest) else { return false }
            guard isWhole else { return true }
            let end = count
            count = 0
            guard unsafe hand(pending, end, to: receiver) else { return true }
        }
        while rest.count >= Self.prefix, let start = rest.baseAddress {
            guard let end = unsafe Self.end(at: start) else { return false }
            guard rest.count >= end else { break }
            unsafe rest = UnsafeMutableRawBufferPointer(rebasing: rest[end...])
            guard unsafe hand(start, end, to: receiver) else { return true }
        }
        unsafe keep(rest)
        return true
    }

    /// Where the packet whose length stands at `start` ends; nil for a length that no packet has.
    @unsafe private static func end(at start: UnsafeRawPointer) -> Int? {
        let length = Int(UInt16(littleEndian: unsafe start.loadUnaligned(as: UInt16.self)))
        return (1...Limits.largestDatagramBytes).contains(length) ? prefix + length : nil
    }

    private var isWhole: Bool { unsafe count >= Self.prefix && Self.end(at: pending) == count }

    /// Adds to the pending packet what belongs to it, first its length; answers false when the length is none.
    @unsafe private func complete(from rest: inout UnsafeMutableRawBufferPointer) -> Bool {
        if count < Self.prefix { unsafe take(Self.prefix - count, from: &rest) }
        guard count >= Self.prefix else { return true }
        guard let end = unsafe Self.end(at: pending) else { return false }
        unsafe take(end - count, from: &rest)
        return true
    }

    @unsafe private func take(_ wanted: Int, from rest: inout UnsafeMutableRawBufferPointer) {
        let taken = min(wanted, rest.count)
        let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: rest[..<taken])
        unsafe keep(piece)
        unsafe rest = UnsafeMutableRawBufferPointer(rebasing: rest[taken...])
    }

    @unsafe private func keep(_ bytes: UnsafeMutableRawBufferPointer) {
        guard bytes.count > 0, let start = bytes.baseAddress else { return }
        unsafe (pending + count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    @unsafe private func hand(
        _ start: UnsafeMutableRawPointer, _ end: Int, to receiver: (inout MutableRawSpan) -> Bool
    ) -> Bool {
        let packet = unsafe UnsafeMutableRawBufferPointer(start: start + Self.prefix, count: end - Self.prefix)
        var span = unsafe MutableRawSpan(_unsafeBytes: packet)
        return receiver(&span)
    }
}
