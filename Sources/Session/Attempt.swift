internal import Base
internal import Crypto
internal import Noise
internal import Traffic

/// A handshake that this node has begun. The same bytes are said again until somebody answers: an answer to any of
/// them fits, however long it took.
final class Attempt {
    /// Who is meant, as far as known.
    enum Target: Hashable, Comparable {
        case node(NodeID)
        case place(Address)
    }

    let target: Target
    let address: Address
    /// Our index of the session that this one goes on from, or zero.
    let continues: UInt32
    /// Whether it only asks if UDP passes again.
    let isProbe: Bool
    /// How often it is said before nobody is believed to be there.
    let tries: Int
    let began: Instant
    /// Our index of the session to be.
    private(set) var index: UInt32
    private(set) var isKnock: Bool
    private(set) var message: [UInt8]
    /// The first code of the message, which a cookie is bound to.
    private(set) var code: AuthenticationCode
    private(set) var handshake: Handshake?
    private(set) var next: Instant
    private(set) var patience = Patience()
    /// Datagrams that wait for the session.
    private(set) var waiting: [(priority: Priority, bytes: [UInt8])] = []

    init(
        _ target: Target, at address: Address, continues: UInt32, isProbe: Bool, tries: Int,
        _ beginning: consuming Beginning, at now: Instant
    ) {
        self.target = target
        self.address = address
        self.continues = continues
        self.isProbe = isProbe
        self.tries = tries
        began = now
        next = now
        index = beginning.index
        isKnock = beginning.isKnock
        message = beginning.message
        code = beginning.code
        handshake = beginning.takeHandshake()
    }

    /// Begins again, at once and with other bytes: the node at the other end asked for it.
    func restart(_ beginning: consuming Beginning, at now: Instant) {
        index = beginning.index
        isKnock = beginning.isKnock
        message = beginning.message
        code = beginning.code
        handshake = beginning.takeHandshake()
        next = now
    }

    /// The same message, with a second code that `cookie` keys.
    func put(_ cookie: AuthenticationCode, _ key: borrowing AuthenticationKey, at now: Instant) {
        var writer = ByteWriter()
        writer.raw(message.raw.extracting(droppingLast: Packet.codesBytes))
        code = Codes.put(behind: 0, key, cookie: cookie, in: &writer)
        message = writer.bytes
        next = now
    }

    /// The handshake, once: an answer that does not compute leaves nothing to go on with.
    func takeHandshake() -> Handshake? { handshake.take() }

    /// Whether the message is to be said now; false when there is no patience left, too.
    func isDue(at now: Instant) -> Bool { next <= now }

    /// Moves on to the next try; false when it is time to give up.
    func tryAgain(at now: Instant, _ random: inout Random) -> Bool {
        guard patience.tries < tries, let pause = patience.next(&random) else { return false }
        next = now + pause
        return true
    }

    /// Keeps a datagram until there is a session; answers false when an older one had to go for it.
    func keep(_ bytes: RawSpan, _ priority: Priority) -> Bool {
        waiting.append((priority, [UInt8](copying: bytes)))
        guard waiting.count > Limits.datagramsWaiting else { return true }
        waiting.removeFirst()
        return false
    }

    func takeWaiting() -> [(priority: Priority, bytes: [UInt8])] {
        defer { waiting = [] }
        return waiting
    }
}

/// The first message of a handshake, and what the rest of it needs.
struct Beginning: ~Copyable {
    let index: UInt32
    let isKnock: Bool
    let message: [UInt8]
    let code: AuthenticationCode
    private var handshake: Handshake?

    init(
        index: UInt32, isKnock: Bool, message: [UInt8], code: AuthenticationCode, handshake: consuming Handshake
    ) {
        self.index = index
        self.isKnock = isKnock
        self.message = message
        self.code = code
        self.handshake = consume handshake
    }

    mutating func takeHandshake() -> Handshake? { handshake.take() }
}
