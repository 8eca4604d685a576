internal import Base
internal import Crypto
internal import Noise
internal import Traffic

/// Handshakes that this node begins.
extension Sessions {
    /// Keeps a datagram until there is a session with `contact`, and sees to it that there will be one.
    mutating func wait(
        with datagram: RawSpan, _ priority: Priority, for contact: Contact, at now: Instant,
        into outbox: inout Outbox<SessionEffect>
    ) {
        let target = contact.node.map(Attempt.Target.node) ?? .place(contact.address)
        if attempts[target] == nil {
            begin(target, at: contact.address, because: .firstWord, now, into: &outbox)
        }
        let isKept = attempts[target]?.keep(datagram, priority) ?? false
        if !isKept { outbox.put(.note(.dropped(contact, count: 1))) }
    }

    /// Begins another handshake when the session should not, or perhaps cannot, go on as it is.
    mutating func renewIfDue(
        _ conversation: Conversation, _ contact: Contact, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) {
        let isSilent = conversation.unansweredSince.map { now - $0 >= Timing.silence } ?? false
        guard isSilent || conversation.keys.isWornOut(at: now) else { return }
        let target = Attempt.Target.node(conversation.node)
        guard attempts[target] == nil else { return }
        begin(target, at: contact.address, because: isSilent ? .silence : .wornOut, now, into: &outbox)
    }

    /// Nobody says anything, but the line has something that its peer does not acknowledge. Without this, streams would
    /// wait for ever for a peer that lost its keys. A few tries at a time: the peer may be gone for good.
    mutating func renewIfSilent(
        _ conversation: Conversation, _ peer: Peer, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) {
        guard conversation.line.isWaiting, let since = conversation.unansweredSince,
            now - max(since, peer.gaveUp ?? since) >= Timing.silence
        else { return }
        let target = Attempt.Target.node(peer.node)
        guard attempts[target] == nil else { return }
        begin(
            target, at: peer.told ?? conversation.path.address, because: .silence, tries: Timing.fewTries, now,
            into: &outbox)
    }

    mutating func begin(
        _ target: Attempt.Target, at address: Address, because reason: SessionNote.Beginnings,
        tries: Int = Timing.tries, _ now: Instant, into outbox: inout Outbox<SessionEffect>
    ) {
        guard attempts.count < Limits.attempts, !address.isUnspecified else { return }
        var continues: (ours: UInt32, theirs: UInt32) = (0, 0)
        if case .node(let node) = target, let keys = peers[node]?.conversation?.keys {
            continues = (keys.index, keys.remoteIndex)
        }
        let attempt = Attempt(
            target, at: address, continues: continues.ours, isProbe: reason == .backToUDP, tries: tries,
            beginning(for: target, continues: continues.theirs, proof: nil), at: now)
        attempts[target] = attempt
        holders[attempt.index] = .attempt(attempt)
        outbox.put(.note(.began(contact(of: attempt), reason)))
        goOn(with: attempt, at: now, into: &outbox)
    }

    /// Says the attempt's message once more, on every way that may work; or gives it up.
    mutating func goOn(with attempt: Attempt, at now: Instant, into outbox: inout Outbox<SessionEffect>) {
        guard attempt.isDue(at: now) else {
            deadlines[.attempt(attempt.target)] = attempt.next
            return
        }
        let tries = attempt.patience.tries
        guard attempt.tryAgain(at: now, &random) else {
            forget(attempt)
            if case .node(let node) = attempt.target { peers[node]?.gaveUp = now }
            if !attempt.isProbe { outbox.put(.note(.unanswered(contact(of: attempt), tries: tries))) }
            let lost = attempt.takeWaiting().count
            if lost > 0 { outbox.put(.note(.dropped(contact(of: attempt), count: lost))) }
            return
        }
        deadlines[.attempt(attempt.target)] = attempt.next
        for path in paths(of: attempt, afterTries: tries) { put(attempt.message, to: path, into: &outbox) }
    }

    /// UDP always; TCP too when UDP stayed silent; and the way of the session that it goes on from.
    private func paths(of attempt: Attempt, afterTries tries: Int) -> [Path] {
        var paths = [Path(attempt.address, .udp)]
        if attempt.isProbe { return paths }
        if case .node(let node) = attempt.target, let path = peers[node]?.conversation?.path, path != paths[0] {
            paths.append(path)
        }
        let dialled = Path(attempt.address, .tcp)
        if settings.hasTCP, tries >= Timing.silentTries, !paths.contains(dialled) { paths.append(dialled) }
        return paths
    }

    func put(_ message: [UInt8], to path: Path, into outbox: inout Outbox<SessionEffect>) {
        let start = outbox.arena.count
        outbox.arena.raw(message)
        outbox.put(.send(start..<outbox.arena.count, to: path))
    }

    func contact(of attempt: Attempt) -> Contact {
        switch attempt.target {
        case .node(let node): Contact(node, at: attempt.address)
        case .place(let address): Contact(nil, at: address)
        }
    }

    mutating func forget(_ attempt: Attempt) {
        attempts[attempt.target] = nil
        holders[attempt.index] = nil
        deadlines[.attempt(attempt.target)] = nil
    }

    /// The first message of a handshake: to a peer whose key is known, or to whoever is there.
    mutating func beginning(for target: Attempt.Target, continues: UInt32, proof: FreshProof?) -> Beginning {
        guard case .node(let node) = target, let peer = peers[node] else { return knock() }
        let index = newIndex()
        beginnings += 1
        var message = ByteWriter()
        Packet.begin(.first, in: &message)
        message.u32(index)
        message.u64(beginnings)
        var handshake = newHandshake(.member, .initiator, with: peer.key)
        let greeting = Greeting(introduction: introduction, life: life, continues: continues, proof: proof)
        write(greeting.encoded, &handshake, into: &message)
        let code = Codes.put(behind: 0, MeshKeys.code(of: peer.key, in: mesh), cookie: nil, in: &message)
        return Beginning(index: index, isKnock: false, message: message.bytes, code: code, handshake: handshake)
    }

    private mutating func knock() -> Beginning {
        let index = newIndex()
        var message = ByteWriter()
        Packet.begin(.knock, in: &message)
        message.u32(index)
        var handshake = newHandshake(.stranger, .initiator, with: nil)
        // As long as the answer will be, so that nobody can use this node to send a third one more than was sent here.
        let filling = [UInt8](repeating: 0, count: Self.knockFilling)
        write(filling, &handshake, into: &message)
        let code = Codes.put(behind: 0, MeshKeys.code(of: nil, in: mesh), cookie: nil, in: &message)
        return Beginning(index: index, isKnock: true, message: message.bytes, code: code, handshake: handshake)
    }

    /// What an answer to a knock has and the knock has not, and room for greetings of later versions.
    static var knockFilling: Int { 256 }

    /// Writes the first message of a handshake.
    private mutating func write(_ payload: [UInt8], _ handshake: inout Handshake, into message: inout ByteWriter) {
        do throws(Refusal) {
            try say(payload, &handshake, into: &message)
        } catch {
            preconditionFailure("the only key of a peer in a first message took part in an agreement before")
        }
    }

    /// Writes the next message of a handshake. It fails when the peer's own key for it is one that agrees with nobody.
    mutating func say(
        _ payload: [UInt8], _ handshake: inout Handshake, into message: inout ByteWriter
    ) throws(Refusal) {
        do throws(NoiseError) {
            let ephemeral = handshake.takesEphemeral ? AgreementKey(from: &entropy) : nil
            try handshake.write(payload.raw, key: key, ephemeral: ephemeral, into: &message)
        } catch {
            throw .badHandshake
        }
    }

    func newHandshake(
        _ noise: NoiseProtocol, _ role: HandshakeRole, with peerKey: AgreementPublicKey?
    ) -> Handshake {
        Handshake(
            noise, role, prologue: prologue.raw, own: key.publicKey, remoteStatic: peerKey,
            presharedKey: shared.withBytes { SecretBytes(copying: $0) })
    }
}

extension NoiseProtocol {
    /// Between members, who know each other's keys.
    static let member = NoiseProtocol(.ik, .psk2, hash: .blake2b512)
    /// With whoever is at an address.
    static let stranger = NoiseProtocol(.xx, .psk3, hash: .blake2b512)
}
