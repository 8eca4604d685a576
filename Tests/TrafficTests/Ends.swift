import Base
import Choices
import Testing
import Traffic

/// Both ends of a line, and a path between them that loses, doubles and delays as a tape says. Time stands still unless
/// the test moves it.
final class Ends {
    var here: Line
    var there: Line
    var now = Instant(nanoseconds: 1_000_000_000)
    var outbox = Outbox<LineEffect>()
    var writer = ByteWriter()
    /// What either end handed up since it was last asked.
    var heardHere: [LineEffect] = []
    var heardThere: [LineEffect] = []
    /// What there read, by stream, and the bytes of datagrams.
    var datagrams: [(Priority, [UInt8])] = []
    var pieces: [(offset: UInt64, bytes: [UInt8])] = []

    init(_ settings: LineSettings = LineSettings()) {
        here = Line(side: .even, settings: settings, at: now)
        there = Line(side: .odd, settings: settings, at: now)
    }

    var deadline: Instant? { here.deadline }
    var deadlineThere: Instant? { there.deadline }
    var evidence: LineEvidence { here.evidence }

    func open(_ service: Service = .normal, _ delivery: Delivery = .ordered) throws -> StreamID {
        try here.open(service, delivery: delivery, at: now)
    }

    func say(_ bytes: [UInt8], _ priority: Priority) throws { try here.say(bytes.raw, priority, at: now) }

    func write(_ bytes: [UInt8], to stream: StreamID) -> Int { here.write(bytes.raw, to: stream, at: now) }

    /// One packet from here, delivered unless `keeps` says no. False when there is none.
    func sendHere(_ keeps: Bool = true) throws -> Bool {
        writer.removeAll()
        outbox.removeAll()
        guard let number = here.next(at: now, into: &writer, outbox: &outbox) else {
            heardHere += outbox.effects
            return false
        }
        heardHere += outbox.effects
        guard keeps else { return true }
        outbox.removeAll()
        let packet = writer.bytes
        try there.receive(packet.raw, number: number, at: now, into: &outbox)
        heardThere += outbox.effects
        for effect in outbox.effects {
            if case .datagram(let priority, let range) = effect {
                datagrams.append((priority, [UInt8](writer.bytes[range])))
            }
            if case .piece(_, let offset, let range) = effect {
                pieces.append((offset, [UInt8](writer.bytes[range])))
            }
        }
        return true
    }

    func sendThere(_ keeps: Bool = true) throws -> Bool {
        writer.removeAll()
        outbox.removeAll()
        guard let number = there.next(at: now, into: &writer, outbox: &outbox) else {
            heardThere += outbox.effects
            return false
        }
        heardThere += outbox.effects
        guard keeps else { return true }
        outbox.removeAll()
        let packet = writer.bytes
        try here.receive(packet.raw, number: number, at: now, into: &outbox)
        heardHere += outbox.effects
        return true
    }

    /// Lets time pass and everything go that may, until both ends are silent or so much time has passed.
    func settle(_ longest: Interval = .seconds(30)) throws {
        let end = now + longest
        while true {
            while try sendHere() {}
            while try sendThere() {}
            let next = [here.deadline, there.deadline].compactMap { $0 }.min()
            guard let next else { return }
            guard next <= end else { return now = end }
            now = max(now + .milliseconds(1), next)
        }
    }

    func read(_ stream: StreamID) -> [UInt8] {
        var bytes: [UInt8] = []
        _ = there.read(stream, at: now) { span in bytes += [UInt8](copying: span) }
        return bytes
    }
}

/// Bytes in which no stretch is like another.
func pattern(_ count: Int) -> [UInt8] {
    var random = Random(seed: 3)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
}
