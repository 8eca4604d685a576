package import Base
internal import Crypto

/// A call on the local net, as a packet. All calls look alike to whoever has not the mesh's key: as long as each other,
/// sealed, with a nonce drawn anew, so that nothing tells which mesh calls, who, or whether it is the same as
/// yesterday. Only addresses that stand inside the seal are written to, so an old call that somebody plays again leads
/// to where a member once was, and nowhere else.
extension Sessions {
    /// Room for the longest call.
    private static let textBytes = Limits.beaconBytes - Packet.commonBytes - EnvelopeKey.overhead

    /// Writes a call into `arena` and answers where it lies.
    package mutating func seal(_ call: Call, into arena: inout ByteWriter) -> Range<Int> {
        let start = arena.count
        Packet.begin(.beacon, in: &arena)
        arena.reserve(EnvelopeKey.nonceByteCount)
        let text = arena.count
        call.encode(into: &arena)
        precondition(arena.count - text <= Self.textBytes, "a call has no more addresses than it may")
        arena.reserve(Self.textBytes - (arena.count - text) + EnvelopeKey.tagByteCount)
        var packet = arena.mutableRaw(in: start..<arena.count)
        MeshKeys.beacon(in: mesh).seal(&packet, after: Packet.commonBytes, from: &entropy)
        return start..<arena.count
    }

    /// Opens a call where it lies. Throws when it is another mesh's, or none.
    package func open(beacon packet: inout MutableRawSpan) throws(Refusal) -> Call {
        guard packet.byteCount == Limits.beaconBytes else { throw .badLength }
        guard try Packet.kind(of: packet.bytes) == .beacon else { throw .badHeader }
        let text: Range<Int>
        do throws(CryptoError) {
            text = try MeshKeys.beacon(in: mesh).open(&packet, after: Packet.commonBytes)
        } catch {
            throw .badSeal
        }
        var reader = ByteReader(packet.bytes.extracting(text))
        do throws(DecodeError) {
            let call = try Call(from: &reader)
            while reader.remaining > 0 {
                guard try reader.u8() == 0 else { throw .notCanonical }
            }
            return call
        } catch {
            throw .badContent
        }
    }
}
