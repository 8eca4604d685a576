package import Base
internal import CUV

/// A connection: bytes in order, both ways, until an end. TCP (`uv_tcp_t`) and unix sockets (`uv_pipe_t`) alike.
///
/// **Backpressure** in both directions: what the other end does not take is kept up to a limit and then refused
/// (`write` throws `queueFull` and takes nothing), and `pause` leaves what arrives in the kernel, which in turn holds
/// the other end back. Each direction ends by itself: `finish` says that we have written everything, and `onEnd` that
/// the other end has, or that the connection failed. Dropping the value closes the connection at once.
package struct ByteStream: ~Copyable {
    private let loop: EventLoop
    private let box: StreamBox

    init(_ loop: EventLoop, _ box: StreamBox) {
        self.loop = loop
        self.box = box
    }

    /// Begins to connect over TCP. `onOpen` or `onEnd` tells how it went; what is written meanwhile waits.
    package init(
        connectingTo address: Address, writeLimit: Int = Limits.streamWriteBytes, on loop: EventLoop
    ) throws(LoopError) {
        let box = try StreamBox(.tcp, writeLimit: writeLimit, loop.core)
        try box.connect(to: address)
        self.init(loop, box)
    }

    /// Begins to connect to a unix socket.
    package init(
        connectingTo path: String, writeLimit: Int = Limits.streamWriteBytes, on loop: EventLoop
    ) throws(LoopError) {
        guard path.utf8.count <= Limits.socketPathBytes else { throw .nameTooLong }
        let box = try StreamBox(.local, writeLimit: writeLimit, loop.core)
        box.connect(to: path)
        self.init(loop, box)
    }

    deinit { box.close() }

    /// Called once when a connection that we began stands. An accepted one stands already.
    package func onOpen(_ act: @escaping () -> Void) { box.opened = act }

    /// Starts to read. The bytes are gone when the receiver returns.
    package func onBytes(_ receiver: @escaping (RawSpan) -> Void) {
        box.receiver = { bytes in receiver(bytes.bytes) }
        box.resume()
    }

    /// Called when the other end has finished, after its last bytes, and when the connection fails: nothing comes after
    /// that.
    package func onEnd(_ act: @escaping (StreamEnd) -> Void) { box.ended = act }

    /// Called whenever everything written has been taken by the kernel after some of it had to wait.
    package func onDrained(_ act: @escaping () -> Void) { box.drained = act }

    package func pause() { box.pause() }
    package func resume() { box.resume() }

    /// Writes all of `bytes`, now or as soon as the other end takes them, or throws and writes none.
    package func write(_ bytes: RawSpan) throws(LoopError) { try box.write(bytes) }

    /// Written, but not yet taken by the kernel.
    package var queuedBytes: Int { box.queuedBytes }

    /// Tells the other end, after what is queued, that nothing more will come. We can still read.
    package func finish() { box.finish() }

    /// Who is at the other end of a TCP connection.
    package var peer: Address? { box.peer }
}

package enum StreamEnd: Hashable, Sendable {
    /// The other end has said everything it had to say. It may still read.
    case finished
    /// Nothing passes any more, in either direction.
    case failed(LoopError)
}

final class StreamBox: Handle {
    enum Kind {
        case tcp
        case local

        var handle: uv_handle_type { self == .tcp ? UV_TCP : UV_NAMED_PIPE }
    }

    private let kind: Kind
    private let outgoing: WriteQueue
    private let connecting = Request(UV_CONNECT)
    private enum Stage {
        case connecting
        case open
        /// The other end writes no more; we may.
        case halfOpen
        case failed
    }
    private var stage = Stage.connecting
    private var isReading = false
    var opened: (() -> Void)?
    var receiver: ((inout MutableRawSpan) -> Void)?
    var ended: ((StreamEnd) -> Void)?
    var drained: (() -> Void)?
    /// Lets the listener know that there is room for another.
    var admission: Admission?

    init(_ kind: Kind, writeLimit: Int, _ core: LoopCore) throws(LoopError) {
        self.kind = kind
        outgoing = WriteQueue(limit: writeLimit)
        super.init(kind.handle, core)
        switch kind {
        case .tcp: try adopt(unsafe uv_tcp_init(core.pointer, pointer()))
        case .local: try adopt(unsafe uv_pipe_init(core.pointer, pointer(), 0))
        }
    }

    var queuedBytes: Int { outgoing.count }

    var peer: Address? {
        guard kind == .tcp, isOpen else { return nil }
        return unsafe SocketAddress.asked { name, length in
            var size = Int32(unsafe length.pointee)
            return unsafe uv_tcp_getpeername(pointer(), name, &size)
        }
    }

    override func close() {
        super.close()
        opened = nil
        receiver = nil
        ended = nil
        drained = nil
        admission?.leave()
        admission = nil
    }
}

// Connecting.
extension StreamBox {
    func connect(to address: Address) throws(LoopError) {
        let code = unsafe SocketAddress.told(address, for: SocketFamily(of: address)) { name, _ in
            unsafe uv_tcp_connect(connecting.pointer(), pointer(), name) { request, status in
                unsafe StreamBox.of(request?.pointee.handle.pointee.data).connected(status)
            }
        }
        guard code == 0 else {
            close()
            throw LoopError(code: code)
        }
    }

    func connect(to path: String) {
        unsafe uv_pipe_connect(connecting.pointer(), pointer(), path) { request, status in
            unsafe StreamBox.of(request?.pointee.handle.pointee.data).connected(status)
        }
    }

    private func connected(_ status: Int32) {
        guard isOpen else { return }
        guard status == 0 else { return end(.failed(LoopError(code: status))) }
        stand()
        opened?()
    }

    /// The connection stands: accepted, or connected, or a pipe to a child.
    func stand() {
        stage = .open
        if kind == .tcp {
            // Requests and answers are small and somebody waits for each: no gathering of small segments (Nagle).
            unsafe uv_tcp_nodelay(pointer(), 1)
        }
        if receiver != nil { resume() }
        submit()
    }
}

// Reading.
extension StreamBox {
    func pause() {
        guard isReading else { return }
        isReading = false
        unsafe uv_read_stop(pointer())
    }

    func resume() {
        guard isOpen, stage == .open, !isReading, receiver != nil else { return }
        isReading = true
        let code = unsafe uv_read_start(
            pointer(),
            { handle, _, buffer in
                let slab = unsafe StreamBox.of(handle?.pointee.data).core.streamSlab.bytes
                unsafe buffer?.pointee.base = slab.bindMemory(to: CChar.self).baseAddress
                unsafe buffer?.pointee.len = slab.count
            },
            { stream, count, _ in unsafe StreamBox.of(stream?.pointee.data).arrived(count) })
        if code != 0 { end(.failed(LoopError(code: code))) }
    }

    private func arrived(_ count: Int) {
        if count > 0 {
            let arrived = unsafe UnsafeMutableRawBufferPointer(rebasing: core.streamSlab.bytes[..<count])
            var bytes = unsafe MutableRawSpan(_unsafeBytes: arrived)
            receiver?(&bytes)
        } else if count == Int(UV_EOF.rawValue) {
            end(.finished)
        } else if count < 0 {
            end(.failed(LoopError(code: Int32(clamping: count))))
        }
    }

    private func end(_ how: StreamEnd) {
        guard isOpen, stage != .failed else { return }
        pause()
        stage = how == .finished ? .halfOpen : .failed
        ended?(how)
    }
}

// Writing.
extension StreamBox {
    func write(_ bytes: RawSpan) throws(LoopError) {
        precondition(!outgoing.isFinishing, "written after finish: what finish promised the other end would not hold")
        guard isOpen, stage != .failed else { throw .reset }
        var taken = 0
        if stage != .connecting, outgoing.count == 0, bytes.byteCount > 0 {
            let answer = unsafe bytes.withUnsafeBytes { source in
                var buffer = unsafe uv_buf_t(reading: source)
                return unsafe uv_try_write(pointer(), &buffer, 1)
            }
            guard answer >= 0 || answer == UV_EAGAIN.rawValue else { throw LoopError(code: answer) }
            taken = max(0, Int(answer))
        }
        try outgoing.append(bytes.extracting(droppingFirst: taken))
        submit()
    }

    var canWrite: Bool { isOpen && stage != .failed && !outgoing.isFinishing }

    func keepsWriteBuffers(upTo bytes: Int) { outgoing.kept = bytes }

    /// Queues a packet behind its length, for `push`; answers false when there is no room for both.
    func gather(_ length: UInt16, _ bytes: RawSpan) -> Bool { outgoing.gather(length, bytes) }

    /// Offers the kernel what was gathered; what it does not take waits.
    func push() {
        guard canWrite, stage != .connecting else { return }
        if let gathered = unsafe outgoing.gathered {
            var buffer = unsafe uv_buf_t(reading: gathered)
            let answer = unsafe uv_try_write(pointer(), &buffer, 1)
            // A failure is told by the write that follows.
            if answer > 0 { outgoing.taken(Int(answer)) }
        }
        submit()
    }

    /// Gives libuv what waits, unless it still has something, and after the last bytes the end of writing.
    private func submit() {
        guard isOpen, stage != .connecting else { return }
        if outgoing.launch() {
            var buffer = unsafe uv_buf_t(reading: outgoing.flying)
            let code = unsafe uv_write(outgoing.request.pointer(), pointer(), &buffer, 1) { request, status in
                unsafe StreamBox.of(request?.pointee.handle.pointee.data).written(status)
            }
            if code != 0 { written(code) }
        } else if outgoing.isFinishing, outgoing.count == 0 {
            shutDown()
        }
    }

    private func written(_ status: Int32) {
        outgoing.landed()
        guard isOpen else { return }
        guard status == 0 else {
            outgoing.forget()
            return end(.failed(LoopError(code: status)))
        }
        submit()
        if outgoing.count == 0 { drained?() }
    }

    func finish() {
        guard !outgoing.isFinishing else { return }
        outgoing.isFinishing = true
        submit()
    }

    /// A failure needs no word: the connection is down, and reading or the last write says so.
    private func shutDown() {
        guard !outgoing.isFinished else { return }
        outgoing.isFinished = true
        _ = unsafe uv_shutdown(outgoing.ending.pointer(), pointer()) { _, _ in }
    }
}
