package import Base

/// What two nodes say to each other over one sealed path on which packets get lost. A line writes and reads the plain
/// bytes of packets: datagrams by priority, streams that arrive whole, and the feedback from which either side knows
/// what was lost, how fast the path is and how long its queue. It knows no keys, no addresses and no sockets.
///
/// Whoever owns it seals each packet that `next` wrote under the number that it answered, and hands each packet that
/// it opened to `receive`, once. After every call `deadline` says when `next` may have something again.
package struct Line: ~Copyable {
    let side: Side
    let settings: LineSettings
    /// The number that the next packet will have, for whoever writes its header first.
    package internal(set) var nextNumber: UInt64
    var queues: [DatagramQueue]
    var urgentID: UInt64 = 0
    var urgentSeen = UrgentWindow()
    var bucket: TokenBucket
    /// Bytes that each priority has saved up of its share, at most a packet's worth.
    var credit = [Int](repeating: 0, count: Priority.allCases.count)
    var lastSent: Instant
    /// The latest moment that any door was told.
    var clock: Instant
    var evidenceCounts = LineCounts()
    /// Notes of doors that have no outbox; `next` and `receive` hand them out.
    var notes: [LineNote] = []

    package init(side: Side, settings: LineSettings, at now: Instant) {
        self.side = side
        self.settings = settings
        nextNumber = settings.firstNumber
        queues = Priority.allCases.map { _ in DatagramQueue() }
        bucket = TokenBucket(rate: settings.datagramRate, burst: settings.datagramBurst, at: now)
        lastSent = now
        clock = now
    }

    /// When `next` may have something again; nil when nothing but a call changes that.
    package var deadline: Instant? {
        var earliest: Instant?
        func due(_ instant: Instant) { earliest = earliest.map { min($0, instant) } ?? instant }
        if let instant = datagramDeadline { due(instant) }
        if let interval = settings.keepAlive { due(lastSent + interval) }
        return earliest
    }

    /// Appends the plaintext of one packet to `writer` and answers its number, or nil when nothing may go now. To be
    /// called until it answers nil.
    package mutating func next(
        at now: Instant, into writer: inout ByteWriter, outbox: inout Outbox<LineEffect>
    ) -> UInt64? {
        handOutNotes(&outbox)
        clock = max(clock, now)
        let start = writer.count
        writeDatagrams(until: start + packetRoom, into: &writer)
        if writer.count == start {
            guard let interval = settings.keepAlive, now >= lastSent + interval else { return nil }
            writer.u8(FrameTag.ping)
        }
        pad(from: start, into: &writer)
        lastSent = now
        defer { nextNumber += 1 }
        return nextNumber
    }

    /// What fits into a packet of the path, its seal not counted.
    var packetRoom: Int { Limits.datagramBytes - settings.sealBytes }

    /// A packet's length tells an onlooker less when it is one of a few.
    private func pad(from start: Int, into writer: inout ByteWriter) {
        let length = writer.count - start
        let padded = min((length + 63) & ~63, packetRoom)
        if padded > length { writer.reserve(padded - length) }
    }

    /// The peer said: the opened plaintext of packet `number`. After a fault the session ends.
    package mutating func receive(
        _ packet: RawSpan, number: UInt64, at now: Instant, into outbox: inout Outbox<LineEffect>
    ) throws(LineFault) {
        handOutNotes(&outbox)
        clock = max(clock, now)
        var reader = ByteReader(packet)
        do throws(DecodeError) {
            while reader.remaining > 0 {
                let tag = try reader.u8()
                switch tag {
                case FrameTag.padding: try reader.zeros()
                case FrameTag.datagram, FrameTag.urgent: try readDatagram(tag, &reader, into: &outbox)
                case FrameTag.ping: break
                default: throw .unknown
                }
            }
        } catch {
            throw .undecodable(error)
        }
    }

    /// A number for a packet that its owner sends without the line: nothing is in it, and it may be lost.
    package mutating func takeNumber() -> UInt64 {
        defer { nextNumber += 1 }
        return nextNumber
    }

    mutating func handOutNotes(_ outbox: inout Outbox<LineEffect>) {
        guard !notes.isEmpty else { return }
        for note in notes { outbox.put(.note(note)) }
        notes.removeAll(keepingCapacity: true)
    }
}
