internal import Base
internal import Session
internal import Traffic

/// Parcels: what is written to streams, what is read from them, and how they end.
extension Correspondent {
    mutating func send(
        _ parcel: Parcel, _ isScavenger: Bool, _ insists: Bool, at now: Instant, into outbox: inout Out
    ) {
        outgoing.append(Outgoing(parcel: parcel, isScavenger: isScavenger, insists: insists, next: now))
        openWaiting(at: now, into: &outbox)
    }

    /// Opens a stream for every parcel that waits for a session, and sees to it that there will be one.
    mutating func openWaiting(at now: Instant, into outbox: inout Out) {
        for place in outgoing.indices where outgoing[place].stream == nil {
            let peer = outgoing[place].peer
            do throws(LineRefusal) {
                let service = outgoing[place].isScavenger ? Service.scavenger : .normal
                outgoing[place].stream = try sessions.open(service, to: register.ids[peer], at: now)
            } catch {
                outgoing[place].next = now + .seconds(1)
                continue
            }
            if outgoing[place].stream != nil {
                outbox.put(.note(.sent(outgoing[place].parcel)))
                write(place, at: now)
            } else if outgoing[place].next <= now {
                outgoing[place].next = now + .seconds(3)
                say(to: peer, Priority.pulse.rawValue, bytes: Letter.bytes, at: now, into: &outbox)
            }
        }
    }

    mutating func drop(_ peer: Int, at now: Instant, into outbox: inout Out) {
        for parcel in outgoing where parcel.peer == peer {
            if let stream = parcel.stream {
                sessions.reset(stream, of: register.ids[peer], code: 7, at: now, into: &wishes)
            }
            outbox.put(.note(.ended(parcel.parcel, .dropped)))
        }
        outgoing.removeAll { $0.peer == peer }
    }

    /// Something happened to a stream of `peer`.
    mutating func take(_ event: StreamEvent, of peer: Int, at now: Instant, into outbox: inout Out) {
        switch event {
        case .opened(let stream, _):
            if find(stream, of: peer) != nil { return tell("a stream is opened twice", &outbox) }
            incoming.append(Incoming(peer: peer, stream: stream))
        case .readable(let stream), .writable(let stream), .finished(let stream), .closed(let stream),
            .reset(let stream, _):
            switch find(stream, of: peer) {
            case .outgoing(let place)?: take(event, outgoing: place, at: now, into: &outbox)
            case .incoming(let place)?: take(event, incoming: place, at: now, into: &outbox)
            case nil:
                // It was said before the stream was given up, in the same step or by the line meanwhile.
                if case .writable = event { return }
                if givenUp.contains(where: { $0.peer == peer && $0.stream == stream }) { return }
                tell("\(event) came after the end, or before the beginning", &outbox)
            }
        case .piece: tell("a piece came of a stream that is read in order", &outbox)
        case .lost: loseAll(of: peer, at: now, into: &outbox)
        }
    }

    private enum Found { case outgoing(Int), incoming(Int) }

    private func find(_ stream: StreamID, of peer: Int) -> Found? {
        if let place = outgoing.firstIndex(where: { $0.peer == peer && $0.stream == stream }) {
            return .outgoing(place)
        }
        return incoming.firstIndex { $0.peer == peer && $0.stream == stream }.map { .incoming($0) }
    }

    private func tell(_ what: String, _ outbox: inout Out) { outbox.put(.note(.broken("streams", what))) }

    private mutating func loseAll(of peer: Int, at now: Instant, into outbox: inout Out) {
        for place in outgoing.indices where outgoing[place].peer == peer && outgoing[place].stream != nil {
            outbox.put(.note(.ended(outgoing[place].parcel, .lost)))
        }
        let again = outgoing.filter { $0.peer == peer && $0.stream != nil && $0.insists }
        outgoing.removeAll { $0.peer == peer && $0.stream != nil }
        incoming.removeAll { $0.peer == peer }
        for parcel in again {
            let another = Parcel(letter: newLetter(to: peer), size: parcel.parcel.size)
            send(another, parcel.isScavenger, true, at: now, into: &outbox)
        }
    }

    // MARK: Parcels of ours

    private mutating func take(
        _ event: StreamEvent, outgoing place: Int, at now: Instant, into outbox: inout Out
    ) {
        switch event {
        case .readable, .finished:
            readAnswer(place, at: now, into: &outbox)
            if case .finished = event {
                outgoing[place].isAnswered = true
                if outgoing[place].answered != outgoing[place].parcel.answerSize {
                    tell("an answer ended after \(outgoing[place].answered) bytes", &outbox)
                }
            }
        case .writable: write(place, at: now)
        case .closed:
            let parcel = outgoing[place]
            if parcel.written != parcel.parcel.size || !parcel.isAnswered {
                tell("a stream closed before all was said", &outbox)
            }
            outbox.put(.note(.ended(parcel.parcel, .done)))
            outgoing.remove(at: place)
        case .reset:
            outbox.put(.note(.ended(outgoing[place].parcel, .reset)))
            outgoing.remove(at: place)
        case .opened, .piece, .lost: break
        }
    }

    /// Writes what the stream takes; all of it, and it is finished.
    private mutating func write(_ place: Int, at now: Instant) {
        guard let stream = outgoing[place].stream else { return }
        let parcel = outgoing[place].parcel
        while outgoing[place].written < parcel.size {
            let start = outgoing[place].written
            let bytes = parcel.content(start..<min(start + Self.chunk, parcel.size))
            let taken = sessions.write(
                bytes.raw, to: stream, of: register.ids[outgoing[place].peer], at: now, into: &wishes)
            outgoing[place].written += bug == .forgetsShortWrite ? bytes.count : taken
            guard taken == bytes.count || bug == .forgetsShortWrite else { return }
        }
        sessions.finish(stream, of: register.ids[outgoing[place].peer], at: now, into: &wishes)
    }

    static var chunk: Int { 16_384 }

    private mutating func readAnswer(_ place: Int, at now: Instant, into outbox: inout Out) {
        guard let stream = outgoing[place].stream else { return }
        let bytes = read(stream, of: outgoing[place].peer, at: now)
        let start = outgoing[place].answered
        let parcel = outgoing[place].parcel
        outgoing[place].answered += bytes.count
        if start + bytes.count > parcel.answerSize || bytes != parcel.answer(start..<start + bytes.count) {
            tell(
                "bytes \(start)..<\(start + bytes.count) of \(parcel.answerSize) in the answer of node "
                    + "\(outgoing[place].peer) on \(stream) are not what was written", &outbox)
        }
    }

    private mutating func read(_ stream: StreamID, of peer: Int, at now: Instant) -> [UInt8] {
        var bytes: [UInt8] = []
        let count = sessions.read(stream, of: register.ids[peer], at: now, into: &wishes) { part in
            bytes += [UInt8](copying: part)
        }
        precondition(count == bytes.count, "a reader is lent as much as it is told")
        return bytes
    }

    // MARK: Parcels of others

    private mutating func take(
        _ event: StreamEvent, incoming place: Int, at now: Instant, into outbox: inout Out
    ) {
        switch event {
        case .readable, .finished:
            if case .finished = event { incoming[place].isFinished = true }
            readParcel(place, at: now, into: &outbox)
        case .writable: answer(place, at: now)
        case .closed:
            let stream = incoming[place]
            if !stream.isDelivered || stream.answered != stream.parcel?.answerSize {
                tell("a stream closed before all was heard", &outbox)
            }
            incoming.remove(at: place)
        case .reset: incoming.remove(at: place)
        case .opened, .piece, .lost: break
        }
    }

    private mutating func readParcel(_ place: Int, at now: Instant, into outbox: inout Out) {
        let peer = incoming[place].peer
        let bytes = read(incoming[place].stream, of: peer, at: now)
        if incoming[place].header.count < Parcel.headerBytes {
            incoming[place].header += bytes.prefix(Parcel.headerBytes - incoming[place].header.count)
            if incoming[place].header.count == Parcel.headerBytes {
                incoming[place].parcel = Parcel.read(incoming[place].header)
                let letter = incoming[place].parcel?.letter
                guard letter?.from == peer, letter?.to == index else { return tell("a parcel is not for us", &outbox) }
            }
        }
        let start = incoming[place].read
        incoming[place].read += bytes.count
        guard let parcel = incoming[place].parcel else {
            if incoming[place].isFinished { tell("a parcel ended inside its header", &outbox) }
            return
        }
        if incoming[place].read > parcel.size
            || start >= Parcel.headerBytes && bytes != parcel.content(start..<start + bytes.count)
        {
            return tell("bytes \(start)..<\(start + bytes.count) of a parcel are not what was written", &outbox)
        }
        if Self.isUnwanted(parcel), incoming[place].read > parcel.size / 2 {
            sessions.reset(incoming[place].stream, of: register.ids[peer], code: 9, at: now, into: &wishes)
            givenUp.append((peer, incoming[place].stream))
            incoming.remove(at: place)
            return
        }
        guard incoming[place].isFinished, !incoming[place].isDelivered else { return }
        if incoming[place].read != parcel.size {
            tell("a parcel ended after \(incoming[place].read) of \(parcel.size) bytes", &outbox)
        }
        incoming[place].isDelivered = true
        outbox.put(.note(.delivered(parcel)))
        answer(place, at: now)
    }

    /// A parcel of such a size is given back half read.
    static func isUnwanted(_ parcel: Parcel) -> Bool { parcel.size % 16 == 5 }

    private mutating func answer(_ place: Int, at now: Instant) {
        guard let parcel = incoming[place].parcel, incoming[place].isDelivered else { return }
        let (stream, node) = (incoming[place].stream, register.ids[incoming[place].peer])
        while incoming[place].answered < parcel.answerSize {
            let start = incoming[place].answered
            let bytes = parcel.answer(start..<min(start + Self.chunk, parcel.answerSize))
            let taken = sessions.write(bytes.raw, to: stream, of: node, at: now, into: &wishes)
            incoming[place].answered += taken
            guard taken == bytes.count else { return }
        }
        sessions.finish(stream, of: node, at: now, into: &wishes)
    }
}
