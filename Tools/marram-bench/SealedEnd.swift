internal import Base
internal import Crypto
internal import Loop
internal import Session
internal import Traffic
internal import Trust

/// A node with nothing but sessions: what a real node does with every packet, without what it says in them. There are
/// two, who know each other: the one that listens and the one that comes. They have a UDP port, or, where it is to be
/// TCP, none that anything passes.
class SealedEnd {
    enum Role: UInt64 {
        case listens = 1
        case comes = 2
    }

    final let loop: EventLoop
    final let socket: UDPSocket
    /// The other one, wherever it is.
    final let peer: NodeID
    final var sessions: Sessions
    final var outbox = Outbox<SessionEffect>()
    private(set) final var refused = 0
    private(set) final var refusals = [Int](repeating: 0, count: Refusal.allCases.count)
    private let timer: Timer
    private let carrier: Carrier
    private let listener: TCPListener?
    private var connection: PacketStream?
    /// Whom we say something to: a connection that does not stand yet cannot tell who is at its other end.
    private var target: Address?

    init(
        _ role: Role, at address: Address, over carrier: Carrier = .udp, on loop: EventLoop
    ) throws(LoopError) {
        self.loop = loop
        self.carrier = carrier
        socket = try UDPSocket(bind: address, dontFragment: true, on: loop)
        timer = try Timer(on: loop)
        listener =
            carrier == .tcp && role == .listens
            ? try TCPListener(
                bind: socket.localAddress, connections: 1, writeLimit: Limits.carrierWriteBytes, on: loop) : nil
        peer = Self.identity(role == .listens ? .comes : .listens).id
        sessions = Sessions(
            Self.identity(role), boot: 1, settings: SessionSettings(hasTCP: carrier == .tcp), entropy: .system,
            random: Random(seed: nanoseconds()), at: loop.now().instant)
        listener?.onPacketConnection { [unowned self] stream in connect(stream) }
        socket.onReceive { [unowned self] packet, source in
            guard carrier == .udp else { return }
            sessions.receive(&packet, from: Path(source), at: loop.now().instant, into: &outbox)
            carryOut(packet.bytes)
        }
        timer.onFire { [unowned self] in
            sessions.wake(at: loop.now().instant, into: &outbox)
            carryOut()
        }
    }

    private static func identity(_ role: Role) -> NodeIdentity {
        var entropy = Entropy.seeded(role.rawValue)
        return NodeIdentity(of: Digest(Bytes32(7, 7, 7, 7)), from: &entropy)
    }

    /// Goes on as if the process had just started: the same node, which knows nobody.
    final func startAnew() {
        sessions = Sessions(
            Self.identity(.comes), boot: 1, settings: SessionSettings(hasTCP: carrier == .tcp), entropy: .system,
            random: Random(seed: nanoseconds()), at: loop.now().instant)
    }

    /// For the end of each turn: there is one timer, and it is set to the one deadline.
    final func setTimer() {
        if let deadline = sessions.deadline { timer.arm(at: deadline) } else { timer.disarm() }
    }

    final func say(_ datagram: RawSpan, to address: Address) {
        target = address
        sessions.say(datagram, .pulse, to: Contact(peer, at: address), at: loop.now().instant, into: &outbox)
        carryOut()
    }

    private func send(_ packet: RawSpan, to path: Path) {
        switch path.carrier {
        case .udp: if carrier == .udp { socket.send(packet, to: path.address) }
        case .tcp:
            if connection == nil, listener == nil,
                let stream = try? PacketStream(
                    connectingTo: path.address, writeLimit: Limits.carrierWriteBytes, on: loop)
            {
                connect(stream)
            }
            connection?.send(packet)
        }
    }

    private func connect(_ stream: consuming PacketStream) {
        guard let source = stream.peer ?? target else { return }
        stream.onReceive { [unowned self] packet in
            sessions.receive(&packet, from: Path(source, .tcp), at: loop.now().instant, into: &outbox)
            carryOut(packet.bytes)
        }
        connection = consume stream
    }

    // What came: for those who look at it.
    func said(_ datagram: RawSpan) {}
    func happened(_ event: StreamEvent) {}
    func noted(_ note: SessionNote) {}

    final func carryOut(_ packet: RawSpan = RawSpan()) {
        var index = 0
        // A stream's user may write in answer, so there may be more at the end than at the beginning.
        while index < outbox.effects.count {
            switch outbox.effects[index] {
            case .send(let range, let path): send(outbox.arena.bytes.raw.extracting(range), to: path)
            case .said(_, _, let range, from: _): said(packet.extracting(range))
            case .stream(_, let event): happened(event)
            case .note(.refused(let refusal, from: _)):
                refused += 1
                refusals[Int(refusal.rawValue)] += 1
            case .note(let note): noted(note)
            }
            index += 1
        }
        outbox.removeAll()
    }
}
