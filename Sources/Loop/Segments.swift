internal import Glibc

/// Many packets in one message, and one system call for all of them: packets of one size to one address (the last may
/// be smaller) go to the kernel as one run of bytes with a note of their size (`UDP_SEGMENT`, udp(7)), and come back
/// in the same form (`UDP_GRO`). The network sees ordinary packets. Where the network card can, it does the cutting
/// itself; on loopback nobody does.
enum Segments {
    /// `SOL_UDP`, and the two names: linux/udp.h.
    static let level: Int32 = 17
    static let sending: Int32 = 103
    static let receiving: Int32 = 104

    /// The note on a message that is sent, as cmsg(3) lays it out.
    struct SendNote {
        private var head = cmsghdr()
        var bytes: UInt16 = 0

        init() {
            head.cmsg_len = MemoryLayout<cmsghdr>.size + MemoryLayout<UInt16>.size
            head.cmsg_level = Segments.level
            head.cmsg_type = Segments.sending
        }
    }

    /// The note on a message that was received. The kernel writes it, when there is one.
    struct ReceiveNote {
        private var head = cmsghdr()
        private var bytes: Int32 = 0

        /// How many bytes each packet has, the last excepted. Nil when this is no such note.
        var packetBytes: Int? {
            guard head.cmsg_level == Segments.level, head.cmsg_type == Segments.receiving,
                head.cmsg_len == MemoryLayout<cmsghdr>.size + MemoryLayout<Int32>.size, bytes > 0
            else { return nil }
            return Int(bytes)
        }
    }
}
