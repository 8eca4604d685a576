internal import Base
internal import Crypto
internal import Noise
internal import Trust

/// Handshakes that others begin.
extension Sessions {
    /// A member begins. It is answered, and then forgotten unless a packet under the new keys shows that it was no echo
    /// of an old beginning.
    mutating func takeFirst(
        _ packet: inout MutableRawSpan, from path: Path, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) throws(Refusal) {
        let header = try FirstHeader(of: packet.bytes)
        guard try isWorthWork(packet.bytes, isKnock: false, from: path, at: now, into: &outbox) else { return }
        guard !repeatAnswer(to: header.ephemeral, on: path, into: &outbox) else { return }

        var handshake = newHandshake(.member, .responder, with: nil)
        let greeting = try read(&packet, in: FirstHeader.byteCount..<packet.byteCount - Packet.codesBytes, &handshake)
        guard let peerKey = handshake.remoteStatic else {
            preconditionFailure("the first message of IK carries the initiator's key, and it was read")
        }
        let node = try introduced(greeting, by: peerKey)
        let last = peers[node]?.beginnings ?? 0
        let isAlive = greeting.proof.map { gate.accepts($0, from: path.address) } ?? false
        guard header.beginnings > last || isAlive else {
            return askFresh(header, of: peerKey, on: path, into: &outbox)
        }

        let index = newIndex()
        var message = ByteWriter()
        Packet.begin(.second, in: &message)
        message.u32(index)
        message.u32(header.sender)
        let continued = conversation(of: node, named: greeting.continues)
        let reply = Greeting(introduction: nil, life: life, continues: continued == nil ? 0 : 1)
        try say(reply.encoded, &handshake, into: &message)
        Codes.putFirst(behind: 0, MeshKeys.code(of: peerKey, in: mesh), in: &message)
        let keys = SessionKeys(
            index: index, remoteIndex: header.sender, handshake, isMine: false, at: now)
        remember(
            Candidate(
                index, .keyed(keys, node, peerKey, greeting, beginnings: header.beginnings),
                continues: continued, ephemeral: header.ephemeral, answer: message.bytes, on: path.carrier,
                handshake: nil), at: now)
        put(message.bytes, to: path, into: &outbox)
        if path.carrier == .udp, peers[node]?.conversation?.path.carrier == .tcp {
            outbox.put(.note(.comesOverUDP(node)))
        }
        if settings.flaw == .believesCandidates {
            establish(
                peer(node, key: peerKey), keys, greeting, on: path, isMine: false, continues: nil, at: now,
                into: &outbox)
        }
    }

    /// Somebody begins who does not know this node.
    mutating func takeKnock(
        _ packet: inout MutableRawSpan, from path: Path, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) throws(Refusal) {
        let header = try KnockHeader(of: packet.bytes)
        guard try isWorthWork(packet.bytes, isKnock: true, from: path, at: now, into: &outbox) else { return }
        guard !repeatAnswer(to: header.ephemeral, on: path, into: &outbox) else { return }

        var handshake = newHandshake(.stranger, .responder, with: nil)
        do throws(NoiseError) {
            var part = packet._mutatingExtracting(KnockHeader.byteCount..<packet.byteCount - Packet.codesBytes)
            _ = try handshake.read(&part, key: key)
        } catch {
            throw .badHandshake
        }
        let index = newIndex()
        var message = ByteWriter()
        Packet.begin(.answer, in: &message)
        message.u32(index)
        message.u32(header.sender)
        try say(Greeting(introduction: introduction, life: life).encoded, &handshake, into: &message)
        Codes.putFirst(behind: 0, MeshKeys.code(of: nil, in: mesh), in: &message)
        precondition(message.count <= packet.byteCount, "an answer is never longer than what it answers")
        remember(
            Candidate(
                index, .knocked, continues: nil, ephemeral: header.ephemeral, answer: message.bytes, on: path.carrier,
                handshake: handshake), at: now)
        put(message.bytes, to: path, into: &outbox)
    }

    /// The last message of a knock's handshake: now the node knows who knocked.
    mutating func takeConfirm(
        _ packet: inout MutableRawSpan, from path: Path, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) throws(Refusal) {
        let header = try AnswerHeader(of: packet.bytes)
        try Codes.checkFirst(of: packet.bytes, MeshKeys.code(of: key.publicKey, in: mesh))
        switch holders[header.receiver] {
        case .candidate(let candidate):
            guard case .knocked = candidate.stage, var handshake = candidate.takeHandshake() else { throw .unexpected }
            forget(candidate)
            let greeting = try read(
                &packet, in: AnswerHeader.byteCount..<packet.byteCount - Packet.codeBytes, &handshake)
            guard let peerKey = handshake.remoteStatic else {
                preconditionFailure("the last message of XX carries the initiator's key, and it was read")
            }
            let node = try introduced(greeting, by: peerKey)
            let keys = SessionKeys(
                index: header.receiver, remoteIndex: header.sender, handshake, isMine: false, at: now)
            let peer = peer(node, key: peerKey)
            establish(peer, keys, greeting, on: path, isMine: false, continues: nil, at: now, into: &outbox)
            peer.conversation?.oweWord(at: now)
            attend(to: peer, at: now, into: &outbox)
        case .conversation(let conversation, let keys) where !keys.isMine:
            // Our word was lost, so the peer says its last message again.
            conversation.oweWord(at: now)
            if let peer = peers[conversation.node] { attend(to: peer, at: now, into: &outbox) }
        case .conversation, .attempt, nil: throw .unexpected
        }
    }

    // MARK: What all of them need

    /// Whether a beginning is to be worked on. If not, it was answered with a cookie.
    private mutating func isWorthWork(
        _ packet: RawSpan, isKnock: Bool, from path: Path, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) throws(Refusal) -> Bool {
        switch try gate.judge(packet, isKnock: isKnock, from: path.address, at: now, into: &outbox.arena) {
        case .workOnIt: return true
        case .cookie(let range):
            outbox.put(.send(range, to: path))
            outbox.put(.note(.cookieAsked(path)))
            return false
        }
    }

    /// Says an answer again when its beginning came again, as it does when the answer was lost.
    private mutating func repeatAnswer(
        to ephemeral: AgreementPublicKey, on path: Path, into outbox: inout Outbox<SessionEffect>
    ) -> Bool {
        guard let index = candidatesByEphemeral[ephemeral], case .candidate(let candidate)? = holders[index] else {
            return false
        }
        put(candidate.answer, to: path, into: &outbox)
        if candidate.carrier != path.carrier, case .keyed(_, let node, _, _, _) = candidate.stage {
            outbox.put(.note(.comesOverUDP(node)))
        }
        return true
    }

    private mutating func askFresh(
        _ header: FirstHeader, of peerKey: AgreementPublicKey, on path: Path,
        into outbox: inout Outbox<SessionEffect>
    ) {
        let proof = gate.proof(of: header.ephemeral, from: path.address, nonce: random.next())
        var message = ByteWriter()
        Packet.begin(.fresh, in: &message)
        message.u32(header.sender)
        message.u64(proof.nonce)
        proof.code.encode(into: &message)
        Codes.putFirst(behind: 0, MeshKeys.code(of: peerKey, in: mesh), in: &message)
        put(message.bytes, to: path, into: &outbox)
        outbox.put(.note(.freshAsked(path)))
    }

    /// Reads a message of a handshake that lies in `range` of the packet, and the greeting in it.
    mutating func read(
        _ packet: inout MutableRawSpan, in range: Range<Int>, _ handshake: inout Handshake
    ) throws(Refusal) -> Greeting {
        guard !range.isEmpty else { throw .badLength }
        var part = packet._mutatingExtracting(range)
        let payload: Range<Int>
        do throws(NoiseError) {
            payload = try handshake.read(&part, key: key)
        } catch {
            throw .badHandshake
        }
        do throws(DecodeError) {
            return try Greeting(decoding: part.bytes.extracting(payload))
        } catch {
            throw .badContent
        }
    }

    /// Who the owner of `peerKey` is. A key that was proved once need not be again.
    func introduced(_ greeting: Greeting, by peerKey: AgreementPublicKey) throws(Refusal) -> NodeID {
        guard let introduction = greeting.introduction else { throw .badIntroduction }
        let node = introduction.node
        guard node != me else { throw .reflected }
        guard !barred.risingContains(node) else { throw .barred }
        if peers[node]?.key == peerKey { return node }
        do throws(CryptoError) {
            try introduction.verify(peerKey, in: mesh)
        } catch {
            throw .badIntroduction
        }
        return node
    }

    /// The conversation with `node` that it names by our index, if it is the one that we have.
    func conversation(of node: NodeID, named index: UInt32) -> Conversation? {
        guard index != 0, let conversation = peers[node]?.conversation,
            case .conversation(let named, _)? = holders[index], named === conversation
        else { return nil }
        return conversation
    }

    private mutating func remember(_ candidate: Candidate, at now: Instant) {
        if candidates.count >= Limits.candidates { dropCandidate() }
        holders[candidate.index] = .candidate(candidate)
        candidatesByEphemeral[candidate.ephemeral] = candidate.index
        candidates.append((now + Timing.candidate, candidate.index))
    }

    mutating func dropCandidates(at now: Instant) {
        while let first = candidates.first, first.until <= now { dropCandidate() }
    }

    private mutating func dropCandidate() {
        let index = candidates.removeFirst().index
        if case .candidate(let candidate)? = holders[index] { forget(candidate) }
    }

    /// A candidate was confirmed, or will not be. Its place among the expiring stays: an index is drawn anew each time.
    mutating func forget(_ candidate: Candidate) {
        holders[candidate.index] = nil
        candidatesByEphemeral[candidate.ephemeral] = nil
    }
}
