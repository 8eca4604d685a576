internal import Base
internal import CUV
internal import Glibc

/// Datagrams that wait for the end of the turn: their bytes one after the other in an arena, and a list of where each
/// begins and whither it goes. `flush` offers them to sendmmsg(2) a batch at a time. All memory is made at the start.
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
    private var used = 0
    private let heads: UnsafeMutablePointer<mmsghdr>
    private let vectors: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<sockaddr_in6>

    init(family: SocketFamily) {
        self.family = family
        packets.reserveCapacity(Limits.datagramsQueued)
        unsafe arena = .allocate(byteCount: Limits.datagramQueueBytes, alignment: 64)
        unsafe heads = .allocate(capacity: Limits.sendBatch)
        unsafe vectors = .allocate(capacity: Limits.sendBatch)
        unsafe names = .allocate(capacity: Limits.sendBatch)
        unsafe heads.initialize(repeating: mmsghdr(), count: Limits.sendBatch)
        unsafe vectors.initialize(repeating: iovec(), count: Limits.sendBatch)
        unsafe names.initialize(repeating: sockaddr_in6(), count: Limits.sendBatch)
        for index in 0..<Limits.sendBatch {
            unsafe heads[index].msg_hdr.msg_iov = vectors + index
            unsafe heads[index].msg_hdr.msg_iovlen = 1
            unsafe heads[index].msg_hdr.msg_name = UnsafeMutableRawPointer(names + index)
        }
    }

    deinit {
        unsafe arena.deallocate()
        unsafe heads.deallocate()
        unsafe vectors.deallocate()
        unsafe names.deallocate()
    }

    var count: Int { packets.count }

    /// Copies a packet in; answers false when there is no room.
    func put(_ bytes: RawSpan, to address: Address) -> Bool {
        guard packets.count < Limits.datagramsQueued, bytes.byteCount <= Limits.datagramQueueBytes - used else {
            return false
        }
        unsafe bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            unsafe (arena + used).copyMemory(from: base, byteCount: source.count)
        }
        packets.append(Packet(start: used, count: bytes.byteCount, to: address))
        used += bytes.byteCount
        return true
    }

    /// Offers the packets in order. Answers whether the queue is empty now; if not, the kernel asked us to wait.
    func flush(through socket: Int32, counting counters: inout DatagramCounters) -> Bool {
        var head = 0
        defer { forget(head) }
        while head < packets.count {
            let batch = head..<min(head + Limits.sendBatch, packets.count)
            layOut(batch)
            let answer = transmit(batch.count, through: socket)
            if answer > 0 {
                for index in head..<head + answer { counters.sent.count(packets[index].count) }
                head += answer
            } else if answer == -Int(EAGAIN) {
                return false
            } else if answer != -Int(EINTR) {
                counters.unsent.count(error: Int32(clamping: -answer))
                head += 1
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

    private func layOut(_ batch: Range<Int>) {
        for index in 0..<batch.count {
            let packet = packets[batch.lowerBound + index]
            unsafe vectors[index] = iovec(iov_base: arena + packet.start, iov_len: packet.count)
            unsafe heads[index].msg_hdr.msg_namelen = SocketAddress.write(packet.to, for: family, at: names + index)
        }
    }

    /// Drops the first `count` packets and moves the rest to the arena's front.
    private func forget(_ count: Int) {
        guard count > 0 else { return }
        let start = count < packets.count ? packets[count].start : used
        unsafe arena.copyMemory(from: arena + start, byteCount: used - start)
        used -= start
        packets.removeFirst(count)
        for index in packets.indices { packets[index].start -= start }
    }
}
