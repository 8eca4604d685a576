internal import Base
internal import Traffic

/// Two lines with nothing between them and a clock that jumps to the next deadline: what a packet costs both ends.
final class PacketPump {
    private var here: Line
    private var there: Line
    private let stream: StreamID
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var writer = ByteWriter(capacity: 1 << 16)
    private var outbox = Outbox<LineEffect>()
    private let bytes = [UInt8](repeating: 1, count: 1 << 20)
    private(set) var received = 0

    init(packetBytes: Int) throws(LineRefusal) {
        var settings = LineSettings()
        settings.largestPacket = packetBytes
        here = Line(side: .even, settings: settings, at: now)
        there = Line(side: .odd, settings: settings, at: now)
        let now = now
        stream = try here.open(.normal, at: now)
        // The rate grows and the packet size is found; rings and logs reach their sizes.
        run(20_000)
    }

    var packetBytes: Int { here.evidence.packetBytes }

    /// Sends and receives so many packets with a stream's bytes, and the feedback that they ask for.
    func run(_ count: Int) {
        var left = count
        let bytes = bytes
        while left > 0 {
            let now = now
            _ = here.write(bytes.raw, to: stream, at: now)
            while left > 0, let number = here.next(at: now, into: &writer, outbox: &outbox) {
                deliver(number, toHere: false)
                left -= 1
            }
            while let number = there.next(at: now, into: &writer, outbox: &outbox) { deliver(number, toHere: true) }
            let next = min(here.deadline ?? now, there.deadline ?? now)
            self.now = max(now + .microseconds(10), next)
        }
    }

    private func deliver(_ number: UInt64, toHere: Bool) {
        // Moved out and back, so that the packet can be read while a line changes; nothing is copied.
        var packet = ByteWriter()
        swap(&packet, &writer)
        let now = now
        outbox.effects.removeAll(keepingCapacity: true)
        do throws(LineFault) {
            if toHere {
                try here.receive(packet.bytes.raw, number: number, at: now, into: &outbox)
            } else {
                try there.receive(packet.bytes.raw, number: number, at: now, into: &outbox)
                received += there.read(stream, at: now) { keep($0.byteCount) }
            }
        } catch {
            preconditionFailure("one line of ours refuses what another wrote: \(error)")
        }
        outbox.effects.removeAll(keepingCapacity: true)
        packet.removeAll()
        swap(&packet, &writer)
    }
}
