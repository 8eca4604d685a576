internal import Base
internal import Crypto
internal import Loop
internal import Session

extension Bench {
    /// What every datagram pays: its seal on one side, its opening on the other.
    static let seal = Bench(
        name: "seal",
        measures: "a datagram of 300 bytes from session to session through the kernel; seal and open it, against a hash"
    ) { () throws(Complaint) in
        var entropy = Entropy.seeded(1)
        let key = SealingKey(SecretBytes(from: &entropy))
        let header = 16
        var opened = 0

        /// Seals and opens packets of this size, and answers what a pair of the two costs.
        func cost(_ byteCount: Int, against floor: (Int) -> Void) -> (subject: Measurement, floor: Measurement) {
            var packet = [UInt8](repeating: 7, count: byteCount)
            var counter: UInt64 = 0
            return measure(
                { count in
                    var span = packet.mutableRaw
                    for _ in 0..<count {
                        counter += 1
                        key.seal(&span, after: header, counter: counter)
                        if let text = try? key.open(&span, after: header, counter: counter) { opened += text.count }
                    }
                }, against: floor)
        }
        let datagram = 300
        let bytes = [UInt8](repeating: 7, count: datagram)
        let small = cost(datagram, against: Copying(datagram).run)
        let beside = cost(datagram) { count in
            for _ in 0..<count { keep(Digest(hashing: bytes.raw)) }
        }
        let large = cost(16_384, against: Copying(16_384).run)
        keep(opened)
        let sessions = try SealedPair(byteCount: datagram)
        let whole = measure(sessions.run, against: Copying(datagram).run)

        return [
            Figure("datagrams_per_second", whole.subject.perSecond),
            Figure("mallocs_per_datagram", whole.subject.allocations),
            Figure("seals_per_second", small.subject.perSecond),
            Figure("nanoseconds_per_seal", small.subject.nanoseconds),
            Figure("mallocs_per_seal", small.subject.allocations),
            Figure("seal_times_copy", small.subject.times(small.floor)),
            Figure("seal_times_hash", beside.subject.times(beside.floor)),
            Figure("record_megabytes_per_second", large.subject.megabytesPerSecond(16_384)),
            Figure("record_times_copy", large.subject.times(large.floor)),
        ]
    }
}

/// Two sessions in one thread, each on a UDP port of its own, and datagrams from one to the other: a line, a seal, the
/// kernel, the seal opened, the line.
private final class SealedPair {
    private let loop: EventLoop
    private let from: SealedEnd
    private let to: Counter
    private let datagram: [UInt8]
    private var said = 0
    private var wanted = 0

    private final class Counter: SealedEnd {
        var heard = 0
        override func said(_ datagram: RawSpan) { heard += 1 }
    }

    init(byteCount: Int) throws(Complaint) {
        datagram = [UInt8](repeating: 7, count: byteCount)
        do throws(LoopError) {
            let loopback = Address(v4: 0x7F00_0001, port: 0)
            loop = try EventLoop()
            from = try SealedEnd(.comes, at: loopback, on: loop)
            to = try Counter(.listens, at: loopback, on: loop)
        } catch {
            throw Complaint(.benchFailed, what: "two sessions cannot be had: \(error)")
        }
        loop.onTurnEnd = { [unowned self] in endTurn() }
        run(1)
    }

    func run(_ count: Int) {
        wanted += count
        endTurn()
        loop.run()
    }

    private func endTurn() {
        if to.heard == said {
            if said == wanted { loop.stop() }
            let datagram = datagram
            for _ in 0..<min(64, wanted - said) {
                from.say(datagram.raw, to: to.socket.localAddress)
                said += 1
            }
        }
        from.setTimer()
        to.setTimer()
    }
}
