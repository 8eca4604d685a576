package import Base
package import Control
package import Crypto
internal import Membership
internal import Registry
package import Replication
package import Session
internal import Traffic
package import Trust
internal import Vitals

/// What comes out of a whole node.
package typealias NodeOutbox = Outbox<WorldEffect<Envelope, NodeNote>>

/// One member of a mesh, without a world: the sessions that open and seal, and behind them the switchboard with the
/// engines. Four doors lead in, and what it wants done comes out in one outbox. Host drives it at a site, Simulation
/// drives five hundred of it at a desk, and it cannot tell which.
package struct MarramNode: ~Copyable {
    let configuration: NodeConfiguration
    /// What the switchboard's engines want signed is signed here: it holds no key.
    var signatory: Signatory
    /// Of this the keys of invitations are made.
    var entropy: Entropy
    var sessions: Sessions
    package private(set) var switchboard: Switchboard
    package private(set) var recorder: FlightRecorder
    private(set) var counters: Counters
    private(set) var links: LinkMemory
    private(set) var moves: MoveLog
    var soundings: Soundings
    var desk: StoreDesk
    var roads: Roads
    let started: Instant
    package private(set) var isRecording: Bool
    /// What follows from what is under way, and is taken in after it.
    private var inputs: [Switchboard.Input]
    /// Reused from call to call: what the engines want, what came of a packet, and what has to be said.
    private var outbox: Outbox<Switchboard.Effect>
    private var opened: Outbox<SessionEffect>
    private var sealed: Outbox<SessionEffect>
    private var scratch: ByteWriter
    /// Peers that may have to be told that their handshakes come over UDP.
    private var owedWords: [NodeID]

    /// `stored` are the facts of all shelves from earlier lives; `random` is this life's chance.
    package init(
        _ configuration: NodeConfiguration, signatory: consuming Signatory, sessions: consuming Sessions,
        stored: [Fact], entropy: consuming Entropy, random: Random, mischief: Mischief, at now: Now
    ) {
        precondition(
            sessions.me == configuration.id && signatory.id == configuration.id, "a node speaks and signs as itself")
        let switchboard = Self.switchboard(configuration, signatory, stored, random, mischief, at: now)
        self.init(configuration, signatory, sessions, switchboard, entropy, at: now.instant)
        self.sessions.bar(switchboard.registry.barred, into: &sealed)
        sealed.removeAll()
        startRecording(continues: false)
    }

    private static func switchboard(
        _ configuration: NodeConfiguration, _ signatory: borrowing Signatory, _ stored: [Fact], _ random: Random,
        _ mischief: Mischief, at now: Now
    ) -> Switchboard {
        var apart = random
        let me = MemberRecord(
            id: configuration.id, name: configuration.name, site: configuration.site, address: configuration.listen,
            life: Life(boot: configuration.boot, beat: 0), isLeaving: false
        ).sealed(by: signatory.identity.signing, in: signatory.mesh)
        let registry = RegistryEngine(
            me: signatory.keys, mesh: signatory.mesh, founding: signatory.charter, stored: stored,
            feed: signatory.certificate, isInvited: signatory.isInvited, random: apart.split("registry"),
            bug: configuration.lawBug, at: now)
        return Switchboard(
            membership: MembershipEngine(
                me: me, settings: configuration.gossip, notary: Notary.mesh(signatory.mesh),
                seeds: configuration.seeds, stored: stored.filter { $0.shelf == Shelf.members }, random: random,
                mischief: mischief, at: now),
            registry: registry,
            store: store(
                of: configuration, signatory.identity.signing.publicKey, under: registry, stored, random, at: now),
            vitals: VitalsEngine(
                me: configuration.id, boot: configuration.boot, random: apart.split("vitals"), at: now))
    }

    /// It only assigns: where checks stand beside the assignments, the code that Swift 6.3.1 makes destroys a value
    /// that is not there yet.
    private init(
        _ configuration: NodeConfiguration, _ signatory: consuming Signatory, _ sessions: consuming Sessions,
        _ switchboard: Switchboard, _ entropy: consuming Entropy, at now: Instant
    ) {
        self.configuration = configuration
        self.signatory = signatory
        self.sessions = sessions
        self.switchboard = switchboard
        self.entropy = entropy
        inputs = []
        recorder = FlightRecorder()
        counters = Counters()
        links = LinkMemory()
        moves = MoveLog()
        soundings = Soundings()
        desk = StoreDesk()
        roads = Roads()
        started = now
        isRecording = configuration.records
        outbox = Outbox()
        opened = Outbox()
        sealed = Outbox()
        scratch = ByteWriter()
        owedWords = []
    }

    package var name: String { configuration.name }

    package var deadline: Instant? {
        let engines = Instant.earlier(switchboard.deadline, sessions.deadline)
        return .earlier(engines, .earlier(soundings.deadline, desk.deadline))
    }

    /// What is wrong with the keys and values that were found on the disk. A node must not run on with them.
    package var storeFlaw: StoreFlaw? {
        if let flaw = switchboard.store.flaw { return flaw }
        let isSound = switchboard.store.ownClaims.allSatisfy { $0?.isTrue(in: signatory.mesh) ?? false }
        return isSound ? nil : .unsigned
    }

    private static func store(
        of configuration: NodeConfiguration, _ key: VerifyingKey, under registry: RegistryEngine, _ stored: [Fact],
        _ random: Random, at now: Now
    ) -> ReplicationEngine {
        let mesh = registry.book.mesh.value
        // Apart from the chance of the other engines, so that none of them draws what another has drawn.
        var random = random
        var chance = random.split("replication")
        return ReplicationEngine(
            namespace: Namespace(high: mesh.w0, low: mesh.w1), key: key, instance: chance.next(),
            missed: configuration.missedBoots,
            stored: stored.filter { $0.shelf == Shelf.replication || $0.shelf == Shelf.store },
            authority: registry.judgement.map { Authority($0.writing) } ?? Authority(), random: chance,
            bug: configuration.storeBug, at: now)
    }

    /// Fingerprint of everything that the node's next steps depend on, the keys left out.
    package var stateHash: UInt64 { switchboard.stateHash }

    // MARK: The doors

    /// A packet came. It is opened where it lies, so its bytes are not what they were afterwards.
    package mutating func receive(
        _ bytes: inout MutableRawSpan, from path: Path, at now: Now, into world: inout NodeOutbox
    ) {
        counters.packetsReceived += 1
        counters.bytesReceived += UInt64(bytes.byteCount)
        swap(&opened.arena, &world.arena)
        sessions.receive(&bytes, from: path, at: now.instant, into: &opened)
        swap(&opened.arena, &world.arena)
        for effect in opened.effects {
            switch effect {
            case .said(let peer, _, let range, let path):
                hear(bytes.bytes.extracting(range), from: peer, path.address, at: now, into: &world)
            case .send, .stream, .note: pass(effect, at: now, into: &world)
            }
        }
        opened.effects.removeAll(keepingCapacity: true)
        takeInputs(at: now, into: &world)
        lookAtRoads(at: now, into: &world)
        tellOfUDP(at: now, into: &world)
    }

    /// A call came on the local net. `own` are the addresses of this machine at which the node listens: what it called
    /// out itself comes back to it, and machines behind the same kind of bridge have addresses in common.
    package mutating func hear(
        beacon bytes: inout MutableRawSpan, from source: Address, own: [Address], at now: Now,
        into world: inout NodeOutbox
    ) {
        do throws(Refusal) {
            var call = try sessions.open(beacon: &bytes)
            call.addresses.removeAll { own.contains($0) || $0.isUnspecified }
            // A machine with several addresses is reached at the one that its call came from, if at any.
            let likely = call.addresses.filter { $0.high == source.high && $0.low == source.low }
            call.addresses = likely + call.addresses.filter { !likely.contains($0) }
            if !call.addresses.isEmpty { take(.performed(.heard(call)), at: now, into: &world) }
        } catch {
            counters.countRefusal("beacon-\(error.name)")
        }
    }

    /// A call for one local net, on which this node has `addresses`.
    package mutating func sealCall(
        isLonely: Bool, addresses: [Address], into arena: inout ByteWriter
    ) -> Range<Int> {
        sessions.seal(
            Call(isLonely: isLonely, addresses: Array(addresses.prefix(Limits.callAddresses))), into: &arena)
    }

    mutating func hear(
        _ datagram: RawSpan, from peer: NodeID, _ source: Address, at now: Now, into world: inout NodeOutbox
    ) {
        let frame: Frame
        do throws(DecodeError) {
            frame = try Frame(decoding: datagram)
        } catch {
            counters.countRefusal("undecoded-\(error)")
            return world.put(.note(.undecoded(error, from: peer)))
        }
        // Who is no member is heard about the law, and about nothing else.
        if case .sounding = frame, !switchboard.registry.isMember(peer) {
            return note(.stranger(peer), at: now, into: &world)
        }
        switch frame {
        case .registry(.redeem(let redemption)) where !sessions.isChannel(redemption.channel, with: peer):
            // Tied to another session it was overheard, or relayed by somebody who plays the sponsor.
            counters.countRefusal("redeemed-elsewhere")
        case .membership, .registry, .replication, .vitals:
            take(.received(frame, from: peer, source: source), at: now, into: &world)
        case .sounding(.ping(let number)):
            let place = switchboard.membership.coordinate
            say(.sounding(.pong(number, place)), to: Contact(peer, at: source), at: now, into: &world)
        case .sounding(.pong(let number, let place)):
            soundings.hear(number, from: peer, place: place, at: now.instant)
        case .sounding(.comesOverUDP): links.arrivesOverUDP(at: peer, now)
        }
    }

    /// The world dialled a TCP connection, and this came of it.
    package mutating func dialled(_ address: Address, _ outcome: DialOutcome, at now: Now) {
        links.take(outcome, of: address, at: now)
    }

    /// Somebody at the control socket asks.
    package mutating func perform(_ request: Request, id: RequestID, at now: Now, into world: inout NodeOutbox) {
        if case .store(let question) = request { return attend(to: question, id, at: now, into: &world) }
        if case .leave = request { take(.performed(.leave), at: now, into: &world) }
        if case .submit(let records) = request { take(.performed(.take(records)), at: now, into: &world) }
        if request == .settleReturned { settleReturned(at: now, into: &world) }
        do throws(Complaint) {
            if case .evict(let member) = request { try evict(member, at: now, into: &world) }
            if case .setVital(let key, let value) = request { try setVital(key, value, at: now, into: &world) }
            if try beginSounding(request, id, at: now) { return sound(at: now, into: &world) }
            world.put(.reply(id, answer(to: request, at: now)))
        } catch {
            world.put(.reply(id, envelope(.failure(error), at: now)))
        }
    }

    /// The last thing that it is told in this life: what it leaves to be stored and sent ends the feed of this start.
    package mutating func end(at now: Now, into world: inout NodeOutbox) {
        take(.performed(.end), at: now, into: &world)
    }

    /// The facts of `ticket` are on the disk.
    package mutating func persisted(_ ticket: Ticket, at now: Now, into world: inout NodeOutbox) {
        take(.persisted(ticket), at: now, into: &world)
        serveWatchers(at: now, into: &world)
    }

    /// The deadline has come.
    package mutating func wake(at now: Now, into world: inout NodeOutbox) {
        if let due = switchboard.deadline, due <= now.instant { take(.woken, at: now, into: &world) }
        if let due = desk.deadline, due <= now.instant { serveWatchers(at: now, into: &world) }
        swap(&sealed.arena, &world.arena)
        sessions.wake(at: now.instant, into: &sealed)
        swap(&sealed.arena, &world.arena)
        passSealed(at: now, into: &world)
        takeInputs(at: now, into: &world)
        lookAtRoads(at: now, into: &world)
        tellOfUDP(at: now, into: &world)
        sound(at: now, into: &world)
    }

    // MARK: The flight recorder

    /// Starts a new piece of the recording: what follows can be replayed without what came before.
    package mutating func startRecording(continues: Bool) {
        if switchboard.store.factBytes > Limits.recordedStoreBytes { isRecording = false }
        guard isRecording else { return }
        switchboard.settle()
        recorder.record(checkpoint: switchboard, continues: continues)
    }

    /// The world has taken the recorder's bytes.
    package mutating func recordingTaken() { recorder.taken() }

    /// The world can take no more of them.
    package mutating func stopRecording() {
        isRecording = false
        recorder.taken()
    }

    /// What people call a node.
    package func name(of id: NodeID) -> String {
        id == configuration.id ? configuration.name : switchboard.membership.members[id]?.record.name ?? id.short
    }

    // MARK: Inside

    mutating func take(_ input: Switchboard.Input, at now: Now, into world: inout NodeOutbox) {
        // What only the node itself can answer, for it has the keys, is taken in afterwards.
        switchboard.take(input, at: now, into: &outbox)
        if isRecording { recorder.record(input, at: now, leadingTo: switchboard) }
        for effect in outbox.effects {
            switch effect {
            case .send(let frame, let contact): say(frame, to: contact, at: now, into: &world)
            case .seal(let record):
                guard let seal = record.sealed(by: signatory.identity.signing, in: signatory.mesh).seal else {
                    continue
                }
                inputs.append(.performed(.signed(seal, record.life)))
            case .signCharge(let charge):
                let word = charge.signed(by: signatory.identity.signing, in: signatory.mesh)
                inputs.append(.performed(.accuse(word)))
            case .attest(let id):
                let signature = signatory.identity.signing.sign(
                    id.value.bytes.raw, as: Chain.kind, in: signatory.mesh)
                inputs.append(.performed(.attested(id, signature)))
            case .verify(let ticket, let claims):
                inputs.append(.performed(.verified(ticket, claims.map { $0.isTrue(in: signatory.mesh) })))
            case .signSheet(let sheet):
                let signed = sheet.signed(by: signatory.identity.signing, in: signatory.mesh)
                inputs.append(.performed(.signedSheet(sheet.version, signed.signature)))
            case .judge(let ticket, let epochs):
                let valid = epochs.prefix { switchboard.attests(to: $0) }.count
                inputs.append(.performed(.judged(ticket, valid: valid)))
            case .persist(let facts, let ticket): world.put(.persist(facts, ticket))
            case .wrote(let id, let dot): wasMade(id, dot, at: now, into: &world)
            case .refused(let id, let refusal): wasRefused(id, refusal, at: now, into: &world)
            case .sign(let statement): inputs.append(.performed(.take([signatory.sign(statement)])))
            case .turnKey:
                inputs.append(.performed(.goOver(to: signatory.drawNextKey(from: &entropy))))
            case .redeem(let peer): redeem(at: peer, now, into: &world)
            case .tellClock(let nonce, let peer): tellClock(nonce, to: peer, now, into: &world)
            case .signLease(let terms, let peer): signLease(terms, for: peer, now, into: &world)
            case .bar(let nodes): bar(nodes, at: now, into: &world)
            case .callOut(let isLonely): world.put(.callOut(isLonely: isLonely))
            case .note(let note): self.note(note, at: now, into: &world)
            }
        }
        outbox.removeAll()
        takeInputs(at: now, into: &world)
    }

    /// What followed from an input comes in by the same door, when the input is done with.
    private mutating func takeInputs(at now: Now, into world: inout NodeOutbox) {
        while !inputs.isEmpty { take(inputs.removeFirst(), at: now, into: &world) }
    }

    private mutating func note(_ note: NodeNote, at now: Now, into world: inout NodeOutbox) {
        switch note {
        case .membership(.ignored(let reason)): counters.countRefusal("ignored-\(reason)")
        case .registry(.ignored(let reason, from: _)): counters.countRefusal("ignored-\(reason)")
        case .replication(.ignored(let reason, _)): counters.countRefusal("replication-\(reason)")
        case .stranger: counters.countRefusal("ignored-stranger")
        case .vitals(.forged): counters.countRefusal("vitals-forged")
        case .vitals(.stranger): counters.countRefusal("vitals-stranger")
        case .membership, .registry, .replication, .vitals, .madeVoid, .session, .undecoded: break
        }
        moves.take(note, at: now)
        world.put(.note(note))
    }

    private mutating func redeem(at peer: NodeID, _ now: Now, into world: inout NodeOutbox) {
        guard let channel = sessions.channel(with: peer), let redemption = signatory.redemption(over: channel) else {
            return
        }
        say(.registry(.redeem(redemption)), to: Contact(onSessionWith: peer), at: now, into: &world)
    }

    private mutating func tellClock(_ nonce: UInt64, to peer: NodeID, _ now: Now, into world: inout NodeOutbox) {
        let vote = TimeVote(node: signatory.keys.signing, nonce: nonce, time: now.wall)
        say(.registry(.clock(signatory.sign(.time(vote)))), to: Contact(onSessionWith: peer), at: now, into: &world)
    }

    private mutating func signLease(_ terms: LeaseTerms, for peer: NodeID, _ now: Now, into world: inout NodeOutbox) {
        let lease = signatory.sign(.lease(terms))
        say(.registry(.leased(lease)), to: Contact(onSessionWith: peer), at: now, into: &world)
    }

    private mutating func bar(_ nodes: [NodeID], at now: Now, into world: inout NodeOutbox) {
        swap(&sealed.arena, &world.arena)
        sessions.bar(nodes, into: &sealed)
        swap(&sealed.arena, &world.arena)
        passSealed(at: now, into: &world)
    }

    mutating func say(_ frame: Frame, to contact: Contact, at now: Now, into world: inout NodeOutbox) {
        scratch.removeAll()
        frame.encode(into: &scratch)
        let datagram = scratch.bytes
        guard datagram.count <= Limits.lineDatagramBytes, !frame.isPartOfMany else {
            guard let peer = contact.node else { return }
            return haul(datagram, to: peer, at: now, into: &world)
        }
        guard !contact.address.isUnspecified || contact.node.map({ sessions.evidence(of: $0) != nil }) ?? false else {
            return
        }
        swap(&sealed.arena, &world.arena)
        sessions.say(datagram.raw, frame.priority, to: contact, at: now.instant, into: &sealed)
        swap(&sealed.arena, &world.arena)
        passSealed(at: now, into: &world)
    }

    /// A peer whose handshakes came over UDP just before the session went over to TCP cannot know that they came.
    private mutating func tellOfUDP(at now: Now, into world: inout NodeOutbox) {
        guard !owedWords.isEmpty else { return }
        for peer in owedWords {
            guard let path = sessions.evidence(of: peer)?.path, path.carrier == .tcp,
                links[.node(peer)]?.comesOverUDP.map({ now.instant - $0.instant < .minutes(1) }) ?? false
            else { continue }
            say(.sounding(.comesOverUDP), to: Contact(peer, at: path.address), at: now, into: &world)
        }
        owedWords.removeAll()
    }

    /// Lets the sessions do something, and carries out what they want. The packets lie in the world's arena.
    @discardableResult
    mutating func withSessions<Result>(
        at now: Now, into world: inout NodeOutbox, _ use: (inout Sessions, inout Outbox<SessionEffect>) -> Result
    ) -> Result {
        swap(&sealed.arena, &world.arena)
        let result = use(&sessions, &sealed)
        swap(&sealed.arena, &world.arena)
        passSealed(at: now, into: &world)
        return result
    }

    mutating func countRefusal(_ reason: String) { counters.countRefusal(reason) }

    private mutating func passSealed(at now: Now, into world: inout NodeOutbox) {
        for effect in sealed.effects { pass(effect, at: now, into: &world) }
        sealed.effects.removeAll(keepingCapacity: true)
    }

    /// Hands on what the sessions want of the world.
    private mutating func pass(_ effect: SessionEffect, at now: Now, into world: inout NodeOutbox) {
        switch effect {
        case .send(let packet, let path):
            counters.packetsSent += 1
            counters.bytesSent += UInt64(packet.count)
            world.put(.send(packet, to: path))
        case .note(let note):
            if case .refused(let refusal, from: _) = note { counters.countRefusal(refusal.name) }
            links.take(note, at: now)
            if case .established(let peer, _, let isMine) = note { inputs.append(.met(peer, isMine: isMine)) }
            if let node = note.concernsUDP, !owedWords.contains(node) { owedWords.append(node) }
            world.put(.note(.session(note)))
        case .stream(let peer, let event): roads.events.append((peer, event))
        case .said: preconditionFailure("only a packet that came can say something")
        }
    }
}
