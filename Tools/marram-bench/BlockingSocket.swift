internal import Base
internal import Glibc

/// A TCP connection as the simplest program would have it, without our loop: what we compare ourselves with must not
/// be slow because of us. IPv4 only.
struct BlockingSocket: ~Copyable {
    private let number: Int32

    private init(_ number: Int32, _ deed: String) throws(Complaint) {
        guard number >= 0 else { throw Self.refused(deed) }
        self.number = number
    }

    deinit { _ = close(number) }

    private static func refused(_ deed: String) -> Complaint {
        // Safe: a text of the C library, copied at once.
        Complaint(.benchFailed, what: "\(deed) failed: \(unsafe String(cString: strerror(errno)))")
    }

    private static func make(_ congestion: String?) throws(Complaint) -> BlockingSocket {
        let made = try BlockingSocket(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0), "socket")
        var one: Int32 = 1
        // Safe: the kernel reads as many bytes as it is told.
        _ = unsafe setsockopt(made.number, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        if let congestion {
            let answer = unsafe setsockopt(
                made.number, Int32(IPPROTO_TCP), TCP_CONGESTION, congestion, socklen_t(congestion.utf8.count))
            guard answer == 0 else { throw refused("choosing the congestion control \(congestion)") }
        }
        return made
    }

    /// Hands the address to `bind` or `connect`.
    private func tell(
        _ address: Address, _ deed: String, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(Complaint) {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = address.port.bigEndian
        name.sin_addr.s_addr = (address.v4 ?? 0).bigEndian
        // Safe: the kernel reads one structure, which lives as long as the call.
        let answer = unsafe withUnsafePointer(to: &name) { place in
            unsafe place.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe call(number, name, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard answer == 0 else { throw Self.refused("\(deed) \(address)") }
    }

    static func connected(to address: Address, congestion: String?) throws(Complaint) -> BlockingSocket {
        let made = try make(congestion)
        try unsafe made.tell(address, "connecting to") { unsafe connect($0, $1, $2) }
        return made
    }

    static func listening(on address: Address, congestion: String?) throws(Complaint) -> BlockingSocket {
        let made = try make(congestion)
        try unsafe made.tell(address, "binding to") { unsafe bind($0, $1, $2) }
        guard listen(made.number, 1) == 0 else { throw refused("listening") }
        return made
    }

    /// The port that the kernel gave.
    var port: UInt16 {
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Safe: the kernel fills in the one structure that it is given.
        _ = unsafe withUnsafeMutablePointer(to: &name) { place in
            unsafe place.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(number, $0, &length) }
        }
        return UInt16(bigEndian: name.sin_port)
    }

    /// Nil when nobody came before `deadline`.
    func accepted(before deadline: UInt64) throws(Complaint) -> BlockingSocket? {
        guard waits(until: deadline) else { return nil }
        return try BlockingSocket(accept(number, nil, nil), "accepting")
    }

    /// Waits for something to read; false when nothing came before `deadline`.
    private func waits(until deadline: UInt64) -> Bool {
        guard deadline != .max else { return true }
        let left = Int64(clamping: deadline) - Int64(clamping: nanoseconds())
        guard left > 0 else { return false }
        var wish = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        // Safe: one structure, as announced.
        return unsafe poll(&wish, 1, Int32(clamping: left / 1_000_000 + 1)) > 0
    }

    /// Reads what there is, into `buffer` from `start` on; 0 at the end or at the deadline.
    func read(into buffer: inout [UInt8], from start: Int, before deadline: UInt64) throws(Complaint) -> Int {
        guard waits(until: deadline) else { return 0 }
        // Safe: the kernel writes no more bytes than are left.
        let count = unsafe buffer.withUnsafeMutableBytes { place in
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: place[start...])
            return unsafe Glibc.read(number, rest.baseAddress, rest.count)
        }
        guard count >= 0 || errno == ECONNRESET else { throw Self.refused("reading") }
        return max(0, count)
    }

    /// Writes all; false when the deadline passed or the other end has gone.
    func write(_ bytes: RawSpan, before deadline: UInt64) -> Bool {
        var done = 0
        while done < bytes.byteCount {
            guard nanoseconds() < deadline else { return false }
            // Safe: the kernel reads no more bytes than are left.
            let count = unsafe bytes.withUnsafeBytes { place in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: place[done...])
                return unsafe Glibc.send(number, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 || errno == EAGAIN else { return false }
            done += max(0, count)
        }
        return true
    }

    /// A write returns after so long even if the other end takes nothing.
    func giveUpWriting(after milliseconds: Int) {
        var time = timeval(tv_sec: milliseconds / 1_000, tv_usec: milliseconds % 1_000 * 1_000)
        // Safe: the kernel reads one structure.
        _ = unsafe setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }
}
