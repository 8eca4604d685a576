internal import Base

/// One packet that was sent.
struct SentPacket: Sendable {
    enum State: UInt8, Sendable { case flying, arrived, lost }

    var sent = Instant.zero
    /// All bytes sent up to its end, seals included: the way from one packet to another is the difference.
    var through: UInt64 = 0
    var bytes: Int32 = 0
    var state = State.arrived
    /// Asks for feedback; the others (feedback itself, datagrams) are not repaired and time nobody.
    var isEliciting = false
    /// It was sent to find out whether the path carries packets of its size.
    var isProbe = false
    /// It mixes units of a stream's end.
    var isMixed = false
    var pieces: UInt8 = 0
    var firstPiece: UInt64 = 0
}

/// What a packet carried of something that must arrive.
struct Piece: Sendable {
    enum Kind: UInt8, Sendable { case stream, reset, mixed }

    var kind = Kind.stream
    var stream = StreamID(0)
    var stretch = Stretch(lower: 0, upper: 0)
}

/// The packets sent and not yet forgotten, by number, and what they carried. Two rings that double until a full window
/// fits, so that in the long run nothing is allocated. They begin small: most lines of a node are idle.
struct PacketLog: Sendable {
    private var packets: [SentPacket]
    private var pieces: [Piece]
    /// The oldest number that is kept, and the one that comes next.
    private(set) var first: UInt64
    private(set) var next: UInt64
    private var firstPiece: UInt64 = 0
    private var nextPiece: UInt64 = 0
    /// Bytes of eliciting packets of which the peer has not spoken.
    private(set) var flyingBytes = 0
    /// Packets among them that carry what must arrive.
    private(set) var flyingCarrying = 0
    private(set) var sentBytes: UInt64 = 0

    init(firstNumber: UInt64) {
        first = firstNumber
        next = firstNumber
        packets = [SentPacket](repeating: SentPacket(), count: 16)
        pieces = [Piece](repeating: Piece(), count: 8)
    }

    var count: Int { Int(next - first) }
    var isFull: Bool { count >= Limits.packetsInFlight }

    func holds(_ number: UInt64) -> Bool { number >= first && number < next }

    subscript(number: UInt64) -> SentPacket {
        get { packets[Int(number & UInt64(packets.count - 1))] }
        set { packets[Int(number & UInt64(packets.count - 1))] = newValue }
    }

    func piece(_ index: UInt64) -> Piece { pieces[Int(index & UInt64(pieces.count - 1))] }

    /// Notes what the packet that is being written carries.
    mutating func carry(_ piece: Piece) {
        if nextPiece - firstPiece == UInt64(pieces.count) {
            pieces = Self.doubled(pieces, from: firstPiece, to: nextPiece, filler: Piece())
        }
        pieces[Int(nextPiece & UInt64(pieces.count - 1))] = piece
        nextPiece += 1
    }

    /// Enters the packet that was written. Full, it forgets the oldest: the caller sees to it that this one is not
    /// waited for.
    mutating func enter(_ packet: SentPacket, pieces count: Int) {
        if self.count == packets.count {
            if isFull {
                forgetFirst()
            } else {
                packets = Self.doubled(packets, from: first, to: next, filler: SentPacket())
            }
        }
        sentBytes += UInt64(packet.bytes)
        var packet = packet
        packet.through = sentBytes
        packet.pieces = UInt8(count)
        packet.firstPiece = nextPiece - UInt64(count)
        self[next] = packet
        if packet.state == .flying, packet.isEliciting {
            flyingBytes += Int(packet.bytes)
            if packet.pieces > 0 { flyingCarrying += 1 }
        }
        next += 1
    }

    private static func doubled<Element>(
        _ old: [Element], from first: UInt64, to next: UInt64, filler: Element
    ) -> [Element] {
        var new = [Element](repeating: filler, count: old.count * 2)
        for index in first..<next { new[Int(index & UInt64(new.count - 1))] = old[Int(index & UInt64(old.count - 1))] }
        return new
    }

    mutating func settle(_ number: UInt64, as state: SentPacket.State) {
        let packet = self[number]
        if packet.state == .flying, packet.isEliciting {
            flyingBytes -= Int(packet.bytes)
            if packet.pieces > 0 { flyingCarrying -= 1 }
        }
        self[number].state = state
    }

    /// Forgets the settled packets in front that were sent before `moment`.
    mutating func forget(before moment: Instant) {
        while first < next, self[first].state != .flying || !self[first].isEliciting, self[first].sent < moment {
            forgetFirst()
        }
    }

    private mutating func forgetFirst() {
        settle(first, as: .arrived)
        firstPiece = max(firstPiece, self[first].firstPiece + UInt64(self[first].pieces))
        first += 1
    }

    /// The oldest packet that is still waited for.
    var oldestFlying: UInt64? {
        var number = first
        while number < next {
            if self[number].state == .flying, self[number].isEliciting { return number }
            number += 1
        }
        return nil
    }
}
