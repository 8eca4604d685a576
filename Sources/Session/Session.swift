package import Base
package import Crypto

/// Seals what this node says and opens what others say. Nothing leaves a node unsealed, and nothing that is not sealed
/// is listened to. A datagram shows four bytes of header and a random nonce; who sent it stands inside.
///
///     version 1 · kind 1 · 0 · 0 | nonce 24 | sealed: sender 32 · number 8 · frame | tag 16
///
/// Provisional: all members share one key, so a member can speak in another's name, and what was recorded before this
/// node started can be played to it again. Handshakes between pairs of nodes take its place behind the same two doors.
package struct Session: ~Copyable {
    package static let version: UInt8 = 1
    private static let kind: UInt8 = 1
    private static let headerBytes = 4
    private static let senderBytes = Bytes32.byteCount + 8
    /// How much longer a datagram is than its frame.
    package static let overhead = headerBytes + EnvelopeKey.overhead + senderBytes

    private let me: NodeID
    private let key: EnvelopeKey
    private var entropy: Entropy
    /// Numbers rise over restarts, too: the count of boots is their upper part.
    private var number: UInt64
    /// Looked up by sender, never gone through.
    private var windows: [NodeID: ReplayWindow]

    /// Boots are counted in 24 bits, which wears out a disk first; packets of one life in 40.
    package init(me: NodeID, key: consuming EnvelopeKey, boot: UInt64, entropy: Entropy) {
        self.me = me
        self.key = key
        self.entropy = entropy
        number = (boot & 0xFF_FFFF) << 40
        windows = [:]
    }

    /// Appends a sealed datagram to `arena` and answers where it lies. `write` writes the frame.
    package mutating func seal(into arena: inout ByteWriter, _ write: (inout ByteWriter) -> Void) -> Range<Int> {
        let start = arena.count
        arena.u8(Self.version)
        arena.u8(Self.kind)
        arena.u16(0)
        arena.reserve(EnvelopeKey.nonceByteCount)
        arena.nodeID(me)
        arena.u64(number)
        write(&arena)
        arena.reserve(EnvelopeKey.tagByteCount)
        number += 1
        let datagram = start..<arena.count
        var packet = arena.mutableRaw(in: datagram)
        key.seal(&packet, after: Self.headerBytes, from: &entropy)
        return datagram
    }

    /// What was inside a datagram: who says so, and where in its bytes the frame now lies.
    package struct Opened {
        package let peer: NodeID
        package let frame: Range<Int>
    }

    /// Opens a datagram where it lies. The sender's number counts as seen only once the seal has proved true.
    package mutating func open(_ datagram: inout MutableRawSpan) throws(Refusal) -> Opened {
        guard datagram.byteCount >= Self.overhead else { throw .badLength }
        guard Self.hasHeader(datagram.bytes) else { throw .badHeader }
        let text: Range<Int>
        do throws(CryptoError) {
            text = try key.open(&datagram, after: Self.headerBytes)
        } catch {
            throw .badSeal
        }
        let sender: (id: NodeID, number: UInt64)
        do throws(DecodeError) {
            var reader = ByteReader(datagram.bytes.extracting(text))
            sender = (try reader.nodeID(), try reader.u64())
        } catch {
            preconditionFailure("the length was checked: a sealed text has room for its sender")
        }
        guard sender.id != me else { throw .reflected }
        try enter(sender.number, of: sender.id)
        return Opened(peer: sender.id, frame: text.dropFirst(Self.senderBytes))
    }

    private static func hasHeader(_ datagram: RawSpan) -> Bool {
        var reader = ByteReader(datagram)
        guard let version = try? reader.u8(), let kind = try? reader.u8(), let reserved = try? reader.u16() else {
            return false
        }
        return version == Self.version && kind == Self.kind && reserved == 0
    }

    private mutating func enter(_ number: UInt64, of sender: NodeID) throws(Refusal) {
        guard var window = windows[sender] else {
            guard windows.count < Limits.members else { throw .tooManySenders }
            windows[sender] = ReplayWindow(first: number)
            return
        }
        guard window.isFresh(number) else { throw .replayed }
        window.enter(number)
        windows[sender] = window
    }
}
