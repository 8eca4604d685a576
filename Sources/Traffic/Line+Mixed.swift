internal import Base

/// The end of a stream. While there is fresh data, what is lost is sent again a round trip later and nothing waits for
/// it. At the end everything waits: on a path that loses much, the last bytes would take many round trips. So when
/// nothing fresh is left, packets are sent that mix the units not yet acknowledged: any so many of them replace any so
/// many that were lost, whichever these were, and nobody has to ask.
extension Line {
    /// Loss below which the end is left to repair: copies would cost more than they save.
    private static let worthMixing = 0.02

    /// Begins to mix a stream's end, or goes on, or stops because something fresh was written.
    mutating func prepareMixing(_ index: Int) {
        guard isAtItsEnd(index) else {
            if !streams[index].mixing.isEmpty { streams[index].mixing.removeAll() }
            return
        }
        let half = streams[index].send
        let unit = UInt64(unit)
        if let last = streams[index].mixing.last, last.end == half.fresh, last.unit == unit { return }
        guard half.unit == unit, half.fresh - half.base <= UInt64(Limits.streamWindow) else {
            return
        }
        streams[index].mixing.removeAll()
        // What was cut for another packet size is a block of its own; the rest lies on the stream's units.
        var base = half.base
        if base >= half.origin { base = half.origin + (base - half.origin) / unit * unit }
        while base < half.end {
            var end = base + UInt64(Limits.mixedUnits) * unit
            if base < half.origin { end = min(end, half.origin) }
            var block = Mixing(base: base, end: end >= half.end ? half.fresh : end, unit: unit)
            block.count(half)
            streams[index].mixing.append(block)
            base = end
        }
    }

    private func isAtItsEnd(_ index: Int) -> Bool {
        let half = streams[index].send
        return half.base < half.end && half.isAllSent && !half.takesPieces && controller.loss > Self.worthMixing
            && settings.carrier == .udp
    }

    /// The block that is the first to need one more mix; when none does and much is lost, the first that could do
    /// with one, for the path has nothing better to carry.
    func blockInNeed(_ index: Int) -> Int? {
        let loss = controller.loss
        let blocks = streams[index].mixing
        if let block = blocks.firstIndex(where: { $0.needsMore(loss: loss, isGenerous: false) }) { return block }
        guard loss > 0.1 else { return nil }
        return blocks.firstIndex { $0.needsMore(loss: loss, isGenerous: true) }
    }

    /// Writes one mix of a block.
    mutating func writeMix(of index: Int, block: Int, into writer: inout ByteWriter) {
        let mixing = streams[index].mixing[block]
        let end = min(mixing.end, streams[index].send.end)
        let header = MixedHeader(
            stream: streams[index].id, service: streams[index].service, base: mixing.base,
            count: Int(end - mixing.base), isEnd: mixing.end > end)
        let unit = min(Int(mixing.unit), header.count)
        header.write(unit: unit, into: &writer)
        let start = writer.count
        writer.reserve(unit)
        MixPattern(number: log.next, units: (header.count + unit - 1) / unit).forEach { number in
            let lower = mixing.base + UInt64(number) * UInt64(unit)
            streams[index].send.ring.mix(
                from: lower, to: min(end, lower + UInt64(unit)), into: &writer, at: start)
        }
        log.carry(
            Piece(kind: .mixed, stream: header.stream, stretch: Stretch(lower: mixing.base, upper: mixing.end)))
        streams[index].mixing[block].flying += 1
        counts.packetsMixed += 1
    }

    /// A mix that we sent came, or did not.
    mutating func settleMix(_ piece: Piece, hasArrived: Bool) {
        guard let index = streams.index(of: piece.stream),
            let block = streams[index].mixing.firstIndex(where: {
                $0.base == piece.stretch.lower && $0.end == piece.stretch.upper
            })
        else { return }
        streams[index].mixing[block].flying -= 1
        if hasArrived { streams[index].mixing[block].arrived += 1 }
    }

    /// Feedback was taken: what is missing of each block is another number now.
    mutating func countMixing() {
        for index in streams.indices {
            for block in streams[index].mixing.indices { streams[index].mixing[block].count(streams[index].send) }
        }
    }

    /// The peer mixes a stream's end.
    mutating func take(
        _ header: MixedHeader, _ number: UInt64, _ bytes: RawSpan, into outbox: inout Outbox<LineEffect>
    ) throws(LineFault) {
        let place = StreamHeader(
            stream: header.stream, service: header.service, offset: header.base, isEnd: header.isEnd)
        guard let index = try find(place, into: &outbox) else { return }
        let wasComplete = streams[index].receive.isComplete
        let grown = try streams[index].receive.admit(header.base, header.count, isEnd: header.isEnd)
        receivedBytes += grown
        guard receivedBytes <= grantedBytes else { throw .windowOverrun }
        streams[index].progressDue = Self.progressRepeats
        let end = header.base + UInt64(header.count)
        guard streams[index].receive.delivery == .ordered, bytes.byteCount > 0, header.count > 0,
            (header.count + bytes.byteCount - 1) / bytes.byteCount <= Limits.mixedUnits,
            streams[index].receive.through < end
        else {
            return announce(index, wasComplete: wasComplete, into: &outbox)
        }
        let block: Int
        if let known = streams[index].mixed.firstIndex(where: {
            $0.base == header.base && $0.end == end && $0.unit == bytes.byteCount
        }) {
            block = known
        } else {
            if streams[index].mixed.count == Self.blocks { streams[index].mixed.removeFirst() }
            block = streams[index].mixed.count
            streams[index].mixed.append(MixedRows(base: header.base, end: end, unit: bytes.byteCount))
        }
        streams[index].mixed[block].put(number, bytes)
        solve(index, into: &outbox)
        announce(index, wasComplete: wasComplete, into: &outbox)
    }

    /// Blocks of one stream of which rows are kept: a window of the smallest packets.
    private static var blocks: Int { Limits.streamWindow / Limits.datagramBytes / Limits.mixedUnits + 1 }

    /// Rebuilds what is missing of a stream's end, when what came suffices.
    mutating func solve(_ index: Int, into outbox: inout Outbox<LineEffect>) {
        var block = 0
        while block < streams[index].mixed.count {
            if streams[index].receive.covers(streams[index].mixed[block]) {
                streams[index].mixed.remove(at: block)
                continue
            }
            guard let solution = streams[index].mixed[block].solve(streams[index].receive) else {
                block += 1
                continue
            }
            let rows = streams[index].mixed.remove(at: block)
            for (column, unit) in solution.units.enumerated() {
                let stretch = rows.stretch(of: unit)
                let place = solution.places[column] * rows.unit
                _ = streams[index].receive.take(
                    solution.bytes.raw.extracting(place..<place + stretch.count), at: stretch.lower)
            }
            arrivals.ask()
            outbox.put(.note(.rebuilt(streams[index].id, count: solution.units.count)))
        }
    }
}
