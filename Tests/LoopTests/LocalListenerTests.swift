import Base
import Glibc
import Testing

@testable import Loop

/// A directory that only its owner may enter, gone with the value.
final class TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array("/tmp/marram-loop-XXXXXX".utf8CString)
        path = String(cString: try #require(mkdtemp(&template)))
    }

    deinit {
        for name in ["socket", "socket.new", "file"] { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}

@Suite struct LocalListenerTests {
    @Test func aLocalSocketIsForItsOwnerAloneAndGoesWithItsListener() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        let loop = try EventLoop()
        do {
            let listener = try LocalListener(path: path, on: loop)
            var status = stat()
            #expect(lstat(path, &status) == 0)
            #expect(status.st_mode & S_IFMT == S_IFSOCK)
            #expect(status.st_mode & 0o777 == 0o600)
            let servers = Seen<Speaker>()
            listener.onConnection { stream in servers.values.append(Speaker(stream)) }
            let client = Speaker(try ByteStream(connectingTo: path, on: loop))
            try client.stream.write("hello")
            try run(loop) { servers.values.first?.heard.text == "hello" }
            #expect(client.isOpen)
            #expect(access(path + ".new", F_OK) != 0)
        }
        #expect(access(path, F_OK) != 0)
        loop.run()
        #expect(loop.openHandles == 0)
    }

    @Test func theSocketOfADeadProcessIsReplaced() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        let loop = try EventLoop()
        // A listener that goes without its `deinit` leaves what a killed process leaves.
        try leaveSocket(at: path)
        var before = stat()
        #expect(lstat(path, &before) == 0)
        let client = Speaker(try ByteStream(connectingTo: path, on: loop))
        try run(loop) { client.ends == [.failed(.refused)] }

        let listener = try LocalListener(path: path, on: loop)

        let again = Speaker(try ByteStream(connectingTo: path, on: loop))
        try run(loop) { again.isOpen }
        #expect(listener.refusals == 0)
    }

    private func leaveSocket(at path: String) throws {
        let descriptor = try FileDescriptor(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        let answer = withUnsafePointer(to: &name) { place in
            place.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(descriptor.number, name, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(answer == 0)
    }

    @Test func theSocketOfALivingProcessIsRefused() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/socket"
        let loop = try EventLoop()
        let living = try LocalListener(path: path, on: loop)
        #expect(throws: LoopError.addressInUse) { _ = try LocalListener(path: path, on: loop) }
        let client = Speaker(try ByteStream(connectingTo: path, on: loop))
        try run(loop) { client.isOpen }
        #expect(living.refusals == 0)
    }

    @Test func aFileThatIsNoSocketIsNotOursToReplace() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/file"
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        let loop = try EventLoop()
        #expect(throws: LoopError.notASocket) { _ = try LocalListener(path: path, on: loop) }
        #expect(access(path, F_OK) == 0)
        #expect(throws: LoopError.notPermitted) { _ = try LocalListener(path: "/proc/socket", on: loop) }
    }

    @Test func aPathTakesTheLimitAndNotAByteMore() throws {
        let directory = try TemporaryDirectory()
        let loop = try EventLoop()
        // A path may say "here" as often as it likes.
        var path = directory.path
        while path.utf8.count < Limits.socketPathBytes - "/socket".utf8.count - 1 { path += "/." }
        path += "/socket"
        if path.utf8.count < Limits.socketPathBytes { path = "/" + path }
        #expect(path.utf8.count == Limits.socketPathBytes)
        do {
            let listener = try LocalListener(path: path, on: loop)
            let client = Speaker(try ByteStream(connectingTo: path, on: loop))
            try run(loop) { client.isOpen }
            #expect(listener.connections == 0)
        }
        #expect(throws: LoopError.nameTooLong) { _ = try LocalListener(path: "/" + path, on: loop) }
        #expect(throws: LoopError.nameTooLong) { _ = try ByteStream(connectingTo: "/" + path, on: loop) }
    }
}
