internal import Base
internal import Traffic

/// Two lines, the path between them, and a clock that only events move.
package struct Transfer: ~Copyable {
    private enum Event {
        case packet(toSender: Bool, slot: Int, number: UInt64)
        case rivalPacket(Int)
        case rivalAcknowledgement(Int)
    }

    private let plan: TransferPlan
    private var time: Int64 = 0
    private var heap = TransferHeap<Int>()
    private var events: [Event] = []
    private var freeEvents: [Int] = []
    private var slots: [[UInt8]] = []
    private var freeSlots: [Int] = []
    private var random: Random
    private var there: LinkInUse
    private var back: LinkInUse
    private var sender: Line
    private var receiver: Line
    private var rival: Rival?
    private var writer = ByteWriter()
    private var outbox = Outbox<LineEffect>()
    private var stream: StreamID?
    private var written = 0
    private var content: [UInt8] = []
    private var result: TransferResult
    private var pieces: [Bool] = []
    private var firstSent: Int64?
    private var traced: Int64 = 0

    package init(_ plan: TransferPlan) {
        self.plan = plan
        random = Random(seed: plan.seed)
        there = LinkInUse(plan.there)
        back = LinkInUse(plan.back)
        sender = Line(side: .even, settings: LineSettings(), at: .zero)
        receiver = Line(side: .odd, settings: LineSettings(), at: .zero)
        result = TransferResult(sender: sender.evidence, receiver: receiver.evidence)
        // A prime period, so that no shifted stretch looks like another.
        var bytes = Random(seed: 7)
        content = (0..<65_521).map { _ in UInt8(truncatingIfNeeded: bytes.next()) }
    }

    package static func run(_ plan: TransferPlan) -> TransferResult {
        var transfer = Transfer(plan)
        return transfer.run()
    }

    private var now: Instant { Instant(nanoseconds: UInt64(time)) }

    private mutating func run() -> TransferResult {
        if plan.lineBegins == .zero { begin() }
        while result.seconds == nil {
            guard let next = nextTime, next <= plan.longest.nanoseconds else { break }
            time = max(time, next)
            if stream == nil, time >= plan.lineBegins.nanoseconds { begin() }
            if rival == nil, let kind = plan.rival, time >= plan.rivalBegins.nanoseconds {
                rival = Rival(kind, at: time)
            }
            while let top = heap.first, top <= time { carryOut(heap.removeFirst()) }
            rival?.wake(at: time)
            if let narrowsAt = plan.narrowsAt, time >= narrowsAt.nanoseconds { there.model.largestPacket = 1_300 }
            pump()
            guard result.fault == nil else { break }
        }
        result.sender = sender.evidence
        result.receiver = receiver.evidence
        result.rivalReceived = rival?.delivered ?? 0
        result.dropped = there.dropped
        result.longestQueue = Interval(nanoseconds: there.longestQueue)
        result.lasted = Double(time) / 1e9
        return result
    }

    private var nextTime: Int64? {
        var next = heap.first
        func consider(_ other: Int64?) { if let other { next = next.map { min($0, other) } ?? other } }
        consider(sender.deadline.map { Int64($0.nanoseconds) })
        consider(receiver.deadline.map { Int64($0.nanoseconds) })
        consider(rival?.timeout)
        if stream == nil { consider(plan.lineBegins.nanoseconds) }
        if rival == nil, plan.rival != nil { consider(plan.rivalBegins.nanoseconds) }
        return next
    }

    private mutating func begin() {
        do throws(LineRefusal) {
            let now = now
            stream = try sender.open(plan.service, at: now)
        } catch {
            preconditionFailure("a new line lets one stream be opened")
        }
        fill()
    }

    /// Gives the sender as much as it takes.
    private mutating func fill() {
        guard let stream else { return }
        let now = now
        let content = content
        while written < plan.bytes {
            let start = written % content.count
            let count = min(content.count - start, plan.bytes - written)
            let taken = sender.write(content.raw.extracting(start..<start + count), to: stream, at: now)
            written += taken
            if taken < count { return }
        }
        sender.finish(stream, at: now)
    }

    private mutating func put(_ event: Event, at time: Int64) {
        let index = freeEvents.popLast() ?? events.count
        if index == events.count { events.append(event) } else { events[index] = event }
        heap.insert(index, at: time)
    }

    private mutating func carryOut(_ index: Int) {
        let event = events[index]
        freeEvents.append(index)
        switch event {
        case .packet(let toSender, let slot, let number): deliver(slot, number, toSender: toSender)
        case .rivalPacket(let number):
            rival?.arrive()
            put(.rivalAcknowledgement(number), at: time + plan.back.delay.nanoseconds)
        case .rivalAcknowledgement(let number): rival?.acknowledge(number, at: time)
        }
    }

    private mutating func deliver(_ slot: Int, _ number: UInt64, toSender: Bool) {
        defer { freeSlots.append(slot) }
        outbox.removeAll()
        let now = now
        let packet = slots[slot]
        do throws(LineFault) {
            if toSender {
                try sender.receive(packet.raw, number: number, at: now, into: &outbox)
            } else {
                try receiver.receive(packet.raw, number: number, at: now, into: &outbox)
            }
        } catch {
            return fail(error)
        }
        take(fromSender: toSender)
    }

    private mutating func fail(_ fault: LineFault) { result.fault = fault }

    /// Carries out what a line wants.
    private mutating func take(fromSender: Bool) {
        for effect in outbox.effects {
            switch effect {
            case .readable(let id): if !fromSender { read(id) }
            case .writable: fill()
            case .note(let note): trace("\(note)")
            case .opened(let id, _): if !fromSender { answer(id) }
            case .finished, .closed, .datagram, .piece, .reset: break
            }
        }
        outbox.removeAll()
    }

    /// The receiver has nothing to say on the stream.
    private mutating func answer(_ id: StreamID) {
        let now = now
        receiver.finish(id, at: now)
    }

    private mutating func read(_ id: StreamID) {
        var count = result.received
        var isExact = result.isExact
        let content = content
        let compares = plan.compares
        let now = now
        _ = receiver.read(id, at: now) { span in
            if compares {
                for (index, byte) in [UInt8](copying: span).enumerated() where isExact {
                    isExact = byte == content[(count + index) % content.count]
                }
            }
            count += span.byteCount
        }
        result.received = count
        result.isExact = isExact
        if count == plan.bytes, result.seconds == nil {
            result.seconds = Double(time - (firstSent ?? 0)) / 1e9
        }
    }

    private mutating func pump() {
        let now = now
        while let number = sender.next(at: now, into: &writer, outbox: &outbox) {
            firstSent = firstSent ?? time
            send(number, isFromSender: true)
        }
        take(fromSender: true)
        while let number = receiver.next(at: now, into: &writer, outbox: &outbox) {
            send(number, isFromSender: false)
        }
        take(fromSender: false)
        while let number = rival?.send(at: time) {
            var arrivals: [Int64] = []
            there.pass(Rival.packetBytes - 28, at: time, &random) { arrivals.append($0) }
            for arrival in arrivals { put(.rivalPacket(number), at: arrival) }
        }
        traceState()
    }

    /// Four times a second, when somebody wants to see what the controller does.
    private mutating func traceState() {
        guard plan.traces, time >= traced else { return }
        traced = time + 250_000_000
        let state = sender.evidence
        trace(
            "\(state.mode) \(state.reason) rate \(state.rate) arriving \(state.arrivalRate) "
                + "queue \(state.queueing.nanoseconds / 1_000) us own \(state.ownLoss) recent \(state.recentLoss) "
                + "size \(state.packetBytes) sent \(state.counts.packetsSent) got \(result.received) "
                + "rival \(rival?.delivered ?? 0)")
    }

    private mutating func send(_ number: UInt64, isFromSender: Bool) {
        var arrivals: [Int64] = []
        let bytes = writer.count + 32
        if isFromSender {
            there.pass(bytes, at: time, &random) { arrivals.append($0) }
        } else {
            back.pass(bytes, at: time, &random) { arrivals.append($0) }
        }
        for arrival in arrivals {
            let slot = freeSlots.popLast() ?? slots.count
            if slot == slots.count { slots.append([]) }
            slots[slot].removeAll(keepingCapacity: true)
            slots[slot].append(contentsOf: writer.bytes)
            put(.packet(toSender: !isFromSender, slot: slot, number: number), at: arrival)
        }
        writer.removeAll()
    }

    private mutating func trace(_ text: String) {
        guard plan.traces else { return }
        result.notes.append("\(time / 1_000_000) ms: \(text)")
    }
}

/// What happens next, in the order in which it was put among equals.
struct TransferHeap<Value> {
    private var entries: [(time: Int64, order: Int, value: Value)] = []
    private var order = 0

    var first: Int64? { entries.first?.time }

    mutating func insert(_ value: Value, at time: Int64) {
        entries.append((time, order, value))
        order += 1
        var index = entries.count - 1
        while index > 0, isBefore(index, (index - 1) / 2) {
            entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (entries[left].time, entries[left].order) < (entries[right].time, entries[right].order)
    }

    mutating func removeFirst() -> Value {
        entries.swapAt(0, entries.count - 1)
        let last = entries.removeLast()
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < entries.count && isBefore(child, least) {
                least = child
            }
            guard least != index else { return last.value }
            entries.swapAt(least, index)
            index = least
        }
    }
}
