package import Base
internal import CUV

/// Accepts TCP connections. At most `connections` of them stand at one time; who comes above that is let in and shut
/// out at once, so that it learns of it instead of waiting. Dropping the value stops listening and leaves the accepted
/// connections alone.
package struct TCPListener: ~Copyable {
    private let loop: EventLoop
    private let box: ListenerBox
    package let localAddress: Address

    /// Listens on `address`; port 0 lets the kernel choose one. `::` takes IPv4 too.
    package init(
        bind address: Address, connections: Int, writeLimit: Int = Limits.streamWriteBytes, on loop: EventLoop
    ) throws(LoopError) {
        let box = try ListenerBox(.tcp, Admission(limit: connections), writeLimit: writeLimit, loop.core)
        localAddress = try box.orClosed { box throws(LoopError) in
            try box.bind(to: address)
            // libuv keeps the error of a taken port until here.
            try box.listen()
            return try box.boundAddress()
        }
        self.loop = loop
        self.box = box
    }

    deinit { box.close() }

    package func onConnection(_ receiver: @escaping (consuming ByteStream) -> Void) { box.serve(loop, receiver) }

    /// The same, for connections that carry packets. The write limit should be that of a carrier.
    package func onPacketConnection(_ receiver: @escaping (consuming PacketStream) -> Void) {
        box.serve { [unowned loop] stream in receiver(PacketStream(loop, stream)) }
    }

    /// Connections that stand, and how many were shut out so far.
    package var connections: Int { box.admission.standing }
    package var refusals: UInt64 { box.admission.refusals }
}

/// How many connections of a listener stand, against its limit.
final class Admission {
    let limit: Int
    private(set) var standing = 0
    private(set) var refusals: UInt64 = 0

    init(limit: Int) { self.limit = limit }

    func enter() -> Bool {
        guard standing < limit else {
            refusals += 1
            return false
        }
        standing += 1
        return true
    }

    func leave() { standing -= 1 }
}

final class ListenerBox: Handle {
    let admission: Admission
    private let kind: StreamBox.Kind
    private let writeLimit: Int
    private var receiver: ((StreamBox) -> Void)?
    /// libuv keeps one connection ready until it is accepted, and calls only once for it.
    private var isWaiting = false

    init(_ kind: StreamBox.Kind, _ admission: Admission, writeLimit: Int, _ core: LoopCore) throws(LoopError) {
        self.kind = kind
        self.admission = admission
        self.writeLimit = writeLimit
        super.init(kind.handle, core)
        switch kind {
        case .tcp: try adopt(unsafe uv_tcp_init(core.pointer, pointer()))
        case .local: try adopt(unsafe uv_pipe_init(core.pointer, pointer(), 0))
        }
    }

    /// Closes the listener when what it needs for its start fails.
    func orClosed<Result>(_ start: (ListenerBox) throws(LoopError) -> Result) throws(LoopError) -> Result {
        do throws(LoopError) {
            return try start(self)
        } catch {
            close()
            throw error
        }
    }

    func bind(to address: Address) throws(LoopError) {
        let code = unsafe SocketAddress.told(address, for: SocketFamily(of: address)) { name, _ in
            unsafe uv_tcp_bind(pointer(), name, 0)
        }
        guard code == 0 else { throw LoopError(code: code) }
    }

    func boundAddress() throws(LoopError) -> Address {
        let bound = unsafe SocketAddress.asked { name, length in
            var size = Int32(unsafe length.pointee)
            return unsafe uv_tcp_getsockname(pointer(), name, &size)
        }
        guard let bound else { throw .addressNotAvailable }
        return bound
    }

    func bind(to path: String) throws(LoopError) {
        let code = unsafe uv_pipe_bind(pointer(), path)
        guard code == 0 else { throw LoopError(code: code) }
    }

    func listen() throws(LoopError) {
        let code = unsafe uv_listen(pointer(), Int32(Limits.connectionBacklog)) { stream, status in
            // A status is the failure to accept one connection (no descriptors left); the next may fare better.
            if status == 0 { unsafe ListenerBox.of(stream?.pointee.data).accept() }
        }
        guard code == 0 else { throw LoopError(code: code) }
    }

    func serve(_ loop: EventLoop, _ receiver: @escaping (consuming ByteStream) -> Void) {
        serve { [unowned loop] stream in receiver(ByteStream(loop, stream)) }
    }

    func serve(_ receiver: @escaping (StreamBox) -> Void) {
        self.receiver = receiver
        if isWaiting { accept() }
    }

    private func accept() {
        guard let receiver else {
            isWaiting = true
            return
        }
        isWaiting = false
        guard let stream = try? StreamBox(kind, writeLimit: writeLimit, core) else { return }
        guard unsafe uv_accept(pointer(), stream.pointer()) == 0, admission.enter() else { return stream.close() }
        stream.admission = admission
        stream.stand()
        receiver(stream)
    }

    override func close() {
        super.close()
        receiver = nil
    }
}
