internal import Base
internal import Glibc
internal import Loop
internal import Session
internal import Traffic

extension Mover {
    /// Not bulk, but what a mesh is made of: a hundred small datagrams a second, each answered. The sender tells how
    /// many answers came and how long they took; the receiver, what it cost and what it refused meanwhile.
    static let echo = Mover(
        name: "echo", measures: "a hundred sealed datagrams a second and their answers",
        send: { order throws(Complaint) in
            try made { () throws(LoopError) in try EchoSender(order) }.figures()
        },
        receive: { order, listens throws(Complaint) in
            let receiver = try made { () throws(LoopError) in try EchoReceiver(order) }
            listens(receiver.socket.localAddress.port)
            return receiver.figures()
        })
}

private let perSecond = 100.0

private final class EchoSender: SealedEnd {
    private let order: Mover.Order
    private let pace: Pace
    private let start: UInt64
    private var established: UInt64?
    private var sent: [UInt64] = []
    private var delays: [UInt64] = []

    init(_ order: Mover.Order) throws(LoopError) {
        self.order = order
        let loop = try EventLoop()
        pace = try Pace(perSecond: perSecond, seconds: order.seconds ?? 5, on: loop)
        start = nanoseconds()
        try super.init(.comes, at: Address(v4: 0, port: 0), on: loop)
        loop.onTurnEnd = { [unowned self] in setTimer() }
        pace.onDue { [unowned self] count in
            // Until there is a session, one word is enough to ask for it.
            guard established != nil || sent.isEmpty else { return }
            for _ in 0..<count { ask() }
        }
    }

    private func ask() {
        var datagram = [UInt8](repeating: 0, count: 300)
        let number = UInt64(sent.count)
        var place = datagram.mutableRaw
        place.storeBytes(of: number.littleEndian, as: UInt64.self)
        sent.append(nanoseconds())
        say(datagram.raw, to: order.address)
    }

    override func noted(_ note: SessionNote) {
        if case .established = note, established == nil { established = nanoseconds() }
    }

    override func said(_ datagram: RawSpan) {
        var reader = ByteReader(datagram)
        guard let number = try? reader.u64(), number < sent.count else { return }
        delays.append(nanoseconds() - sent[Int(number)])
    }

    func figures() -> [Figure] {
        loop.run()
        delays.sort()
        func milliseconds(_ share: Double) -> Double {
            delays.isEmpty ? 0 : Double(delays[Int(Double(delays.count - 1) * share)]) / 1e6
        }
        return [
            Figure("handshake_milliseconds", established.map { Double($0 - start) / 1e6 } ?? -1),
            Figure("asked", Double(sent.count)),
            Figure("share_answered", sent.isEmpty ? 0 : Double(delays.count) / Double(sent.count)),
            Figure("median_milliseconds", milliseconds(0.5)),
            Figure("milliseconds_of_99_in_100", milliseconds(0.99)),
            Figure("longest_milliseconds", milliseconds(1)),
        ]
    }
}

private final class EchoReceiver: SealedEnd {
    private let giveUp: Timer
    private let seconds: Double
    private var answered = 0
    private var source: Address?

    init(_ order: Mover.Order) throws(LoopError) {
        let loop = try EventLoop()
        giveUp = try Timer(on: loop)
        seconds = order.seconds ?? 5
        try super.init(.listens, at: order.address, on: loop)
        loop.onTurnEnd = { [unowned self] in setTimer() }
        giveUp.onFire { [unowned loop] in loop.stop() }
    }

    override func noted(_ note: SessionNote) {
        switch note {
        case .established(_, let path, isMine: _), .renewed(_, let path), .moved(_, from: _, to: let path):
            source = path.address
        default: break
        }
    }

    override func said(_ datagram: RawSpan) {
        guard let source else { return }
        answered += 1
        sessions.say(
            datagram, .pulse, to: Contact(peer, at: source), at: loop.now().instant, into: &outbox)
    }

    func figures() -> [Figure] {
        giveUp.arm(at: loop.now().instant + .milliseconds(Int64(seconds * 1_000)))
        loop.run()
        var usage = rusage()
        // Safe: the kernel fills in the one structure that it is given.
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let busy =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        let counters = socket.counters
        var figures = [
            Figure("answered", Double(answered)),
            Figure("packets_received", Double(counters.received.packets)),
            Figure("packets_overrun", Double(counters.overrun)),
            Figure("processor_seconds", busy),
            Figure("seconds", seconds),
            Figure("packets_refused", Double(refused)),
        ]
        for refusal in Refusal.allCases where refusals[Int(refusal.rawValue)] > 0 {
            figures.append(Figure("refused_\(refusal.name)", Double(refusals[Int(refusal.rawValue)])))
        }
        return figures
    }
}
