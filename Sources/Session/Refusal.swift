/// Why a packet was not taken. Refusals are silent on the wire and counted by reason.
package enum Refusal: UInt8, Error, CaseIterable, Sendable {
    /// Too short or too long for what its header says it is.
    case badLength
    /// Not our protocol, or a version or kind that this build does not know.
    case badHeader
    /// The first code says that the sender does not know whom it writes to: a stranger, or noise.
    case badCode
    /// While handshakes come in floods only those are worked on whose sender has shown that it receives at its address.
    case noCookie
    /// A sender that begins handshakes faster than anybody honest.
    case tooManyHandshakes
    /// The handshake does not compute: another mesh, another key, or bytes changed on the way. Or it goes on with a
    /// line that has ended.
    case badHandshake
    /// It answers nothing that this node waits for: late, repeated, or made up.
    case unexpected
    /// The introduction does not prove the key it comes with.
    case badIntroduction
    /// The node that was written to is another one than was meant.
    case otherNode
    /// The packet names a session that this node does not have.
    case unknownSession
    /// The seal does not open: bytes changed on the way, or another session's packet.
    case badSeal
    /// The same packet again, or one so old that it cannot be told.
    case replayed
    /// Sealed with a key that was given up.
    case oldPhase
    /// This node's own packet came back.
    case reflected
    /// What was inside breaks the rules of the line.
    case badContent
    /// The law threw the sender out of the mesh.
    case barred

    package var name: String {
        switch self {
        case .badLength: "bad-length"
        case .badHeader: "bad-header"
        case .badCode: "bad-code"
        case .noCookie: "no-cookie"
        case .tooManyHandshakes: "too-many-handshakes"
        case .badHandshake: "bad-handshake"
        case .unexpected: "unexpected"
        case .badIntroduction: "bad-introduction"
        case .otherNode: "other-node"
        case .unknownSession: "unknown-session"
        case .badSeal: "bad-seal"
        case .replayed: "replayed"
        case .oldPhase: "old-phase"
        case .reflected: "reflected"
        case .badContent: "bad-content"
        case .barred: "barred"
        }
    }
}
