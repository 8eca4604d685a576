package import Base
internal import CUV
internal import Glibc

/// A UDP port. Datagrams are received a batch at a time into a slab and handed over where they lie, to be opened in
/// place; datagrams to send are gathered and leave together when the turn ends, or when a batch is full. Neither
/// direction allocates anything per packet.
///
/// Nothing here throws after `init`: a datagram may always be lost, so what the kernel refuses is counted by reason.
/// libuv has calls for datagrams too, but each sent one is a system call and each received batch a fresh buffer, so the
/// socket is ours and the loop watches it. Dropping the value closes it.
package struct UDPSocket: ~Copyable {
    private let loop: EventLoop
    private let box: DatagramBox

    /// Binds to `address`; port 0 lets the kernel choose one. `::` takes IPv4 too. With `dontFragment` a datagram that
    /// is larger than the interface allows is refused and counted instead of being cut up, and the kernel's own idea
    /// of the path is not asked (Session probes for itself). Without `inRuns` no two packets share a message, as on a
    /// kernel that cannot do it.
    package init(
        bind address: Address, dontFragment: Bool = false, inRuns: Bool = true, on loop: EventLoop
    ) throws(LoopError) {
        self.loop = loop
        box = try DatagramBox(bind: address, dontFragment: dontFragment, inRuns: inRuns, loop.core)
    }

    deinit { box.close() }

    /// Where the socket is bound, with the port that it really has.
    package var localAddress: Address { box.localAddress }

    package var counters: DatagramCounters { box.counted() }

    /// What the kernel keeps for the socket in each direction, its own bookkeeping included: about half is packets.
    package var buffers: (receive: Int, send: Int) {
        (box.descriptorOption(SO_RCVBUF), box.descriptorOption(SO_SNDBUF))
    }

    /// Starts to receive. The bytes are the receiver's to change, and gone when it returns.
    package func onReceive(_ receiver: @escaping (inout MutableRawSpan, Address) -> Void) {
        box.listen(receiver)
    }

    /// Queues a copy of `bytes` for the end of this turn.
    package func send(_ bytes: RawSpan, to address: Address) { box.send(bytes, to: address) }
}

final class DatagramBox: Watch, Flushing {
    let localAddress: Address
    /// Not an optional: unoptimised code allocates whenever it looks into an optional function.
    private var receiver: (inout MutableRawSpan, Address) -> Void = { _, _ in }
    private var isListening = false
    private var counters = DatagramCounters()
    private let family: SocketFamily
    private let queue: SendQueue
    /// Messages to take next time: fewer when they are large, so that what was received is still near the processor
    /// when it is opened.
    private var batch = Limits.receiveBatch
    private enum Sending {
        case idle
        /// On the loop's list of sockets to flush when the turn ends.
        case listed
        /// The kernel takes nothing more; the loop will tell when it does again.
        case blocked
    }
    private var sending = Sending.idle

    init(bind address: Address, dontFragment: Bool, inRuns: Bool, _ core: LoopCore) throws(LoopError) {
        family = SocketFamily(of: address)
        let socket = try Self.open(family, dontFragment: dontFragment)
        let inRuns = inRuns && Self.allowRuns(socket)
        let number = socket.number
        try check(unsafe SocketAddress.told(address, for: family) { name, length in unsafe bind(number, name, length) })
        let bound = unsafe SocketAddress.asked { name, length in unsafe getsockname(number, name, length) }
        guard let bound else { throw LoopError(code: -errno) }
        localAddress = bound
        queue = SendQueue(family: family, inRuns: inRuns)
        try super.init(socket, core)
    }

    private static func open(_ family: SocketFamily, dontFragment: Bool) throws(LoopError) -> FileDescriptor {
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = try FileDescriptor(socket(family.number, kind, 0))
        try askForRoom(descriptor, SO_RCVBUFFORCE, SO_RCVBUF)
        try askForRoom(descriptor, SO_SNDBUFFORCE, SO_SNDBUF)
        if family == .v6 { try descriptor.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, to: 0) }
        if dontFragment {
            // On an IPv6 socket both: the IPv4 option is for the mapped addresses.
            try descriptor.set(Int32(IPPROTO_IP), IP_MTU_DISCOVER, to: IP_PMTUDISC_PROBE)
            if family == .v6 {
                try descriptor.set(Int32(IPPROTO_IPV6), IPV6_MTU_DISCOVER, to: IPV6_PMTUDISC_PROBE)
            }
        }
        return descriptor
    }

    /// With the right to (CAP_NET_ADMIN), as much as we want; without, the kernel grants at most net.core.rmem_max and
    /// wmem_max, and calls it success.
    private static func askForRoom(
        _ descriptor: borrowing FileDescriptor, _ force: Int32, _ ask: Int32
    ) throws(LoopError) {
        let bytes = Int32(Limits.datagramSocketBuffer)
        do throws(LoopError) {
            try descriptor.set(SOL_SOCKET, force, to: bytes)
        } catch {
            try descriptor.set(SOL_SOCKET, ask, to: bytes)
        }
    }

    /// Asks the kernel to hand over runs of packets, and learns whether it would take them: Linux does both from 5.0
    /// on. One that does not know the note on a message would send the run as one packet.
    private static func allowRuns(_ descriptor: borrowing FileDescriptor) -> Bool {
        do throws(LoopError) {
            try descriptor.set(Segments.level, Segments.receiving, to: 1)
            try descriptor.set(Segments.level, Segments.sending, to: 0)
            return true
        } catch {
            return false
        }
    }

    func listen(_ receiver: @escaping (inout MutableRawSpan, Address) -> Void) {
        self.receiver = receiver
        isListening = true
        want(toRead: true, toWrite: sending == .blocked)
    }

    override func ready(toRead: Bool, toWrite: Bool) {
        if toWrite, sending == .blocked { flush() }
        if toRead, isListening { receive() }
    }

    /// Takes some batches and leaves the rest to the next turn, so that a flood on one socket does not keep the loop
    /// from its timers and its other sockets.
    private func receive() {
        let start = counters.received.packets
        for _ in 0..<Limits.receiveBatchesPerTurn {
            guard counters.received.packets - start < Limits.packetsPerTurn else { return }
            let limit = batch
            let count = core.datagramSlab.fill(from: descriptor, atMost: limit)
            guard count > 0 else {
                if count != -Int(EAGAIN), count != -Int(EINTR) { counters.receiveErrors += 1 }
                return
            }
            var bytes = 0
            for slot in 0..<count {
                bytes += core.datagramSlab.byteCount(of: slot)
                deliver(slot)
                guard isOpen else { return }
            }
            batch = min(max(1, Limits.receiveBatchBytes * count / max(1, bytes)), Limits.receiveBatch)
            if count < limit { return }
        }
    }

    private func deliver(_ slot: Int) {
        let slab = core.datagramSlab
        let count = slab.byteCount(of: slot)
        let sender = slab.sender(of: slot)
        guard let step = slab.packetBytes(of: slot) else {
            guard !slab.isCut(slot), count <= Limits.largestDatagramBytes else {
                counters.cut += 1
                return
            }
            counters.received.count(count)
            return slab.hand(0..<count, of: slot, from: sender, to: receiver)
        }
        counters.runsReceived += 1
        var start = 0
        while start < count, isOpen {
            let end = min(start + step, count)
            counters.received.count(end - start)
            slab.hand(start..<end, of: slot, from: sender, to: receiver)
            start = end
        }
    }

    func send(_ bytes: RawSpan, to address: Address) {
        guard bytes.byteCount <= Limits.largestDatagramBytes else {
            counters.unsent.tooLarge += 1
            return
        }
        guard family.reaches(address) else {
            counters.unsent.wrongFamily += 1
            return
        }
        guard queue.put(bytes, to: address) else {
            counters.unsent.queueFull += 1
            return
        }
        switch sending {
        case .idle:
            sending = .listed
            core.unflushed.append(self)
        case .listed: if queue.count >= Limits.sendBatch || queue.byteCount >= Limits.sendBatchBytes { transmit() }
        case .blocked: break
        }
    }

    /// At the end of a turn, or when a blocked socket can be written again.
    func flush() {
        guard isOpen else { return }
        sending = .idle
        transmit()
    }

    private func transmit() {
        if !queue.flush(through: descriptor, counting: &counters) { sending = .blocked }
        want(toRead: isListening, toWrite: sending == .blocked)
    }

    /// The counters with the kernel's own count of what it had no room for.
    func counted() -> DatagramCounters {
        var counters = counters
        // sk_meminfo of linux/sock_diag.h: nine words, the last of which counts drops.
        var words = [UInt32](repeating: 0, count: 9)
        var length = socklen_t(words.count * 4)
        if unsafe getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, &words, &length) == 0 {
            counters.overrun = UInt64(words[8])
        }
        return counters
    }

    func descriptorOption(_ option: Int32) -> Int {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 ? Int(value) : 0
    }

    override func close() {
        super.close()
        receiver = { _, _ in }
    }
}
