import Base
import Choices
import Testing

@testable import Loop

/// The cutter alone, on bytes cut up in every way.
@Suite struct PacketCutterTests {
    /// What the cutter made of pieces: the packets, and whether it went on to the end.
    private func cut(_ pieces: [[UInt8]]) -> (packets: [[UInt8]], isSound: Bool) {
        let cutter = PacketCutter()
        var packets: [[UInt8]] = []
        for piece in pieces {
            var piece = piece
            let isSound = piece.withUnsafeMutableBytes { buffer in
                cutter.cut(buffer) { packet in
                    packets.append(packet.bytes.bytes)
                    // Whoever opens a packet in place changes it; the next one must not notice.
                    for index in 0..<packet.byteCount {
                        packet.storeBytes(of: 0xFF, toByteOffset: index, as: UInt8.self)
                    }
                    return true
                }
            }
            if !isSound { return (packets, false) }
        }
        return (packets, true)
    }

    private func carried(_ packets: [[UInt8]]) -> [UInt8] {
        packets.flatMap { [UInt8(truncatingIfNeeded: $0.count), UInt8(truncatingIfNeeded: $0.count >> 8)] + $0 }
    }

    @Test func packetsComeOutWhereverTheBytesAreSplit() {
        let packets: [[UInt8]] = [[1], [2, 3], Array(1...255), [4], Array(repeating: 9, count: 300)]
        let bytes = carried(packets)
        for first in 0...bytes.count {
            let second = min(first + 3, bytes.count)
            let (found, isSound) = cut([Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])])
            #expect(isSound && found == packets)
        }
        #expect(cut(bytes.map { [$0] }).packets == packets)
    }

    @Test func packetsComeOutOfPiecesOfAnySize() throws {
        try Property.check("pieces", cases: 300) { tape in
            let packets = tape.list(atMost: 12) { tape in
                [UInt8](repeating: UInt8(tape.below(256)), count: 1 + tape.below(tape.below(2) == 0 ? 20 : 40_000))
            }
            var rest = carried(packets)[...]
            var pieces: [[UInt8]] = []
            while !rest.isEmpty {
                let size = 1 + tape.below(tape.below(2) == 0 ? 4 : 65_536)
                pieces.append(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            let (found, isSound) = cut(pieces)
            try require(
                isSound && found == packets, "\(packets.count) packets in \(pieces.count) pieces came out wrong")
        }
    }

    @Test func theLargestPacketPassesAndOneByteMoreIsNone() {
        let largest = [UInt8](repeating: 5, count: Limits.largestDatagramBytes)
        let bytes = carried([largest, [1]])
        for piece in [1, 7, 65_536] {
            let pieces = stride(from: 0, to: bytes.count, by: piece).map {
                Array(bytes[$0..<min($0 + piece, bytes.count)])
            }
            let isWhole = cut(pieces).packets == [largest, [1]]
            #expect(isWhole)
        }
        let tooLarge = carried([[7], largest + [5]])
        #expect(cut([tooLarge]).isSound == false)
        // The length alone is enough, and what came before it counts.
        #expect(cut([Array(tooLarge.prefix(4)), [tooLarge[4]]]).packets == [[7]])
        #expect(cut([Array(tooLarge.prefix(4)), [tooLarge[4]]]).isSound == false)
    }

    @Test func anEmptyPacketIsNone() {
        #expect(cut([[1, 0, 9, 0, 0, 1]]) == ([[9]], false))
        #expect(cut([[1, 0, 9, 0], [0]]) == ([[9]], false))
    }

    @Test func randomBytesNeverGiveMoreThanTheyAre() throws {
        try Property.check("noise", cases: 300) { tape in
            let pieces = tape.list(atMost: 20) { tape in
                tape.list(atMost: 50) { tape in UInt8(tape.below(tape.below(3) == 0 ? 256 : 3)) }
            }
            let (found, _) = cut(pieces)
            let sizes = found.map { 2 + $0.count }
            try require(sizes.reduce(0, +) <= pieces.map(\.count).reduce(0, +), "packets out of nothing")
            try require(!found.contains([]), "an empty packet")
        }
    }
}

private func == (one: (packets: [[UInt8]], isSound: Bool), other: ([[UInt8]], Bool)) -> Bool {
    one.packets == other.0 && one.isSound == other.1
}

/// One end of a connection that carries packets, and what it saw.
private final class Carrier {
    let stream: PacketStream
    var heard: [[UInt8]] = []
    var ends: [PacketStreamEnd] = []

    init(_ stream: consuming PacketStream) {
        self.stream = stream
        self.stream.onReceive { [unowned self] bytes in heard.append(bytes.bytes.bytes) }
        self.stream.onEnd { [unowned self] end in ends.append(end) }
    }

    func send(_ bytes: [UInt8]) { stream.send(bytes.raw) }
}

@Suite struct PacketStreamTests {
    /// A pair of ends that stand, the client's first.
    private func pair(on loop: EventLoop, writeLimit: Int = Limits.carrierWriteBytes) throws -> (Carrier, Carrier) {
        let listener = try TCPListener(bind: loopback, connections: 1, on: loop)
        let servers = Seen<Carrier>()
        listener.onPacketConnection { stream in servers.values.append(Carrier(stream)) }
        let client = Carrier(
            try PacketStream(connectingTo: listener.localAddress, writeLimit: writeLimit, on: loop))
        var isOpen = false
        client.stream.onOpen { isOpen = true }
        try run(loop) { isOpen && servers.values.count == 1 }
        return (client, try #require(servers.values.first))
    }

    @Test func packetsOfAllSizesGoBothWays() throws {
        let loop = try EventLoop()
        let (client, server) = try pair(on: loop)
        let sizes = [1, 2, 300, 1_200, 8_952, Limits.largestDatagramBytes, 3]
        let packets = sizes.map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: $0) }
        for packet in packets { client.send(packet) }
        for packet in packets.reversed() { server.send(packet) }
        try run(loop) { server.heard.count == packets.count && client.heard.count == packets.count }
        let isWhole = server.heard == packets && client.heard == packets.reversed()
        #expect(isWhole)
        #expect(client.stream.counters.sent == server.stream.counters.received)
        #expect(client.stream.counters.sent.bytes == UInt64(sizes.reduce(0, +)))
        #expect(client.stream.peer != nil && client.ends.isEmpty && server.ends.isEmpty)
    }

    @Test func whatIsSentBeforeTheConnectionStandsArrives() throws {
        let loop = try EventLoop()
        let listener = try TCPListener(bind: loopback, connections: 1, on: loop)
        let servers = Seen<Carrier>()
        listener.onPacketConnection { stream in servers.values.append(Carrier(stream)) }
        let client = Carrier(try PacketStream(connectingTo: listener.localAddress, on: loop))
        client.send([1, 2, 3])
        try run(loop) { servers.values.first?.heard == [[1, 2, 3]] }
    }

    @Test func aPortCarriesPacketsOverUDPAndTCPAlike() throws {
        let loop = try EventLoop()
        // An address of the test's own: no other program has the port of one kind there and not of the other.
        let socket = try UDPSocket(bind: Address(v4: 0x7F4D_0004, port: 0), on: loop)
        let listener = try TCPListener(bind: socket.localAddress, connections: Limits.carrierConnections, on: loop)
        #expect(listener.localAddress == socket.localAddress)
    }

    @Test func whatTheOtherEndDoesNotTakeIsDroppedAndCounted() throws {
        let loop = try EventLoop()
        let listener = try TCPListener(bind: loopback, connections: 1, on: loop)
        // Accepted, and never read.
        let servers = Seen<Speaker>()
        listener.onConnection { stream in
            servers.values.append(Speaker(stream))
            servers.values[0].stream.pause()
        }
        let limit = 100_000
        let client = Carrier(try PacketStream(connectingTo: listener.localAddress, writeLimit: limit, on: loop))
        // Before the connection stands, the kernel takes nothing: exactly so many fit, each behind two bytes.
        let packet = [UInt8](repeating: 8, count: 998)
        for _ in 0...limit / 1_000 { client.send(packet) }
        #expect(client.stream.queuedBytes == limit)
        #expect(client.stream.counters.queueFull == 1)
        #expect(client.stream.counters.sent.packets == UInt64(limit / 1_000))
        var drains = 0
        client.stream.onDrained { drains += 1 }
        try run(loop) { drains == 1 && servers.values.count == 1 }
        while client.stream.counters.queueFull < 10 { client.send(packet) }
        #expect(client.stream.queuedBytes <= limit)
        servers.values[0].stream.resume()
        let sent = Int(client.stream.counters.sent.packets) * 1_000
        try run(loop) { servers.values[0].heard.count >= sent }
        let heard = servers.values[0].heard
        let isWhole = heard == Array(repeatElement([0xE6, 0x03] + packet, count: sent / 1_000).joined())
        #expect(isWhole)
    }

    @Test(arguments: [[UInt8]([0, 0]), [0xE4, 0xFF], [1, 0, 7, 0, 0]])
    func whatIsNotPacketsClosesTheConnection(_ noise: [UInt8]) throws {
        let loop = try EventLoop()
        let listener = try TCPListener(bind: loopback, connections: 1, on: loop)
        let servers = Seen<Carrier>()
        listener.onPacketConnection { stream in servers.values.append(Carrier(stream)) }
        let client = Speaker(try ByteStream(connectingTo: listener.localAddress, on: loop))
        try client.stream.write(noise)
        try run(loop) { !client.ends.isEmpty }
        #expect(servers.values[0].ends == [.notPackets])
        #expect(servers.values[0].heard == (noise.count > 2 ? [[7]] : []))
        #expect(listener.connections == 0)
        servers.values[0].send([1])
        #expect(servers.values[0].stream.counters.closed == 1)
    }

    @Test func packetsOfNoSizeAreCounted() throws {
        let loop = try EventLoop()
        let (client, _) = try pair(on: loop)
        client.send([])
        client.send([UInt8](repeating: 0, count: Limits.largestDatagramBytes + 1))
        #expect(client.stream.counters.wrongSize == 2 && client.stream.counters.sent.packets == 0)
    }

    @Test func anEndOfTheOtherSideIsTold() throws {
        let loop = try EventLoop()
        let listener = try TCPListener(bind: loopback, connections: 1, on: loop)
        let servers = Seen<Carrier>()
        listener.onPacketConnection { stream in servers.values.append(Carrier(stream)) }
        let client = Carrier(try PacketStream(connectingTo: listener.localAddress, on: loop))
        try run(loop) { servers.values.count == 1 }
        servers.values.removeAll()
        try run(loop) { !client.ends.isEmpty }
        #expect(client.ends == [.finished])
        let nobody = Carrier(try PacketStream(connectingTo: Address(v4: 0x7F4D_0005, port: 9), on: loop))
        try run(loop) { !nobody.ends.isEmpty }
        #expect(nobody.ends == [.failed(.refused)])
    }

    @Test func aReceiverMayDropItsStreamInTheMiddleOfAPiece() throws {
        let loop = try EventLoop()
        let listener = try TCPListener(bind: loopback, connections: 1, on: loop)
        let owners = Seen<Owner>()
        listener.onPacketConnection { stream in owners.values.append(Owner(stream)) }
        let client = Carrier(try PacketStream(connectingTo: listener.localAddress, on: loop))
        for number in 0..<10 { client.send([UInt8(number)]) }
        try run(loop) { !client.ends.isEmpty }
        #expect(owners.values[0].heard == 3)
    }

    private final class Owner {
        private var stream: PacketStream?
        var heard = 0

        init(_ stream: consuming PacketStream) {
            self.stream = consume stream
            self.stream?.onReceive { [unowned self] _ in
                heard += 1
                if heard == 3 { self.stream = nil }
            }
        }
    }
}
