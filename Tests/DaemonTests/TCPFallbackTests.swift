import Foundation
import Testing

/// Where UDP is blocked: a node that is to be reached at a port behind which only TCP gets through.
@Suite(.serialized) struct TCPFallbackTests {
    @Test func aNodeWhoseUDPIsBlockedIsReachedOverTCPAndSaysWhy() throws {
        let folder = try TemporaryFolder()
        let (open, blocked) = (try freePort(), try freePort())
        let (one, two) = (folder.path + "/one", folder.path + "/two")
        // The invitation names the blocked port; the node itself then listens at another.
        try run(
            "marram", ["init", "store", "--data", one, "--name", "till-01", "--listen", "127.0.0.1:\(blocked)"])
        let token = try #require(try invite(one))
        try rewrite(one) { silenced($0).replacingOccurrences(of: ":\(blocked)\"", with: ":\(open)\"") }
        let first = try Daemon(data: one)
        let forwarder = try Forwarder(from: blocked, to: open)
        let joined = try run(
            "marram",
            [
                "join", token, "--data", two, "--name", "till-02", "--listen", "127.0.0.1:\(try freePort())",
            ])
        #expect(joined.status == 0, "\(joined.errors)")
        try rewrite(two, silenced)
        let second = try Daemon(data: two)
        for daemon in [first, second] {
            let isFull = try eventually(within: 15) {
                try run("marram", ["members", "--data", daemon.data, "-o", "name"]).output.split(separator: "\n").count
                    == 2
            }
            #expect(isFull, "\(first.said) \(second.said)")
        }
        #expect(second.said.contains("is reached over TCP: UDP was silent for 10 tries"), "\(second.said)")
        #expect(forwarder.connections > 0)
    }

    /// Without calls on the local net, which would tell the port that is open.
    private func silenced(_ configuration: String) -> String {
        configuration.replacingOccurrences(of: "[listen]\n", with: "[listen]\nbeacon = false\n")
    }

    private func rewrite(_ data: String, _ change: (String) -> String) throws {
        let file = data + "/marram.toml"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("[listen]\n"))
        try change(text).write(toFile: file, atomically: true, encoding: .utf8)
    }

    private func invite(_ data: String) throws -> String? {
        let daemon = try Daemon(data: data)
        let invited = try run("marram", ["invite", "--data", data, "--uses", "1", "--expires", "1h", "--json"])
        #expect(daemon.stop() == 0)
        return (try invited.json()["data"] as? [String: Any])?["token"] as? String
    }
}

/// Passes TCP connections on from one port of this machine to another, and nothing else.
private final class Forwarder: @unchecked Sendable {
    private let listener: Int32
    private let target: UInt16
    private let lock = NSLock()
    private var accepted = 0

    var connections: Int { lock.withLock { accepted } }

    init(from port: UInt16, to target: UInt16) throws {
        self.target = target
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(4))
        try #require(withLoopback(port) { bind(listener, $0, $1) } == 0 && listen(listener, 8) == 0)
        Thread.detachNewThread { [self] in accept() }
    }

    deinit { close(listener) }

    private func accept() {
        while true {
            let near = Glibc.accept(listener, nil, nil)
            guard near >= 0 else { return }
            let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard withLoopback(target, { connect(far, $0, $1) }) == 0 else { return }
            lock.withLock { accepted += 1 }
            for (from, to) in [(near, far), (far, near)] {
                Thread.detachNewThread { Self.pass(from, to) }
            }
        }
    }

    private static func pass(_ from: Int32, _ to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            guard count > 0, send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(to, Int32(SHUT_WR))
    }

    private func withLoopback(_ port: UInt16, _ use: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { use($0, length) }
        }
    }
}
