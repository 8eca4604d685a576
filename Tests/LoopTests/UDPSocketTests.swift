import Base
import Glibc
import Testing

@testable import Loop

@Suite struct UDPSocketTests {
    @Test(arguments: [loopback, loopbackV6])
    func twoSocketsPlayPingPong(_ address: Address) throws {
        let loop = try EventLoop()
        let one = Player(try UDPSocket(bind: address, dontFragment: true, on: loop))
        let other = Player(try UDPSocket(bind: address, dontFragment: true, on: loop))
        #expect(one.socket.localAddress.port != 0)
        one.playsBack { rounds in
            if rounds == 100 { loop.stop() }
            return rounds < 100
        }
        other.playsBack { _ in true }
        one.socket.send([0], to: other.socket.localAddress)

        try run(loop)

        #expect(one.rounds == 100 && other.rounds == 100)
        // Each side changed the ball in the slab that it lay in before it played it back.
        #expect(one.ball == 199)
        #expect(one.socket.counters.sent == .init(packets: 100, bytes: 100))
        #expect(other.socket.counters.received == .init(packets: 100, bytes: 100))
        #expect(one.lastSender == other.socket.localAddress)
    }

    private final class Player {
        let socket: UDPSocket
        var rounds = 0
        var ball: UInt8 = 0
        var lastSender: Address?

        init(_ socket: consuming UDPSocket) { self.socket = socket }

        func playsBack(while going: @escaping (Int) -> Bool) {
            socket.onReceive { [unowned self] bytes, sender in
                ball = bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
                bytes.storeBytes(of: ball + 1, toByteOffset: 0, as: UInt8.self)
                rounds += 1
                lastSender = sender
                if going(rounds) { socket.send(bytes.bytes, to: sender) }
            }
        }
    }

    @Test func aBatchIsSentAndReceivedInOneTurnEach() throws {
        let loop = try EventLoop()
        let sender = try UDPSocket(bind: loopback, on: loop)
        let receiver = try UDPSocket(bind: loopback, on: loop)
        let count = 2 * Limits.receiveBatch + 5
        let sizes = Seen<Int>()
        let turns = Seen<Int>()
        var turn = 0
        receiver.onReceive { bytes, _ in
            sizes.values.append(bytes.byteCount)
            turns.values.append(turn)
        }
        for size in 0..<count { sender.send([UInt8](repeating: 7, count: size), to: receiver.localAddress) }
        try run(loop) {
            turn += 1
            return sizes.values.count == count
        }
        #expect(sizes.values == Array(0..<count))
        #expect(Set(turns.values).count == 1)
    }

    @Test(arguments: [false, true]) func aFloodLeavesTheRestToTheNextTurn(_ inRuns: Bool) throws {
        let loop = try EventLoop()
        let sender = try UDPSocket(bind: loopback, inRuns: inRuns, on: loop)
        let receiver = try UDPSocket(bind: loopback, inRuns: inRuns, on: loop)
        let perTurn = inRuns ? Limits.packetsPerTurn : Limits.receiveBatch * Limits.receiveBatchesPerTurn
        var counts: [Int] = []
        var turn = 0
        let seen = Seen<Int>()
        receiver.onReceive { _, _ in seen.values.append(turn) }
        for _ in 0...perTurn { sender.send([1], to: receiver.localAddress) }
        try run(loop) {
            turn += 1
            return seen.values.count == perTurn + 1
        }
        for turn in Set(seen.values).sorted() { counts.append(seen.values.count { $0 == turn }) }
        #expect(counts == [perTurn, 1])
    }

    @Test(arguments: [loopback, loopbackV6])
    func aRunArrivesPacketByPacketWhetherTheReceiverTakesRunsOrNot(_ address: Address) throws {
        for (sends, takes) in [(true, true), (true, false), (false, true)] {
            let loop = try EventLoop()
            let sender = try UDPSocket(bind: address, dontFragment: true, inRuns: sends, on: loop)
            let receiver = try UDPSocket(bind: address, inRuns: takes, on: loop)
            let packets = Seen<[UInt8]>()
            let sent = (0..<200).map { [UInt8](repeating: UInt8($0), count: $0 % 50 == 49 ? 7 : 1_200) }
            receiver.onReceive { bytes, source in
                if source == sender.localAddress { packets.values.append(bytes.bytes.bytes) }
            }
            for packet in sent { sender.send(packet, to: receiver.localAddress) }
            try run(loop) { packets.values.count == sent.count }
            let isWhole = packets.values == sent
            #expect(isWhole)
            #expect(receiver.counters.received == sender.counters.sent)
            #expect((sender.counters.runsSent > 0) == sends)
            #expect(receiver.counters.runsReceived == (takes ? sender.counters.runsSent : 0))
        }
    }

    @Test func theKernelTellsWhatItGives() throws {
        let loop = try EventLoop()
        let socket = try UDPSocket(bind: loopback, on: loop)
        // Twice what was asked for, where it may be had; never nothing.
        #expect((4_096...2 * Limits.datagramSocketBuffer).contains(socket.buffers.receive))
        #expect((4_096...2 * Limits.datagramSocketBuffer).contains(socket.buffers.send))
    }

    @Test func aTurnSendsMoreThanTheQueueHolds() throws {
        let loop = try EventLoop()
        let sender = try UDPSocket(bind: loopback, on: loop)
        let bytes = [UInt8](repeating: 1, count: 65_000)
        let count = 3 * Limits.datagramQueueBytes / bytes.count
        for _ in 0..<count { sender.send(bytes.raw, to: loopback.with(port: 9)) }
        loop.run()
        #expect(sender.counters.unsent.queueFull == 0)
        #expect(sender.counters.sent.packets + sender.counters.unsent.refused == UInt64(count))
    }

    @Test func theLargestDatagramPassesAndOneByteMoreIsCounted() throws {
        let loop = try EventLoop()
        let sender = try UDPSocket(bind: loopback, on: loop)
        let receiver = try UDPSocket(bind: loopback, on: loop)
        let sizes = Seen<Int>()
        receiver.onReceive { bytes, _ in sizes.values.append(bytes.byteCount) }
        let bytes = [UInt8](repeating: 3, count: Limits.largestDatagramBytes + 1)
        sender.send(bytes.raw, to: receiver.localAddress)
        sender.send(bytes.raw.extracting(droppingLast: 1), to: receiver.localAddress)
        try run(loop) { !sizes.values.isEmpty }
        #expect(sizes.values == [Limits.largestDatagramBytes])
        #expect(sender.counters.unsent == .init(tooLarge: 1))
    }

    /// IPv6 has room for a few bytes more than IPv4, and so than a slot.
    @Test func aDatagramLargerThanASlotIsThrownAwayAndCounted() throws {
        let loop = try EventLoop()
        let receiver = try UDPSocket(bind: loopbackV6, on: loop)
        receiver.onReceive { bytes, _ in Issue.record("a cut datagram of \(bytes.byteCount) bytes was handed over") }
        let descriptor = try FileDescriptor(socket(AF_INET6, Int32(SOCK_DGRAM.rawValue), 0))
        let number = descriptor.number
        let bytes = [UInt8](repeating: 3, count: Limits.largestDatagramBytes + 1)
        let sent = SocketAddress.told(receiver.localAddress, for: .v6) { name, length in
            Int32(sendto(number, bytes, bytes.count, 0, name, length))
        }
        #expect(sent == Int32(bytes.count))
        try run(loop) { receiver.counters.cut == 1 }
        #expect(receiver.counters.received.packets == 0)
    }

    @Test func anIPv4SocketCountsWhatIsMeantForIPv6() throws {
        let loop = try EventLoop()
        let socket = try UDPSocket(bind: loopback, on: loop)
        socket.send([1], to: Address(high: 0, low: 1, port: 9))
        loop.run()
        #expect(socket.counters.unsent == .init(wrongFamily: 1))
    }

    @Test func aSocketOnAllAddressesTakesBothFamilies() throws {
        let loop = try EventLoop()
        let both = try UDPSocket(bind: Address(high: 0, low: 0, port: 0), on: loop)
        let four = try UDPSocket(bind: loopback, on: loop)
        let six = try UDPSocket(bind: loopbackV6, on: loop)
        let senders = Seen<Address>()
        both.onReceive { _, sender in senders.values.append(sender) }
        let port = both.localAddress.port
        four.send([4], to: Address(v4: 0x7F00_0001, port: port))
        six.send([6], to: Address(high: 0, low: 1, port: port))
        try run(loop) { senders.values.count == 2 }
        #expect(senders.values.sorted() == [four.localAddress, six.localAddress].sorted())
    }

    @Test func whatTheLastTurnQueuedIsStillSent() throws {
        let loop = try EventLoop()
        let sender = try UDPSocket(bind: loopback, on: loop)
        let timer = try Timer(on: loop)
        timer.onFire { loop.stop() }
        loop.onTurnEnd = { sender.send([1], to: loopback.with(port: 9)) }
        timer.arm(at: .zero)
        loop.run()
        loop.onTurnEnd = nil
        #expect(sender.counters.sent.packets == 2)
    }

    @Test func aReceiverMayDropItsSocketInTheMiddleOfABatch() throws {
        let loop = try EventLoop()
        let sender = try UDPSocket(bind: loopback, on: loop)
        // An address of the test's own, so that no other test is given the port in between.
        let owner = Owner(try UDPSocket(bind: Address(v4: 0x7F4D_0002, port: 0), on: loop))
        let address = owner.address
        var received = 0
        owner.listen {
            received += 1
            return received < 3
        }
        for _ in 0..<10 { sender.send([1], to: address) }
        try run(loop) { received == 3 }
        #expect(received == 3)
        let heir = try UDPSocket(bind: address, on: loop)
        #expect(heir.localAddress == address)
    }

    private final class Owner {
        private var socket: UDPSocket?
        let address: Address

        init(_ socket: consuming UDPSocket) {
            address = socket.localAddress
            self.socket = consume socket
        }

        func listen(while going: @escaping () -> Bool) {
            socket?.onReceive { [unowned self] _, _ in if !going() { socket = nil } }
        }
    }

    @Test func whatTheKernelHadNoRoomForIsCounted() throws {
        let loop = try EventLoop()
        let sender = try UDPSocket(bind: loopback, inRuns: false, on: loop)
        let receiver = try UDPSocket(bind: loopback, on: loop)
        let size = 32_000
        let count = 2 * 2 * Limits.datagramSocketBuffer / size
        let bytes = [UInt8](repeating: 1, count: size)
        for _ in 0..<count { sender.send(bytes.raw, to: receiver.localAddress) }
        loop.run()
        #expect(sender.counters.sent.packets == UInt64(count))
        let overrun = receiver.counters.overrun
        #expect(overrun > 0)
        receiver.onReceive { _, _ in }
        try run(loop) { receiver.counters.received.packets + overrun == UInt64(count) }
    }

    @Test func aPortInUseIsAnErrorAndItsHolderIsFound() throws {
        let loop = try EventLoop()
        let first = try UDPSocket(bind: loopback, on: loop)
        let address = first.localAddress
        #expect(throws: LoopError.addressInUse) { _ = try UDPSocket(bind: address, on: loop) }
        let all = Address(v4: 0, port: address.port)
        #expect(throws: LoopError.addressInUse) { _ = try UDPSocket(bind: all, on: loop) }
        #expect(portHolder(of: address)?.pid == getpid())
        #expect(portHolder(of: all)?.pid == getpid())
        #expect(portHolder(of: address)?.name.isEmpty == false)
        #expect(first.localAddress == address)
    }

    @Test func anAddressOfAnotherMachineIsAnError() throws {
        let loop = try EventLoop()
        // TEST-NET-1 of RFC 5737: no interface has it.
        #expect(throws: LoopError.addressNotAvailable) {
            _ = try UDPSocket(bind: Address(v4: 0xC000_0201, port: 0), on: loop)
        }
        #expect(loop.openHandles == 0)
    }
}

extension Address {
    func with(port: UInt16) -> Address { Address(high: high, low: low, port: port) }
}

@Suite struct PortHolderTests {
    @Test func rowsOfTheKernelsTablesAreRead() {
        let four: Substring = """
            2345: 0100007F:1F0A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 81234 2 0 0
            """
        #expect(SocketRow(four) == SocketRow(local: Address(v4: 0x7F00_0001, port: 7_946), inode: 81_234))
        let six: Substring = """
            17: 00000000000000000000000001000000:1F0A 00000000000000000000000000000000:0000 07 0:0 00:0 0 0 0 5 2 0 0
            """
        #expect(SocketRow(six) == SocketRow(local: Address(high: 0, low: 1, port: 7_946), inode: 5))
        #expect(SocketRow("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid") == nil)
    }

    @Test func nobodyHoldsAFreePort() throws {
        let loop = try EventLoop()
        // An address of the test's own, so that no other test is given the same port of it.
        let address = try UDPSocket(bind: Address(v4: 0x7F4D_0001, port: 0), on: loop).localAddress
        #expect(portHolder(of: address) == nil)
    }
}
