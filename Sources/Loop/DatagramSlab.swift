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
    private static let stride = 65_536 + 64

    private let bytes: UnsafeMutableRawPointer
    private let heads: UnsafeMutablePointer<mmsghdr>
    private let vectors: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<sockaddr_in6>

    init() {
        let slots = Limits.receiveBatch
        unsafe bytes = .allocate(byteCount: slots * Self.stride, alignment: 64)
        unsafe heads = .allocate(capacity: slots)
        unsafe vectors = .allocate(capacity: slots)
        unsafe names = .allocate(capacity: slots)
        unsafe heads.initialize(repeating: mmsghdr(), count: slots)
        unsafe names.initialize(repeating: sockaddr_in6(), count: slots)
        for slot in 0..<slots {
            unsafe (vectors + slot).initialize(
                to: iovec(iov_base: bytes + slot * Self.stride, iov_len: Limits.largestDatagramBytes))
            unsafe heads[slot].msg_hdr.msg_iov = vectors + slot
            unsafe heads[slot].msg_hdr.msg_iovlen = 1
            unsafe heads[slot].msg_hdr.msg_name = UnsafeMutableRawPointer(names + slot)
        }
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe heads.deallocate()
        unsafe vectors.deallocate()
        unsafe names.deallocate()
    }

    /// Takes what has arrived, up to a batch. Answers how many, or a negative `errno`.
    func fill(from socket: Int32) -> Int {
        for slot in 0..<Limits.receiveBatch {
            // The kernel wrote the length of the last name here.
            unsafe heads[slot].msg_hdr.msg_namelen = socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
        let count = unsafe recvmmsg(socket, heads, UInt32(Limits.receiveBatch), Int32(MSG_DONTWAIT), nil)
        return count < 0 ? -Int(errno) : Int(count)
    }

    func byteCount(of slot: Int) -> Int { Int(unsafe heads[slot].msg_len) }

    /// Whether the datagram was larger than a slot, and so has lost its end.
    func isCut(_ slot: Int) -> Bool { unsafe heads[slot].msg_hdr.msg_flags & Int32(MSG_TRUNC) != 0 }

    func hand(_ slot: Int, to receiver: (inout MutableRawSpan, Address) -> Void) {
        let buffer = unsafe UnsafeMutableRawBufferPointer(start: bytes + slot * Self.stride, count: byteCount(of: slot))
        var span = unsafe MutableRawSpan(_unsafeBytes: buffer)
        receiver(&span, unsafe SocketAddress.read(names + slot))
    }
}
