internal import Base
internal import Loop

/// `marram-bench flood ADDRESS`: what strangers can do to a node. Packets of the size and with the header of a first
/// handshake message, all else random, from many addresses and ports of 127.0.0.0/8 (or from one address, when the
/// target is elsewhere), one by one, so many a second.
enum Flood {
    struct Order {
        var target: Address
        var perSecond = 200_000.0
        var seconds = 5.0
        var sockets = 512
        /// A first message of the handshake with its 48 bytes of header and codes.
        var byteCount = 544
    }

    static func run(_ order: Order) throws(Complaint) -> [Figure] {
        do throws(LoopError) {
            return try Flooder(order).figures()
        } catch {
            throw Complaint(.benchFailed, what: "the flood cannot be sent: \(error)")
        }
    }
}

private final class Flooder {
    private let order: Flood.Order
    private let loop: EventLoop
    private let pace: Pace
    private let sources: [Source]
    private var random = Random(seed: 1)
    private var packet: [UInt8]
    private var next = 0
    /// A source sends so many before it is the next one's turn: they share a system call, and nothing else.
    private static let packetsPerCall = 8

    private final class Source {
        let socket: UDPSocket
        init(_ address: Address, on loop: EventLoop) throws(LoopError) {
            socket = try UDPSocket(bind: address, dontFragment: true, inRuns: false, on: loop)
        }
    }

    init(_ order: Flood.Order) throws(LoopError) {
        self.order = order
        loop = try EventLoop()
        var sources: [Source] = []
        for number in 0..<order.sockets {
            // 127.1.0.0 and on: every address of the block is this machine's.
            let own = order.target.isLoopback ? 0x7F01_0000 + UInt32(truncatingIfNeeded: number) : 0
            sources.append(try Source(Address(v4: own, port: 0), on: loop))
        }
        self.sources = sources
        packet = [UInt8](repeating: 0, count: order.byteCount)
        pace = try Pace(perSecond: order.perSecond, seconds: order.seconds, on: loop)
        pace.onDue { [unowned self] count in send(count) }
    }

    private func send(_ count: Int) {
        for _ in 0..<count {
            Self.fill(&packet, &random)
            sources[next / Self.packetsPerCall % sources.count].socket.send(packet.raw, to: order.target)
            next += 1
        }
    }

    /// Version 1, type 1, two zeros; all else as chance has it.
    private static func fill(_ packet: inout [UInt8], _ random: inout Random) {
        var place = packet.mutableRaw
        var at = 0
        while at + 8 <= place.byteCount {
            place.storeBytes(of: random.next(), toByteOffset: at, as: UInt64.self)
            at += 8
        }
        place.storeBytes(of: UInt32(0x0000_0101).littleEndian, as: UInt32.self)
    }

    func figures() -> [Figure] {
        let start = nanoseconds()
        loop.run()
        let taken = Double(nanoseconds() - start) / 1e9
        var sent: UInt64 = 0
        var unsent: UInt64 = 0
        for source in sources {
            sent += source.socket.counters.sent.packets
            unsent += source.socket.counters.unsent.total
        }
        return [
            Figure("packets_sent", Double(sent)),
            Figure("packets_unsent", Double(unsent)),
            Figure("seconds", taken),
            Figure("packets_per_second", Double(sent) / taken),
            Figure("of_what_was_asked", Double(sent) / taken / order.perSecond),
        ]
    }
}
