internal import Base
internal import CUV
internal import Glibc

/// What a stream was given to write and the kernel has not taken: a buffer in flight, which libuv reads from until its
/// callback and which therefore must not move, and one that gathers what comes meanwhile. When the first has landed,
/// the two change places. Both together keep to the limit.
final class WriteQueue {
    let request = Request(UV_WRITE)
    let ending = Request(UV_SHUTDOWN)
    private let limit: Int
    /// How much memory a buffer keeps when it empties: a thousand quiet connections should not each remember their
    /// largest answer.
    var kept = 16 << 10
    private var gathering = GrowingBuffer()
    private var inFlight = GrowingBuffer()
    /// The stream's owner has written everything.
    var isFinishing = false
    /// And the other end has been told.
    var isFinished = false

    init(limit: Int) { self.limit = limit }

    var count: Int { gathering.count + inFlight.count }
    var flying: UnsafeRawBufferPointer { unsafe inFlight.bytes }

    func append(_ bytes: RawSpan) throws(LoopError) {
        guard bytes.byteCount <= limit - count else { throw .queueFull }
        gathering.append(bytes)
    }

    /// Takes `bytes` behind their length, or neither.
    func gather(_ length: UInt16, _ bytes: RawSpan) -> Bool {
        guard bytes.byteCount + MemoryLayout<UInt16>.size <= limit - count else { return false }
        var length = length.littleEndian
        unsafe withUnsafeBytes(of: &length) { prefix in gathering.append(unsafe RawSpan(_unsafeBytes: prefix)) }
        gathering.append(bytes)
        return true
    }

    /// What may be offered to the kernel at once: nil while something flies that comes before it.
    var gathered: UnsafeRawBufferPointer? {
        inFlight.count == 0 && gathering.count > 0 ? unsafe gathering.bytes : nil
    }

    /// The kernel took the first `bytes` of what was gathered.
    func taken(_ bytes: Int) { gathering.removeFirst(bytes, keeping: kept) }

    /// Moves what was gathered into flight; answers false when there is nothing, or something flies already.
    func launch() -> Bool {
        guard inFlight.count == 0, gathering.count > 0 else { return false }
        swap(&gathering, &inFlight)
        return true
    }

    func landed() { inFlight.removeFirst(inFlight.count, keeping: kept) }
    func forget() { gathering.removeFirst(gathering.count, keeping: kept) }
}

/// Bytes at a fixed place as long as nothing is appended or taken away.
@safe struct GrowingBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer?
    private var capacity = 0
    private(set) var count = 0

    deinit { unsafe free(base) }

    var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: count) }

    mutating func append(_ bytes: RawSpan) {
        guard bytes.byteCount > 0 else { return }
        if count + bytes.byteCount > capacity {
            capacity = max(count + bytes.byteCount, 2 * capacity)
            unsafe base = realloc(base, capacity)
        }
        guard let base = unsafe base else { preconditionFailure("no memory for a bounded write queue") }
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe (base + count).copyMemory(from: start, byteCount: source.count)
        }
        count += bytes.byteCount
    }

    /// Takes bytes away from the front. A buffer that is then empty gives its memory back, if that is more than `kept`.
    mutating func removeFirst(_ bytes: Int, keeping kept: Int) {
        count -= bytes
        if count > 0, let base = unsafe base {
            unsafe base.copyMemory(from: base + bytes, byteCount: count)
        } else if capacity > kept {
            unsafe free(base)
            unsafe base = nil
            capacity = 0
        }
    }
}

/// The memory of a libuv request, which libuv uses until the request's callback.
@safe final class Request {
    private let memory: UnsafeMutableRawPointer

    init(_ kind: uv_req_type) { unsafe memory = .allocate(byteCount: uv_req_size(kind), alignment: 16) }
    deinit { unsafe memory.deallocate() }

    /// The request as the libuv type it was made for.
    func pointer<Kind>() -> UnsafeMutablePointer<Kind> { unsafe memory.assumingMemoryBound(to: Kind.self) }
}

extension uv_buf_t {
    /// A buffer that libuv only reads; its C type cannot say so.
    @unsafe init(reading bytes: UnsafeRawBufferPointer) {
        let start = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)
        unsafe self.init(base: start?.assumingMemoryBound(to: CChar.self), len: bytes.count)
    }
}
