internal import Base
internal import Loop

extension Mover {
    /// Packets of 1,200 bytes at a steady rate, numbered, and nothing else: what arrives of them is what the link lets
    /// through.
    static let blast = Mover(
        name: "blast", measures: "numbered UDP packets at a steady rate",
        send: { order throws(Complaint) in
            do throws(LoopError) {
                return try Blaster(order).figures()
            } catch {
                throw Complaint(.benchFailed, what: "the packets cannot be sent: \(error)")
            }
        },
        receive: { order, listens throws(Complaint) in
            do throws(LoopError) {
                return try BlastCount(order, listens).figures()
            } catch {
                throw Complaint(.benchFailed, what: "the packets cannot be received: \(error)")
            }
        })
}

private let packetBytes = 1_200

private final class Blaster {
    private let loop: EventLoop
    private let socket: UDPSocket
    private let pace: Pace

    init(_ order: Mover.Order) throws(LoopError) {
        loop = try EventLoop()
        socket = try UDPSocket(bind: Address(v4: 0, port: 0), dontFragment: true, inRuns: false, on: loop)
        pace = try Pace(
            perSecond: order.megabits * 1e6 / 8 / Double(packetBytes), seconds: order.seconds ?? 10, on: loop)
        var packet = [UInt8](repeating: 0, count: packetBytes)
        var number: UInt64 = 0
        pace.onDue { [unowned self] count in
            for _ in 0..<count {
                var place = packet.mutableRaw
                place.storeBytes(of: number.littleEndian, as: UInt64.self)
                socket.send(packet.raw, to: order.address)
                number += 1
            }
        }
    }

    func figures() -> [Figure] {
        loop.run()
        return [Figure("packets_sent", Double(socket.counters.sent.packets))]
    }
}

private final class BlastCount {
    private let loop: EventLoop
    private let socket: UDPSocket
    private let timer: Timer
    private let seconds: Double
    private var received: UInt64 = 0
    private var highest: UInt64 = 0
    private var first: UInt64?
    private var last: UInt64 = 0

    init(_ order: Mover.Order, _ listens: (UInt16) -> Void) throws(LoopError) {
        loop = try EventLoop()
        socket = try UDPSocket(bind: order.address, on: loop)
        timer = try Timer(on: loop)
        seconds = order.seconds ?? 10
        listens(socket.localAddress.port)
        socket.onReceive { [unowned self] bytes, _ in
            guard bytes.byteCount == packetBytes else { return }
            received += 1
            // Safe: the packet has more bytes than a number.
            highest = max(highest, UInt64(littleEndian: unsafe bytes.unsafeLoad(as: UInt64.self)))
            last = nanoseconds()
            if first == nil { first = last }
        }
        timer.onFire { [unowned self] in loop.stop() }
    }

    func figures() -> [Figure] {
        timer.arm(at: loop.now().instant + .milliseconds(Int64(seconds * 1_000)))
        loop.run()
        let taken = Double(last - (first ?? last)) / 1e9
        let rate = taken > 0 ? Double(received) * Double(packetBytes) * 8 / 1e6 / taken : 0
        return [
            Figure("packets_received", Double(received)),
            Figure("share_received", received == 0 ? 0 : Double(received) / Double(highest + 1)),
            Figure("megabits_per_second", rate),
        ]
    }
}
