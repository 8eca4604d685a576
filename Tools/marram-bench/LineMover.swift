internal import Base
internal import Loop
internal import Session
internal import Traffic

extension Mover {
    /// Our own: a stream of a sealed line over UDP.
    static let line = sealedLine("line", over: .udp)
    /// The same where no UDP passes: found out by three handshakes that nobody answers, then over TCP.
    static let lineOverTCP = sealedLine("line-tcp", over: .tcp)

    private static func sealedLine(_ name: String, over carrier: Carrier) -> Mover {
        Mover(
            name: name, measures: "a stream of a sealed line over \(carrier)",
            send: { order throws(Complaint) in
                try made { () throws(LoopError) in try LineSender(order, carrier) }.figures()
            },
            receive: { order, listens throws(Complaint) in
                let receiver = try made { () throws(LoopError) in try LineReceiver(order, carrier) }
                listens(receiver.socket.localAddress.port)
                return try receiver.figures()
            })
    }

    static func made<End>(_ make: () throws(LoopError) -> End) throws(Complaint) -> End {
        do throws(LoopError) {
            return try make()
        } catch {
            throw Complaint(.benchFailed, what: "the line cannot be made: \(error)")
        }
    }
}

private final class LineSender: SealedEnd {
    private let order: Mover.Order
    private let payload = Payload()
    private let giveUp: Timer
    private var stream: StreamID?
    private var written = 0
    private var isClosed = false

    init(_ order: Mover.Order, _ carrier: Carrier) throws(LoopError) {
        self.order = order
        let loop = try EventLoop()
        giveUp = try Timer(on: loop)
        try super.init(.comes, at: Address(v4: 0, port: 0), over: carrier, on: loop)
        loop.onTurnEnd = { [unowned self] in setTimer() }
        giveUp.onFire { [unowned loop] in loop.stop() }
        // A sender whose window is over waits a little longer than its receiver, who measures.
        giveUp.arm(at: loop.now().instant + .milliseconds(Int64((order.seconds ?? 120) * 1_000) + 500))
    }

    func figures() throws(Complaint) -> [Figure] {
        let hello: [UInt8] = [1]
        say(hello.raw, to: order.address)
        loop.run()
        guard isClosed || order.seconds != nil else {
            throw Complaint(.benchFailed, what: "the line ended after \(written) bytes")
        }
        return [Figure("bytes", Double(written)), Figure("packets_sent", Double(socket.counters.sent.packets))]
    }

    override func noted(_ note: SessionNote) {
        switch note {
        case .established:
            guard stream == nil else { return }
            stream = try? sessions.open(.normal, to: peer, at: loop.now().instant)
            if stream == nil { loop.stop() }
            write()
        case .ended: loop.stop()
        default: break
        }
    }

    override func happened(_ event: StreamEvent) {
        switch event {
        case .writable: write()
        case .closed, .reset, .lost:
            if case .closed = event { isClosed = true }
            loop.stop()
        case .opened, .readable, .piece, .finished: break
        }
    }

    private func write() {
        guard let stream else { return }
        let now = loop.now().instant
        let payload = payload
        while written < order.byteCount {
            let count = min(Payload.largestPiece, order.byteCount - written)
            let range = payload.range(count, at: written)
            let taken = sessions.write(
                payload.bytes.raw.extracting(range), to: stream, of: peer, at: now, into: &outbox)
            written += taken
            if taken < count { return }
        }
        sessions.finish(stream, of: peer, at: now, into: &outbox)
    }
}

private final class LineReceiver: SealedEnd {
    private let order: Mover.Order
    private var check = PayloadCheck(Payload())
    private var complaint: Complaint?
    private let giveUp: Timer

    init(_ order: Mover.Order, _ carrier: Carrier) throws(LoopError) {
        self.order = order
        let loop = try EventLoop()
        giveUp = try Timer(on: loop)
        try super.init(.listens, at: order.address, over: carrier, on: loop)
        loop.onTurnEnd = { [unowned self] in setTimer() }
        giveUp.onFire { [unowned loop] in loop.stop() }
    }

    func figures() throws(Complaint) -> [Figure] {
        giveUp.arm(at: loop.now().instant + .milliseconds(Int64((order.seconds ?? 120) * 1_000)))
        loop.run()
        if let complaint { throw complaint }
        guard order.seconds != nil || check.byteCount == order.byteCount else {
            throw Complaint(.benchFailed, what: "only \(check.byteCount) of \(order.byteCount) bytes arrived")
        }
        return check.figures(seconds: order.seconds)
    }

    override func happened(_ event: StreamEvent) {
        switch event {
        case .readable(let stream): read(stream)
        case .finished(let stream):
            read(stream)
            sessions.finish(stream, of: peer, at: loop.now().instant, into: &outbox)
        // The sender may not have heard that everything came: a moment for it to ask once more.
        case .closed: giveUp.arm(at: loop.now().instant + .milliseconds(300))
        case .reset, .lost: loop.stop()
        case .opened, .writable, .piece: break
        }
    }

    private func read(_ stream: StreamID) {
        _ = sessions.read(stream, of: peer, at: loop.now().instant, into: &outbox) { bytes in
            guard complaint == nil else { return }
            do throws(Complaint) {
                try check.take(bytes)
            } catch {
                complaint = error
            }
        }
        if complaint != nil { loop.stop() }
    }
}
