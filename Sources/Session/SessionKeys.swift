internal import Base
internal import Crypto
internal import Noise

/// The keys of one finished handshake: one seals, one opens, and both give way to a successor every few minutes, so
/// that who steals a node learns little of what was said before. The packet's header names the **phase**, the number of
/// successors so far; nothing need be agreed, and nothing waits for an answer.
///
/// A class, because a session lies in two tables: by its index, and with its peer.
final class SessionKeys {
    /// How the peer names this session in what it sends us, and we in what we send.
    let index: UInt32
    let remoteIndex: UInt32
    /// Whether this node began the handshake.
    let isMine: Bool
    /// The hash over all that was said in the handshake: the same at both ends, and of no other session.
    let channel: Bytes32
    let born: Instant
    private var sending: Key
    private(set) var phase: UInt8 = 0
    private var phaseBegan: Instant
    private var receiving: Key
    private var receivingPhase: UInt8 = 0
    /// The key before `receiving`, for packets that were on their way.
    private var former: (key: Key, phase: UInt8, until: Instant)?
    /// The keys after `receiving`, as far as some packet has named them.
    private var ahead: [Key] = []
    private var window = ReplayWindow()
    private var sentPackets: UInt64 = 0
    private var sentBytes: UInt64 = 0

    /// A key where it can be held by more than one owner.
    private final class Key {
        let sealing: SealingKey
        init(_ sealing: consuming SealingKey) { self.sealing = sealing }
        var successor: Key { Key(sealing.successor()) }
    }

    init(index: UInt32, remoteIndex: UInt32, _ handshake: consuming Handshake, isMine: Bool, at now: Instant) {
        channel = Digest(hashing: handshake.hash.raw).value
        let keys = handshake.split()
        self.index = index
        self.remoteIndex = remoteIndex
        self.isMine = isMine
        let forward = Key(keys.initiatorToResponder)
        let backward = Key(keys.responderToInitiator)
        sending = isMine ? forward : backward
        receiving = isMine ? backward : forward
        born = now
        phaseBegan = now
    }

    /// Whether another handshake should take its place.
    func isWornOut(at now: Instant) -> Bool {
        now - born >= Limits.sessionLife || sentPackets >= Limits.sessionPackets || sentBytes >= Limits.sessionBytes
    }

    /// What a packet that does not open must leave as it is.
    var fingerprint: UInt64 { window.fingerprint ^ UInt64(receivingPhase) << 56 }

    // MARK: Sealing

    /// The header for packet `number`. It is written before the packet's content.
    func header(_ number: UInt64, at now: Instant) -> DataHeader {
        if now - phaseBegan >= Limits.phaseLife, phase < Limits.phases {
            sending = sending.successor
            phase += 1
            phaseBegan = now
        }
        return DataHeader(phase: phase, receiver: remoteIndex, number: number)
    }

    /// Seals a packet whose header `header(_:at:)` gave; its last bytes are room for the tag.
    func seal(_ packet: inout MutableRawSpan, number: UInt64) {
        sending.sealing.seal(&packet, after: Packet.dataHeaderBytes, counter: number)
        sentPackets += 1
        sentBytes += UInt64(packet.byteCount)
    }

    // MARK: Opening

    /// Opens a packet where it lies, and answers where its content now is. The number counts as seen, and the phase as
    /// begun, only once the seal has proved true.
    func open(
        _ packet: inout MutableRawSpan, _ header: DataHeader, at now: Instant
    ) throws(Refusal) -> Range<Int> {
        guard window.isFresh(header.number) else { throw .replayed }
        let key = try key(of: header.phase, at: now)
        let content: Range<Int>
        do throws(CryptoError) {
            content = try key.sealing.open(&packet, after: Packet.dataHeaderBytes, counter: header.number)
        } catch {
            throw .badSeal
        }
        window.enter(header.number)
        if header.phase > receivingPhase { advance(to: header.phase, at: now) }
        return content
    }

    private func key(of phase: UInt8, at now: Instant) throws(Refusal) -> Key {
        if phase == receivingPhase { return receiving }
        if let former, former.phase == phase, now < former.until { return former.key }
        guard phase > receivingPhase, phase <= Limits.phases else { throw .oldPhase }
        let steps = Int(phase - receivingPhase)
        while ahead.count < steps { ahead.append((ahead.last ?? receiving).successor) }
        return ahead[steps - 1]
    }

    private func advance(to phase: UInt8, at now: Instant) {
        let steps = Int(phase - receivingPhase)
        former = (receiving, receivingPhase, now + Limits.formerKeyLife)
        receiving = ahead[steps - 1]
        receivingPhase = phase
        ahead.removeFirst(steps)
    }
}
