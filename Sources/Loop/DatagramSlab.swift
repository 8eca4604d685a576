internal import Base
internal import CUV
internal import Glibc

/// Where datagrams land: one slot for each packet of a batch, and the three arrays by which recvmmsg(2) is told of
/// them. Made once and used for ever, so receiving allocates nothing. A packet stays in its slot while it is opened in
/// place.
///
/// A slot holds the largest datagram, yet a slot that only ever sees small packets costs one page of memory: the rest
/// of it is never touched.
@safe final class DatagramSlab {
    /// The slots' distance. A power of two would put the heads of all slots into the same few lines of the processor's
    /// cache; one line more spreads them.
    private static let stride = slotBytes + 64
    /// Room for the largest datagram, and for the largest run of packets that the kernel hands over as one message.
    private static let slotBytes = 65_536

    private let bytes: UnsafeMutableRawPointer
    private let heads: UnsafeMutablePointer<mmsghdr>
    private let vectors: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<sockaddr_in6>
    private let notes: UnsafeMutablePointer<Segments.ReceiveNote>

    init() {
        let slots = Limits.receiveBatch
        unsafe bytes = .allocate(byteCount: slots * Self.stride, alignment: 64)
        unsafe heads = .allocate(capacity: slots)
        unsafe vectors = .allocate(capacity: slots)
        unsafe names = .allocate(capacity: slots)
        unsafe notes = .allocate(capacity: slots)
        unsafe heads.initialize(repeating: mmsghdr(), count: slots)
        unsafe names.initialize(repeating: sockaddr_in6(), count: slots)
        unsafe notes.initialize(repeating: Segments.ReceiveNote(), count: slots)
        for slot in 0..<slots {
            unsafe (vectors + slot).initialize(
                to: iovec(iov_base: bytes + slot * Self.stride, iov_len: Self.slotBytes))
            unsafe heads[slot].msg_hdr.msg_iov = vectors + slot
            unsafe heads[slot].msg_hdr.msg_iovlen = 1
            unsafe heads[slot].msg_hdr.msg_name = UnsafeMutableRawPointer(names + slot)
            unsafe heads[slot].msg_hdr.msg_control = UnsafeMutableRawPointer(notes + slot)
        }
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe heads.deallocate()
        unsafe vectors.deallocate()
        unsafe names.deallocate()
        unsafe notes.deallocate()
    }

    /// Takes what has arrived, up to `limit` messages. Answers how many, or a negative `errno`.
    func fill(from socket: Int32, atMost limit: Int) -> Int {
        for slot in 0..<limit {
            // The kernel wrote the lengths of the last name and note here.
            unsafe heads[slot].msg_hdr.msg_namelen = socklen_t(MemoryLayout<sockaddr_in6>.size)
            unsafe heads[slot].msg_hdr.msg_controllen = MemoryLayout<Segments.ReceiveNote>.stride
        }
        let count = unsafe recvmmsg(socket, heads, UInt32(limit), Int32(MSG_DONTWAIT), nil)
        return count < 0 ? -Int(errno) : Int(count)
    }

    func byteCount(of slot: Int) -> Int { Int(unsafe heads[slot].msg_len) }

    /// How many bytes each packet of the message has, the last excepted; nil when the message is one packet.
    func packetBytes(of slot: Int) -> Int? {
        unsafe heads[slot].msg_hdr.msg_controllen > 0 ? notes[slot].packetBytes : nil
    }

    /// Whether the message was larger than a slot, and so has lost its end.
    func isCut(_ slot: Int) -> Bool { unsafe heads[slot].msg_hdr.msg_flags & Int32(MSG_TRUNC) != 0 }

    func sender(of slot: Int) -> Address { unsafe SocketAddress.read(names + slot) }

    func hand(
        _ range: Range<Int>, of slot: Int, from sender: Address, to receiver: (inout MutableRawSpan, Address) -> Void
    ) {
        let start = unsafe bytes + slot * Self.stride + range.lowerBound
        var span = unsafe MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(start: start, count: range.count))
        receiver(&span, sender)
    }
}
