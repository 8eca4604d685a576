package import Base
package import Crypto
internal import Noise
package import Traffic
package import Trust

/// Who is on the line. Every packet between nodes passes here: handshakes that make sessions, and sealed packets in
/// which a line's datagrams and streams travel. What does not open is refused in silence and counted by its reason.
///
/// The doors are those of an engine, except that what comes in is a packet: it is opened where it lies. Nothing is
/// believed of a handshake that others began before a packet under its keys has opened, so a recorded handshake played
/// again changes nothing. [Sealed sessions](../../docs/algorithms/sessions.md) has the whole walk.
package struct Sessions: ~Copyable {
    /// Of the packets between nodes.
    package static let wireVersion = Packet.version

    package let me: NodeID
    let key: AgreementKey
    let introduction: Introduction
    let mesh: Digest
    let shared: SecretBytes
    let prologue: [UInt8]
    let settings: SessionSettings
    /// This process, told from the one before it.
    let life: UInt64
    /// Rises with every handshake that this node begins, over restarts too.
    var beginnings: UInt64
    var entropy: Entropy
    var random: Random
    var gate: Gate
    /// Peers with whom there is, or was, a session; never gone through except to find the least used.
    var peers: SortedMap<NodeID, Peer>
    /// Where the node is that packets from an address belong to. Looked up only.
    var nodes: [Address: NodeID]
    var attempts: SortedMap<Attempt.Target, Attempt>
    /// By our index. Looked up only.
    var holders: [UInt32: Holder]
    /// Candidates in the order in which they expire.
    var candidates: [(until: Instant, index: UInt32)]
    /// The index of the candidate whose beginning had this key. Looked up only.
    var candidatesByEphemeral: [AgreementPublicKey: UInt32]
    var deadlines: DeadlineHeap<Timer>
    /// With whom nobody speaks, by rising ids.
    var barred: [NodeID] = []
    /// Reused from call to call.
    var lineOutbox: Outbox<LineEffect>

    /// What one of our indices stands for.
    enum Holder {
        case attempt(Attempt)
        case candidate(Candidate)
        case conversation(Conversation, SessionKeys)
    }

    enum Timer: Hashable, Comparable {
        case attempt(Attempt.Target)
        case peer(NodeID)
    }

    /// `boot` counts this node's starts; it is stored before the first word is said.
    package init(
        _ identity: borrowing NodeIdentity, boot: UInt64, settings: SessionSettings, entropy: consuming Entropy,
        random: consuming Random, at now: Instant
    ) {
        me = identity.id
        key = identity.agreementKey()
        introduction = identity.introduction(of: key)
        mesh = identity.mesh
        shared = identity.sharedSecret()
        prologue = Array("marram/1".utf8) + mesh.value.bytes
        self.settings = settings
        life = random.next()
        beginnings = (boot & 0xFF_FFFF_FFFF) << 24
        gate = Gate(me: key.publicKey, mesh: mesh, entropy: entropy.split(), at: now)
        self.entropy = entropy
        self.random = random
        peers = SortedMap()
        nodes = [:]
        attempts = SortedMap()
        holders = [:]
        candidates = []
        candidatesByEphemeral = [:]
        deadlines = DeadlineHeap()
        lineOutbox = Outbox()
    }

    package var deadline: Instant? {
        guard let candidate = candidates.first?.until else { return deadlines.next }
        return deadlines.next.map { min($0, candidate) } ?? candidate
    }

    // MARK: The doors

    /// A packet came. What it says lies opened in its own bytes, for as long as the caller keeps them.
    package mutating func receive(
        _ packet: inout MutableRawSpan, from path: Path, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) {
        do throws(Refusal) {
            switch try Packet.kind(of: packet.bytes) {
            case .data: try takeData(&packet, from: path, at: now, into: &outbox)
            case .first: try takeFirst(&packet, from: path, at: now, into: &outbox)
            case .knock: try takeKnock(&packet, from: path, at: now, into: &outbox)
            case .second: try takeSecond(&packet, from: path, at: now, into: &outbox)
            case .answer: try takeAnswer(&packet, from: path, at: now, into: &outbox)
            case .confirm: try takeConfirm(&packet, from: path, at: now, into: &outbox)
            case .cookie: try takeCookie(&packet, from: path, at: now, into: &outbox)
            case .fresh: try takeFresh(packet.bytes, from: path, at: now, into: &outbox)
            case .beacon: throw .unexpected
            }
        } catch {
            if settings.flaw == .roamsBeforeSeal { follow(packet.bytes, on: path, at: now) }
            outbox.put(.note(.refused(error, from: path)))
        }
    }

    /// Says a datagram to whoever is meant; makes a session first when there is none. It may be lost, as datagrams are.
    package mutating func say(
        _ datagram: RawSpan, _ priority: Priority, to contact: Contact, at now: Instant,
        into outbox: inout Outbox<SessionEffect>
    ) {
        let node = contact.node ?? nodes[contact.address]
        if let node, node == me { return }
        if let node, barred.risingContains(node) { return outbox.put(.note(.dropped(contact, count: 1))) }
        guard let node, let peer = peers[node], let conversation = peer.conversation else {
            return wait(with: datagram, priority, for: contact, at: now, into: &outbox)
        }
        if !contact.address.isUnspecified { peer.told = contact.address }
        do throws(LineRefusal) {
            try conversation.line.say(datagram, priority, at: now)
        } catch {
            outbox.put(.note(.dropped(contact, count: 1)))
        }
        renewIfDue(conversation, contact, at: now, into: &outbox)
        flush(conversation, at: now, into: &outbox)
        schedule(peer)
    }

    /// Time passed.
    package mutating func wake(at now: Instant, into outbox: inout Outbox<SessionEffect>) {
        dropCandidates(at: now)
        while let timer = deadlines.popDue(at: now) {
            switch timer {
            case .attempt(let target):
                if let attempt = attempts[target] { goOn(with: attempt, at: now, into: &outbox) }
            case .peer(let node):
                if let peer = peers[node] { attend(to: peer, at: now, into: &outbox) }
            }
        }
    }

    // MARK: Who may speak

    /// From now on nobody speaks with these, which rise: sessions with them end at once, and none begins.
    package mutating func bar(_ outcasts: [NodeID], into outbox: inout Outbox<SessionEffect>) {
        precondition(outcasts.isRising, "the barred are a set")
        barred = outcasts
        for node in outcasts {
            if let attempt = attempts[.node(node)] { forget(attempt) }
            guard let peer = peers[node] else { continue }
            if let fading = peer.fading { end(fading.conversation, because: .barred, into: &outbox) }
            if let conversation = peer.conversation { end(conversation, because: .barred, into: &outbox) }
            schedule(peer)
        }
    }

    /// What names the session with a node and no other; nil when there is none. It changes when the keys are renewed.
    package func channel(with node: NodeID) -> Bytes32? { peers[node]?.conversation?.keys.channel }

    /// Whether `channel` names a session that there is with a node, or was a moment ago.
    package func isChannel(_ channel: Bytes32, with node: NodeID) -> Bool {
        guard let peer = peers[node] else { return false }
        return [peer.conversation, peer.fading?.conversation].contains { conversation in
            conversation?.keys.channel == channel || conversation?.formerKeys?.channel == channel
        }
    }

    // MARK: Streams

    /// Opens a stream to a peer with whom there is a session.
    package mutating func open(
        _ service: Service, to node: NodeID, at now: Instant
    ) throws(LineRefusal) -> StreamID? {
        try peers[node]?.conversation?.line.open(service, at: now)
    }

    /// Gives bytes to a stream; answers how many it took.
    package mutating func write(
        _ bytes: RawSpan, to stream: StreamID, of node: NodeID, at now: Instant,
        into outbox: inout Outbox<SessionEffect>
    ) -> Int {
        guard let peer = peers[node], let conversation = peer.conversation else { return 0 }
        let taken = conversation.line.write(bytes, to: stream, at: now)
        flush(conversation, at: now, into: &outbox)
        schedule(peer)
        return taken
    }

    /// Lends at most `limit` bytes of what has come of a stream, in order, in one or two parts; answers how many.
    package mutating func read(
        _ stream: StreamID, of node: NodeID, atMost limit: Int = .max, at now: Instant,
        into outbox: inout Outbox<SessionEffect>, _ use: (RawSpan) -> Void
    ) -> Int {
        guard let peer = peers[node], let conversation = peer.conversation else { return 0 }
        let count = conversation.line.read(stream, atMost: limit, at: now, use)
        flush(conversation, at: now, into: &outbox)
        schedule(peer)
        return count
    }

    /// How many bytes that were written to a stream the peer has not acknowledged.
    package func unacknowledged(on stream: StreamID, of node: NodeID) -> Int {
        peers[node]?.conversation?.line.unacknowledged(on: stream) ?? 0
    }

    /// Says that nothing more will be written to a stream.
    package mutating func finish(
        _ stream: StreamID, of node: NodeID, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) {
        guard let peer = peers[node], let conversation = peer.conversation else { return }
        conversation.line.finish(stream, at: now)
        flush(conversation, at: now, into: &outbox)
        schedule(peer)
    }

    /// Gives a stream up, with a code for the peer.
    package mutating func reset(
        _ stream: StreamID, of node: NodeID, code: UInt64, at now: Instant, into outbox: inout Outbox<SessionEffect>
    ) {
        guard let peer = peers[node], let conversation = peer.conversation else { return }
        conversation.line.reset(stream, code: code, at: now)
        flush(conversation, at: now, into: &outbox)
        schedule(peer)
    }

    /// A number for a session, drawn so that nobody who sees two can tell that they are of one node.
    mutating func newIndex() -> UInt32 {
        while true {
            let index = UInt32(truncatingIfNeeded: random.next())
            if index != 0, holders[index] == nil { return index }
        }
    }
}

/// Somebody with whom this node had a handshake in this life.
final class Peer {
    let node: NodeID
    /// Proved by an introduction.
    let key: AgreementPublicKey
    var conversation: Conversation?
    /// Where the conversation's packets come from.
    var address: Address?
    /// Where it is, by the word of whoever said something to it last: a path may have moved to a place that it left.
    var told: Address?
    /// The line that lost a race, while it still opens what was on its way.
    var fading: (conversation: Conversation, until: Instant)?
    /// The highest count of beginnings that a confirmed handshake of the peer had.
    var beginnings: UInt64 = 0
    /// When a handshake with it was given up last.
    var gaveUp: Instant?
    /// When a conversation over TCP tries UDP next, and the pause before that.
    var nextProbe: Instant?
    var probePause = Timing.backToUDP

    init(_ node: NodeID, key: AgreementPublicKey) {
        self.node = node
        self.key = key
    }

    var deadline: Instant? {
        let ending = Instant.earlier(fading?.until, fading?.conversation.line.deadline)
        return .earlier(.earlier(conversation?.deadline, nextProbe), ending)
    }
}

/// A handshake that somebody else began, until it is shown to be theirs.
final class Candidate {
    enum Stage {
        /// Noise IK: answered, and keys are there. The first packet that opens confirms it.
        case keyed(SessionKeys, NodeID, AgreementPublicKey, Greeting, beginnings: UInt64)
        /// Noise XX: answered; its last message will say who it is.
        case knocked
    }

    let index: UInt32
    let stage: Stage
    /// The conversation that the answer promised to go on with.
    let continues: Conversation?
    /// The sender's own key for this handshake: the same again is the same packet again.
    let ephemeral: AgreementPublicKey
    /// The answer, to be said again when the beginning comes again.
    let answer: [UInt8]
    /// On what the beginning came first.
    let carrier: Carrier
    /// Of a knock: what reads its last message.
    private var handshake: Handshake?

    init(
        _ index: UInt32, _ stage: Stage, continues: Conversation?, ephemeral: AgreementPublicKey, answer: [UInt8],
        on carrier: Carrier, handshake: consuming Handshake?
    ) {
        self.index = index
        self.stage = stage
        self.continues = continues
        self.ephemeral = ephemeral
        self.answer = answer
        self.carrier = carrier
        self.handshake = handshake
    }

    func takeHandshake() -> Handshake? { handshake.take() }
}

/// How a node's sessions are set up.
package struct SessionSettings: Sendable {
    package var line: LineSettings
    /// Whether the world can carry packets over TCP.
    package var hasTCP: Bool
    /// What the simulator plants, and nobody else.
    package var flaw: SessionFlaw?

    package init(line: LineSettings = LineSettings(), hasTCP: Bool = true, flaw: SessionFlaw? = nil) {
        self.line = line
        self.hasTCP = hasTCP
        self.flaw = flaw
    }
}
