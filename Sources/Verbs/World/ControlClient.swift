package import Base
package import Control
internal import Glibc

/// One question to the daemon over its control socket, with one deadline for all of it: connecting, asking, waiting.
/// When the daemon cannot be reached it says which of the possible reasons it is, because each has another remedy.
package struct ControlClient {
    private let socket: String
    private let timeout: Interval

    package init(socket: String, timeout: Interval) {
        self.socket = socket
        self.timeout = timeout
    }

    package func ask(_ request: Request) throws(Complaint) -> Envelope {
        let deadline = Deadline(timeout)
        let connection = try connect(by: deadline)
        return try connection.exchange(request, by: deadline)
    }

    private func connect(by deadline: Deadline) throws(Complaint) -> ControlConnection {
        let descriptor = Glibc.socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw Complaint(.daemonNotRunning, because: systemMessage(errno)) }
        let connection = ControlConnection(owning: descriptor)
        guard var address = Self.address(of: socket) else {
            throw Complaint(
                .badArgument, what: "the control socket's path is longer than the system allows: \(socket)",
                remedy: "choose a data directory with a shorter path")
        }
        while true {
            let result = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    unsafe Glibc.connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if result == 0 { return connection }
            switch errno {
            case EINTR: continue
            // The daemon's queue of new connections is full, and nothing tells when it is not: look again in a while.
            case EAGAIN: try deadline.pause()
            case let number: throw complaint(about: number)
            }
        }
    }

    /// The longest path has one byte less than the field: C wants a zero behind it.
    private static func address(of path: String) -> sockaddr_un? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { field in unsafe field.copyBytes(from: bytes) }
        return address
    }

    /// Why nobody answers at the socket: no directory, no socket in it, a socket without a daemon, no permission.
    private func complaint(about number: Int32) -> Complaint {
        let directory = socket.lastIndex(of: "/").map { $0 == socket.startIndex ? "/" : String(socket[..<$0]) } ?? "."
        let start = "marramd --data \(directory)"
        switch number {
        case ENOENT, ENOTDIR:
            guard unsafe faccessat(AT_FDCWD, directory, F_OK, AT_EACCESS) == 0 else {
                if errno == EACCES { return refused() }
                return Complaint(
                    .noDataDirectory, what: "there is no directory \(directory)",
                    remedy: "choose the node's with --data DIR, or make one: marram init NAME --data \(directory)")
            }
            return Complaint(.daemonNotRunning, what: "marramd does not run in \(directory)", remedy: start)
        case ECONNREFUSED:
            return Complaint(
                .daemonGone, what: "nobody listens at \(socket); the last marramd is gone", remedy: start)
        case EACCES, EPERM: return refused()
        default:
            return Complaint(
                .daemonNotRunning, what: "\(socket) is not a control socket", because: systemMessage(number),
                remedy: start)
        }
    }

    private func refused() -> Complaint {
        Complaint(.socketRefused, what: "you may not speak to the node at \(socket)")
    }
}

/// When patience ends, on a clock that nobody sets.
package struct Deadline {
    private let milliseconds: Int64

    package init(_ timeout: Interval) { milliseconds = Self.now + timeout.milliseconds }

    private static var now: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    private var remaining: Int64 { max(0, milliseconds - Self.now) }

    /// Waits until the descriptor is ready for `events`.
    func wait(for events: Int32, on descriptor: Int32) throws(Complaint) {
        while true {
            let left = remaining
            guard left > 0 else { throw Complaint(.deadlinePassed) }
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let count = unsafe poll(&entry, 1, Int32(clamping: left))
            if count > 0 { return }
            guard count == 0 || errno == EINTR else { throw Complaint(.connectionLost, because: systemMessage(errno)) }
        }
    }

    /// Waits a little.
    func pause() throws(Complaint) {
        let left = remaining
        guard left > 0 else { throw Complaint(.deadlinePassed) }
        poll(nil, 0, Int32(min(10, left)))
    }
}

/// A connected control socket, closed when it is dropped.
package struct ControlConnection: ~Copyable {
    private let descriptor: Int32

    /// Takes over a connected, non-blocking stream socket.
    package init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    package func exchange(_ request: Request, by deadline: Deadline) throws(Complaint) -> Envelope {
        try send(request.frame, by: deadline)
        var reader = ControlFrameReader(atMost: Limits.controlReplyBytes)
        while true {
            let piece = try receive(by: deadline)
            guard !piece.isEmpty else { throw Complaint(.connectionLost) }
            reader.append(piece.raw)
            if let body = try next(&reader) { return try Envelope(decoding: body) }
        }
    }

    private func next(_ reader: inout ControlFrameReader) throws(Complaint) -> [UInt8]? {
        do throws(DecodeError) {
            return try reader.next()
        } catch {
            throw Complaint(.replyNotUnderstood, what: "the answer announces a length that no answer has")
        }
    }

    private func send(_ bytes: [UInt8], by deadline: Deadline) throws(Complaint) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try deadline.wait(for: POLLOUT, on: descriptor)
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR, errno != EAGAIN {
                throw Complaint(.connectionLost, because: systemMessage(errno))
            }
        }
    }

    private func receive(by deadline: Deadline) throws(Complaint) -> [UInt8] {
        while true {
            try deadline.wait(for: POLLIN, on: descriptor)
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count >= 0 { return Array(buffer.prefix(count)) }
            if errno != EINTR, errno != EAGAIN { throw Complaint(.connectionLost, because: systemMessage(errno)) }
        }
    }
}
