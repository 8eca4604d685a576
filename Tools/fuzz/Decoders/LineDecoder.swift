internal import Base
internal import Traffic

/// A line hears the input as one packet, early and after a stream is open in both directions; then as a row of packets,
/// each behind its length. Whatever it believes afterwards, it still writes packets that another line takes, and its
/// deadline is one.
func hearPackets(_ bytes: [UInt8]) {
    for isOpen in [false, true] {
        var line = Line(side: .odd, settings: LineSettings(), at: .zero)
        if isOpen { talk(&line) }
        var rest = bytes[...]
        var number: UInt64 = 100
        while !rest.isEmpty {
            let length = isOpen ? Int(rest.removeFirst()) : rest.count
            let packet = Array(rest.prefix(length))
            rest = rest.dropFirst(length)
            number += 1
            guard hear(packet, number, &line) else { return }
        }
    }
}

private func talk(_ line: inout Line) {
    guard let id = try? line.open(.normal, at: .zero) else { preconditionFailure("a new line opens a stream") }
    let bytes = [UInt8](repeating: 7, count: 5_000)
    _ = line.write(bytes.raw, to: id, at: .zero)
    try? line.say(bytes.raw.extracting(0..<100), .urgent, at: .zero)
    drain(&line, at: .zero)
}

/// Answers whether the session goes on.
private func hear(_ packet: [UInt8], _ number: UInt64, _ line: inout Line) -> Bool {
    var outbox = Outbox<LineEffect>()
    let now = Instant(nanoseconds: number * 10_000_000)
    do throws(LineFault) {
        try line.receive(packet.raw, number: number, at: now, into: &outbox)
    } catch {
        return false
    }
    for effect in outbox.effects {
        switch effect {
        case .datagram(_, let range), .piece(_, _, let range):
            precondition(range.upperBound <= packet.count, "bytes are named that are not in the packet")
        case .readable(let stream): _ = line.read(stream, at: now) { precondition($0.byteCount > 0, "nothing to read") }
        case .opened(let stream, _): line.finish(stream, at: now)
        case .writable, .finished, .closed, .reset, .note: break
        }
    }
    drain(&line, at: now)
    _ = line.evidence
    return true
}

/// Lets out what may go now, some hundred packets at most; each is read by a line of the other side, which may find
/// that it speaks of what was never said, but never that it cannot be decoded.
private func drain(_ line: inout Line, at now: Instant) {
    var other = Line(side: .even, settings: LineSettings(), at: .zero)
    var writer = ByteWriter()
    var outbox = Outbox<LineEffect>()
    for _ in 0..<100 {
        writer.removeAll()
        guard let number = line.next(at: now, into: &writer, outbox: &outbox) else { return }
        let packet = writer.bytes
        do throws(LineFault) {
            try other.receive(packet.raw, number: number, at: now, into: &outbox)
        } catch {
            if case .undecodable(let reason) = error { preconditionFailure("a line wrote what none reads: \(reason)") }
            return
        }
    }
}
