package import Base
internal import CUV

/// Packets over TCP, for a network that lets no UDP through and for a clean one where the kernel carries bulk more
/// cheaply: the same sealed packets as in datagrams, each behind its length. Like a UDP port it never makes anybody
/// wait: a packet that there is no room for is dropped and counted, and the stream service above sends its bytes again.
/// Packets are gathered and leave when the turn ends; none of them allocates anything.
///
/// Who connects is a stranger until Session has heard it speak; whoever accepts connections ends those that stay
/// silent. Dropping the value closes the connection.
package struct PacketStream: ~Copyable {
    private let loop: EventLoop
    private let box: PacketBox

    init(_ loop: EventLoop, _ stream: StreamBox) {
        self.loop = loop
        box = PacketBox(stream)
    }

    /// Begins to connect. `onOpen` or `onEnd` tells how it went; what is sent meanwhile waits.
    package init(
        connectingTo address: Address, writeLimit: Int = Limits.carrierWriteBytes, on loop: EventLoop
    ) throws(LoopError) {
        let stream = try StreamBox(.tcp, writeLimit: writeLimit, loop.core)
        try stream.connect(to: address)
        self.init(loop, stream)
    }

    deinit { box.stream.close() }

    /// Called once when a connection that we began stands. An accepted one stands already.
    package func onOpen(_ act: @escaping () -> Void) { box.stream.opened = act }

    /// Starts to receive. The bytes are the receiver's to change, and gone when it returns.
    package func onReceive(_ receiver: @escaping (inout MutableRawSpan) -> Void) { box.listen(receiver) }

    /// Called once, when nothing comes any more.
    package func onEnd(_ act: @escaping (PacketStreamEnd) -> Void) { box.ended = act }

    /// Called whenever everything sent has been taken by the kernel after some of it had to wait.
    package func onDrained(_ act: @escaping () -> Void) { box.stream.drained = act }

    /// Queues a copy of `bytes` for the end of this turn.
    package func send(_ bytes: RawSpan) { box.send(bytes) }

    /// Sent, but not yet taken by the kernel.
    package var queuedBytes: Int { box.stream.queuedBytes }

    package var counters: PacketStreamCounters { box.counters }

    /// Who is at the other end.
    package var peer: Address? { box.stream.peer }
}

package enum PacketStreamEnd: Hashable, Sendable {
    /// The other end says nothing more.
    case finished
    case failed(LoopError)
    /// What arrived is not packets of ours. We have closed the connection.
    case notPackets
}

package struct PacketStreamCounters: Hashable, Sendable {
    package var received = DatagramCounters.Traffic()
    /// Taken to be sent; a connection that breaks loses what it has not delivered.
    package var sent = DatagramCounters.Traffic()
    /// Dropped: the other end takes less than we send.
    package var queueFull: UInt64 = 0
    /// Dropped: empty, or larger than a datagram.
    package var wrongSize: UInt64 = 0
    /// Dropped: the connection is down.
    package var closed: UInt64 = 0
}

final class PacketBox: Flushing {
    let stream: StreamBox
    var ended: ((PacketStreamEnd) -> Void)?
    private(set) var counters = PacketStreamCounters()
    private let cutter = PacketCutter()
    private var receiver: (inout MutableRawSpan) -> Void = { _ in }
    private var isListed = false

    init(_ stream: StreamBox) {
        self.stream = stream
        stream.keepsWriteBuffers(upTo: 2 * Limits.carrierGatherBytes)
        // The stream holds this box by its callbacks until it closes.
        stream.ended = { [self] end in
            switch end {
            case .finished: self.end(.finished)
            case .failed(let error): self.end(.failed(error))
            }
        }
    }

    func listen(_ receiver: @escaping (inout MutableRawSpan) -> Void) {
        self.receiver = receiver
        stream.receiver = { [self] bytes in take(&bytes) }
        stream.resume()
    }

    private func take(_ bytes: inout MutableRawSpan) {
        let arePackets = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe cutter.cut(buffer) { packet in
                counters.received.count(packet.byteCount)
                receiver(&packet)
                return stream.isOpen
            }
        }
        guard !arePackets else { return }
        let tell = ended
        stream.close()
        ended = nil
        tell?(.notPackets)
    }

    private func end(_ end: PacketStreamEnd) {
        let tell = ended
        ended = nil
        tell?(end)
    }

    func send(_ bytes: RawSpan) {
        guard bytes.byteCount > 0, bytes.byteCount <= Limits.largestDatagramBytes else {
            counters.wrongSize += 1
            return
        }
        guard stream.canWrite else {
            counters.closed += 1
            return
        }
        guard stream.gather(UInt16(bytes.byteCount), bytes) else {
            counters.queueFull += 1
            return
        }
        counters.sent.count(bytes.byteCount)
        if stream.queuedBytes >= Limits.carrierGatherBytes {
            stream.push()
        } else if !isListed {
            isListed = true
            stream.core.unflushed.append(self)
        }
    }

    func flush() {
        isListed = false
        stream.push()
    }
}
