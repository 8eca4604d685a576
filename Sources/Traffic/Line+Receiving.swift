internal import Base

/// What the peer's frames do here.
extension Line {
    mutating func readFrame(
        _ reader: inout ByteReader, _ packet: RawSpan, _ number: UInt64, into outbox: inout Outbox<LineEffect>
    ) throws(LineFault) {
        let frame: Frame
        do throws(DecodeError) {
            frame = try Frame(from: &reader, feedback: &feedback)
        } catch {
            throw .undecodable(error)
        }
        switch frame {
        case .padding, .skipped: break
        case .datagram(let priority, let range): outbox.put(.datagram(priority, range))
        case .urgent(let id, let range):
            arrivals.ask()
            if urgentSeen.enter(id) { outbox.put(.datagram(.urgent, range)) }
        case .feedback: try takeFeedback(into: &outbox)
        case .progress(let progress): try take(progress)
        case .reset(let stream, let code, let sent):
            arrivals.ask()
            try takeReset(stream, code, sent, into: &outbox)
        case .ping:
            arrivals.ask()
            for index in streams.indices { streams[index].progressDue = max(1, streams[index].progressDue) }
        case .cadence(let interval): feedbackInterval = interval
        case .stream(let header, let range):
            arrivals.ask()
            try take(header, packet.extracting(range), at: range, into: &outbox)
        case .mixed(let header, let range):
            arrivals.ask()
            try take(header, number, packet.extracting(range), into: &outbox)
        case .unknown(let tag): throw .unknownFrame(tag)
        }
    }

    /// The stream of a frame that needs one: its index, or nil when it was closed or given up before.
    mutating func find(
        _ header: StreamHeader, into outbox: inout Outbox<LineEffect>
    ) throws(LineFault) -> Int? {
        if let index = streams.index(of: header.stream) { return index }
        if isOurs(header.stream) {
            guard header.stream.value / 2 < opened else { throw .badStream }
            farewell(header.stream)
            return nil
        }
        switch peerOpened.enter(header.stream.value / 2) {
        case .tooFar: throw .badStream
        case .old:
            farewell(header.stream)
            return nil
        case .new:
            guard theirsOpen < Limits.peerStreams else { throw .tooManyStreams }
            theirsOpen += 1
            outbox.put(.opened(header.stream, header.service))
            return streams.insert(Stream(id: header.stream, service: header.service, delivery: .ordered))
        }
    }

    private mutating func take(
        _ header: StreamHeader, _ bytes: RawSpan, at range: Range<Int>, into outbox: inout Outbox<LineEffect>
    ) throws(LineFault) {
        guard let index = try find(header, into: &outbox) else { return }
        let wasComplete = streams[index].receive.isComplete
        let grown = try streams[index].receive.admit(header.offset, bytes.byteCount, isEnd: header.isEnd)
        receivedBytes += grown
        guard receivedBytes <= grantedBytes else { throw .windowOverrun }
        let new = streams[index].receive.take(bytes, at: header.offset)
        streams[index].progressDue = Self.progressRepeats
        if streams[index].receive.delivery == .pieces, new > 0 {
            consumedBytes += UInt64(new)
            outbox.put(.piece(header.stream, offset: header.offset, range))
        }
        if !streams[index].mixed.isEmpty { solve(index, into: &outbox) }
        announce(index, wasComplete: wasComplete, into: &outbox)
    }

    /// Says what changed for the reader.
    func announceable(_ index: Int) -> Bool {
        streams[index].receive.delivery == .ordered && streams[index].receive.hasBytes
            && !streams[index].receive.isAnnounced
    }

    mutating func announce(_ index: Int, wasComplete: Bool, into outbox: inout Outbox<LineEffect>) {
        let id = streams[index].id
        if announceable(index) {
            streams[index].receive.isAnnounced = true
            outbox.put(.readable(id))
        }
        guard streams[index].receive.isComplete, !wasComplete else { return }
        streams[index].mixed.removeAll()
        outbox.put(.finished(id))
        close(at: index)
        handOutPending(&outbox)
    }

    private mutating func takeReset(
        _ stream: StreamID, _ code: UInt64, _ sent: UInt64, into outbox: inout Outbox<LineEffect>
    ) throws(LineFault) {
        if let index = streams.index(of: stream) {
            let highest = streams[index].receive.highest
            guard sent >= highest, sent <= streams[index].receive.granted else { throw .badEnd }
            receivedBytes += sent - highest
            consumedBytes += sent - highest
            guard receivedBytes <= grantedBytes else { throw .windowOverrun }
            remove(at: index)
            outbox.put(.reset(stream, code: code))
        } else if !isOurs(stream) {
            switch peerOpened.enter(stream.value / 2) {
            case .tooFar: throw .badStream
            case .old: return
            case .new:
                guard sent <= UInt64(Limits.streamWindow) else { throw .windowOverrun }
                receivedBytes += sent
                consumedBytes += sent
                guard receivedBytes <= grantedBytes else { throw .windowOverrun }
            }
        } else if stream.value / 2 >= opened {
            throw .badStream
        }
    }

    /// The state of a stream as the peer has it.
    private mutating func take(_ progress: Progress) throws(LineFault) {
        guard let index = streams.index(of: progress.stream) else {
            guard isOurs(progress.stream) else { return }
            guard progress.stream.value / 2 < opened else { throw .badStream }
            return
        }
        if progress.isEverything {
            streams[index].send.acknowledge(streams[index].send.base, streams[index].send.fresh)
        } else {
            guard progress.through <= streams[index].send.fresh else { throw .neverSent }
            streams[index].send.acknowledge(streams[index].send.base, progress.through)
            streams[index].send.open(to: progress.limit)
            streams[index].send.takesPieces = progress.takesPieces
        }
        afterAcknowledgement(of: index)
    }

    /// A writer may go on, or the stream is done.
    mutating func afterAcknowledgement(of index: Int) {
        if streams[index].send.takeWritable() { pending.append(.writable(streams[index].id)) }
        close(at: index)
    }
}
