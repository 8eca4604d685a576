import Base
import Glibc
import Testing

@testable import Loop

/// A packet costs no allocation, neither received nor sent. Counted from outside: this test program runs a ping-pong in
/// two children, a short one and a long one, under glibc's allocation trace (mtrace(3), with `libc_malloc_debug.so` of
/// libc6), and what the long one allocates more is shared out among its packets.
@Suite struct AllocationTests {
    private static let roundsName = "MARRAM_TEST_ROUNDS"

    @Test func aPacketAllocatesNothing() throws {
        guard getenv(Self.roundsName) == nil else { return }
        let few = 1_000
        let many = 6_000
        let atFirst = try allocations(inRounds: few)
        let inAll = try allocations(inRounds: many)
        // The trace works: making the sockets allocates.
        #expect(atFirst > 0)
        // A round is two packets, each sent and received.
        #expect(Double(inAll - atFirst) / Double(2 * (many - few)) <= 0.01)
    }

    /// What the children run; a short one when nobody counts.
    @Test func aLongPingPong() throws {
        let rounds = getenv(Self.roundsName).flatMap { Int(String(cString: $0)) } ?? 10
        traceAllocations(true)
        defer { traceAllocations(false) }
        let loop = try EventLoop()
        let player = Echo(try UDPSocket(bind: loopback, on: loop))
        let other = Echo(try UDPSocket(bind: loopback, on: loop))
        player.play(for: rounds) { loop.stop() }
        other.play(for: .max) {}
        // Several balls at once, so that some of them share messages.
        for _ in 0..<4 { player.socket.send([UInt8](repeating: 1, count: 300), to: other.socket.localAddress) }
        try run(loop)
        #expect(player.rounds >= rounds)
        #expect(player.socket.counters.runsSent > 0 && player.socket.counters.runsReceived > 0)
    }

    private final class Echo {
        let socket: UDPSocket
        var rounds = 0

        init(_ socket: consuming UDPSocket) { self.socket = socket }

        func play(for count: Int, then: @escaping () -> Void) {
            socket.onReceive { [unowned self] bytes, sender in
                rounds += 1
                if rounds < count { socket.send(bytes.bytes, to: sender) } else { then() }
            }
        }
    }

    /// Calls the library's `mtrace` or `muntrace`, if it is loaded. libc has functions of these names that do nothing;
    /// the library's hide behind a version, the first of the architecture (x86-64, arm64), which only dlvsym(3) finds.
    private func traceAllocations(_ on: Bool) {
        typealias Lookup =
            @convention(c) (UnsafeRawPointer?, UnsafePointer<CChar>, UnsafePointer<CChar>) -> UnsafeRawPointer?
        guard let lookup = dlsym(nil, "dlvsym").map({ unsafeBitCast($0, to: Lookup.self) }) else { return }
        for version in ["GLIBC_2.2.5", "GLIBC_2.17"] {
            guard let symbol = lookup(nil, on ? "mtrace" : "muntrace", version) else { continue }
            return unsafeBitCast(symbol, to: (@convention(c) () -> Void).self)()
        }
    }

    private func allocations(inRounds rounds: Int) throws -> Int {
        let directory = try TemporaryDirectory()
        let trace = directory.path + "/file"
        var environment = [
            "LD_PRELOAD=libc_malloc_debug.so.0", "MALLOC_TRACE=\(trace)", "\(Self.roundsName)=\(rounds)",
        ]
        for name in ["PATH", "LD_LIBRARY_PATH", "HOME"] {
            if let value = getenv(name) { environment.append("\(name)=\(String(cString: value))") }
        }
        var link = [CChar](repeating: 0, count: 4_096)
        let length = readlink("/proc/self/exe", &link, link.count)
        let program = link.prefix(length).map { UInt8(bitPattern: $0) }.text
        let loop = try EventLoop()
        let command = ChildProcess.Command(
            [program, "--testing-library", "swift-testing", "--filter", "AllocationTests/aLongPingPong"],
            environment: environment)
        let watched = Watched(try ChildProcess(command, on: loop))
        try run(loop) { watched.end != nil }
        #expect(watched.end == ChildProcess.End.exited(status: 0))
        return try linesOfAllocations(in: trace)
    }

    /// Each allocation is a line `@ caller + address size`, or `>` in place of `+` when it replaces another.
    private func linesOfAllocations(in trace: String) throws -> Int {
        let file = try #require(fopen(trace, "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4_096)
        var count = 0
        while fgets(&line, Int32(line.count), file) != nil {
            let fields = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }.text.split(separator: " ")
            if fields.contains("+") || fields.contains(">") { count += 1 }
        }
        return count
    }
}
