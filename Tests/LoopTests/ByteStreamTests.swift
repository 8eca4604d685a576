import Base
import Glibc
import Testing

@testable import Loop

/// One side of a connection, and what it saw.
final class Speaker {
    let stream: ByteStream
    var heard: [UInt8] = []
    var ends: [StreamEnd] = []
    var isOpen = false

    init(_ stream: consuming ByteStream) {
        self.stream = stream
        self.stream.onOpen { [unowned self] in isOpen = true }
        self.stream.onBytes { [unowned self] bytes in heard += bytes.bytes }
        self.stream.onEnd { [unowned self] end in ends.append(end) }
    }
}

@Suite struct ByteStreamTests {
    @Test(arguments: [loopback, loopbackV6])
    func bytesGoBothWaysAndEachSideFinishesByItself(_ address: Address) throws {
        let loop = try EventLoop()
        let listener = try TCPListener(bind: address, connections: 1, on: loop)
        let servers = Seen<Speaker>()
        listener.onConnection { stream in servers.values.append(Speaker(stream)) }
        let client = Speaker(try ByteStream(connectingTo: listener.localAddress, on: loop))
        try client.stream.write("written before the connection stands")
        client.stream.finish()

        try run(loop) { servers.values.first?.ends == [.finished] }

        let server = try #require(servers.values.first)
        #expect(client.isOpen)
        #expect(server.heard.text == "written before the connection stands")
        #expect(server.stream.peer?.with(port: 0) == address)
        try server.stream.write("the answer comes after your end")
        server.stream.finish()

        try run(loop) { client.ends == [.finished] }

        #expect(client.heard.text == "the answer comes after your end")
    }

    @Test func nobodyListeningIsAFailureOfTheStream() throws {
        let loop = try EventLoop()
        let address = try TCPListener(bind: Address(v4: 0x7F4D_0003, port: 0), connections: 1, on: loop).localAddress
        loop.run()
        let client = Speaker(try ByteStream(connectingTo: address, on: loop))
        try run(loop) { !client.ends.isEmpty }
        #expect(client.ends == [.failed(.refused)])
        #expect(!client.isOpen)
        #expect(throws: LoopError.reset) { try client.stream.write([1]) }
    }

    @Test func aTakenTCPPortIsAnError() throws {
        let loop = try EventLoop()
        let listener = try TCPListener(bind: loopback, connections: 1, on: loop)
        let address = listener.localAddress
        #expect(throws: LoopError.addressInUse) { _ = try TCPListener(bind: address, connections: 1, on: loop) }
        #expect(listener.connections == 0)
    }

    @Test func theQueueOfAWriterTakesItsLimitAndNotAByteMore() throws {
        let loop = try EventLoop()
        let listener = try TCPListener(bind: loopback, connections: 1, on: loop)
        let servers = Seen<Speaker>()
        listener.onConnection { stream in
            servers.values.append(Speaker(stream))
            servers.values[0].stream.pause()
        }
        let limit = 100_000
        let client = Speaker(try ByteStream(connectingTo: listener.localAddress, writeLimit: limit, on: loop))
        var drains = 0
        client.stream.onDrained { drains += 1 }
        // Before the connection stands, the kernel takes nothing: all of it counts.
        let bytes = (0..<limit).map { UInt8(truncatingIfNeeded: $0) }
        try client.stream.write(bytes)
        #expect(client.stream.queuedBytes == limit)
        #expect(throws: LoopError.queueFull) { try client.stream.write([1]) }
        #expect(client.stream.queuedBytes == limit)

        try run(loop) { client.stream.queuedBytes == 0 && servers.values.count == 1 }

        #expect(drains == 1)
        // The server does not read: what the kernel keeps for it is finite, and then our queue fills again.
        var written = limit
        while true {
            do throws(LoopError) { try client.stream.write(bytes) } catch { break }
            written += limit
            #expect(written < 1 << 30)
        }
        #expect(client.stream.queuedBytes > 0 && client.stream.queuedBytes <= limit)
        servers.values[0].stream.resume()

        try run(loop) { servers.values[0].heard.count == written }

        #expect(client.stream.queuedBytes == 0)
        #expect(drains == 2)
        // Compared here: of two long arrays that differ, `#expect` would work out by what for hours.
        let isWhole = servers.values[0].heard == Array(repeatElement(bytes, count: written / limit).joined())
        #expect(isWhole)
    }

    @Test func aPausedReaderHearsNothingUntilItResumes() throws {
        let loop = try EventLoop()
        let listener = try TCPListener(bind: loopback, connections: 1, on: loop)
        let servers = Seen<Speaker>()
        listener.onConnection { stream in servers.values.append(Speaker(stream)) }
        let client = Speaker(try ByteStream(connectingTo: listener.localAddress, on: loop))
        try run(loop) { servers.values.count == 1 && client.isOpen }
        let server = servers.values[0]
        server.stream.pause()
        try client.stream.write("patience")
        let timer = try Timer(on: loop)
        timer.onFire { loop.stop() }
        timer.arm(at: loop.now().instant + .milliseconds(10))
        try run(loop)
        #expect(server.heard.isEmpty)
        server.stream.resume()
        try run(loop) { server.heard.text == "patience" }
    }

    @Test func droppingAStreamEndsItForTheOtherSide() throws {
        let loop = try EventLoop()
        let listener = try TCPListener(bind: loopback, connections: 1, on: loop)
        let servers = Seen<Speaker>()
        listener.onConnection { stream in servers.values.append(Speaker(stream)) }
        let client = Speaker(try ByteStream(connectingTo: listener.localAddress, on: loop))
        try run(loop) { servers.values.count == 1 && client.isOpen }
        #expect(listener.connections == 1)
        servers.values.removeAll()
        try run(loop) { !client.ends.isEmpty }
        #expect(client.ends == [.finished])
        #expect(listener.connections == 0)
    }

    @Test func aConnectionAboveTheLimitIsShutOut() throws {
        let loop = try EventLoop()
        let listener = try TCPListener(bind: loopback, connections: 2, on: loop)
        let servers = Seen<Speaker>()
        listener.onConnection { stream in servers.values.append(Speaker(stream)) }
        let clients = try (0..<3).map { _ in
            Speaker(try ByteStream(connectingTo: listener.localAddress, on: loop))
        }
        try run(loop) { clients.contains { !$0.ends.isEmpty } }
        #expect(listener.connections == 2)
        #expect(listener.refusals == 1)
        #expect(clients.count { $0.ends.isEmpty } == 2)
        servers.values.removeLast()
        let late = Speaker(try ByteStream(connectingTo: listener.localAddress, on: loop))
        try run(loop) { servers.values.count == 2 }
        #expect(late.ends.isEmpty)
    }

    @Test func whoConnectsBeforeAnybodyReceivesIsNotForgotten() throws {
        let loop = try EventLoop()
        let listener = try TCPListener(bind: loopback, connections: 9, on: loop)
        let clients = try (0..<3).map { _ in
            Speaker(try ByteStream(connectingTo: listener.localAddress, on: loop))
        }
        try run(loop) { clients.allSatisfy(\.isOpen) }
        let servers = Seen<Speaker>()
        listener.onConnection { stream in servers.values.append(Speaker(stream)) }
        try run(loop) { servers.values.count == 3 }
        #expect(listener.connections == 3)
    }
}
