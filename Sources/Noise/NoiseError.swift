/// Why a handshake ended. Whatever the reason was, nothing of the message may be used.
package enum NoiseError: Error, Hashable, Sendable {
    /// The message is shorter than its keys and tags, or longer than any message of Noise.
    case badLength
    /// Not sealed by the one who should be speaking, or not as it is now, or for another conversation: another
    /// prologue, another pre-shared key, another transcript.
    case notAuthentic
    /// A public key with which anybody could compute the secret.
    case weakKey
    /// Our own side will not speak with the owner of that static key.
    case notAdmitted
    /// An earlier message failed, and the handshake with it.
    case dead
    /// It is not the other side's turn to speak. The one error that leaves a handshake as it was.
    case outOfTurn
}
