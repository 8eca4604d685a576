internal import Base

/// The bytes of a stream between two offsets, at the place of their offset modulo the size, which is a power of two and
/// doubles as more has to be held. So an offset finds its byte without any list, and growth stops with the window.
struct ByteRing: Sendable {
    private var bytes: [UInt8] = []

    private static let smallest = 16 << 10

    /// The bytes from here on are as they were put; older ones may have been written over.
    private(set) var oldest: UInt64 = 0

    /// Makes room for the bytes from `base` to `end`, and for `slack` older ones; those below `held` are there and
    /// stay.
    mutating func hold(from base: UInt64, to end: UInt64, held: UInt64, slack: Int = 0) {
        let needed = Int(end - base) + slack
        guard needed > bytes.count else { return }
        var size = max(Self.smallest, bytes.count)
        while size < needed { size *= 2 }
        var larger = [UInt8](repeating: 0, count: size)
        // What lies before `base` comes along, as far as it is still there: mixed packets speak of it.
        let held = min(held, oldest + UInt64(bytes.count))
        var offset = oldest
        while offset < held {
            let part = piece(from: offset, to: held)
            // A piece ends where the old ring does, and the new one is a multiple of it: it lies in one piece there.
            larger.overwrite(bytes.raw.extracting(part), at: Int(offset & UInt64(size - 1)))
            offset += UInt64(part.count)
        }
        bytes = larger
    }

    /// Where the bytes from an offset on lie, up to the ring's end.
    private func piece(from offset: UInt64, to end: UInt64) -> Range<Int> {
        let place = Int(offset & UInt64(bytes.count - 1))
        return place..<place + Int(min(end - offset, UInt64(bytes.count - place)))
    }

    /// Puts bytes at their offset. There is room: `hold` was called.
    mutating func put(_ span: RawSpan, at offset: UInt64) {
        guard span.byteCount > 0 else { return }
        let end = offset + UInt64(span.byteCount)
        if end > UInt64(bytes.count) { oldest = max(oldest, end - UInt64(bytes.count)) }
        let first = piece(from: offset, to: offset + UInt64(span.byteCount))
        bytes.overwrite(span.extracting(0..<first.count), at: first.lowerBound)
        if first.count < span.byteCount {
            bytes.overwrite(span.extracting(first.count..<span.byteCount), at: 0)
        }
    }

    /// Appends the bytes of a stretch to `writer`.
    func write(from offset: UInt64, to end: UInt64, into writer: inout ByteWriter) {
        guard offset < end else { return }
        let first = piece(from: offset, to: end)
        writer.raw(bytes.raw.extracting(first))
        let rest = Int(end - offset) - first.count
        if rest > 0 { writer.raw(bytes.raw.extracting(0..<rest)) }
    }

    /// Adds the bytes of a stretch modulo two to those of `target` from `place` on.
    func mix(from offset: UInt64, to end: UInt64, into target: inout ByteWriter, at place: Int) {
        guard offset < end else { return }
        let first = piece(from: offset, to: end)
        target.mix(bytes.raw.extracting(first), at: place)
        let rest = Int(end - offset) - first.count
        if rest > 0 { target.mix(bytes.raw.extracting(0..<rest), at: place + first.count) }
    }

    /// The same, into an array.
    func mix(from offset: UInt64, to end: UInt64, into target: inout [UInt8], at place: Int) {
        guard offset < end else { return }
        let first = piece(from: offset, to: end)
        target.mix(bytes.raw.extracting(first), at: place)
        let rest = Int(end - offset) - first.count
        if rest > 0 { target.mix(bytes.raw.extracting(0..<rest), at: place + first.count) }
    }

    /// Hands the bytes of a stretch to `body` where they lie, in one or two parts.
    func read(from offset: UInt64, to end: UInt64, _ body: (RawSpan) -> Void) {
        guard offset < end else { return }
        let first = piece(from: offset, to: end)
        body(bytes.raw.extracting(first))
        let rest = Int(end - offset) - first.count
        if rest > 0 { body(bytes.raw.extracting(0..<rest)) }
    }
}
