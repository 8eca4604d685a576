internal import CUV

/// One libuv handle and the memory it lives in. libuv keeps using that memory until the callback of `uv_close`, which
/// comes a turn after the call; so libuv holds a reference to the box (in `data`) from the handle's first moment to
/// that callback, and the memory goes when the last of the two, libuv and the Swift value above, has let go.
///
/// The values that Host sees are not copyable and own one box each: dropping the value is closing the handle.
@safe class Handle {
    private enum Life { case blank, open, closing, closed }

    let core: LoopCore
    private let memory: UnsafeMutableRawPointer
    private var life = Life.blank

    init(_ kind: uv_handle_type, _ core: LoopCore) {
        self.core = core
        unsafe memory = .allocate(byteCount: uv_handle_size(kind), alignment: 16)
    }

    deinit {
        precondition(life == .blank || life == .closed, "libuv holds a reference until its close callback")
        unsafe memory.deallocate()
    }

    /// False before libuv knows the handle and from `close` on. A callback that calls out asks again afterwards,
    /// because whoever was called may have dropped the value.
    final var isOpen: Bool { life == .open }

    /// The handle as the libuv type it was made for.
    final func pointer<Kind>(as kind: Kind.Type = Kind.self) -> UnsafeMutablePointer<Kind> {
        unsafe memory.assumingMemoryBound(to: kind)
    }

    /// Gives libuv its reference, once one of its `_init` functions has answered `code`.
    final func adopt(_ code: Int32) throws(LoopError) {
        guard code == 0 else { throw LoopError(code: code) }
        unsafe pointer(as: uv_handle_t.self).pointee.data = Unmanaged.passRetained(self).toOpaque()
        life = .open
        core.openHandles += 1
    }

    func close() {
        guard life == .open else { return }
        life = .closing
        unsafe uv_close(pointer()) { handle in
            let box = unsafe Handle.of(handle?.pointee.data)
            box.life = .closed
            box.core.openHandles -= 1
            unsafe Unmanaged.passUnretained(box).release()
        }
    }

    /// The box of the handle that a callback was given.
    static func of(_ data: UnsafeMutableRawPointer?) -> Self {
        guard let data = unsafe data else { preconditionFailure("a callback came for a handle without its box") }
        return unsafe Unmanaged<Self>.fromOpaque(data).takeUnretainedValue()
    }
}

/// A file descriptor that the loop watches (`uv_poll_t`): for what libuv itself has no handle.
class Watch: Handle {
    let descriptor: Int32
    private var owned: FileDescriptor?
    private var interest: Int32 = 0

    init(_ owned: consuming FileDescriptor, _ core: LoopCore) throws(LoopError) {
        descriptor = owned.number
        self.owned = consume owned
        super.init(UV_POLL, core)
        try adopt(unsafe uv_poll_init(core.pointer, pointer(), descriptor))
    }

    /// Overridden by each kind of descriptor. An error is reported as both.
    func ready(toRead: Bool, toWrite: Bool) {}

    func want(toRead: Bool, toWrite: Bool) {
        let wanted = (toRead ? Int32(UV_READABLE.rawValue) : 0) | (toWrite ? Int32(UV_WRITABLE.rawValue) : 0)
        guard isOpen, wanted != interest else { return }
        interest = wanted
        let code = unsafe uv_poll_start(pointer(), wanted) { handle, status, events in
            let watch = unsafe Watch.of(handle?.pointee.data)
            // On an error libuv stops watching. The next read or write takes the error off the descriptor.
            if status < 0 { watch.startAgain() }
            watch.ready(
                toRead: status < 0 || events & Int32(UV_READABLE.rawValue) != 0,
                toWrite: status < 0 || events & Int32(UV_WRITABLE.rawValue) != 0)
        }
        precondition(code == 0, "uv_poll_start fails only on a handle that is closing")
    }

    private func startAgain() {
        let wanted = interest
        interest = 0
        want(
            toRead: wanted & Int32(UV_READABLE.rawValue) != 0, toWrite: wanted & Int32(UV_WRITABLE.rawValue) != 0)
    }

    override func close() {
        super.close()
        owned = nil
    }
}
