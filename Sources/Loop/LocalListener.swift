internal import Base
internal import CUV
internal import Glibc

/// Accepts connections on a unix socket that only its owner may use (mode 0600): the door for the tools of this
/// machine.
///
/// The socket is made under a name of its own, given its mode, told to listen, and only then renamed to its path. So
/// nobody can connect before the mode is set, and the file of a daemon that died is replaced without a moment in which
/// the path leads nowhere. A socket on which somebody answers is never taken. (Two daemons that start at the same
/// moment are told apart before, by the lock on the data directory.)
package struct LocalListener: ~Copyable {
    private let loop: EventLoop
    private let box: ListenerBox
    private let path: String
    private let file: FileIdentity

    package init(
        path: String, connections: Int = Limits.controlConnections, writeLimit: Int = Limits.streamWriteBytes,
        on loop: EventLoop
    ) throws(LoopError) {
        guard path.utf8.count <= Limits.socketPathBytes else { throw .nameTooLong }
        try Self.proveFree(path)
        let box = try ListenerBox(.local, Admission(limit: connections), writeLimit: writeLimit, loop.core)
        file = try box.orClosed { box throws(LoopError) in
            let unfinished = path + ".new"
            // Only a start that was cut short leaves one.
            _ = unsafe unlink(unfinished)
            try box.bind(to: unfinished)
            try check(unsafe chmod(unfinished, 0o600))
            try box.listen()
            try check(unsafe rename(unfinished, path))
            guard let file = FileIdentity(of: path) else { throw .notFound }
            return file
        }
        self.loop = loop
        self.path = path
        self.box = box
    }

    deinit {
        box.close()
        if FileIdentity(of: path) == file { _ = unsafe unlink(path) }
    }

    package func onConnection(_ receiver: @escaping (consuming ByteStream) -> Void) { box.serve(loop, receiver) }

    /// Connections that stand, and how many were shut out so far.
    package var connections: Int { box.admission.standing }
    package var refusals: UInt64 { box.admission.refusals }

    /// Throws when the path is somebody's: a living daemon's socket, or a file that is no socket.
    private static func proveFree(_ path: String) throws(LoopError) {
        guard let file = FileIdentity(of: path) else { return }
        guard file.isSocket else { throw .notASocket }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let probe = try FileDescriptor(socket(AF_UNIX, kind, 0))
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { field in unsafe field.copyBytes(from: path.utf8) }
        let answer = unsafe withUnsafePointer(to: &name) { place in
            unsafe place.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe connect(probe.number, name, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        // Refused: the file is there and nobody listens. All else (connected, or a queue so full that we would have to
        // wait) is a sign of life.
        guard answer != 0, errno == ECONNREFUSED else { throw .addressInUse }
    }
}

/// Which file is at a path just now.
private struct FileIdentity: Equatable {
    let device: dev_t
    let number: ino_t
    let isSocket: Bool

    init?(of path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        device = status.st_dev
        number = status.st_ino
        isSocket = status.st_mode & S_IFMT == S_IFSOCK
    }
}
