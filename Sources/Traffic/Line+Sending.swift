package import Base

/// What goes out, and when.
extension Line {
    /// The packet that is being written.
    private struct Draft {
        let start: Int
        let end: Int
        var isEliciting = false
        var isMixed = false
        var isPaced = false
        var pieces = 0
    }

    /// Appends the plaintext of one packet to `writer` and answers its number, or nil when nothing may go now. To be
    /// called until it answers nil.
    package mutating func next(
        at now: Instant, into writer: inout ByteWriter, outbox: inout Outbox<LineEffect>
    ) -> UInt64? {
        clock = max(clock, now)
        handOutPending(&outbox)
        if let bytes = dueProbe { return writeProbe(bytes, into: &writer) }
        var draft = Draft(start: writer.count, end: writer.count + size.bytes - settings.sealBytes)
        writeDatagrams(&draft, into: &writer)
        writeFeedback(until: draft.end, start: draft.start, into: &writer)
        writeResets(&draft, into: &writer)
        writeCadence(&draft, into: &writer)
        writeStreams(&draft, into: &writer)
        writePing(&draft, into: &writer)
        guard writer.count > draft.start else { return nil }
        pad(from: draft.start, to: draft.end, into: &writer)
        return enter(draft, bytes: writer.count - draft.start)
    }

    /// When `next` may have something again; nil when nothing but a call changes that.
    package var deadline: Instant? {
        if !pending.isEmpty { return clock }
        var earliest: Instant?
        func due(_ instant: Instant) { earliest = earliest.map { min($0, instant) } ?? instant }
        if let instant = datagramDeadline { due(instant) }
        if let instant = arrivals.deadline(interval: feedbackInterval) { due(instant) }
        if !resets.isEmpty { due(clock) }
        if hasStreamData, mayFly { due(controller.opening) }
        if let instant = repeatDeadline { due(instant) }
        if let interval = settings.keepAlive { due(lastSent + interval) }
        return earliest.map { max($0, clock) }
    }

    /// Whether a stream has something that the peer has not acknowledged.
    package var isWaiting: Bool { hasStreamData || hasUnacknowledged || log.flyingCarrying > 0 }

    /// The number that the next packet will have, for whoever writes its header first.
    package var nextNumber: UInt64 { log.next }

    /// The number for a packet that the owner sends without anything in it.
    package mutating func takeNumber(at now: Instant) -> UInt64 {
        clock = max(clock, now)
        return enter(Draft(start: 0, end: 0), bytes: 0)
    }

    private mutating func enter(_ draft: Draft, bytes: Int) -> UInt64 {
        var packet = SentPacket()
        packet.sent = clock
        packet.bytes = Int32(bytes + settings.sealBytes)
        packet.state = .flying
        packet.isEliciting = draft.isEliciting
        packet.isMixed = draft.isMixed
        return enter(packet, pieces: draft.pieces, isPaced: draft.isPaced)
    }

    private mutating func enter(_ packet: SentPacket, pieces: Int, isPaced: Bool) -> UInt64 {
        let number = log.next
        if packet.isEliciting { lastEliciting = clock }
        controller.sent(Int(packet.bytes), number: number, isPaced: isPaced, at: clock)
        log.enter(packet, pieces: pieces)
        counts.packetsSent += 1
        counts.bytesSent += Int(packet.bytes)
        lastSent = clock
        return number
    }

    /// A packet's length tells an onlooker less when it is one of a few.
    private func pad(from start: Int, to end: Int, into writer: inout ByteWriter) {
        let length = writer.count - start
        let step = Limits.packetClassBytes
        let padded = min((length + step - 1) / step * step, end - start)
        if padded > length { writer.reserve(padded - length) }
    }

    // MARK: Probes of the packet size

    private var dueProbe: Int? {
        guard hasStreamData || log.flyingCarrying > 0, !controller.isBursting, mayFly,
            controller.isOpen(at: clock)
        else { return nil }
        return size.probe(at: clock, rate: controller.rate)
    }

    private mutating func writeProbe(_ bytes: Int, into writer: inout ByteWriter) -> UInt64 {
        writer.u8(FrameTag.ping)
        writer.reserve(bytes - settings.sealBytes - 1)
        size.probed(at: clock, loss: controller.cautiousLoss, roundTrip: controller.roundTrip)
        var packet = SentPacket()
        packet.sent = clock
        packet.bytes = Int32(bytes)
        packet.state = .flying
        packet.isEliciting = true
        packet.isProbe = true
        return enter(packet, pieces: 0, isPaced: true)
    }

    // MARK: What is not paced

    private mutating func writeDatagrams(_ draft: inout Draft, into writer: inout ByteWriter) {
        // A datagram fits the smallest packet; larger ones would find black holes with what is said only once.
        let end = min(draft.end, draft.start + Limits.datagramBytes - settings.sealBytes)
        draft.isEliciting = !queues[Int(Priority.urgent.rawValue)].isEmpty
        writeDatagrams(until: end, into: &writer)
    }

    private mutating func writeResets(_ draft: inout Draft, into writer: inout ByteWriter) {
        while let reset = resets.first, writer.count + 32 <= draft.end, draft.pieces < 200 {
            writer.u8(FrameTag.reset)
            writer.varint(reset.stream.value)
            writer.varint(reset.code)
            writer.varint(reset.sent)
            log.carry(
                Piece(
                    kind: .reset, stream: reset.stream, stretch: Stretch(lower: reset.code, upper: reset.sent)))
            draft.pieces += 1
            draft.isEliciting = true
            resets.removeFirst()
        }
    }

    /// Tells the peer how often feedback is needed, when that changed much, and now and then again.
    private mutating func writeCadence(_ draft: inout Draft, into writer: inout ByteWriter) {
        guard controller.smoothed != nil, hasStreamData || log.flyingCarrying > 0 else { return }
        let wanted = controller.cadence
        if let said = cadenceSaid {
            let isFar = wanted < said.interval * 3 / 4 || wanted > said.interval * 4 / 3
            guard clock - said.at >= (isFar ? controller.roundTrip : .seconds(1)) else { return }
        }
        guard writer.count + 3 <= draft.end else { return }
        writer.u8(FrameTag.cadence)
        writer.varint(UInt64(wanted.milliseconds))
        cadenceSaid = (wanted, clock)
    }

    // MARK: Streams

    var mayFly: Bool { controller.mayFly(log.flyingBytes) && !log.isFull }

    /// How many bytes of a stream fill a packet, beside the largest header that they may need.
    var unit: Int { size.bytes - settings.sealBytes - MixedHeader.bytes }

    /// Whether a stream has bytes to send, lost or fresh or mixed.
    private func hasData(_ index: Int) -> Bool {
        if !streams[index].mixing.isEmpty { return canSendFresh(index) || blockInNeed(index) != nil }
        return !streams[index].send.lost.isEmpty || canSendFresh(index)
    }

    private func canSendFresh(_ index: Int) -> Bool {
        streams[index].send.hasFresh && (sentBytes < sendLimit || streams[index].send.fresh == streams[index].send.end)
    }

    var hasStreamData: Bool {
        for index in streams.indices where hasData(index) { return true }
        return false
    }

    private mutating func writeStreams(_ draft: inout Draft, into writer: inout ByteWriter) {
        guard streams.count > 0, mayFly, controller.isOpen(at: clock) else { return }
        for index in streams.indices { prepareMixing(index) }
        for service in [Service.normal, .scavenger] {
            var hasWritten = true
            while hasWritten, draft.pieces < 16 {
                hasWritten = false
                guard let index = nextStream(of: service) else { break }
                hasWritten = write(index, &draft, into: &writer)
                if hasWritten { controller.isScavenging = service == .scavenger }
            }
            if draft.isPaced { return }
        }
    }

    /// The stream whose turn it is: those with lost bytes first, then the next after the one that sent last.
    private func nextStream(of service: Service) -> Int? {
        var candidate: Int?
        for index in streams.indices where streams[index].service == service && hasData(index) {
            if !streams[index].send.lost.isEmpty, streams[index].mixing.isEmpty { return index }
            if candidate == nil || streams[index].id > turn && streams[candidate ?? 0].id <= turn { candidate = index }
        }
        return candidate
    }

    private mutating func write(_ index: Int, _ draft: inout Draft, into writer: inout ByteWriter) -> Bool {
        let room = draft.end - writer.count
        if !streams[index].mixing.isEmpty, !streams[index].send.hasFresh {
            guard room >= unit + MixedHeader.bytes, let block = blockInNeed(index) else { return false }
            writeMix(of: index, block: block, into: &writer)
            draft.isMixed = true
        } else {
            let isRepair = !streams[index].send.lost.isEmpty
            guard var stretch = streams[index].send.next(fresh: !isRepair, unit: unit) else { return false }
            let count = streams[index].send.byteCount(stretch)
            let header = MixedHeader.bytes
            if count + header > room {
                // What fills a packet waits for the next; only what was cut for larger packets is cut again.
                guard writer.count == draft.start else { return false }
                stretch.upper = stretch.lower + UInt64(room - header)
            }
            write(stretch, of: index, isRepair: isRepair, into: &writer)
        }
        turn = streams[index].id
        draft.pieces += 1
        draft.isEliciting = true
        draft.isPaced = true
        return true
    }

    private mutating func write(
        _ stretch: Stretch, of index: Int, isRepair: Bool, into writer: inout ByteWriter
    ) {
        let isEnd = streams[index].send.isEnd(stretch)
        let count = streams[index].send.byteCount(stretch)
        let header = StreamHeader(
            stream: streams[index].id, service: streams[index].service, offset: stretch.lower, isEnd: isEnd)
        header.write(count: count, into: &writer)
        streams[index].send.write(stretch, into: &writer)
        if isRepair { counts.bytesRepeated += count } else { sentBytes += UInt64(count) }
        streams[index].send.sent(stretch, unit: unit)
        log.carry(Piece(kind: .stream, stream: header.stream, stretch: stretch))
    }

    // MARK: When nothing is heard

    /// When something is said again that nobody acknowledged, or asked whether the window opened; or what became of
    /// probes, which carry nothing, when so many are under way that nothing else may fly.
    var repeatDeadline: Instant? {
        guard log.flyingCarrying > 0 || hasUnacknowledged || isBlocked || hasStreamData && !mayFly else { return nil }
        let trip = controller.roundTrip
        let usual = controller.loss > 0.02 ? trip / 3 : trip * 5 / 4
        let patience = usual + feedbackInterval * 2 + .milliseconds(5)
        return lastEliciting + min(patience * Int64(1 << min(repeats / 3, 6)), .seconds(5))
    }

    private var hasUnacknowledged: Bool {
        for index in streams.indices where streams[index].send.hasUnacknowledged { return true }
        return false
    }

    private var isBlocked: Bool {
        for index in streams.indices {
            if streams[index].send.isBlocked { return true }
            if streams[index].send.hasFresh, sentBytes >= sendLimit { return true }
        }
        return false
    }

    /// Nothing else was written: repeats the oldest bytes that nobody acknowledged, or asks for feedback.
    private mutating func writePing(_ draft: inout Draft, into writer: inout ByteWriter) {
        let isRepeat = writer.count == draft.start && repeatDeadline.map { clock >= $0 } ?? false
        if isRepeat {
            repeats += 1
            if repeats >= 6, repeats.isMultiple(of: 3) { controller.silence() }
            draft.isEliciting = true
            if repeatOldest(&draft, into: &writer) { return }
        }
        let isIdle = settings.keepAlive.map { clock >= lastSent + $0 } ?? false
        let isSuspicious = size.wantsSmall(loss: controller.cautiousLoss) && !draft.isPaced
        guard isRepeat || isIdle || isSuspicious && draft.isEliciting, writer.count < draft.end else { return }
        writer.u8(FrameTag.ping)
        draft.isEliciting = true
    }

    private mutating func repeatOldest(_ draft: inout Draft, into writer: inout ByteWriter) -> Bool {
        for index in streams.indices where streams[index].send.hasUnacknowledged {
            // Every other time plain: a receiver that forgot what a mix speaks of is helped by nothing else. And small
            // now and then: large packets may be what vanishes.
            let isSmall = repeats % 4 >= 2
            if repeats & 1 == 1, !isSmall,
                let block = streams[index].mixing.firstIndex(where: { $0.end > streams[index].send.base })
            {
                writeMix(of: index, block: block, into: &writer)
                draft.isMixed = true
            } else {
                let smallest = Limits.datagramBytes - settings.sealBytes - MixedHeader.bytes
                let unit = isSmall ? min(unit, smallest) : unit
                guard let stretch = streams[index].send.oldest(unit: unit) else { continue }
                write(stretch, of: index, isRepair: true, into: &writer)
            }
            draft.pieces += 1
            draft.isPaced = true
            return true
        }
        return false
    }
}
