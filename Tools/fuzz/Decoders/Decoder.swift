internal import Base
internal import Membership
internal import Node
internal import Trust

/// Something that reads bytes which somebody else wrote, and must survive whatever they are: refuse or accept, but
/// never trap, loop or grow without bound. Each is fuzzed by `Tools/fuzz/run`, and every input that ever broke one is
/// replayed by the unit tests. A new decoder is a row of `all` and a directory of seeds, `Tools/fuzz/corpus/NAME`.
package struct Decoder: Sendable {
    package let name: String
    /// Feeds the decoder. What it accepts must also hold together: a broken promise is a trap, which the fuzzer finds.
    package let run: @Sendable ([UInt8]) -> Void

    package static let all: [Decoder] = [
        Decoder(name: "toml", run: readTOML),
        Decoder(name: "configuration", run: readConfiguration),
        Decoder(name: "policy", run: readPolicy),
        Decoder(name: "bytereader", run: readBytes),
        Decoder(name: "fields", run: readFields),
        .wire("fact", Fact.self),
        .wire("membership", MembershipMessage.self),
        Decoder(name: "replication", run: takeReplication),
        Decoder(name: "vitals", run: takeVitals),
        .wire("frame", Frame.self),
        Decoder(name: "datagram", run: receiveDatagram),
        Decoder(name: "packet", run: receivePackets),
        Decoder(name: "greeting", run: readGreeting),
        Decoder(name: "beacon", run: hearBeacon),
        Decoder(name: "line", run: hearPackets),
        Decoder(name: "input", run: takeInput),
        Decoder(name: "checkpoint", run: liveOn),
        Decoder(name: "recording", run: replayRecording),
        Decoder(name: "token", run: readToken),
        Decoder(name: "identity", run: readIdentity),
        Decoder(name: "statement", run: readStatement),
        .wire("record", Record.self),
        .wire("auditentry", AuditEntry.self),
        Decoder(name: "evidence", run: readEvidence),
        Decoder(name: "invitetoken", run: readInviteToken),
        Decoder(name: "lawfile", run: readLawFile),
        Decoder(name: "joinfiles", run: readJoinFiles),
        Decoder(name: "rootproposal", run: readRootProposal),
        Decoder(name: "minisign", run: readMinisign),
        Decoder(name: "request", run: readRequest),
        Decoder(name: "envelope", run: readEnvelope),
        Decoder(name: "controlframe", run: readControlFrames),
        Decoder(name: "json", run: readJSON),
        Decoder(name: "scenario", run: readScenario),
    ]

    /// A value with one encoding: what is accepted is written again to the very same bytes.
    private static func wire<Value: WireValue & SendableMetatype>(_ name: String, _ type: Value.Type) -> Decoder {
        Decoder(name: name) { bytes in
            guard let value = try? Value(decoding: bytes.raw) else { return }
            precondition(value.encoded == bytes, "bytes were accepted that are not the value's encoding")
        }
    }
}
