internal import Base
internal import Crypto
internal import Noise
internal import Traffic

/// What comes back to handshakes that this node began.
extension Sessions {
    mutating func takeSecond(
        _ packet: inout MutableRawSpan, from path: Path, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) throws(Refusal) {
        let header = try AnswerHeader(of: packet.bytes)
        let attempt = try attempt(header.receiver, isKnock: false)
        guard case .node(let node) = attempt.target, let peer = peers[node] else {
            preconditionFailure("only a peer whose key is known is begun with by a first message")
        }
        try Codes.checkFirst(of: packet.bytes, MeshKeys.code(of: key.publicKey, in: mesh))
        var handshake = takeHandshake(of: attempt)
        let greeting = try readAnswer(&packet, to: attempt, &handshake)
        let continued = greeting.continues == 0 ? nil : conversation(of: node, named: attempt.continues)
        guard greeting.continues == 0 || continued != nil else {
            // The line that the peer would go on with ended here meanwhile: two lines under one key would meet.
            beginAgain(attempt)
            throw .badHandshake
        }
        let keys = SessionKeys(
            index: header.receiver, remoteIndex: header.sender, handshake, isMine: true, at: now)
        finish(attempt, peer, keys, greeting, on: path, continues: continued, at: now, into: &outbox)
        peer.conversation?.repeatUntilHeard([], at: now)
        attend(to: peer, at: now, into: &outbox)
    }

    mutating func takeAnswer(
        _ packet: inout MutableRawSpan, from path: Path, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) throws(Refusal) {
        let header = try AnswerHeader(of: packet.bytes)
        let attempt = try attempt(header.receiver, isKnock: true)
        try Codes.checkFirst(of: packet.bytes, MeshKeys.code(of: nil, in: mesh))
        var handshake = takeHandshake(of: attempt)
        let greeting = try readAnswer(&packet, to: attempt, &handshake)
        guard let peerKey = handshake.remoteStatic else {
            preconditionFailure("the answer of XX carries the responder's key, and it was read")
        }
        let node: NodeID
        var message = ByteWriter()
        do throws(Refusal) {
            node = try introduced(greeting, by: peerKey)
            Packet.begin(.confirm, in: &message)
            message.u32(header.receiver)
            message.u32(header.sender)
            try say(Greeting(introduction: introduction, life: life).encoded, &handshake, into: &message)
        } catch {
            // Whoever is there is nobody to talk to; this node itself, for one.
            forget(attempt)
            throw error
        }
        Codes.putFirst(behind: 0, MeshKeys.code(of: peerKey, in: mesh), in: &message)
        let keys = SessionKeys(
            index: header.receiver, remoteIndex: header.sender, handshake, isMine: true, at: now)
        let peer = peer(node, key: peerKey)
        finish(attempt, peer, keys, greeting, on: path, continues: nil, at: now, into: &outbox)
        peer.conversation?.repeatUntilHeard(message.bytes, at: now)
        attend(to: peer, at: now, into: &outbox)
    }

    /// "Say that again, with this": whoever sends it has seen the message and its code.
    mutating func takeCookie(
        _ packet: inout MutableRawSpan, from path: Path, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) throws(Refusal) {
        let headerBytes = Packet.commonBytes + 4
        guard packet.byteCount == headerBytes + EnvelopeKey.overhead + AuthenticationCode.byteCount else {
            throw .badLength
        }
        var reader = ByteReader(packet.bytes)
        guard (try? reader.u32()) != nil, let receiver = try? reader.u32() else { throw .badLength }
        guard case .attempt(let attempt)? = holders[receiver] else { throw .unexpected }
        let peerKey = peerKey(of: attempt)
        do throws(CryptoError) {
            var envelope = packet._mutatingExtracting(headerBytes..<packet.byteCount)
            let text = try MeshKeys.cookie(of: peerKey, in: mesh)
                .open(&envelope, with: attempt.code.encoded.raw)
            var cookie = ByteReader(envelope.bytes.extracting(text))
            guard let code = try? AuthenticationCode(from: &cookie) else { throw .notAuthentic }
            attempt.put(code, MeshKeys.code(of: peerKey, in: mesh), at: now)
        } catch {
            throw .badSeal
        }
        outbox.put(.note(.proofAsked(contact(of: attempt), .address)))
        goOn(with: attempt, at: now, into: &outbox)
    }

    /// "Begin again, with this": what this node sent may be an echo, as far as the peer can tell.
    mutating func takeFresh(
        _ packet: RawSpan, from path: Path, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) throws(Refusal) {
        var reader = ByteReader(packet)
        guard (try? reader.u32()) != nil, let receiver = try? reader.u32(), let nonce = try? reader.u64(),
            let code = try? AuthenticationCode(from: &reader), reader.remaining == Packet.codeBytes
        else { throw .badLength }
        let attempt = try attempt(receiver, isKnock: false)
        try Codes.checkFirst(of: packet, MeshKeys.code(of: key.publicKey, in: mesh))
        let ephemeral = try FirstHeader(of: attempt.message.raw).ephemeral
        holders[receiver] = nil
        let proof = FreshProof(nonce: nonce, ephemeral: ephemeral, code: code)
        attempt.restart(
            beginning(for: attempt.target, continues: remoteIndex(attempt.continues), proof: proof), at: now)
        holders[attempt.index] = .attempt(attempt)
        outbox.put(.note(.proofAsked(contact(of: attempt), .fresh)))
        goOn(with: attempt, at: now, into: &outbox)
    }

    // MARK: What all of them need

    private func attempt(_ index: UInt32, isKnock: Bool) throws(Refusal) -> Attempt {
        guard case .attempt(let attempt)? = holders[index], attempt.isKnock == isKnock else { throw .unexpected }
        return attempt
    }

    private func takeHandshake(of attempt: Attempt) -> Handshake {
        guard let handshake = attempt.takeHandshake() else {
            preconditionFailure("an attempt whose handshake was taken is forgotten or begun again in the same call")
        }
        return handshake
    }

    /// Reads the answer to an attempt. Its code proved that a member wrote it; if it does not compute all the same,
    /// the attempt begins again with other bytes when its time comes.
    private mutating func readAnswer(
        _ packet: inout MutableRawSpan, to attempt: Attempt, _ handshake: inout Handshake
    ) throws(Refusal) -> Greeting {
        do throws(Refusal) {
            return try read(
                &packet, in: AnswerHeader.byteCount..<packet.byteCount - Packet.codeBytes, &handshake)
        } catch {
            beginAgain(attempt)
            throw error
        }
    }

    /// Has an attempt say other bytes when its time comes.
    private mutating func beginAgain(_ attempt: Attempt) {
        holders[attempt.index] = nil
        let again = beginning(for: attempt.target, continues: remoteIndex(attempt.continues), proof: nil)
        attempt.restart(again, at: attempt.next)
        holders[attempt.index] = .attempt(attempt)
    }

    private func peerKey(of attempt: Attempt) -> AgreementPublicKey? {
        guard !attempt.isKnock, case .node(let node) = attempt.target else { return nil }
        return peers[node]?.key
    }

    /// How the peer names the session that we call `index`.
    private func remoteIndex(_ index: UInt32) -> UInt32 {
        guard index != 0, case .conversation(_, let keys)? = holders[index] else { return 0 }
        return keys.remoteIndex
    }

    /// The attempt has its session: what waited for it is said.
    private mutating func finish(
        _ attempt: Attempt, _ peer: Peer, _ keys: SessionKeys, _ greeting: Greeting, on path: Path,
        continues: Conversation?, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) {
        forget(attempt)
        if path.carrier == .tcp, attempt.patience.tries > Timing.silentTries {
            outbox.put(.note(.fellBack(peer.node, silentTries: Timing.silentTries)))
        }
        establish(peer, keys, greeting, on: path, isMine: true, continues: continues, at: now, into: &outbox)
        peer.told = attempt.address
        let waiting = attempt.takeWaiting()
        if case .node(let meant) = attempt.target, meant != peer.node {
            outbox.put(.note(.refused(.otherNode, from: path)))
            outbox.put(.note(.answeredByOther(meant, peer.node, path)))
            outbox.put(.note(.dropped(contact(of: attempt), count: waiting.count)))
            return
        }
        for (priority, bytes) in waiting {
            do throws(LineRefusal) {
                try peer.conversation?.line.say(bytes.raw, priority, at: now)
            } catch {
                outbox.put(.note(.dropped(contact(of: attempt), count: 1)))
            }
        }
    }
}
