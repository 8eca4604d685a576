internal import Base

/// Feedback, both ways.
extension Line {
    /// Writes feedback when it is due, or beside something else when there is news; and the state of streams.
    mutating func writeFeedback(until end: Int, start: Int, into writer: inout ByteWriter) {
        let isDue = arrivals.deadline(interval: feedbackInterval).map { clock >= $0 } ?? false
        let isBeside = arrivals.isWorthSaying(at: clock) && writer.count > start
        guard isDue || isBeside, writer.count == start || end - writer.count >= 850 else { return }
        arrivals.report(into: &feedback, at: clock)
        guard !feedback.ranges.isEmpty else { return }
        grantedBytes = max(grantedBytes, consumedBytes + UInt64(Limits.lineWindow))
        feedback.limit = grantedBytes
        feedback.write(into: &writer)
        counts.feedbacksSent += 1
        for index in streams.indices where streams[index].progressDue > 0 && writer.count + Progress.bytes <= end {
            streams[index].progressDue -= 1
            streams[index].receive.grant()
            let half = streams[index].receive
            Progress(
                stream: streams[index].id, through: half.through, limit: half.granted,
                takesPieces: half.delivery == .pieces
            ).write(into: &writer)
        }
        for index in farewells.indices where writer.count + Progress.bytes <= end {
            Progress(everythingOf: farewells[index].stream).write(into: &writer)
            farewells[index].due -= 1
        }
        farewells.removeAll { $0.due == 0 }
    }

    /// What the peer says of our packets.
    mutating func takeFeedback(into outbox: inout Outbox<LineEffect>) throws(LineFault) {
        guard feedback.highest < log.next, feedback.highest >= settings.firstNumber,
            feedback.packets <= log.next - settings.firstNumber, feedback.bytes <= log.sentBytes
        else { throw .neverSent }
        counts.feedbacksReceived += 1
        sendLimit = max(sendLimit, feedback.limit)
        // Feedback is state: an older one that comes late says nothing new.
        if let last = lastFeedbackClock, feedback.clock <= last { return }
        lastFeedbackClock = feedback.clock
        repeats = 0
        readSamples()
        settlePackets()
        countMixing()
        controller.conclude(feedback, at: clock)
        for note in controller.notes { outbox.put(.note(note)) }
        controller.notes.removeAll(keepingCapacity: true)
        let memory = controller.roundTrip * 2 + .milliseconds(20)
        log.forget(before: clock - memory)
        handOutPending(&outbox)
    }

    private mutating func readSamples() {
        if let newest = feedback.samples.first, log.holds(newest.number),
            controller.last.map({ $0.number < newest.number }) ?? true
        {
            let age = Interval(nanoseconds: Int64(clamping: nanoseconds(newest.age)))
            controller.measure(max(.zero, clock - log[newest.number].sent - age))
        }
        for sample in feedback.samples.reversed() where log.holds(sample.number) && sample.age <= feedback.clock {
            let packet = log[sample.number]
            let arrived = nanoseconds(feedback.clock - sample.age)
            controller.arrived(
                Way(
                    number: sample.number, through: packet.through, sent: Int64(clamping: packet.sent.nanoseconds),
                    arrived: Int64(clamping: arrived)),
                at: clock)
        }
    }

    /// A peer's microseconds: more than fit are as many as fit.
    private func nanoseconds(_ microseconds: UInt64) -> UInt64 {
        let (product, overflow) = microseconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? .max : product
    }

    /// Goes once through the packets under way, lowest first, beside the ranges that came.
    private mutating func settlePackets() {
        var range = feedback.ranges.count - 1
        let complete = feedback.ranges[range].lower
        let newest = log.holds(feedback.highest) ? log[feedback.highest].sent : clock
        var joined: Piece?
        var wrong: UInt64 = 0
        var number = log.first
        while number <= feedback.highest, number < log.next {
            while range >= 0, feedback.ranges[range].upper <= number { range -= 1 }
            let packet = log[number]
            let came = range >= 0 && feedback.ranges[range].lower <= number
            if came {
                if packet.state != .arrived {
                    if packet.state == .lost { wrong = max(wrong, feedback.highest - number) }
                    arrived(number, packet, &joined)
                }
            } else if packet.state == .flying {
                let trip = controller.roundTrip
                let isTold = number > complete || clock - packet.sent > trip * 3 / 2
                if isTold, repair.isLost(number, packet, newest: feedback.highest, newest, roundTrip: trip) {
                    lose(number, packet)
                }
            }
            number += 1
        }
        if let joined { acknowledge(joined) }
        if wrong > 0, repair.wasWrong(by: wrong) { note(.reordering(packets: Int(repair.packets))) }
    }

    private mutating func arrived(_ number: UInt64, _ packet: SentPacket, _ joined: inout Piece?) {
        if packet.state == .lost { counts.packetsLate += 1 }
        log.settle(number, as: .arrived)
        if packet.isEliciting, size.arrived(Int(packet.bytes), isProbe: packet.isProbe) {
            note(.packetSize(size.bytes))
        }
        for index in packet.firstPiece..<packet.firstPiece + UInt64(packet.pieces) {
            let piece = log.piece(index)
            switch piece.kind {
            case .reset: break
            case .mixed: settleMix(piece, hasArrived: true)
            case .stream:
                // Packets in a row carry bytes in a row: most of a feedback is one stretch.
                if let last = joined, last.stream == piece.stream, last.stretch.upper == piece.stretch.lower {
                    joined?.stretch.upper = piece.stretch.upper
                } else {
                    if let joined { acknowledge(joined) }
                    joined = piece
                }
            }
        }
    }

    private mutating func acknowledge(_ piece: Piece) {
        guard let index = streams.index(of: piece.stream) else { return }
        streams[index].send.acknowledge(piece.stretch.lower, piece.stretch.upper)
        afterAcknowledgement(of: index)
    }

    private mutating func lose(_ number: UInt64, _ packet: SentPacket) {
        log.settle(number, as: .lost)
        guard packet.isEliciting else { return }
        counts.packetsLost += 1
        if !packet.isProbe, size.lost(Int(packet.bytes), loss: controller.cautiousLoss, at: clock) {
            counts.blackHoles += 1
            note(.blackHole(size.bytes))
        }
        for index in packet.firstPiece..<packet.firstPiece + UInt64(packet.pieces) {
            let piece = log.piece(index)
            switch piece.kind {
            case .reset: owe((piece.stream, piece.stretch.lower, piece.stretch.upper))
            case .mixed: settleMix(piece, hasArrived: false)
            case .stream:
                if let stream = streams.index(of: piece.stream) { streams[stream].send.lose(piece.stretch) }
            }
        }
    }
}
