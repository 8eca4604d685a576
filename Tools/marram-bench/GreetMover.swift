internal import Base
internal import Loop
internal import Session

extension Mover {
    /// Handshakes, one after the other: each by a process that has just started, as far as the node can tell, and done
    /// when a datagram was answered over the new session.
    static let greet = Mover(
        name: "greet", measures: "handshakes of a stranger until its first word is answered, one after the other",
        send: { order throws(Complaint) in
            try made { () throws(LoopError) in try GreetSender(order) }.figures()
        },
        receive: echo.receive)
}

private let perSecond = 50.0

private final class GreetSender: SealedEnd {
    private let order: Mover.Order
    private let pace: Pace
    private var begun: UInt64?
    private var delays: [UInt64] = []
    private var tried = 0
    private var unfinished = 0

    init(_ order: Mover.Order) throws(LoopError) {
        self.order = order
        let loop = try EventLoop()
        pace = try Pace(perSecond: perSecond, seconds: order.seconds ?? 5, on: loop)
        try super.init(.comes, at: Address(v4: 0, port: 0), on: loop)
        loop.onTurnEnd = { [unowned self] in setTimer() }
        pace.onDue { [unowned self] _ in next() }
    }

    private func next() {
        if let begun {
            guard nanoseconds() - begun > 2_000_000_000 else { return }
            unfinished += 1
        }
        startAnew()
        tried += 1
        begun = nanoseconds()
        let word = [UInt8](repeating: 1, count: 64)
        say(word.raw, to: order.address)
    }

    override func said(_ datagram: RawSpan) {
        guard let begun else { return }
        delays.append(nanoseconds() - begun)
        self.begun = nil
    }

    func figures() -> [Figure] {
        loop.run()
        delays.sort()
        let soon = delays.filter { $0 <= 1_000_000_000 }.count
        // The last one may have been cut off by the end of time; it is not counted.
        let counted = max(delays.count + unfinished, 1)
        return [
            Figure("handshakes", Double(counted)),
            Figure("share_within_a_second", Double(soon) / Double(counted)),
            Figure("median_milliseconds", Double(delays.isEmpty ? 0 : delays[delays.count / 2]) / 1e6),
            Figure("longest_milliseconds", Double(delays.last ?? 0) / 1e6),
        ]
    }
}
