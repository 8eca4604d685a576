package import Base
internal import Session
internal import Traffic

/// The four doors, and what becomes of the wishes of the sessions.
extension Correspondent {
    package typealias Out = Outbox<WorldEffect<Reply, Note>>

    /// Refusals of whatever does not prove that a member wrote it: they change nothing.
    private static let empty: [Refusal] = [
        .badLength, .badHeader, .badCode, .noCookie, .tooManyHandshakes, .unknownSession, .badSeal, .replayed,
        .oldPhase, .unexpected,
    ]

    package mutating func receive(
        _ bytes: inout MutableRawSpan, from path: Path, at now: Now, into outbox: inout Out
    ) {
        let before = sessions.fingerprint
        let packet = bug == .asksNoWindow ? Self.hash(bytes.bytes) : 0
        sessions.receive(&bytes, from: path, at: now.instant, into: &wishes)
        if case .note(.refused(let refusal, from: _))? = wishes.effects.last, Self.empty.contains(refusal) {
            if sessions.fingerprint != before {
                outbox.put(
                    .note(.broken("refused-changes-nothing", "a packet refused as \(refusal.name) changed the state")))
            }
            if bug == .asksNoWindow, refusal == .replayed { takeAgain(packet, into: &outbox) }
        }
        carryOut(bytes.bytes, packet, at: now.instant, into: &outbox)
    }

    package mutating func perform(_ request: Request, id: RequestID, at now: Now, into outbox: inout Out) {
        switch request {
        case .say(let peer, let priority, let bytes, let count):
            for _ in 0..<count { say(to: peer, priority, bytes: bytes, at: now.instant, into: &outbox) }
        case .knock(let peer):
            outbox.put(.note(.knocks(on: peer)))
            knocks.append(Knock(peer: peer, next: now.instant, until: now.instant + .seconds(30)))
            goKnocking(at: now.instant, into: &outbox)
        case .send(let peer, let bytes, let isScavenger, let insists):
            send(Parcel(letter: newLetter(to: peer), size: bytes), isScavenger, insists, at: now.instant, into: &outbox)
        case .drop(let peer): drop(peer, at: now.instant, into: &outbox)
        case .flood(let peer):
            for _ in 0..<Self.floodPackets where !beginnings[peer].isEmpty {
                let start = outbox.arena.count
                outbox.arena.raw(beginnings[peer])
                outbox.put(.send(start..<outbox.arena.count, to: Path(homes[peer])))
            }
        }
        carryOut(Self.nothing.raw, 0, at: now.instant, into: &outbox)
    }

    /// More handshakes in a second than anybody works on without proof.
    static var floodPackets: Int { Limits.unprovedHandshakes + 50 }
    private static let nothing: [UInt8] = []

    package mutating func persisted(_ ticket: Ticket, at now: Now, into outbox: inout Out) {
        preconditionFailure("a correspondent stores nothing")
    }

    package mutating func wake(at now: Now, into outbox: inout Out) {
        if let due = sessions.deadline, due <= now.instant {
            let before = sessions.load.candidates
            sessions.wake(at: now.instant, into: &wishes)
            if sessions.load.candidates < before { outbox.put(.note(.candidateExpired)) }
        }
        goKnocking(at: now.instant, into: &outbox)
        openWaiting(at: now.instant, into: &outbox)
        carryOut(Self.nothing.raw, 0, at: now.instant, into: &outbox)
    }

    private mutating func goKnocking(at now: Instant, into outbox: inout Out) {
        for place in knocks.indices where knocks[place].next <= now {
            say(to: knocks[place].peer, Priority.fact.rawValue, bytes: Letter.bytes, at: now, into: &outbox)
            knocks[place].next = now + .seconds(2)
        }
        knocks.removeAll { $0.next > $0.until }
    }

    mutating func say(to peer: Int, _ priority: UInt8, bytes: Int, at now: Instant, into outbox: inout Out) {
        let letter = newLetter(to: peer)
        let text = letter.written(priority: priority, count: bytes)
        outbox.put(.note(.said(letter)))
        sessions.say(
            text.raw, Priority(rawValue: priority) ?? .fact, to: contact(peer), at: now, into: &wishes)
    }

    /// Carries out the wishes of the sessions, and those that come up meanwhile.
    private mutating func carryOut(_ packet: RawSpan, _ hash: UInt64, at now: Instant, into outbox: inout Out) {
        var place = 0
        while place < wishes.effects.count {
            let effect = wishes.effects[place]
            place += 1
            switch effect {
            case .send(let range, let path): post(range, to: path, into: &outbox)
            case .said(let node, let priority, let range, from: _):
                hear(packet.extracting(range), priority, from: node, hash, into: &outbox)
            case .stream(let node, let event):
                guard let peer = register.ids.firstIndex(of: node) else {
                    outbox.put(.note(.broken("streams", "a stream of nobody's")))
                    continue
                }
                take(event, of: peer, at: now, into: &outbox)
            case .note(let note):
                outbox.put(.note(.session(note)))
                if case .established = note { openWaiting(at: now, into: &outbox) }
            }
        }
        if wishes.arena.count > Self.largestArena {
            outbox.put(.note(.broken("bounded", "\(wishes.arena.count) bytes to send in one step")))
        }
        wishes.removeAll()
        givenUp.removeAll(keepingCapacity: true)
    }

    /// What one step may send: a flood of answers, or what a line bursts.
    private static var largestArena: Int { 4 << 20 }

    private mutating func post(_ range: Range<Int>, to path: Path, into outbox: inout Out) {
        let wire = Onlooker(wishes.arena.bytes.raw.extracting(range))
        let slice = wishes.arena.bytes[range]
        if let (receiver, phase, number) = wire.data {
            outbox.put(.note(.sealed(receiver, number, phase: phase)))
            // Every eighth is looked through; the others as far as headers could be.
            let seen = number & 7 == 0 ? slice : slice.prefix(64)
            if register.secrets.appear(in: seen) { tellSecret(&outbox) }
            if bug == .saysItsName, number & 63 == 7 {
                let start = outbox.arena.count
                outbox.arena.nodeID(register.ids[index])
                tellSecretIfSeen(outbox.arena.bytes[start...], &outbox)
                outbox.put(.send(start..<outbox.arena.count, to: path))
            }
        } else {
            handshakePackets += 1
            if register.secrets.appear(in: slice) { tellSecret(&outbox) }
            if wire.begins, let peer = homes.firstIndex(of: path.address) { beginnings[peer] = Array(slice) }
        }
        let start = outbox.arena.count
        outbox.arena.raw(wishes.arena.bytes.raw.extracting(range))
        outbox.put(.send(start..<outbox.arena.count, to: path))
    }

    private func tellSecretIfSeen(_ bytes: ArraySlice<UInt8>, _ outbox: inout Out) {
        if register.secrets.appear(in: bytes) { tellSecret(&outbox) }
    }

    private func tellSecret(_ outbox: inout Out) {
        outbox.put(.note(.broken("nothing-named", "a packet shows an id, a key or a name")))
    }

    private mutating func hear(
        _ text: RawSpan, _ priority: Priority, from node: NodeID, _ hash: UInt64, into outbox: inout Out
    ) {
        guard let letter = Letter.read(text, priority: priority.rawValue) else {
            return outbox.put(.note(.broken("letters", "a letter is not as it was written")))
        }
        guard letter.to == index, letter.from < register.ids.count, register.ids[letter.from] == node else {
            return outbox.put(
                .note(.broken("letters", "a letter of node \(letter.from) for node \(letter.to) came from another")))
        }
        outbox.put(.note(.heard(letter)))
        guard bug == .asksNoWindow else { return }
        if remembered.count == 256 { remembered.removeFirst() }
        remembered.append((hash, letter))
    }

    /// The planted bug: what was refused as a repetition is read again.
    private func takeAgain(_ packet: UInt64, into outbox: inout Out) {
        for old in remembered where old.packet == packet { outbox.put(.note(.heard(old.letter))) }
    }

    private static func hash(_ bytes: RawSpan) -> UInt64 {
        var hash = TraceHash()
        hash.absorb(bytes)
        return hash.value
    }
}

/// What an onlooker reads of a packet; docs/wire.md has the table.
struct Onlooker {
    private var kind: UInt8 = 0
    /// Of a sealed packet: the receiver's index, the phase and the number.
    private(set) var data: (receiver: UInt32, phase: UInt8, number: UInt64)?

    init(_ packet: RawSpan) {
        var reader = ByteReader(packet)
        guard (try? reader.u8()) != nil, let kind = try? reader.u8(), let phase = try? reader.u8(),
            (try? reader.u8()) != nil, let receiver = try? reader.u32()
        else { return }
        self.kind = kind
        if kind == 4, let number = try? reader.u64() { data = (receiver, phase, number) }
    }

    /// A handshake begins: between members, or with whoever is there.
    var begins: Bool { kind == 1 || kind == 6 }
}
