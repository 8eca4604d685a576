internal import Base

/// The end of a stream. While there is fresh data, what is lost is sent again a round trip later and nothing waits for
/// it. At the end everything waits: on a path that loses much, the last bytes would take many round trips. So when
/// nothing fresh is left, packets are sent that mix the units not yet acknowledged: any so many of them replace any so
/// many that were lost, whichever these were, and nobody has to ask.
extension Line {
    /// Loss below which the end is left to repair: copies would cost more than they save.
    private static let worthMixing = 0.02

    /// Whether a stream is at its end and mixes; begins to.
    mutating func mixes(_ index: Int) -> Bool {
        let half = streams[index].send
        guard half.base < half.end, !half.hasFresh, half.isAllSent, !half.takesPieces,
            controller.loss > Self.worthMixing, settings.carrier == .datagrams
        else {
            streams[index].mixing = nil
            return false
        }
        if let mixing = streams[index].mixing, mixing.end == half.fresh, Int(mixing.unit) == unit { return true }
        let unit = UInt64(unit)
        guard half.unit == unit, half.base >= half.origin else { return false }
        let base = half.origin + (half.base - half.origin) / unit * unit
        let mixing = Mixing(base: base, end: half.fresh, unit: unit)
        guard mixing.units <= Limits.mixedUnits, Int(mixing.end - base) <= Limits.streamWindow else { return false }
        streams[index].mixing = mixing
        return true
    }

    func needsMix(_ index: Int) -> Bool {
        guard let mixing = streams[index].mixing else { return false }
        let half = streams[index].send
        let unit = Double(mixing.unit)
        let lost = Double(half.lost.total) / unit
        let flying = Double(Int(half.fresh - half.base) - half.acknowledged.total - half.lost.total) / unit
        return mixing.needsMore(lost: lost, flying: flying, loss: controller.loss)
    }

    /// Writes one mix of a stream's end.
    mutating func writeMix(of index: Int, into writer: inout ByteWriter) {
        guard let mixing = streams[index].mixing else { return }
        let half = streams[index].send
        let end = min(mixing.end, half.end)
        let header = MixedHeader(
            stream: streams[index].id, service: streams[index].service, base: mixing.base,
            count: Int(end - mixing.base), isEnd: mixing.end > half.end)
        let unit = min(Int(mixing.unit), header.count)
        header.write(unit: unit, into: &writer)
        let start = writer.count
        writer.reserve(unit)
        let units = (header.count + unit - 1) / unit
        MixPattern(number: log.next, units: units).forEach { number in
            let lower = mixing.base + UInt64(number) * mixing.unit
            half.ring.mix(from: lower, to: min(end, lower + mixing.unit), into: &writer, at: start)
        }
        log.carry(
            Piece(kind: .mixed, stream: header.stream, stretch: Stretch(lower: mixing.base, upper: mixing.end)))
        streams[index].mixing?.flying += 1
        counts.packetsMixed += 1
    }

    /// A mix that we sent came, or did not.
    mutating func settleMix(_ piece: Piece, hasArrived: Bool) {
        guard let index = streams.index(of: piece.stream), let mixing = streams[index].mixing,
            mixing.base == piece.stretch.lower, mixing.end == piece.stretch.upper
        else { return }
        streams[index].mixing?.flying -= 1
        if hasArrived { streams[index].mixing?.arrived += 1 }
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
        var rows = streams[index].mixed ?? MixedRows(base: header.base, end: end, unit: bytes.byteCount)
        streams[index].mixed = nil
        if rows.base != header.base || rows.end != end || rows.unit != bytes.byteCount {
            rows = MixedRows(base: header.base, end: end, unit: bytes.byteCount)
        }
        rows.put(number, bytes)
        streams[index].mixed = rows
        solve(index, into: &outbox)
        announce(index, wasComplete: wasComplete, into: &outbox)
    }

    /// Rebuilds what is missing of a stream's end, when what came suffices.
    mutating func solve(_ index: Int, into outbox: inout Outbox<LineEffect>) {
        guard let rows = streams[index].mixed else { return }
        if streams[index].receive.through >= rows.end { return streams[index].mixed = nil }
        guard let solution = rows.solve(streams[index].receive) else { return }
        for (column, unit) in solution.units.enumerated() {
            let stretch = rows.stretch(of: unit)
            let place = solution.places[column] * rows.unit
            _ = streams[index].receive.take(
                solution.bytes.raw.extracting(place..<place + stretch.count), at: stretch.lower)
        }
        streams[index].mixed = nil
        arrivals.ask()
        outbox.put(.note(.rebuilt(streams[index].id, count: solution.units.count)))
    }
}
