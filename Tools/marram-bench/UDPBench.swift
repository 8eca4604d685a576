internal import Base
internal import Loop

extension Bench {
    /// The UDP port as the loop drives it, with packets of one size to one address as one message, and packet by
    /// packet.
    static let udp = Bench(
        name: "udp", measures: "datagrams through two sockets of one thread, in runs, against one by one"
    ) { () throws(Complaint) in
        var figures: [Figure] = []
        for byteCount in [300, 1_200, 8_952, 65_000] {
            let inRuns = try DatagramPair(byteCount: byteCount, inRuns: true)
            let oneByOne = try DatagramPair(byteCount: byteCount, inRuns: false)
            let cost = measure(inRuns.run, against: oneByOne.run)
            figures += [
                Figure("datagrams_of_\(byteCount)_per_second", cost.subject.perSecond),
                Figure("megabytes_of_\(byteCount)_per_second", cost.subject.megabytesPerSecond(byteCount)),
                Figure("runs_over_one_by_one_of_\(byteCount)", cost.floor.times(cost.subject)),
                Figure("mallocs_per_datagram_of_\(byteCount)", cost.subject.allocations),
            ]
        }
        return figures
    }
}

/// A socket that sends to another one on the same loop, a burst at a time, so that nothing is lost on the way.
private final class DatagramPair {
    private let loop: EventLoop
    private let sender: UDPSocket
    private let receiver: UDPSocket
    private let packet: [UInt8]
    private let burst: Int
    private var received = 0
    private var sent = 0
    private var wanted = 0

    init(byteCount: Int, inRuns: Bool) throws(Complaint) {
        do throws(LoopError) {
            loop = try EventLoop()
            let address = Address(v4: 0x7F00_0001, port: 0)
            sender = try UDPSocket(bind: address, dontFragment: true, inRuns: inRuns, on: loop)
            receiver = try UDPSocket(bind: address, dontFragment: true, inRuns: inRuns, on: loop)
        } catch {
            throw Complaint(.cannotListen, what: "a socket on loopback cannot be had: \(error)")
        }
        packet = [UInt8](repeating: 7, count: byteCount)
        burst = min(256, (1 << 20) / byteCount)
        receiver.onReceive { [unowned self] bytes, _ in
            keep(bytes.byteCount)
            received += 1
        }
        loop.onTurnEnd = { [unowned self] in endTurn() }
    }

    func run(_ count: Int) {
        wanted += count
        endTurn()
        loop.run()
    }

    private func endTurn() {
        guard received == sent else { return }
        guard received < wanted else { return loop.stop() }
        let next = min(burst, wanted - sent)
        let packet = packet
        for _ in 0..<next { sender.send(packet.raw, to: receiver.localAddress) }
        sent += next
    }
}
