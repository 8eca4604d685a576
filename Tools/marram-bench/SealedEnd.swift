internal import Base
internal import Crypto
internal import Loop
internal import Session
internal import Traffic
internal import Trust

/// A node with nothing but sessions on a UDP port: what a real node does with every packet, without what it says in
/// them. There are two, who know each other: the one that listens and the one that comes.
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

    init(_ role: Role, at address: Address, on loop: EventLoop) throws(LoopError) {
        self.loop = loop
        socket = try UDPSocket(bind: address, dontFragment: true, on: loop)
        timer = try Timer(on: loop)
        peer = Self.identity(role == .listens ? .comes : .listens).id
        sessions = Sessions(
            Self.identity(role), boot: 1, settings: SessionSettings(hasTCP: false), entropy: .system,
            random: Random(seed: nanoseconds()), at: loop.now().instant)
        socket.onReceive { [unowned self] packet, source in
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
        let invitation = Invitation(
            mesh: "bench", meshKey: Bytes32(7, 7, 7, 7), seeds: [], expires: WallTime(milliseconds: 0), uses: 1)
        return NodeIdentity(invitedBy: invitation, from: &entropy)
    }

    /// For the end of each turn: there is one timer, and it is set to the one deadline.
    final func setTimer() {
        if let deadline = sessions.deadline { timer.arm(at: deadline) } else { timer.disarm() }
    }

    final func say(_ datagram: RawSpan, to address: Address) {
        sessions.say(datagram, .pulse, to: Contact(peer, at: address), at: loop.now().instant, into: &outbox)
        carryOut()
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
            case .send(let range, let path): socket.send(outbox.arena.bytes.raw.extracting(range), to: path.address)
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
