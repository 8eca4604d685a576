internal import Base
internal import Crypto
internal import Session
internal import Simulation
internal import Trust

/// A node that knows nobody gets packets: the input is cut up by its lengths, and each packet whose first byte is odd
/// gets the code that only members can make, so that it is worked on. None of them proves anything, so the node must
/// believe none; and it never says more than it was told.
func receivePackets(_ input: [UInt8]) {
    var entropy = Entropy.seeded(1)
    let identity = NodeIdentity(of: Digest(Bytes32(7, 7, 7, 7)), from: &entropy)
    let key = identity.agreementKey().publicKey
    var sessions = Sessions(
        identity, boot: 1, settings: SessionSettings(), entropy: entropy, random: Random(seed: 1), at: .zero)
    let believed = sessions.fingerprint
    var outbox = Outbox<SessionEffect>()
    var rest = input[...]
    while rest.count > 2 {
        let length = Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
        var packet = Array(rest.prefix(length))
        rest = rest.dropFirst(length)
        if packet.count > 40, packet[0] & 1 == 1 { packet = Forgery.coded(packet, for: key, in: identity.mesh) }
        let told = packet.count
        var span = packet.mutableRaw
        sessions.receive(&span, from: Path(Address(v4: 1, port: 1)), at: .zero, into: &outbox)
        precondition(outbox.arena.count <= told, "a node said more than it was told")
        outbox.removeAll()
    }
    precondition(sessions.fingerprint == believed, "something was believed")
}

/// Reads a greeting. Fields of later versions are skipped, so what is written again may be shorter, but is the same.
func readGreeting(_ bytes: [UInt8]) {
    guard let greeting = try? Greeting(decoding: bytes.raw) else { return }
    let written = greeting.encoded
    precondition(written.count <= bytes.count, "a greeting grew when it was read")
    precondition((try? Greeting(decoding: written.raw))?.encoded == written, "a greeting is not what was written")
}

/// A call on the local net. As a packet it must open nowhere, for nobody sealed it; as the text inside the seal it has
/// one encoding, and is the same again when it was sealed and opened.
func hearBeacon(_ input: [UInt8]) {
    var entropy = Entropy.seeded(1)
    let identity = NodeIdentity(of: Digest(Bytes32(1, 2, 3, 4)), from: &entropy)
    var sessions = Sessions(
        identity, boot: 1, settings: SessionSettings(), entropy: entropy, random: Random(seed: 1), at: .zero)
    var packet = input
    var span = packet.mutableRaw
    precondition((try? sessions.open(beacon: &span)) == nil, "a call was believed that nobody sealed")
    guard let call = try? Call(decoding: input.raw) else { return }
    precondition(call.encoded == input, "bytes were accepted that are not the call's encoding")
    var arena = ByteWriter()
    let sealed = sessions.seal(call, into: &arena)
    var copy = Array(arena.bytes[sealed])
    var opened = copy.mutableRaw
    precondition((try? sessions.open(beacon: &opened)) == call, "a call is not what was sealed")
}
