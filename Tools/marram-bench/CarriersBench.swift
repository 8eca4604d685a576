internal import Base
internal import Loop

extension Bench {
    /// What carries packets: the UDP port as the loop drives it, with packets of one size to one address as one
    /// message and packet by packet, and TCP.
    static let carriers = Bench(
        name: "carriers",
        measures: "packets through two ends of one thread: UDP in runs, and TCP, against UDP one by one"
    ) { () throws(Complaint) in
        var figures: [Figure] = []
        for byteCount in [300, 1_200, 8_952, 65_000] {
            let oneByOne = try DatagramBursts(byteCount, inRuns: false)
            let inRuns = try DatagramBursts(byteCount, inRuns: true)
            let tcp = try ConnectionBursts(byteCount)
            let runs = measure(inRuns.run, against: oneByOne.run)
            let stream = measure(tcp.run, against: oneByOne.run)
            figures += [
                Figure("packets_of_\(byteCount)_per_second", runs.subject.perSecond),
                Figure("megabytes_of_\(byteCount)_per_second", runs.subject.megabytesPerSecond(byteCount)),
                Figure("runs_over_one_by_one_of_\(byteCount)", runs.floor.times(runs.subject)),
                Figure("tcp_over_one_by_one_of_\(byteCount)", stream.floor.times(stream.subject)),
                Figure("mallocs_per_packet_of_\(byteCount)", runs.subject.allocations),
                Figure("mallocs_per_tcp_packet_of_\(byteCount)", stream.subject.allocations),
            ]
        }
        return figures
    }
}

/// Two ends on one loop: one sends a burst to the other, and the next when all of it has arrived, so that nothing is
/// lost on the way.
private class Bursts {
    let loop: EventLoop
    let packet: [UInt8]
    private let burst: Int
    private var received = 0
    private var sent = 0
    private var wanted = 0

    init(_ byteCount: Int, _ loop: EventLoop) {
        self.loop = loop
        packet = [UInt8](repeating: 7, count: byteCount)
        burst = min(256, (1 << 19) / byteCount)
        loop.onTurnEnd = { [unowned self] in endTurn() }
    }

    func send(_ count: Int) {}

    final func arrived(_ bytes: Int) {
        keep(bytes)
        received += 1
    }

    final func run(_ count: Int) {
        wanted += count
        endTurn()
        loop.run()
    }

    private func endTurn() {
        guard received == sent else { return }
        guard received < wanted else { return loop.stop() }
        let next = min(burst, wanted - sent)
        sent += next
        send(next)
    }
}

private final class DatagramBursts: Bursts {
    private let from: UDPSocket
    private let to: UDPSocket

    init(_ byteCount: Int, inRuns: Bool) throws(Complaint) {
        let loop: EventLoop
        do throws(LoopError) {
            loop = try EventLoop()
            from = try UDPSocket(bind: loopback, dontFragment: true, inRuns: inRuns, on: loop)
            to = try UDPSocket(bind: loopback, dontFragment: true, inRuns: inRuns, on: loop)
        } catch {
            throw Complaint(.cannotListen, what: "a UDP port on loopback cannot be had: \(error)")
        }
        super.init(byteCount, loop)
        to.onReceive { [unowned self] bytes, _ in arrived(bytes.byteCount) }
    }

    override func send(_ count: Int) {
        let packet = packet
        for _ in 0..<count { from.send(packet.raw, to: to.localAddress) }
    }
}

private final class ConnectionBursts: Bursts {
    private let from: PacketStream
    private let listener: TCPListener
    private var to: PacketStream?

    init(_ byteCount: Int) throws(Complaint) {
        let loop: EventLoop
        do throws(LoopError) {
            loop = try EventLoop()
            listener = try TCPListener(bind: loopback, connections: 1, on: loop)
            from = try PacketStream(connectingTo: listener.localAddress, on: loop)
        } catch {
            throw Complaint(.cannotListen, what: "a TCP port on loopback cannot be had: \(error)")
        }
        super.init(byteCount, loop)
        listener.onPacketConnection { [unowned self] stream in
            to = consume stream
            to?.onReceive { [unowned self] bytes in arrived(bytes.byteCount) }
        }
    }

    override func send(_ count: Int) {
        let packet = packet
        for _ in 0..<count { from.send(packet.raw) }
    }
}

private let loopback = Address(v4: 0x7F00_0001, port: 0)
