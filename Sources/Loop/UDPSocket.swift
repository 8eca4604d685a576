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
    /// of the path is not asked (Session probes for itself).
    package init(bind address: Address, dontFragment: Bool = false, on loop: EventLoop) throws(LoopError) {
        self.loop = loop
        box = try DatagramBox(bind: address, dontFragment: dontFragment, loop.core)
    }

    deinit { box.close() }

    /// Where the socket is bound, with the port that it really has.
    package var localAddress: Address { box.localAddress }

    package var counters: DatagramCounters { box.counted() }

    /// Starts to receive. The bytes are the receiver's to change, and gone when it returns.
    package func onReceive(_ receiver: @escaping (inout MutableRawSpan, Address) -> Void) {
        box.listen(receiver)
    }

    /// Queues a copy of `bytes` for the end of this turn.
    package func send(_ bytes: RawSpan, to address: Address) { box.send(bytes, to: address) }
}

final class DatagramBox: Watch {
    let localAddress: Address
    /// Not an optional: unoptimised code allocates whenever it looks into an optional function.
    private var receiver: (inout MutableRawSpan, Address) -> Void = { _, _ in }
    private var isListening = false
    private var counters = DatagramCounters()
    private let family: SocketFamily
    private let queue: SendQueue
    private enum Sending {
        case idle
        /// On the loop's list of sockets to flush when the turn ends.
        case listed
        /// The kernel takes nothing more; the loop will tell when it does again.
        case blocked
    }
    private var sending = Sending.idle

    init(bind address: Address, dontFragment: Bool, _ core: LoopCore) throws(LoopError) {
        family = SocketFamily(of: address)
        let socket = try Self.open(family, dontFragment: dontFragment)
        let number = socket.number
        try check(unsafe SocketAddress.told(address, for: family) { name, length in unsafe bind(number, name, length) })
        let bound = unsafe SocketAddress.asked { name, length in unsafe getsockname(number, name, length) }
        guard let bound else { throw LoopError(code: -errno) }
        localAddress = bound
        queue = SendQueue(family: family)
        try super.init(socket, core)
    }

    private static func open(_ family: SocketFamily, dontFragment: Bool) throws(LoopError) -> FileDescriptor {
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = try FileDescriptor(socket(family.number, kind, 0))
        // The kernel grants at most net.core.rmem_max and wmem_max, and calls it success.
        try descriptor.set(SOL_SOCKET, SO_RCVBUF, to: Int32(Limits.datagramSocketBuffer))
        try descriptor.set(SOL_SOCKET, SO_SNDBUF, to: Int32(Limits.datagramSocketBuffer))
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
        for _ in 0..<Limits.receiveBatchesPerTurn {
            let count = core.datagramSlab.fill(from: descriptor)
            guard count > 0 else {
                if count != -Int(EAGAIN), count != -Int(EINTR) { counters.receiveErrors += 1 }
                return
            }
            for slot in 0..<count {
                deliver(slot)
                guard isOpen else { return }
            }
            if count < Limits.receiveBatch { return }
        }
    }

    private func deliver(_ slot: Int) {
        guard !core.datagramSlab.isCut(slot) else {
            counters.cut += 1
            return
        }
        counters.received.count(core.datagramSlab.byteCount(of: slot))
        core.datagramSlab.hand(slot, to: receiver)
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
        case .listed: if queue.count >= Limits.sendBatch { transmit() }
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

    override func close() {
        super.close()
        receiver = { _, _ in }
    }
}
