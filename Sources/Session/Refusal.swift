/// Why a datagram was not opened. Refusals are silent on the wire and counted by reason.
package enum Refusal: UInt8, Error, CaseIterable, Sendable {
    /// Too short for a header, a seal and a sender, or longer than any datagram of ours.
    case badLength
    /// Not our protocol, or a version or type that this build does not know.
    case badHeader
    /// The seal is not of this mesh, or the bytes were changed on the way.
    case badSeal
    /// The same packet again, or one so old that it cannot be told.
    case replayed
    /// This node's own packet came back.
    case reflected
    /// More senders than a mesh may have members.
    case tooManySenders

    package var name: String {
        switch self {
        case .badLength: "bad-length"
        case .badHeader: "bad-header"
        case .badSeal: "bad-seal"
        case .replayed: "replayed"
        case .reflected: "reflected"
        case .tooManySenders: "too-many-senders"
        }
    }
}
