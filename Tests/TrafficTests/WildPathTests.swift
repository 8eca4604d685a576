import Base
import Choices
import Testing
import Traffic

/// Random worlds: packets are lost, doubled, delayed past one another and dropped for being spoilt, in both directions,
/// while both sides write, read, finish and reset as a tape says.
private final class WildPath {
    private struct Packet {
        var at: Instant
        var number: UInt64
        var toHere: Bool
        var bytes: [UInt8]
    }

    private let ends = Ends()
    private var tape: Tape
    private var flying: [Packet] = []
    private let loss: Int
    private let jitter: Int
    private let doubles: Int
    private var seen: [Set<UInt64>] = [[], []]
    private var sent: [StreamID: [UInt8]] = [:]
    private var came: [StreamID: [UInt8]] = [:]
    private var finished: Set<StreamID> = []

    init(_ tape: Tape) {
        self.tape = tape
        loss = self.tape.below(50) * 10_000
        jitter = self.tape.below(60)
        doubles = self.tape.below(20) * 10_000
    }

    private func post(_ number: UInt64, toHere: Bool) {
        for _ in 0..<(tape.strikes(perMillion: doubles) ? 2 : 1) where !tape.strikes(perMillion: loss) {
            let delay = Interval.milliseconds(Int64(10 + tape.below(jitter + 1)))
            flying.append(Packet(at: ends.now + delay, number: number, toHere: toHere, bytes: ends.writer.bytes))
        }
    }

    private func pump() {
        while true {
            ends.writer.removeAll()
            ends.outbox.removeAll()
            guard let number = ends.here.next(at: ends.now, into: &ends.writer, outbox: &ends.outbox) else { break }
            post(number, toHere: false)
        }
        while true {
            ends.writer.removeAll()
            ends.outbox.removeAll()
            guard let number = ends.there.next(at: ends.now, into: &ends.writer, outbox: &ends.outbox) else { break }
            post(number, toHere: true)
        }
    }

    private func deliver(_ packet: Packet) throws {
        // Whoever seals also tells replays apart.
        guard seen[packet.toHere ? 0 : 1].insert(packet.number).inserted else { return }
        ends.outbox.removeAll()
        if packet.toHere {
            try ends.here.receive(packet.bytes.raw, number: packet.number, at: ends.now, into: &ends.outbox)
        } else {
            try ends.there.receive(packet.bytes.raw, number: packet.number, at: ends.now, into: &ends.outbox)
            for effect in ends.outbox.effects {
                if case .readable(let stream) = effect { came[stream, default: []] += ends.read(stream) }
                if case .finished(let stream) = effect {
                    finished.insert(stream)
                    ends.there.finish(stream, at: ends.now)
                }
            }
        }
    }

    func run() throws {
        let streams = 1 + tape.below(4)
        for _ in 0..<streams {
            let stream = try ends.open(tape.bool() ? .normal : .scavenger)
            let bytes = pattern(tape.below(60_000))
            sent[stream] = bytes
            #expect(ends.write(bytes, to: stream) == bytes.count)
            ends.here.finish(stream, at: ends.now)
        }
        for _ in 0..<40_000 where finished.count < streams {
            pump()
            var next = [ends.deadline, ends.deadlineThere].compactMap { $0 }.min() ?? ends.now
            if let first = flying.indices.min(by: { flying[$0].at < flying[$1].at }),
                flying[first].at <= next || next <= ends.now
            {
                let packet = flying.remove(at: first)
                next = max(ends.now, packet.at)
                ends.now = next
                try deliver(packet)
            } else {
                ends.now = max(ends.now + .microseconds(100), next)
            }
        }
        try require(finished.count == streams, "\(finished.count) of \(streams) streams arrived by \(ends.now)")
        for (stream, bytes) in sent {
            try require(came[stream, default: []] == bytes, "stream \(stream) came as something else")
        }
    }
}

@Test(arguments: 0..<10) func everythingArrivesOnceAndInOrderInAnyWorld(_ seed: Int) throws {
    try WildPath(Tape(seed: UInt64(seed))).run()
}
