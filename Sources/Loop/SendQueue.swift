internal import Base
internal import CUV
internal import Glibc

/// Datagrams that wait for the end of the turn: their bytes one after the other in an arena, and a list of where each
/// begins and whither it goes. `flush` offers them to sendmmsg(2) a batch at a time, and packets of one size to one
/// address, which lie side by side already, as one message. All memory is made at the start.
///
/// The queue outlasts a turn only while the kernel takes nothing more. It is bounded in packets and bytes; what comes
/// when it is full is refused, since what waits already is nearer to being sent.
@safe class SendQueue {
    private struct Packet {
        var start: Int
        var count: Int
        var to: Address
    }

    private let family: SocketFamily
    private var packets: [Packet] = []
    private let arena: UnsafeMutableRawPointer
    private(set) var byteCount = 0
    private let heads: UnsafeMutablePointer<mmsghdr>
    private let vectors: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<sockaddr_in6>
    private let notes: UnsafeMutablePointer<Segments.SendNote>
    /// How many packets each message of the batch holds.
    private let runs: UnsafeMutablePointer<Int>
    /// Whether packets may leave in runs at all.
    private var inRuns: Bool
    /// Packets before this one go alone, because the kernel refused a run of them.
    private var alone = 0
    /// The first of those will show whether the kernel minds the packet or the run.
    private var isTrial = false

    init(family: SocketFamily, inRuns: Bool = true) {
        self.family = family
        self.inRuns = inRuns
        packets.reserveCapacity(Limits.datagramsQueued)
        unsafe arena = .allocate(byteCount: Limits.datagramQueueBytes, alignment: 64)
        unsafe heads = .allocate(capacity: Limits.sendBatch)
        unsafe vectors = .allocate(capacity: Limits.sendBatch)
        unsafe names = .allocate(capacity: Limits.sendBatch)
        unsafe notes = .allocate(capacity: Limits.sendBatch)
        unsafe runs = .allocate(capacity: Limits.sendBatch)
        unsafe heads.initialize(repeating: mmsghdr(), count: Limits.sendBatch)
        unsafe vectors.initialize(repeating: iovec(), count: Limits.sendBatch)
        unsafe names.initialize(repeating: sockaddr_in6(), count: Limits.sendBatch)
        unsafe notes.initialize(repeating: Segments.SendNote(), count: Limits.sendBatch)
        unsafe runs.initialize(repeating: 0, count: Limits.sendBatch)
        for index in 0..<Limits.sendBatch {
            unsafe heads[index].msg_hdr.msg_iov = vectors + index
            unsafe heads[index].msg_hdr.msg_iovlen = 1
            unsafe heads[index].msg_hdr.msg_name = UnsafeMutableRawPointer(names + index)
            unsafe heads[index].msg_hdr.msg_control = UnsafeMutableRawPointer(notes + index)
        }
    }

    deinit {
        unsafe arena.deallocate()
        unsafe heads.deallocate()
        unsafe vectors.deallocate()
        unsafe names.deallocate()
        unsafe notes.deallocate()
        unsafe runs.deallocate()
    }

    var count: Int { packets.count }

    /// Copies a packet in; answers false when there is no room.
    func put(_ bytes: RawSpan, to address: Address) -> Bool {
        guard packets.count < Limits.datagramsQueued, bytes.byteCount <= Limits.datagramQueueBytes - byteCount else {
            return false
        }
        unsafe bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            unsafe (arena + byteCount).copyMemory(from: base, byteCount: source.count)
        }
        packets.append(Packet(start: byteCount, count: bytes.byteCount, to: address))
        byteCount += bytes.byteCount
        return true
    }

    /// Offers the packets in order. Answers whether the queue is empty now; if not, the kernel asked us to wait.
    func flush(through socket: Int32, counting counters: inout DatagramCounters) -> Bool {
        var head = 0
        defer { forget(head) }
        while head < packets.count {
            let messages = layOut(from: head)
            let answer = transmit(messages, through: socket)
            if answer > 0 {
                if isTrial { stopRuns(&counters) }
                head = count(answer, from: head, &counters)
            } else if answer == -Int(EAGAIN) {
                return false
            } else if answer != -Int(EINTR) {
                head = refused(Int32(clamping: -answer), at: head, &counters)
            }
        }
        return true
    }

    /// sendmmsg(2) over the first `count` messages laid out: how many the kernel took, or a negative `errno` about the
    /// first. Tests play the kernel here.
    func transmit(_ count: Int, through socket: Int32) -> Int {
        let answer = unsafe sendmmsg(socket, heads, UInt32(count), Int32(MSG_DONTWAIT))
        return answer < 0 ? -Int(errno) : Int(answer)
    }

    /// Lays out a batch of messages that begins with the packet `head`; answers how many there are.
    private func layOut(from head: Int) -> Int {
        var next = head
        var message = 0
        while next < packets.count, message < Limits.sendBatch {
            let first = packets[next]
            let (run, bytes) = run(from: next)
            unsafe vectors[message] = iovec(iov_base: arena + first.start, iov_len: bytes)
            unsafe heads[message].msg_hdr.msg_namelen = SocketAddress.write(first.to, for: family, at: names + message)
            unsafe notes[message].bytes = UInt16(truncatingIfNeeded: first.count)
            unsafe heads[message].msg_hdr.msg_controllen = run > 1 ? MemoryLayout<Segments.SendNote>.stride : 0
            unsafe runs[message] = run
            next += run
            message += 1
        }
        return message
    }

    /// The packets from `head` on that can be one message, and their bytes.
    private func run(from head: Int) -> (packets: Int, bytes: Int) {
        let first = packets[head]
        var bytes = first.count
        guard inRuns, head >= alone, first.count > 0 else { return (1, bytes) }
        let end = min(packets.count, head + Limits.packetsPerMessage)
        var next = head + 1
        while next < end {
            let packet = packets[next]
            guard packet.count <= first.count, packet.count > 0, packet.to == first.to,
                bytes + packet.count <= Limits.largestDatagramBytes
            else { break }
            bytes += packet.count
            next += 1
            // The kernel cuts by size: only the last of a run may be smaller.
            if packet.count < first.count { break }
        }
        return (next - head, bytes)
    }

    /// The kernel took `messages` messages of the batch that began with the packet `head`; answers which comes next.
    private func count(_ messages: Int, from head: Int, _ counters: inout DatagramCounters) -> Int {
        var next = head
        for message in 0..<messages {
            let run = unsafe runs[message]
            counters.sent.packets += UInt64(run)
            counters.sent.bytes += unsafe UInt64(vectors[message].iov_len)
            if run > 1 { counters.runsSent += 1 }
            next += run
        }
        return next
    }

    /// The kernel refused the message at the packet `head`. A run that it refuses is offered again packet by packet:
    /// a card that cannot cut says EIO, a kernel that will not says EINVAL, and packets larger than the way allows say
    /// EMSGSIZE (or EINVAL, on older kernels) in a run and alone. Answers where to go on.
    private func refused(_ error: Int32, at head: Int, _ counters: inout DatagramCounters) -> Int {
        isTrial = false
        if unsafe runs[0] > 1, error == EIO || error == EINVAL || error == EMSGSIZE {
            alone = unsafe head + runs[0]
            isTrial = error != EMSGSIZE
            return head
        }
        counters.unsent.count(error: error)
        return head + 1
    }

    /// What was refused in a run was taken alone.
    private func stopRuns(_ counters: inout DatagramCounters) {
        isTrial = false
        inRuns = false
        counters.runsRefused += 1
    }

    /// Drops the first `count` packets and moves the rest to the arena's front.
    private func forget(_ count: Int) {
        alone = max(0, alone - count)
        guard count > 0 else { return }
        let start = count < packets.count ? packets[count].start : byteCount
        unsafe arena.copyMemory(from: arena + start, byteCount: byteCount - start)
        byteCount -= start
        packets.removeFirst(count)
        for index in packets.indices { packets[index].start -= start }
    }
}
