internal import Base
internal import Crypto
internal import Traffic

/// Sealed packets, and what becomes of the lines in them.
extension Sessions {
    mutating func takeData(
        _ packet: inout MutableRawSpan, from path: Path, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) throws(Refusal) {
        let header = try DataHeader(of: packet.bytes)
        switch holders[header.receiver] {
        case .conversation(let conversation, let keys):
            let content = try keys.open(&packet, header, at: now)
            try hear(packet.bytes, content, header.number, conversation, keys, from: path, at: now, into: &outbox)
        case .candidate(let candidate):
            guard case .keyed(let keys, let node, let peerKey, let greeting, let beginnings) = candidate.stage
            else { throw .unexpected }
            let content = try keys.open(&packet, header, at: now)
            forget(candidate)
            guard !barred.risingContains(node) else { throw .barred }
            let peer = peer(node, key: peerKey)
            peer.beginnings = max(peer.beginnings, beginnings)
            // The peer goes on with the line that the answer promised, and it ended here meanwhile: it will ask again.
            guard candidate.continues == nil || candidate.continues === peer.conversation else {
                throw .badHandshake
            }
            let conversation = establish(
                peer, keys, greeting, on: path, isMine: false, continues: candidate.continues, at: now, into: &outbox)
            try hear(packet.bytes, content, header.number, conversation, keys, from: path, at: now, into: &outbox)
        case .attempt, nil: throw .unknownSession
        }
    }

    /// A packet of the peer has opened.
    private mutating func hear(
        _ packet: RawSpan, _ content: Range<Int>, _ number: UInt64, _ conversation: Conversation, _ keys: SessionKeys,
        from path: Path, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) throws(Refusal) {
        let former = conversation.path
        if conversation.hear(number, from: path, isWord: content.isEmpty, at: now) {
            remember(path, of: conversation)
            outbox.put(.note(.moved(conversation.node, from: former, to: path)))
        }
        // The side that began asks with a bare word whether it is heard, and the other side says so.
        if content.isEmpty, !keys.isMine { conversation.oweWord(at: now) }
        do throws(LineFault) {
            try conversation.line.receive(packet.extracting(content), number: number, at: now, into: &lineOutbox)
        } catch {
            lineOutbox.removeAll()
            end(conversation, because: .fault, into: &outbox)
            throw .badContent
        }
        relay(of: conversation, from: path, offset: content.lowerBound, into: &outbox)
        flush(conversation, at: now, into: &outbox)
        if let peer = peers[conversation.node] { schedule(peer) }
    }

    /// The planted flaw: moves a session's path by a packet that nobody has opened.
    mutating func follow(_ packet: RawSpan, on path: Path, at now: Instant) {
        guard let header = try? DataHeader(of: packet),
            case .conversation(let conversation, _)? = holders[header.receiver]
        else { return }
        conversation.move(to: path, at: now)
        remember(path, of: conversation)
    }

    /// Hands on what a line wants. Its ranges count from the content; a packet's count from its header. Of a line that
    /// lost a race only datagrams are handed on: both lines count their streams from the same numbers, and those of the
    /// loser are lost.
    private mutating func relay(
        of conversation: Conversation, from path: Path, offset: Int, into outbox: inout Outbox<SessionEffect>
    ) {
        let node = conversation.node
        let isCurrent = peers[node]?.conversation === conversation
        func moved(_ range: Range<Int>) -> Range<Int> { range.lowerBound + offset..<range.upperBound + offset }
        func tell(_ event: StreamEvent) { if isCurrent { outbox.put(.stream(node, event)) } }
        for effect in lineOutbox.effects {
            switch effect {
            case .datagram(let priority, let range):
                outbox.put(.said(node, priority, moved(range), from: path))
            case .opened(let stream, let service): tell(.opened(stream, service))
            case .readable(let stream): tell(.readable(stream))
            case .writable(let stream): tell(.writable(stream))
            case .piece(let stream, let at, let range): tell(.piece(stream, offset: at, moved(range)))
            case .finished(let stream): tell(.finished(stream))
            case .closed(let stream): tell(.closed(stream))
            case .reset(let stream, let code): tell(.reset(stream, code: code))
            case .note(let note): outbox.put(.note(.line(node, note)))
            }
        }
        lineOutbox.removeAll()
    }

    // MARK: Going out

    /// Seals and sends whatever the line may send now.
    mutating func flush(
        _ conversation: Conversation, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) {
        while true {
            let start = outbox.arena.count
            let number = conversation.line.nextNumber
            conversation.keys.header(number, at: now).write(into: &outbox.arena)
            guard conversation.line.next(at: now, into: &outbox.arena, outbox: &lineOutbox) != nil else {
                outbox.arena.truncate(to: start)
                break
            }
            send(conversation, number, from: start, isWord: false, at: now, into: &outbox)
        }
        relay(of: conversation, from: conversation.path, offset: 0, into: &outbox)
    }

    /// Sends a packet with nothing in it: "I am here, and I have the keys."
    private mutating func sayWord(
        _ conversation: Conversation, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) {
        let start = outbox.arena.count
        let number =
            settings.flaw == .reusesNumbers ? conversation.line.nextNumber : conversation.line.takeNumber(at: now)
        conversation.keys.header(number, at: now).write(into: &outbox.arena)
        send(conversation, number, from: start, isWord: true, at: now, into: &outbox)
    }

    private mutating func send(
        _ conversation: Conversation, _ number: UInt64, from start: Int, isWord: Bool, at now: Instant,
        into outbox: inout Outbox<SessionEffect>
    ) {
        outbox.arena.reserve(SealingKey.tagByteCount)
        var packet = outbox.arena.mutableRaw(in: start..<outbox.arena.count)
        conversation.keys.seal(&packet, number: number)
        conversation.speak(isWord: isWord, at: now)
        outbox.put(.send(start..<outbox.arena.count, to: conversation.path))
    }

    // MARK: The life of a conversation

    func peer(_ node: NodeID, key: AgreementPublicKey) -> Peer { peers[node] ?? Peer(node, key: key) }

    /// A handshake is done. Its keys carry on the conversation that both sides still know; otherwise a new one begins.
    @discardableResult
    mutating func establish(
        _ peer: Peer, _ keys: SessionKeys, _ greeting: Greeting, on path: Path, isMine: Bool,
        continues: Conversation?, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) -> Conversation {
        if peers[peer.node] == nil { admit(peer, into: &outbox) }
        let kept = settings.flaw == .keepsLine ? peer.conversation : nil
        if let continues = continues ?? kept {
            holders[keys.index] = .conversation(continues, keys)
            let from = continues.path
            if let given = continues.renew(keys, on: path, at: now) { holders[given.index] = nil }
            remember(path, of: continues)
            outbox.put(.note(.renewed(peer.node, path)))
            if from != path { outbox.put(.note(.moved(peer.node, from: from, to: path))) }
            return continues
        }
        let conversation = Conversation(
            with: peer.node, keys, on: path, life: greeting.life, isMine: isMine, settings: settings.line, at: now)
        holders[keys.index] = .conversation(conversation, keys)
        place(conversation, with: peer, at: now, into: &outbox)
        outbox.put(.note(.established(peer.node, path, isMine: isMine)))
        return conversation
    }

    /// Puts a new conversation in the place of the old one, or beside it when both sides began at one time: then the
    /// one that the lower id began stays, at both ends.
    private mutating func place(
        _ conversation: Conversation, with peer: Peer, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) {
        guard let old = peer.conversation else {
            peer.conversation = conversation
            return remember(conversation.path, of: conversation)
        }
        let isRace =
            old.life == conversation.life && old.isMine != conversation.isMine && now - old.born < Timing.race
        guard isRace else {
            let ending: SessionNote.Ending = old.life == conversation.life ? .forgotten : .peerRestarted
            end(old, because: ending, into: &outbox)
            peer.conversation = conversation
            return remember(conversation.path, of: conversation)
        }
        let staysNew = conversation.isMine == (me < peer.node)
        if let fading = peer.fading { end(fading.conversation, because: .lostRace, into: &outbox) }
        peer.fading = (staysNew ? old : conversation, now + Timing.fading)
        peer.conversation = staysNew ? conversation : old
        if staysNew { remember(conversation.path, of: conversation) }
        outbox.put(.note(.ended(peer.node, .lostRace)))
        if staysNew { outbox.put(.stream(peer.node, .lost)) }
    }

    private mutating func admit(_ peer: Peer, into outbox: inout Outbox<SessionEffect>) {
        if peers.count >= Limits.sessions, let least = leastUsed() {
            if let conversation = least.conversation { end(conversation, because: .evicted, into: &outbox) }
            if let fading = least.fading { end(fading.conversation, because: .evicted, into: &outbox) }
            peers[least.node] = nil
            deadlines[.peer(least.node)] = nil
        }
        peers[peer.node] = peer
    }

    private func leastUsed() -> Peer? {
        peers.values.min { one, other in
            (one.conversation?.heard ?? .zero) < (other.conversation?.heard ?? .zero)
        }
    }

    /// Takes a conversation out of every table.
    mutating func end(
        _ conversation: Conversation, because ending: SessionNote.Ending, into outbox: inout Outbox<SessionEffect>
    ) {
        holders[conversation.keys.index] = nil
        if let former = conversation.formerKeys { holders[former.index] = nil }
        guard let peer = peers[conversation.node] else { return }
        if peer.fading?.conversation === conversation { peer.fading = nil }
        guard peer.conversation === conversation else { return }
        peer.conversation = nil
        if nodes[conversation.path.address] == conversation.node { nodes[conversation.path.address] = nil }
        outbox.put(.note(.ended(conversation.node, ending)))
        outbox.put(.stream(conversation.node, .lost))
    }

    /// Where a conversation's packets come from now.
    private mutating func remember(_ path: Path, of conversation: Conversation) {
        guard let peer = peers[conversation.node], peer.conversation === conversation else { return }
        if let former = peer.address, nodes[former] == peer.node { nodes[former] = nil }
        peer.address = path.address
        nodes[path.address] = peer.node
    }

    // MARK: Time

    /// Does what is due with a peer.
    mutating func attend(to peer: Peer, at now: Instant, into outbox: inout Outbox<SessionEffect>) {
        if let fading = peer.fading {
            if fading.until <= now {
                end(fading.conversation, because: .lostRace, into: &outbox)
            } else {
                flush(fading.conversation, at: now, into: &outbox)
            }
        }
        if let conversation = peer.conversation {
            guard now - conversation.heard < Timing.idle else {
                end(conversation, because: .idle, into: &outbox)
                return schedule(peer)
            }
            if let message = conversation.takeOpening(at: now, &random) {
                if message.isEmpty {
                    sayWord(conversation, at: now, into: &outbox)
                } else {
                    put(message, to: conversation.path, into: &outbox)
                }
            }
            flush(conversation, at: now, into: &outbox)
            renewIfSilent(conversation, peer, at: now, into: &outbox)
            if let due = conversation.owesWord, due <= now { sayWord(conversation, at: now, into: &outbox) }
            probeUDP(conversation, peer, at: now, into: &outbox)
        }
        schedule(peer)
    }

    /// A conversation over TCP asks whether UDP passes: soon at first, then more and more seldom.
    private mutating func probeUDP(
        _ conversation: Conversation, _ peer: Peer, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) {
        guard conversation.path.carrier == .tcp, conversation.isMine else {
            peer.nextProbe = nil
            peer.probePause = Timing.backToUDP
            return
        }
        guard let due = peer.nextProbe else { return peer.nextProbe = now + peer.probePause }
        guard due <= now else { return }
        peer.probePause = min(peer.probePause * 2, Timing.longestToUDP)
        peer.nextProbe = now + peer.probePause
        let target = Attempt.Target.node(peer.node)
        guard attempts[target] == nil else { return }
        begin(
            target, at: conversation.path.address, because: .backToUDP, tries: Timing.fewTries, now, into: &outbox)
    }

    mutating func schedule(_ peer: Peer) { deadlines[.peer(peer.node)] = peer.deadline }
}
